//! Each block of `docs/recipes.md`, in a real Envoy.

use std::fs;

use testbed::{tools, workspace};

use crate::gate::*;

/// The nth YAML block of that recipe.
fn block(recipe: &str, nth: usize) -> Value {
    let page = fs::read_to_string(workspace().join("docs/recipes.md")).expect("the page");
    let sections = page.split("\n## ").find(|section| section.starts_with(&format!("{recipe}\n")));
    let text = sections.and_then(|section| section.split("```yaml\n").nth(nth + 1));
    let text = text.and_then(|rest| rest.split("```").next());
    serde_saphyr::from_str(text.expect("a block")).expect("YAML")
}

/// An upstream, and a bootstrap with the filters of a recipe in front of the gate.
fn with(recipe: &str, plugin: Value) -> (Upstream, Bootstrap) {
    let upstream = Upstream::start();
    let bootstrap = Bootstrap::to(upstream.address())
        .env("METRICS_BEARER", "the-token")
        .plugin(plugin)
        // The token for filters of Envoy's.
        .under(vec!["env".into(), "METRICS_BEARER=the-token".into()]);
    let filters = block(recipe, 0).as_array().cloned().expect("filters");
    (upstream, filters.into_iter().fold(bootstrap, Bootstrap::filters_before))
}

fn start(bootstrap: &Bootstrap) -> (Envoy, Client) {
    let envoy = run(bootstrap);
    let client = http1(&envoy);
    (envoy, client)
}

/// A limit of one request in an hour, for each value of a header.
fn one_an_hour() -> Value {
    json!({"rate_limit": {"requests": 1, "window": "1h", "client": {"header": "x-client"}}})
}

#[test]
fn readiness_is_503_while_envoy_drains() {
    let (_upstream, bootstrap) = with("Draining", json!({}));
    let (envoy, mut client) = start(&bootstrap);
    assert_eq!(client.get("/-/gate/ready").status, 200);
    envoy.admin_post("/healthcheck/fail");
    assert_eq!(client.get("/-/gate/ready").status, 503);
    assert_eq!(client.get("/-/gate/live").status, 200);
    assert_eq!(client.get("/v1/recall").status, 200, "others are served as ever");
    envoy.admin_post("/healthcheck/ok");
    assert_eq!(client.get("/-/gate/ready").status, 200);
}

#[test]
fn a_grpc_web_call_is_limited_by_http_status() {
    let (upstream, bootstrap) = with("gRPC-Web", one_an_hour());
    let bootstrap = bootstrap
        .routes(json!([{"match": {"prefix": "/"}, "route": {"cluster": "grpc"}}]))
        .cluster_http2("grpc", upstream.address());
    let (_envoy, mut client) = start(&bootstrap);
    let call = Request::new("POST", "/v1.Recall/Get")
        .header("content-type", "application/grpc-web+proto")
        .header("x-client", "one")
        .body([0; 5]);
    let first = client.send(&call);
    assert_eq!(first.status, 200);
    assert_eq!(first.header("content-type"), Some("application/grpc-web+proto"));
    // The trailers are in the body.
    assert!(first.text().contains("grpc-status:0"), "{:?}", first.text());
    assert_eq!(upstream.last().header("content-type"), Some("application/grpc"));
    assert_eq!(client.send(&call).status, 429);
}

#[test]
fn a_preflight_costs_nothing_and_a_refusal_can_be_read() {
    let (upstream, bootstrap) = with("CORS", one_an_hour());
    let host = json!({
        "name": "all", "domains": ["*"],
        "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "upstream"}}],
        "typed_per_filter_config": block("CORS", 1)["typed_per_filter_config"],
    });
    let bootstrap = bootstrap.hcm(json!({"route_config": {"virtual_hosts": [host]}}));
    let (_envoy, mut client) = start(&bootstrap);
    let from = |method: &str| {
        Request::new(method, "/v1/recall")
            .header("origin", "https://app.example")
            .header("x-client", "one")
    };
    let preflight = from("OPTIONS").header("access-control-request-method", "POST");
    for _ in 0..3 {
        let answer = client.send(&preflight);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-methods"), Some("GET, POST"));
    }
    assert_eq!(upstream.count(), 0, "Envoy answers a preflight");
    assert_eq!(client.send(&from("GET")).status, 200);
    let refused = client.send(&from("GET"));
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("access-control-allow-origin"), Some("https://app.example"));
    let exposed = refused.header("access-control-expose-headers").expect("what the page may read");
    assert!(exposed.contains("retry-after"));
}

#[test]
fn a_scrape_is_compressed_if_it_asks() {
    let (_upstream, bootstrap) = with("Compressed scrapes", json!({}));
    let (_envoy, mut client) = start(&bootstrap);
    let bearer = ("authorization", "Bearer the-token");
    let plain = client.get_with("/-/gate/metrics", &[bearer]);
    assert_eq!((plain.status, plain.header("content-encoding")), (200, None));
    let gzip = client.get_with("/-/gate/metrics", &[bearer, ("accept-encoding", "gzip")]);
    assert_eq!((gzip.status, gzip.header("content-encoding")), (200, Some("gzip")));
    assert!(gzip.body.len() * 2 < plain.body.len(), "{} of {}", gzip.body.len(), plain.body.len());
}

#[test]
fn a_password_opens_the_scrape_and_nothing_else() {
    let name = "Basic authentication for scrapers";
    let upstream = Upstream::start();
    let mut route = block(name, 1);
    route["route"]["cluster"] = "upstream".into();
    let mut bootstrap = Bootstrap::to(upstream.address())
        .env("METRICS_BEARER", "the-token")
        .under(vec!["env".into(), "METRICS_BEARER=the-token".into()])
        .routes(json!([route, {"match": {"prefix": "/"}, "route": {"cluster": "upstream"}}]));
    for filter in block(name, 0).as_array().cloned().expect("filters") {
        bootstrap = bootstrap.filters_before(filter);
    }
    let (_envoy, mut client) = start(&bootstrap);
    // prometheus:example-password and prometheus:guess
    let good = [("authorization", "Basic cHJvbWV0aGV1czpleGFtcGxlLXBhc3N3b3Jk")];
    let bad = [("authorization", "Basic cHJvbWV0aGV1czpndWVzcw==")];
    assert_eq!(client.get_with("/-/gate/metrics", &good).status, 200);
    assert_eq!(client.get_with("/-/gate/metrics", &bad).status, 401);
    assert_eq!(client.get("/-/gate/metrics").status, 401);
    let bearer = [("authorization", "Bearer the-token")];
    assert_eq!(
        client.get_with("/-/gate/metrics", &bearer).status,
        401,
        "there the password is asked for"
    );
    for path in ["/metrics", "/-/gate/metrics/", "//-/gate/metrics", "/-/gate/%6Detrics"] {
        assert_ne!(client.get_with(path, &good).status, 200, "{path}");
    }
    assert_eq!(client.get_with("/metrics", &bearer).status, 200);
}

#[test]
fn an_overridden_method_does_not_reach_the_service() {
    let (upstream, bootstrap) = with("Method override", json!({}));
    let (_envoy, mut client) = start(&bootstrap);
    let names = ["x-http-method-override", "x-http-method", "x-method-override"];
    let request = names
        .iter()
        .fold(Request::new("POST", "/v1/items/1"), |request, name| request.header(name, "DELETE"));
    assert_eq!(client.send(&request).status, 200);
    assert_eq!(names.map(|name| upstream.last().header(name).is_some()), [false; 3]);
}

/// The collector here is a server that takes any call, and remembers what came.
#[test]
fn a_collector_gets_what_the_gate_counts() {
    let (service, collector) = (Upstream::start(), Upstream::start());
    let text = shipped("envoy/envoy.yaml", service.address(), &[]);
    let mut bootstrap: Value = serde_saphyr::from_str(&text).expect("YAML");
    bootstrap["stats_sinks"] = block("Metrics by OpenTelemetry", 0)["stats_sinks"].clone();
    bootstrap["stats_flush_interval"] = "1s".into();
    let address =
        "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/port_value";
    let clusters = bootstrap["static_resources"]["clusters"].as_array_mut().expect("clusters");
    let mut otel = clusters[0].clone();
    otel["name"] = "otel".into();
    otel["load_assignment"]["cluster_name"] = "otel".into();
    let options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    otel["typed_extension_protocol_options"][options] = json!({
        "@type": format!("type.googleapis.com/{options}"),
        "explicit_http_config": {"http2_protocol_options": {}},
    });
    *otel.pointer_mut(address).expect("a port") = collector.address().port().into();
    clusters.push(otel);
    let program = tools::envoy_from_env();
    let envoy =
        Envoy::start_text(program, &bootstrap.to_string(), 1, &[("METRICS_BEARER", "token")])
            .expect("Envoy starts");
    assert_eq!(http2(&envoy).send(&Request::get("/metrics")).status, 401);
    let holds =
        |body: &[u8], word: &str| body.windows(word.len()).any(|part| part == word.as_bytes());
    poll::until(PATIENCE, "the collector has the refusal", || {
        let calls = collector.take();
        let found = calls.iter().find(|call| holds(&call.body, "_gateway_auth_failures_total"))?;
        assert!(found.target.ends_with("MetricsService/Export"), "{}", found.target);
        (holds(&found.body, "reason") && holds(&found.body, "missing")).then_some(())
    });
}
