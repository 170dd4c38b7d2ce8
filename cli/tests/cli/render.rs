//! `probegate render`: what it prints is what a real Envoy starts with.

use serde_json::Value;
use testbed::{Client, Envoy, Port, Upstream, tools};

use crate::{command, file, folder, probegate, run};

const SYSTEMS: [&str; 6] =
    ["caracal", "caracal-core", "astrocyte", "agent-platform", "kestra", "kubernetes"];

pub fn rendered(arguments: &[&str]) -> String {
    probegate(&[&["render"], arguments].concat()).with(0)
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).expect("YAML")
}

/// Nothing is to be said of any of them.
#[test]
fn what_is_rendered_is_good() {
    for system in SYSTEMS {
        for target in ["envoy", "istio"] {
            let text = rendered(&["--system", system, "--for", target]);
            assert!(!text.contains("{{"), "{text}");
            let out = run(command(&["check", "-"]), &text).with(0);
            assert_eq!(out.lines().count(), 1, "{system} for {target}: {out}");
            assert!(out.contains("good") && out.contains("METRICS_BEARER"), "{out}");
            assert_eq!(out.contains("ASTROCYTE_ADMIN_TOKEN"), system == "astrocyte", "{out}");
        }
    }
}

/// Beside the gate's own configuration it is the bootstrap of this repository.
#[test]
fn for_envoy_it_is_the_repositorys_bootstrap() {
    let without = |text: &str| {
        let mut bootstrap = yaml(text);
        let filter = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters/0/typed_config/config";
        let plugin = bootstrap.pointer_mut(filter).expect("the gate's filter");
        let gate = plugin["configuration"]["value"].take();
        (bootstrap, gate)
    };
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let ours = std::fs::read_to_string(format!("{root}/envoy/envoy.yaml")).expect("the bootstrap");
    let (ours, mut gate) = without(&ours);
    let (theirs, rendered) = without(&rendered(&["--system", "kubernetes", "--for", "envoy"]));
    assert_eq!(ours, theirs);
    gate.as_object_mut().expect("an object").remove("metrics_auth");
    gate["system"] = "kubernetes".into();
    assert_eq!(gate, rendered);
}

/// Astrocyte's limit is a variable's, which a limit in the file would stand above.
#[test]
fn what_a_variable_says_is_not_rendered() {
    for target in ["envoy", "istio"] {
        let astrocyte = rendered(&["--system", "astrocyte", "--for", target]);
        assert!(!astrocyte.contains(" rate_limit:"), "{astrocyte}");
        assert!(astrocyte.contains("ASTROCYTE_RATE_LIMIT_PER_SECOND"), "{astrocyte}");
    }
}

#[test]
fn the_upstream_and_the_image_are_filled_in() {
    for (upstream, discovery, address, port) in [
        ("10.0.0.7:8443", "STATIC", "10.0.0.7", 8443),
        ("[::1]:80", "STATIC", "::1", 80),
        ("service.internal:8080", "STRICT_DNS", "service.internal", 8080),
    ] {
        let text = rendered(&["--system", "kestra", "--for", "envoy", "--upstream", upstream]);
        let cluster = &yaml(&text)["static_resources"]["clusters"][0];
        assert_eq!(cluster["type"], discovery);
        let socket = "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address";
        let socket = cluster.pointer(socket).expect("an address");
        assert_eq!((&socket["address"], &socket["port_value"]), (&address.into(), &port.into()));
    }
    for (image, url) in [
        ("registry.example/gate:7", "oci://registry.example/gate:7"),
        ("https://files.example/gate.wasm", "https://files.example/gate.wasm"),
    ] {
        let text = rendered(&["--system", "kestra", "--for", "istio", "--image", image]);
        let plugin = yaml(&text);
        assert_eq!(plugin["spec"]["url"], url);
        assert_eq!(plugin["spec"]["pluginConfig"]["system"], "kestra");
    }
}

#[test]
fn a_wrong_order_ends_with_2() {
    for (arguments, said) in [
        (&["--system", "caracol", "--for", "envoy"][..], "must be one of caracal, "),
        (&["--system", "x\"}, y: \"", "--for", "envoy"], "must be one of caracal, "),
        (&["--system", "kestra", "--for", "nginx"], "envoy, istio"),
        (&["--system", "kestra", "--for", "envoy", "--upstream", "x"], "must be HOST:PORT"),
        (&["--system", "kestra", "--for", "envoy", "--upstream", "x:0"], "must be HOST:PORT"),
        (&["--system", "kestra", "--for", "envoy", "--upstream", "a}b:1"], "must be HOST:PORT"),
        (&["--system", "kestra", "--for", "envoy", "--upstream", "::1:80"], "must be HOST:PORT"),
        (&["--system", "kestra", "--for", "envoy", "--image", "x"], "--image is for Istio"),
        (&["--system", "kestra", "--for", "istio", "--upstream", "x:1"], "--upstream is for Envoy"),
        (&["--system", "kestra", "--for", "istio", "--image", "a\nb"], "--image must be"),
    ] {
        let ran = probegate(&[&["render"], arguments].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.err.contains(said), "{}", ran.err);
    }
}

/// A real Envoy with what is rendered for a system, on free ports; with TLS, if told.
pub fn start(system: &str, upstream: &Upstream, environment: &[(&str, &str)], tls: &str) -> Envoy {
    let to = upstream.address().to_string();
    let text = rendered(&["--system", system, "--for", "envoy", "--upstream", &to]);
    let held = Port::hold();
    let port = held.address().port();
    let text = text
        .replace("port_value: 10000 ", &format!("port_value: {port} "))
        .replace("port_value: 9901 ", "port_value: 0 ")
        .replace("        - filters:", &format!("        - {tls}\n          filters:"));
    let path = folder().join(file(&format!("rendered-{system}-{port}.yaml"), &text));
    Envoy::start_file(tools::envoy_from_env(), &path, 2, environment).expect("Envoy starts")
}

/// Each system's routes are what that system has.
#[test]
fn a_real_envoy_starts_with_what_is_rendered() {
    let upstream = Upstream::start();
    for (system, path, status) in [
        ("caracal", "/metrics.json", 401),
        ("kestra", "/env", 404),
        ("astrocyte", "/v1/admin/x", 401),
    ] {
        let variables = [
            ("METRICS_BEARER", "example-token"),
            ("ASTROCYTE_ADMIN_TOKEN", "example-admin"),
            ("ASTROCYTE_RATE_LIMIT_PER_SECOND", "20"),
        ];
        let envoy = start(system, &upstream, &variables, "name: plain");
        let mut client = Client::new(envoy.address());
        assert_eq!(client.get(path).status, status, "{system}");
        assert_eq!(client.get("/health").status, 200, "{system}");
        let bearer = [("authorization", "Bearer example-token")];
        assert_eq!(client.get_with("/metrics", &bearer).status, 200, "{system}");
        let admin = [("x-admin-token", "example-admin")];
        let opened = client.get_with("/v1/admin/x", &admin).status;
        assert_eq!(opened, 200, "{system}");
        assert!((0..25).any(|_| client.get("/v1/x").status == 429), "{system}");
    }
}
