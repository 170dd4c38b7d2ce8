//! Envoy's surroundings of the gate: its connection manager, its listener, and what else the file serves.

use crate::document::Node;

const CONNECTION_MANAGER: &str =
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const TCP_PROXY: &str = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";

/// The form in which the gate is loaded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Host {
    Wasm,
    DynamicModule,
}

/// A gate as a filter of Envoy, and the messages that it stands in.
pub struct Placed<'a> {
    pub document: &'a Node,
    /// The filter's `PluginConfig`, or the `DynamicModuleFilter`.
    pub plugin: &'a Node,
    pub host: Host,
    /// From the document down to the filter's own message.
    pub ancestors: Vec<&'a Node>,
}

impl<'a> Placed<'a> {
    pub fn manager(&self) -> Option<&'a Node> {
        self.ancestors.iter().rev().find(|node| is_typed(node, CONNECTION_MANAGER)).copied()
    }

    pub fn listener(&self) -> Option<&'a Node> {
        self.ancestors.iter().rev().find(|node| is_listener(node)).copied()
    }

    /// The patch of an `EnvoyFilter` of Istio's.
    pub fn patch(&self) -> Option<&'a Node> {
        self.ancestors.iter().find(|node| node.get("applyTo").is_some()).copied()
    }

    /// The entry of `http_filters`, which has the name and the switches.
    pub fn entry(&self) -> Option<&'a Node> {
        self.below_manager().find(|node| node.get("typed_config").is_some()).copied()
    }

    /// The messages between the connection manager and the filter's own, the outermost first.
    pub fn below_manager(&self) -> impl Iterator<Item = &&'a Node> {
        let manager = self.ancestors.iter().rposition(|node| is_typed(node, CONNECTION_MANAGER));
        self.ancestors.iter().skip(manager.map_or(0, |nth| nth + 1))
    }

    /// True if the filter stands somewhere in there.
    pub fn is_within(&self, node: &Node) -> bool {
        self.ancestors.iter().any(|ancestor| std::ptr::eq(*ancestor, node))
    }
}

/// A proxy of HTTP or of bytes, and the listener that it serves.
pub struct Server<'a> {
    pub node: &'a Node,
    pub listener: Option<&'a Node>,
}

/// A file's settings beside the gates.
#[derive(Default)]
pub struct World<'a> {
    pub managers: Vec<Server<'a>>,
    pub tcp_proxies: Vec<Server<'a>>,
    pub route_tables: Vec<&'a Node>,
    pub statistics: Vec<&'a Node>,
    /// The dynamic modules that an `EnvoyProxy` of Envoy Gateway lets policies load.
    pub allowed_modules: Vec<&'a Node>,
    /// Envoy's node ID, which tells a sidecar of Istio's from a gateway.
    pub node_id: Option<&'a str>,
}

impl<'a> World<'a> {
    pub fn from_documents(documents: &'a [Node]) -> Self {
        let mut world = Self::default();
        for document in documents {
            let is_dump = is_dump_with_listeners(document);
            let modules = document.at(&["spec", "dynamicModules"]);
            world.allowed_modules.extend(modules.into_iter().flat_map(Node::items));
            world.walk(document, None, is_dump);
        }
        world
    }

    fn walk(&mut self, node: &'a Node, listener: Option<&'a Node>, is_dump: bool) {
        let listener = if is_listener(node) { Some(node) } else { listener };
        self.statistics.extend(node.get("stats_config"));
        if let Some(id) = node.at(&["node", "id"]).and_then(Node::text) {
            self.node_id = Some(id);
        }
        if is_typed(node, CONNECTION_MANAGER) {
            self.managers.push(Server { node, listener });
        } else if is_typed(node, TCP_PROXY) {
            self.tcp_proxies.push(Server { node, listener });
        } else if node.get("virtual_hosts").is_some() {
            self.route_tables.push(node);
        }
        for entry in node.entries() {
            // The dump of a bootstrap says again what that of the listeners says.
            if !(is_dump && entry.key == "static_resources") {
                self.walk(&entry.value, listener, is_dump);
            }
        }
        node.items().iter().for_each(|item| self.walk(item, listener, is_dump));
    }

    /// The parts of Envoy's own configuration that come from elsewhere, with their lines.
    pub fn absent(&self, documents: &'a [Node]) -> Vec<(usize, &'static str)> {
        let mut absent = Vec::new();
        for Server { node, .. } in &self.managers {
            let comes = node.entry("rds").or_else(|| node.entry("scoped_routes"));
            if let Some(comes) = comes.filter(|_| self.routes(node).is_none()) {
                absent.push((comes.line, "the routes, which a control plane serves"));
            }
        }
        let kinds = [
            ("lds_config", "listeners that a control plane serves"),
            ("ads_config", "whatever a control plane serves"),
        ];
        for (key, what) in kinds {
            let found =
                documents.iter().filter_map(|node| node.get("dynamic_resources")?.entry(key));
            absent.extend(found.map(|entry| (entry.line, what)));
        }
        absent
    }

    /// A connection manager's routes, if the file has them.
    pub fn routes(&self, manager: &'a Node) -> Option<&'a Node> {
        if let Some(table) = manager.get("route_config") {
            return Some(table);
        }
        let name = manager.at(&["rds", "route_config_name"])?.text()?;
        let is_named = |table: &&&Node| table.get("name").and_then(Node::text) == Some(name);
        self.route_tables.iter().find(is_named).copied()
    }
}

/// True if a document is Envoy's `/config_dump`, of which the bootstrap's own listeners are not needed.
pub fn is_dump_with_listeners(document: &Node) -> bool {
    let dumps = document.get("configs").map_or(&[][..], Node::items);
    dumps.iter().any(|dump| is_typed(dump, "envoy.admin.v3.ListenersConfigDump"))
}

pub fn is_typed(node: &Node, of: &str) -> bool {
    node.get("@type").and_then(Node::text).is_some_and(|text| text.ends_with(of))
}

fn is_listener(node: &Node) -> bool {
    node.get("filter_chains").is_some() || node.get("default_filter_chain").is_some()
}
