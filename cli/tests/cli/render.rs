//! `probegate render`: what it prints is what a real Envoy starts with.

use std::process::Command;

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

/// A rendered file has the gate in it.
const PLATFORMS: [&str; 6] =
    ["envoy", "native", "istio", "istio-gateway", "envoy-gateway", "kubernetes"];

/// Nothing is to be said of any of them, for a system or for any service.
#[test]
fn rendered_files_pass_check() {
    for target in PLATFORMS {
        let any = [&["--for", target][..]].concat();
        let systems = SYSTEMS.map(|system| vec!["--for", target, "--system", system]);
        for arguments in [any].into_iter().chain(systems) {
            let text = rendered(&arguments);
            assert!(!text.contains("{{"), "{arguments:?}: {text}");
            let ran = run(command(&["check", "--deny", "warnings", "-"]), &text);
            assert_eq!(
                (ran.code, ran.out.lines().count()),
                (0, 1),
                "{arguments:?}: {}",
                ran.text()
            );
            assert!(ran.out.contains("good") && ran.out.contains("METRICS_BEARER"), "{}", ran.out);
            let astrocyte = arguments.contains(&"astrocyte");
            assert_eq!(ran.out.contains("ASTROCYTE_ADMIN_TOKEN"), astrocyte, "{}", ran.out);
        }
    }
}

/// Every resource is where the others are.
#[test]
fn a_namespace_is_that_of_every_resource() {
    for target in ["istio", "istio-gateway", "envoy-gateway", "kubernetes"] {
        let with = rendered(&["--for", target, "--namespace", "shop-edge"]);
        let kinds = with.lines().filter(|line| line.starts_with("kind: ")).count();
        let placed = with.lines().filter(|line| *line == "  namespace: shop-edge").count();
        assert_eq!(placed, kinds, "{target}: {with}");
        assert!(!rendered(&["--for", target]).contains("namespace:"), "{target}");
    }
}

/// Rules and dashboard ask for the metrics of that namespace and job, and Prometheus takes the rules.
#[test]
fn rules_and_dashboard_are_for_a_namespace_and_a_job() {
    let rules = rendered(&["--for", "prometheus", "--namespace", "shop", "--job", "edge"]);
    let path = folder().join(file("rendered.rules.yml", &rules));
    let checked = Command::new(tools::promtool().expect("promtool"))
        .args(["check", "rules"])
        .arg(path)
        .output();
    let checked = checked.expect("run promtool");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let dashboard = rendered(&["--for", "grafana", "--namespace", "shop", "--job", "edge"]);
    serde_json::from_str::<Value>(&dashboard).expect("JSON");
    for text in [&rules, &dashboard] {
        assert!(text.contains("shop_gateway_requests"), "{text}");
        assert!(!text.contains("probegate_gateway_requests"), "{text}");
    }
    assert!(rules.contains("job=\"edge\""), "{rules}");
    let platform = rendered(&["--for", "prometheus", "--system", "agent-platform"]);
    assert!(platform.contains("job:gateway_requests"), "the system's own namespace: {platform}");
}

/// Pinned by the digest of the image that was written, unless the order says which one it is.
#[test]
fn the_digest_of_a_written_image_is_filled_in() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let place = folder().join("imaged");
    std::fs::create_dir_all(place.join("dist/image")).expect("a folder");
    let index = serde_json::json!({"manifests": [{"digest": digest}]}).to_string();
    std::fs::write(place.join("dist/image/index.json"), index).expect("an index");
    let url = |arguments: &[&str]| {
        let mut command = command(&[&["render", "--for"], arguments].concat());
        command.current_dir(&place);
        let text = run(command, "").with(0);
        let line =
            text.lines().find(|line| line.contains("url: \"")).expect("an address").to_owned();
        line.split('"').nth(1).expect("an address").to_owned()
    };
    assert_eq!(url(&["istio"]), format!("oci://registry.example/probegate@{digest}"));
    assert_eq!(url(&["envoy-gateway"]), format!("registry.example/probegate@{digest}"));
    assert_eq!(
        url(&["istio", "--image", "r.example:5000/gate"]),
        format!("oci://r.example:5000/gate@{digest}")
    );
    assert_eq!(url(&["istio", "--image", "r.example:5000/gate:7"]), "oci://r.example:5000/gate:7");
    assert_eq!(
        url(&["istio", "--image", "https://files.example/gate.wasm"]),
        "https://files.example/gate.wasm"
    );
}

/// Envoy takes it, but for the module's file where there is none.
#[test]
fn a_real_envoy_takes_the_bootstrap_of_the_dynamic_module() {
    for system in [&[][..], &["--system", "kestra"]] {
        let text = rendered(&[&["--for", "native"], system].concat());
        let path = folder().join(file("rendered-native.yaml", &text));
        let output = Command::new(tools::envoy("1.40.0").expect("Envoy"))
            .args(["--mode", "validate", "--disable-hot-restart", "--log-level", "error"])
            .arg("--config-path")
            .arg(path)
            .env("ENVOY_DYNAMIC_MODULES_SEARCH_PATH", testbed::workspace().join("dist"))
            .output()
            .expect("run Envoy");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() || said.contains("Failed to load dynamic module"),
            "{said}"
        );
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
fn values_of_variables_are_not_rendered() {
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
        (&["--system", "kestra", "--for", "nginx"], "envoy, native, istio, "),
        (&["--system", "kestra", "--for", "envoy", "--upstream", "x"], "must be HOST:PORT"),
        (&["--system", "kestra", "--for", "envoy", "--upstream", "x:0"], "must be HOST:PORT"),
        (&["--system", "kestra", "--for", "envoy", "--upstream", "a}b:1"], "must be HOST:PORT"),
        (&["--system", "kestra", "--for", "envoy", "--upstream", "::1:80"], "must be HOST:PORT"),
        (&["--system", "kestra", "--for", "envoy", "--image", "x"], "--image is for Istio"),
        (&["--system", "kestra", "--for", "istio", "--upstream", "x:1"], "--upstream is for Envoy"),
        (&["--system", "kestra", "--for", "istio", "--image", "a\nb"], "--image must be"),
        (&["--for", "native", "--image", "x"], "--image is for Istio"),
        (&["--for", "envoy-gateway", "--upstream", "x:1"], "--upstream is for Envoy"),
        (&["--for", "envoy", "--namespace", "x"], "--namespace is for Kubernetes"),
        (&["--for", "istio", "--namespace", "a: b"], "--namespace must be"),
        (&["--for", "istio", "--namespace", "a-"], "--namespace must be"),
        (&["--for", "prometheus", "--namespace", "a-b"], "--namespace: must be letters"),
        (&["--for", "prometheus", "--job", "a\"b"], "--job: must be letters"),
        (&["--for", "istio", "--job", "x"], "--job is for Prometheus"),
    ] {
        let err = probegate(&[&["render"], arguments].concat()).refused(2);
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
}

/// The rendered text, on free ports.
pub fn on_free_ports(text: &str, held: &Port) -> String {
    text.replace("port_value: 10000 ", &format!("port_value: {} ", held.address().port()))
        .replace("port_value: 9901 ", "port_value: 0 ")
}

/// A real Envoy with what is rendered for a system, on free ports; with TLS, if told.
pub fn start(system: &str, upstream: &Upstream, environment: &[(&str, &str)], tls: &str) -> Envoy {
    let to = upstream.address().to_string();
    let text = rendered(&["--system", system, "--for", "envoy", "--upstream", &to]);
    let held = Port::hold();
    let port = held.address().port();
    let text = on_free_ports(&text, &held)
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
