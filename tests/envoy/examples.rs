//! The examples that are of no system work as they stand, but for the ports.

use testbed::rate_limit_service::Limit;
use testbed::{RateLimitService, Redis, tools};

use crate::gate::*;

const ADMIN_TOKEN: (&str, &str) = ("ADMIN_TOKEN", "example-admin");

/// Starts an example's bootstrap in front of an upstream.
fn start(bootstrap: &str, upstream: &Upstream, environment: &[(&str, &str)]) -> Envoy {
    start_text(&shipped(bootstrap, upstream.address(), &[]), environment)
}

fn start_text(text: &str, environment: &[(&str, &str)]) -> Envoy {
    Envoy::start_text(tools::envoy_from_env(), text, 2, environment).expect("the example starts")
}

/// Number of requests that get through before one is refused, and that one's answer. On a slow machine that is more than
/// the limit: some of it comes in again meanwhile.
fn up_to_the_limit(mut send: impl FnMut() -> Response) -> (usize, Response) {
    let answers = (0..1000).map(|nth| (nth, send()));
    let (admitted, refused) =
        { answers }.find(|(_, answer)| answer.status != 200).expect("a limit");
    assert_eq!(refused.status, 429);
    (admitted, refused)
}

/// Each line of the example's table.
#[test]
fn behind_a_proxy_does_what_its_readme_says() {
    let upstream = Upstream::start();
    let envoy = start("examples/behind-a-proxy/envoy.yaml", &upstream, &[ADMIN_TOKEN]);
    let mut client = http1(&envoy);

    assert_eq!(client.get("/env").status, 404);
    let refused = client.get("/metrics");
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("www-authenticate"), Some(r#"Bearer realm="metrics""#));
    let opened = client.get_with("/metrics", &[("authorization", "Bearer example-token")]);
    assert_eq!(opened.status, 200);
    assert_eq!(upstream.last().header("authorization"), None, "stripped");
    assert_eq!(client.get("/v1/admin/sources").status, 401);
    let admin = client.get_with("/v1/admin/sources", &[("x-admin-token", "example-admin")]);
    assert_eq!(admin.status, 200);

    let mut from =
        |path: &str, forwarded: &str| client.get_with(path, &[("x-forwarded-for", forwarded)]);
    let (admitted, _) = up_to_the_limit(|| from("/v1/recall", "203.0.113.9"));
    assert!(admitted >= 5, "no more than {admitted}");
    // As another client each time.
    let mut forged =
        (0..1000).map(|nth| format!("198.51.{}.{}, 203.0.113.9", nth / 250, nth % 250));
    let mut forged = || forged.next().expect("one more");
    let (_, refused) = up_to_the_limit(|| from("/v1/recall", &forged()));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!((0..20).all(|_| from("/health", "203.0.113.9").status == 200));
}

/// Each line of the example's table.
#[test]
fn operations_do_what_their_readme_says() {
    let upstream = Upstream::start();
    let envoy = start("examples/operations/envoy.yaml", &upstream, &[]);
    let mut client = http1(&envoy);
    let recall = |body: &str| Request::new("POST", "/v1/recall").body(body);
    let of_bank = |bank: &str| recall(&format!(r#"{{"bank_id": "{bank}"}}"#));
    let (admitted, refused) = up_to_the_limit(|| client.send(&of_bank("a")));
    assert!(admitted >= 3, "no more than {admitted}");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("ratelimit-policy"), Some(r#""recall";q=120;w=60"#));
    assert_eq!(client.send(&of_bank("b")).status, 200);
    assert_eq!(client.send(&recall("{}")).status, 400);
    assert_eq!(client.get("/v1/recall").status, 200);
    let policy = Some(r#""reflect";q=30;w=60"#);
    // With a new bank each time: only one that is the same is refused at its first request.
    let same = (0..10).any(|bank| {
        let path = format!("/v1/banks/a{bank}/reflect");
        let (admitted, refused) = up_to_the_limit(|| client.get(&path));
        assert_eq!((admitted >= 2, refused.header("ratelimit-policy")), (true, policy));
        let other = client.get(&format!("/v1//banks/x/../%61{bank}/reflect"));
        other.status == 429 && other.header("ratelimit-policy") == policy
    });
    assert!(same, "another spelling is another bank");
    assert_eq!(client.get("/v1/banks/b/reflect").status, 200);
    assert_eq!(client.get("/health").status, 200);
}

/// Each line of the example's table.
#[test]
fn replay_does_what_its_readme_says() {
    let upstream = Upstream::start();
    let envoy = start("examples/replay/envoy.yaml", &upstream, &[]);
    let mut client = http1(&envoy);
    let now = now();
    let bare = Request::new("POST", "/v1/pay/x");
    let pay = |nonce: &str, time: u64| {
        bare.clone().header("x-nonce", nonce).header("x-timestamp", time.to_string())
    };
    assert_eq!(client.send(&pay("a1", now)).status, 200);
    let again = client.send(&pay("a1", now));
    assert_eq!((again.status, &again.json()["error"]), (409, &"replayed".into()));
    assert_eq!(client.send(&pay("a2", 1_700_000_000)).status, 409);
    assert_eq!(client.send(&bare).status, 409);
    assert_eq!(client.get("/v1/other").status, 200);
}

/// Each line of the example's table.
#[test]
fn capabilities_do_what_their_readme_says() {
    let upstream = Upstream::start();
    let token = [("METRICS_BEARER", "example-token")];
    let envoy = start("examples/capabilities/envoy.yaml", &upstream, &token);
    let mut client = http1(&envoy);
    let bearer = [("authorization", "Bearer example-token")];
    assert_eq!(client.get("/metrics").status, 401);
    assert_eq!(client.get_with("/metrics", &bearer).status, 200);
    up_to_the_limit(|| client.get("/v1/recall"));
    envoy.wait_for_stat(LIMITED, &[], |count| count >= 1.0);
    poll::until(PATIENCE, "the limit has room for the page, and it says all", || {
        let page = client.get_with("/-/gate/metrics", &bearer);
        page.text().contains("probegate_gateway_requests_total{").then_some(())
    });
    assert!(!envoy.log().contains("restricted"), "{}", envoy.log());
}

/// The limits of `ratelimit.yaml`, but by the day: the border of a minute would be passed now and then.
#[test]
fn global_rate_limit_does_what_its_readme_says() {
    let (upstream, redis) = (Upstream::start(), Redis::start());
    let limits = [
        Limit { keys: vec!["client"], requests: 20, seconds: 86_400 },
        Limit { keys: vec!["operation", "key"], requests: 5, seconds: 86_400 },
    ];
    let mut service = Some(RateLimitService::start(&redis, &limits));
    let address = service.as_ref().expect("it runs").address();
    let port = format!("port_value: {} ", address.port());
    // A machine that tests is slower than one that serves.
    let changes = [("port_value: 8081 ", &*port), ("timeout: 50ms", "timeout: 1s")];
    let example = "examples/global-rate-limit/envoy.yaml";
    let envoy = start_text(&shipped(example, upstream.address(), &changes), &[]);
    let mut client = http1(&envoy);
    for _ in 0..5 {
        assert_eq!(client.get_with("/v1/recall", &[("x-bank-id", "one")]).status, 200);
    }
    let refused = client.get_with("/v1/recall", &[("x-bank-id", "one")]);
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("ratelimit-policy"), Some(r#""global_rate_limit";q=5;w=86400"#));
    assert_eq!(client.get_with("/v1/recall", &[("x-bank-id", "two")]).status, 200);
    let asked = service.as_ref().expect("it runs").requests();
    let message: Vec<Vec<(&str, &str)>> = asked[0]
        .descriptors
        .iter()
        .map(|descriptor| {
            let entries = descriptor.entries.iter();
            entries.map(|entry| (entry.key.as_str(), entry.value.as_str())).collect()
        })
        .collect();
    // printf one | sha256sum: what stands in a header may be a secret.
    let one = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
    assert_eq!(
        message,
        [vec![("client", "127.0.0.1")], vec![("operation", "recall"), ("key", one)]]
    );
    for _ in 7..20 {
        assert_eq!(client.get("/v1/other").status, 200);
    }
    let refused = client.get("/v1/other");
    assert_eq!(refused.header("ratelimit-policy"), Some(r#""global_rate_limit";q=20;w=86400"#));
    assert_eq!(client.get("/health").status, 200);
    drop(service.take());
    assert_eq!(client.get("/v1/other").status, 200, "the limits of the process alone decide");
}

/// `envoy/envoy.yaml`, or `envoy/native.yaml`, guards metrics with the variable that it names, and limits to 20 a second.
#[test]
fn the_bootstrap_works_as_it_stands() {
    let upstream = Upstream::start();
    let envoy =
        start(Host::from_env().bootstrap(), &upstream, &[("METRICS_BEARER", "example-token")]);
    let mut client = http1(&envoy);
    assert_eq!(client.get("/metrics").status, 401);
    let opened = client.get_with("/metrics", &[("authorization", "Bearer example-token")]);
    assert_eq!(opened.status, 200);
    http2(&envoy).send(&grpc("/v1.Recall/Get"));
    let (admitted, _) = up_to_the_limit(|| client.get("/v1/recall"));
    assert!(admitted >= 17, "{admitted} of 20, of which three were used before");
    assert_eq!(client.get("/health").status, 200);

    envoy.wait_for_stat(LIMITED, &[], |count| count >= 1.0);
    // The service is asked over HTTP/1.1 here, where the code in its trailers is lost.
    let code = [("code", "Unknown")];
    let handled = "probegate_gateway_grpc_server_handled_total";
    counts(&envoy, handled, &code, 1.0);
    no_label_is_in_a_name(&envoy);
}
