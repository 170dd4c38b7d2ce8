//! Wasm HTTP filters anywhere in a document, and Istio's `WasmPlugin`.

use super::{Around, Gate, Unreadable, any};
use crate::document::{Dialect, Kind, Node};
use crate::source::Source;

const WASM: &str = "envoy.extensions.filters.http.wasm.v3.Wasm";
const CONNECTION_MANAGER: &str =
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/// A Wasm filter, which may be the gate.
pub struct Filter<'a> {
    pub line: usize,
    /// What around it may be called `probegate`.
    names: Vec<&'a Node>,
    configuration: Option<&'a Node>,
    dialect: Dialect,
    around: Around<'a>,
}

/// Collects the Wasm filters of a document.
pub fn collect<'a>(document: &'a Node, dialect: Dialect, found: &mut Vec<Filter<'a>>) {
    let kind = document.get("kind").and_then(Node::text);
    if kind == Some("WasmPlugin") {
        let Some(spec) = document.get("spec") else { return };
        found.push(Filter {
            line: spec.line,
            names: vec![document],
            configuration: spec.get("pluginConfig"),
            dialect: Dialect::Json,
            around: Around::Istio { spec },
        });
        return;
    }
    // Kubernetes makes JSON of a resource before Envoy sees what is in it.
    let dialect = if kind.is_some() { Dialect::Json } else { dialect };
    Walk { document, dialect, found }.walk(document, None, None);
}

struct Walk<'a, 'b> {
    document: &'a Node,
    dialect: Dialect,
    found: &'b mut Vec<Filter<'a>>,
}

impl<'a> Walk<'a, '_> {
    fn walk(&mut self, node: &'a Node, parent: Option<&'a Node>, manager: Option<&'a Node>) {
        let is = |key: &str, of: &str| {
            node.get(key).and_then(Node::text).is_some_and(|text| text.ends_with(of))
        };
        let manager = if is("@type", CONNECTION_MANAGER) { Some(node) } else { manager };
        let wasm = if is("@type", WASM) {
            Some(node)
        } else if is("type_url", WASM) {
            node.get("value")
        } else {
            None
        };
        if let Some(wasm) = wasm {
            let plugin = wasm.get("config").unwrap_or(wasm);
            self.found.push(Filter {
                line: plugin.line,
                names: [parent, Some(plugin)].into_iter().flatten().collect(),
                configuration: plugin.get("configuration"),
                dialect: self.dialect,
                around: Around::Envoy {
                    document: self.document,
                    plugin,
                    connection_manager: manager,
                },
            });
            return;
        }
        for child in node.children() {
            self.walk(child, Some(node), manager);
        }
    }
}

impl<'a> Filter<'a> {
    /// Whether its name, its VM's or its code's says that it is the gate.
    pub fn is_named(&self) -> bool {
        self.names.iter().any(|node| says_probegate(node))
    }

    /// It as a gate, if its configuration can be read.
    pub fn gate(self) -> Result<Gate<'a>, Unreadable> {
        let configuration = match (&self.around, self.configuration) {
            (_, None) => Source::of(Node::empty(self.line), self.dialect),
            (Around::Istio { .. }, Some(node)) => Source::of(node.clone(), self.dialect),
            (_, Some(node)) => any(node, self.dialect)?,
        };
        Ok(Gate { configuration, around: self.around })
    }
}

fn says_probegate(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.text.to_ascii_lowercase().contains("probegate"),
        Kind::List(items) => items.iter().any(says_probegate),
        Kind::Map(entries) => entries
            .iter()
            .filter(|entry| !["configuration", "pluginConfig"].contains(&entry.key.as_str()))
            .any(|entry| says_probegate(&entry.value)),
    }
}
