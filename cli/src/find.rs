//! The place of the gate in a file.

pub mod envoy;
mod filters;

use probegate_core::config;

use crate::document::{Dialect, Kind, Node, Scalar, Style, documents};
use crate::source::Source;
use envoy::{Host, Placed};

pub use crate::document::Unreadable;

/// A gate's configuration, and what stands around it.
pub struct Gate<'a> {
    pub configuration: Source,
    pub around: Around<'a>,
}

impl Gate<'_> {
    /// The form of the gate that reads the configuration. A file that is nothing but a configuration may be for
    /// either, and the native one takes more.
    pub fn host(&self) -> config::Host {
        let host = match &self.around {
            Around::Nothing => Host::DynamicModule,
            Around::Envoy(placed) => placed.host,
            Around::Resource(resource) => resource.host,
        };
        match host {
            Host::Wasm => config::Host::Wasm,
            Host::DynamicModule => config::Host::Native,
        }
    }
}

/// The file's settings beside the gate's own configuration.
pub enum Around<'a> {
    /// Nothing: the file is the gate's configuration.
    Nothing,
    Envoy(Placed<'a>),
    Resource(Resource<'a>),
}

/// A resource of Istio's or Envoy Gateway's that loads the gate.
pub struct Resource<'a> {
    pub document: &'a Node,
    pub spec: &'a Node,
    /// The part of the spec that is about the module.
    pub plugin: &'a Node,
    pub host: Host,
}

/// The gates of a file, and what else is in it.
pub struct Found<'a> {
    pub gates: Vec<Gate<'a>>,
    /// Configurations in a form that the gate does not take.
    pub mistakes: Vec<Unreadable>,
}

const NOTHING: &str = "the gate is not here: neither its own configuration, nor a filter of Envoy's \
     (envoy.filters.http.wasm, envoy.filters.http.dynamic_modules), nor a WasmPlugin, \
     TrafficExtension or EnvoyFilter of Istio, nor an EnvoyExtensionPolicy of Envoy Gateway";

const EMPTY: &str = "the file is empty, so nothing was checked: the empty configuration is {}";

/// Reads a file, its kind by its name and content.
pub fn read(text: &str, name: &str) -> Result<Vec<Node>, Unreadable> {
    // A reader of YAML knows where things are, but is content with less than JSON.
    if name.ends_with(".json")
        && let Err(error) = serde_json::from_str::<serde_json::Value>(text)
    {
        return Err(Unreadable {
            line: error.line().max(1),
            message: format!("not JSON: {error}"),
        });
    }
    let mut read = documents(text)?;
    let within: Vec<_> = read.iter().flat_map(config_map).collect();
    read.extend(within);
    Ok(read)
}

/// The bootstraps of Envoy that a `ConfigMap` holds as text, with their lines in the file.
fn config_map(document: &Node) -> Vec<Node> {
    let of = document.get("kind").and_then(Node::text);
    let data = document.get("data").filter(|_| of == Some("ConfigMap"));
    let texts = data.map_or(&[][..], Node::entries).iter().filter_map(|entry| match &entry.value {
        Node { line, kind: Kind::Scalar(Scalar { text, style: Style::Literal }) } => {
            Some((*line, documents(text).ok()?))
        }
        _ => None,
    });
    let texts = texts.flat_map(|(line, read)| read.into_iter().map(move |node| moved(node, line)));
    texts.filter(|node| node.get("static_resources").is_some()).collect()
}

/// The dialect in which Envoy reads a file: its name decides, as it does for Envoy.
pub fn dialect(text: &str, name: &str) -> Dialect {
    let is_json = name.ends_with(".json")
        || !name.ends_with(".yaml")
            && !name.ends_with(".yml")
            && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if is_json { Dialect::Json } else { Dialect::Envoy }
}

/// Every gate in a file's documents; at least one, or a mistake in its place.
pub fn gates(documents: &[Node], dialect: Dialect) -> Result<Found<'_>, Unreadable> {
    let mut candidates = Vec::new();
    for document in documents {
        filters::collect(document, dialect, &mut candidates);
    }
    if candidates.is_empty() {
        return own(documents);
    }
    let only = candidates.len() == 1;
    let lines: Vec<_> = candidates.iter().map(|filter| filter.line.to_string()).collect();
    let gates = candidates.into_iter().filter(|filter| only || filter.is_named());
    let found = sort(gates.map(filters::Filter::gate));
    if found.gates.is_empty() && found.mistakes.is_empty() {
        return Err(Unreadable {
            line: 1,
            message: format!(
                "which of the filters of the lines {} is the gate? Give it the name probegate",
                lines.join(", ")
            ),
        });
    }
    Ok(found)
}

fn sort<'a>(gates: impl Iterator<Item = Result<Gate<'a>, Unreadable>>) -> Found<'a> {
    let mut found = Found { gates: Vec::new(), mistakes: Vec::new() };
    for gate in gates {
        match gate {
            Ok(gate) => found.gates.push(gate),
            Err(mistake) => found.mistakes.push(mistake),
        }
    }
    found
}

/// The documents that are the gate's own configuration.
fn own(documents: &[Node]) -> Result<Found<'_>, Unreadable> {
    let gates = documents.iter().filter(|document| !is_of_others(document)).map(|document| {
        let configuration = match document.get("@type") {
            Some(_) => any(document, Dialect::Envoy)?,
            None => Source::new(document.clone(), Dialect::Json),
        };
        Ok(Gate { configuration, around: Around::Nothing })
    });
    let found = sort(gates);
    if documents.iter().all(is_empty) {
        return Err(Unreadable { line: 1, message: EMPTY.into() });
    }
    if found.gates.is_empty() && found.mistakes.is_empty() {
        return Err(Unreadable { line: 1, message: NOTHING.into() });
    }
    Ok(found)
}

/// The documents in which there is nothing of the gate's, by their kind.
pub fn others(documents: &[Node]) -> impl Iterator<Item = (usize, &str)> {
    const READ: [&str; 5] =
        ["WasmPlugin", "TrafficExtension", "EnvoyFilter", "EnvoyExtensionPolicy", "List"];
    let is_read = |document: &&Node| {
        !config_map(document).is_empty() || document.at(&["spec", "dynamicModules"]).is_some()
    };
    let without = documents.iter().filter(move |document| !is_read(document));
    let kinds = without.filter_map(|document| document.entry("kind"));
    let kinds = kinds.filter_map(|kind| Some((kind.line, kind.value.text()?)));
    kinds.filter(|(_, kind)| !READ.contains(kind))
}

/// True if a document has nothing but comments in it.
fn is_empty(document: &Node) -> bool {
    matches!(&document.kind, Kind::Scalar(Scalar { text, style: Style::Plain }) if text.is_empty() || text == "~")
}

/// The kind of a document: of Envoy, of Kubernetes, or nothing that a person would configure.
fn is_of_others(document: &Node) -> bool {
    const KEYS: [&str; 14] = [
        "static_resources",
        "dynamic_resources",
        "admin",
        "node",
        "resources",
        "http_filters",
        "filter_chains",
        "typed_config",
        "bootstrap_extensions",
        "layered_runtime",
        "apiVersion",
        "kind",
        "configs",
        "virtual_hosts",
    ];
    let listed = matches!(&document.kind, Kind::List(items) if items.iter().any(|item| item.get("name").is_some()));
    listed || KEYS.iter().any(|key| document.get(key).is_some())
}

/// The configuration in a `google.protobuf.Any`.
fn any(any: &Node, dialect: Dialect) -> Result<Source, Unreadable> {
    let value = any.get("value");
    let of = any.get("@type").and_then(Node::text).unwrap_or_default();
    match (of.rsplit('/').next(), value) {
        (Some("google.protobuf.Struct" | "google.protobuf.StringValue"), None) => {
            Ok(Source::new(Node::empty(any.line), dialect))
        }
        (Some("google.protobuf.Struct"), Some(value)) => Ok(Source::new(value.clone(), dialect)),
        (Some("google.protobuf.StringValue"), Some(Node { line, kind: Kind::Scalar(scalar) })) => {
            text(scalar, *line)
        }
        _ => Err(Unreadable {
            line: any.line,
            message: "configuration must be a google.protobuf.Struct or a google.protobuf.StringValue, with its @type and a value".into(),
        }),
    }
}

/// A configuration as JSON text.
fn text(scalar: &Scalar, line: usize) -> Result<Source, Unreadable> {
    let literal = scalar.style == Style::Literal;
    let lines = |within: usize| if literal { line + within.max(1) } else { line };
    if scalar.text.trim().is_empty() {
        return Ok(Source::new(Node::empty(line), Dialect::Json));
    }
    let value: serde_json::Value = serde_json::from_str(&scalar.text).map_err(|error| {
        Unreadable { line: lines(error.line()), message: format!("the text is not JSON: {error}") }
    })?;
    let root = match documents(&scalar.text).as_deref() {
        Ok([root]) if literal => moved(root.clone(), line),
        _ => Node::without_lines(&value, line),
    };
    Ok(Source::new(root, Dialect::Json))
}

/// The same value, so many lines further down.
fn moved(mut node: Node, by: usize) -> Node {
    node.line += by;
    match &mut node.kind {
        Kind::Scalar(_) => {}
        Kind::List(items) => {
            *items = std::mem::take(items).into_iter().map(|item| moved(item, by)).collect();
        }
        Kind::Map(entries) => {
            for entry in entries {
                entry.line += by;
                entry.value = moved(std::mem::replace(&mut entry.value, Node::empty(0)), by);
            }
        }
    }
    node
}
