//! What stands around the gate and takes something from it.

use super::{Finding, Kind};
use probegate_core::config::shape::Token;

use crate::document::Node;
use crate::find::{Around, Gate};
use crate::source::{Meaning, variable};

/// What of the gate's surroundings should be otherwise.
pub fn warnings(gate: &Gate<'_>, meaning: &Meaning) -> Vec<Finding> {
    let mut findings = Findings(Vec::new());
    match &gate.around {
        Around::Nothing => {}
        Around::Envoy { document, plugin, connection_manager } => {
            findings.failure(plugin);
            findings.capabilities(plugin);
            findings.variables(plugin, meaning);
            findings.bodies(plugin, meaning);
            if let Some(manager) = connection_manager {
                findings.request_id(manager, meaning);
                findings.peer(manager, meaning);
                findings.rewrites(manager);
            }
            findings.clusters(document, gate, meaning);
        }
        Around::Istio { spec } => findings.istio(spec, meaning),
    }
    findings.0
}

/// What Envoy does not call, it does not wait for: without these a request goes by the gate.
const GUARDING: [&str; 3] =
    ["proxy_on_request_headers", "proxy_on_request_body", "proxy_on_request_trailers"];

/// What makes another path of one, behind the filters.
const REWRITES: [&str; 3] = ["prefix_rewrite", "regex_rewrite", "path_rewrite_policy"];

struct Findings(Vec<Finding>);

impl Findings {
    fn warn(&mut self, line: usize, message: impl Into<String>) {
        self.at(line, String::new(), message);
    }

    fn at(&mut self, line: usize, place: String, message: impl Into<String>) {
        self.0.push(Finding { line, place, message: message.into(), kind: Kind::Warning });
    }

    fn failure(&mut self, plugin: &Node) {
        if plugin.get("fail_open").is_some_and(Node::is_true) {
            let line = plugin.entry("fail_open").map_or(plugin.line, |entry| entry.line);
            self.warn(line, "with fail_open a crash of the gate opens every route: set failure_policy: FAIL_RELOAD in its place");
            return;
        }
        let policy = plugin.entry("failure_policy");
        match policy.map(|entry| (entry.line, entry.value.text().unwrap_or_default())) {
            Some((_, "FAIL_RELOAD")) => {}
            Some((line, "FAIL_OPEN")) => self.warn(line, "with FAIL_OPEN a crash of the gate opens every route: set failure_policy: FAIL_RELOAD"),
            other => {
                let line = other.map_or(plugin.line, |(line, _)| line);
                self.warn(line, "after a crash of the gate Envoy answers 503 until it is restarted: set failure_policy: FAIL_RELOAD");
            }
        }
    }

    /// Whatever else such a list lacks closes the gate, and is seen.
    fn capabilities(&mut self, plugin: &Node) {
        let allowed = plugin.at(&["capability_restriction_config", "allowed_capabilities"]);
        // An empty list restricts nothing.
        let Some(allowed) = allowed.filter(|allowed| !allowed.entries().is_empty()) else { return };
        for callback in GUARDING.iter().filter(|callback| allowed.entry(callback).is_none()) {
            self.warn(allowed.line, format!("without {callback} Envoy passes requests by the gate: add it to allowed_capabilities"));
        }
    }

    fn variables(&mut self, plugin: &Node, meaning: &Meaning) {
        let named = plugin.at(&["vm_config", "environment_variables"]);
        let keys = named.and_then(|named| named.get("host_env_keys"));
        let values = named.and_then(|named| named.get("key_values"));
        let held = |name: &str| {
            keys.is_some_and(|keys| keys.items().iter().any(|key| key.text() == Some(name)))
                || values
                    .is_some_and(|values| values.entries().iter().any(|entry| entry.key == name))
        };
        let line = named.or_else(|| plugin.get("vm_config")).unwrap_or(plugin).line;
        for name in meaning.variables.iter().filter(|name| !held(name)) {
            self.warn(line, format!("the gate does not see the variable {}, so its token opens nothing: name it in vm_config.environment_variables.host_env_keys", variable(name)));
        }
    }

    /// A request that is held for its body needs Envoy to show it.
    fn bodies(&mut self, plugin: &Node, meaning: &Meaning) {
        use probegate_core::config::shape::Key;
        let option = plugin.entry("allow_on_headers_stop_iteration");
        let wants = |key: &Key| matches!(key, Key::Json(_));
        let wanted = meaning.config.operations.iter().any(|operation| wants(&operation.key));
        if wanted && option.is_none_or(|entry| !entry.value.is_true()) {
            let line = option.map_or(plugin.line, |entry| entry.line);
            self.warn(line, "Envoy never shows the body of a request that is held for an operation's JSON key: set allow_on_headers_stop_iteration: true");
        }
    }

    fn request_id(&mut self, manager: &Node, meaning: &Meaning) {
        let gate = &meaning.compiled.gate;
        // Envoy has its own ways with this header only, and they matter only if it may be kept.
        if *gate.names.request_id != *b"x-request-id" || !gate.accept_request_id {
            return;
        }
        let generate = manager.entry("generate_request_id");
        if generate.is_none_or(|entry| entry.value.is_true()) {
            let line = generate.map_or(manager.line, |entry| entry.line);
            self.warn(line, "Envoy mints a request ID before the gate sees the request: set generate_request_id: false");
        }
        let preserve = manager.entry("preserve_external_request_id");
        if preserve.is_none_or(|entry| !entry.value.is_true()) {
            let line = preserve.map_or(manager.line, |entry| entry.line);
            self.warn(line, "Envoy may drop the client's request ID before the gate sees it: set preserve_external_request_id: true");
        }
    }

    fn peer(&mut self, manager: &Node, meaning: &Meaning) {
        use probegate_core::config::shape::Client;
        let by_peer = meaning
            .config
            .rate_limit
            .as_ref()
            .is_some_and(|limit| matches!(limit.client, Client::Peer));
        let remote = manager.entry("use_remote_address");
        if by_peer && remote.is_none_or(|entry| !entry.value.is_true()) {
            let line = remote.map_or(manager.line, |entry| entry.line);
            self.warn(line, "all requests with x-forwarded-for are one client to rate_limit.client: peer: set use_remote_address: true, or rate_limit.client: {forwarded_for: …}");
        }
    }

    /// Envoy routes after its filters, so a path becomes another one behind the gate.
    fn rewrites(&mut self, manager: &Node) {
        let hosts = manager.at(&["route_config", "virtual_hosts"]).map_or(&[][..], Node::items);
        let routes = hosts.iter().filter_map(|host| host.get("routes")).flat_map(Node::items);
        for route in routes.filter_map(|route| route.get("route")) {
            let written = REWRITES.iter().filter_map(|key| Some((key, route.entry(key)?)));
            for (key, entry) in written {
                self.warn(entry.line, format!("behind the gate {key} makes another path of this one, and the gate judges it as clients send it: name in routes what becomes a guarded path"));
            }
        }
    }

    /// Only a whole bootstrap says which clusters there are.
    fn clusters(&mut self, document: &Node, gate: &Gate<'_>, meaning: &Meaning) {
        let dynamic = document.get("dynamic_resources");
        let more = dynamic.is_some_and(|dynamic| {
            dynamic.get("cds_config").is_some() || dynamic.get("ads_config").is_some()
        });
        let (Some(resources), false) = (document.get("static_resources"), more) else { return };
        let clusters = resources.get("clusters").map_or(&[][..], Node::items);
        let is_defined = |name: &str| {
            clusters.iter().any(|cluster| cluster.get("name").and_then(Node::text) == Some(name))
        };
        let mut named = Vec::new();
        let targets = meaning.compiled.probes.iter().flat_map(|plan| &plan.targets);
        named.extend(targets.enumerate().map(|(nth, target)| {
            (format!("probes.targets[{nth}].cluster"), &*target.cluster, "every probe will fail")
        }));
        named.extend(meaning.config.global_rate_limit.iter().map(|global_rate_limit| {
            let what = "on_error will decide every request";
            ("global_rate_limit.cluster".to_owned(), &*global_rate_limit.cluster, what)
        }));
        let tokens = meaning.config.metrics_auth.tokens.iter().flatten().enumerate();
        named.extend(tokens.filter_map(|(nth, token)| match token {
            Token::Fetch(fetch) => {
                let place = format!("metrics_auth.tokens[{nth}].fetch.cluster");
                Some((place, &*fetch.cluster, "no token will come"))
            }
            _ => None,
        }));
        for (place, _, what) in named.into_iter().filter(|(_, cluster, _)| !is_defined(cluster)) {
            let source = &gate.configuration;
            let (line, place) = source.describe(&source.spot(&place, &[]).way);
            let none = "static_resources.clusters has no cluster of this name";
            self.at(line, place, format!("{none}: {what}"));
        }
    }

    fn istio(&mut self, spec: &Node, meaning: &Meaning) {
        if let Some(strategy) = spec.entry("failStrategy")
            && strategy.value.text() == Some("FAIL_OPEN")
        {
            self.warn(strategy.line, "with FAIL_OPEN a crash of the gate, or an image that cannot be fetched, opens every route: set failStrategy: FAIL_RELOAD, or FAIL_CLOSE before Istio 1.27");
        }
        let env = spec.at(&["vmConfig", "env"]);
        let held = |name: &str| {
            let named = |item: &Node| item.get("name").and_then(Node::text) == Some(name);
            env.is_some_and(|env| env.items().iter().any(named))
        };
        let line = env.or_else(|| spec.get("vmConfig")).unwrap_or(spec).line;
        for name in meaning.variables.iter().filter(|name| !held(name)) {
            self.warn(line, format!("the gate does not see the variable {}, so its token opens nothing: give it in vmConfig.env", variable(name)));
        }
    }
}
