//! HTTP filters anywhere in a document, Wasm and dynamic modules, and the resources that load one.

use super::envoy::{Host, Placed, is_dump_with_listeners};
use super::{Around, Gate, Resource, Unreadable, any};
use crate::document::{Dialect, Kind, Node};
use crate::source::Source;

const WASM: &str = "envoy.extensions.filters.http.wasm.v3.Wasm";
const DYNAMIC_MODULE: &str = "envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter";

/// A filter, which may be the gate.
pub struct Filter<'a> {
    pub line: usize,
    /// Names around it that may be `probegate`.
    names: Vec<&'a Node>,
    configuration: Option<&'a Node>,
    dialect: Dialect,
    around: Around<'a>,
}

/// Collects the filters of a document.
pub fn collect<'a>(document: &'a Node, dialect: Dialect, found: &mut Vec<Filter<'a>>) {
    let kind = document.get("kind").and_then(Node::text);
    // As kubectl prints several resources.
    if let (Some(list), Some(items)) = (kind, document.get("items"))
        && list.ends_with("List")
    {
        items.items().iter().for_each(|item| collect(item, dialect, found));
        return;
    }
    if let Some("WasmPlugin" | "TrafficExtension" | "EnvoyExtensionPolicy") = kind {
        found.extend(resource(document, kind.unwrap_or_default()));
        return;
    }
    // Kubernetes makes JSON of a resource before Envoy sees what is in it.
    let dialect = if kind.is_some() { Dialect::Json } else { dialect };
    let is_dump = is_dump_with_listeners(document);
    Walk { document, dialect, is_dump, found }.walk(document, &mut Vec::new());
}

/// The filters of a resource of Istio's or Envoy Gateway's.
fn resource<'a>(document: &'a Node, kind: &str) -> Vec<Filter<'a>> {
    let Some(spec) = document.get("spec") else { return Vec::new() };
    let one = |plugin: &'a Node, configuration: Option<&'a Node>, resource: Resource<'a>| Filter {
        line: plugin.line,
        names: vec![document.get("metadata").unwrap_or(plugin), plugin],
        configuration,
        dialect: Dialect::Json,
        around: Around::Resource(resource),
    };
    match kind {
        "WasmPlugin" => {
            let resource = Resource { document, spec, plugin: spec, host: Host::Wasm };
            vec![one(spec, spec.get("pluginConfig"), resource)]
        }
        "TrafficExtension" => {
            let plugin = spec.get("wasm").into_iter();
            let resource = |plugin| Resource { document, spec, plugin, host: Host::Wasm };
            plugin.map(|plugin| one(plugin, plugin.get("pluginConfig"), resource(plugin))).collect()
        }
        _ => {
            let each = |key: &str, host: Host| {
                let plugins = spec.get(key).map_or(&[][..], Node::items).iter();
                plugins.map(move |plugin| {
                    let resource = Resource { document, spec, plugin, host };
                    one(plugin, plugin.get("config"), resource)
                })
            };
            each("wasm", Host::Wasm).chain(each("dynamicModule", Host::DynamicModule)).collect()
        }
    }
}

struct Walk<'a, 'b> {
    document: &'a Node,
    dialect: Dialect,
    is_dump: bool,
    found: &'b mut Vec<Filter<'a>>,
}

impl<'a> Walk<'a, '_> {
    fn walk(&mut self, node: &'a Node, ancestors: &mut Vec<&'a Node>) {
        if let Some(message) = message(node, WASM) {
            let plugin = message.get("config").unwrap_or(message);
            self.add(plugin, plugin.get("configuration"), Host::Wasm, ancestors);
            return;
        }
        if let Some(plugin) = message(node, DYNAMIC_MODULE) {
            self.add(plugin, plugin.get("filter_config"), Host::DynamicModule, ancestors);
            return;
        }
        ancestors.push(node);
        for entry in node.entries() {
            if !(self.is_dump && entry.key == "static_resources") {
                self.walk(&entry.value, ancestors);
            }
        }
        node.items().iter().for_each(|item| self.walk(item, ancestors));
        ancestors.pop();
    }

    fn add(
        &mut self,
        plugin: &'a Node,
        configuration: Option<&'a Node>,
        host: Host,
        ancestors: &[&'a Node],
    ) {
        let (document, ancestors) = (self.document, ancestors.to_vec());
        self.found.push(Filter {
            line: plugin.line,
            names: ancestors.last().copied().into_iter().chain([plugin]).collect(),
            configuration,
            dialect: self.dialect,
            around: Around::Envoy(Placed { document, plugin, host, ancestors }),
        });
    }
}

/// The message of a type, as an `Any` or as a `TypedStruct`.
fn message<'a>(node: &'a Node, of: &str) -> Option<&'a Node> {
    let is = |key: &str| {
        node.get(key).and_then(Node::text).is_some_and(|text| text.rsplit('/').next() == Some(of))
    };
    if is("@type") { Some(node) } else { node.get("value").filter(|_| is("type_url")) }
}

impl<'a> Filter<'a> {
    /// True if its name, its VM's or its code's says that it is the gate.
    pub fn is_named(&self) -> bool {
        self.names.iter().any(|node| says_probegate(node))
    }

    /// It as a gate, if its configuration can be read.
    pub fn gate(self) -> Result<Gate<'a>, Unreadable> {
        let configuration = match (&self.around, self.configuration) {
            (_, None) => Source::new(Node::empty(self.line), self.dialect),
            (Around::Envoy(_), Some(node)) => any(node, self.dialect)?,
            (_, Some(node)) => Source::new(node.clone(), self.dialect),
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
            .filter(|entry| {
                !["configuration", "filter_config", "pluginConfig", "config"]
                    .contains(&entry.key.as_str())
            })
            .any(|entry| says_probegate(&entry.value)),
    }
}
