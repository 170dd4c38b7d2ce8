//! Requests that are let through once.

use crate::gate::*;

const BLOCKS: &str = "probegate_gateway_replay_blocks_total";

fn bootstrap(upstream: &Upstream, rest: Value) -> Bootstrap {
    let configuration = patched(json!({"replay": {"routes": ["/v1/pay/*"]}}), &rest);
    Bootstrap::to(upstream.address()).concurrency(4).plugin(configuration)
}

fn pay(nonce: &str, timestamp: u64) -> Request {
    Request::new("POST", "/v1/pay/x")
        .header("x-nonce", nonce)
        .header("x-timestamp", timestamp.to_string())
}

/// Of 64 copies that come at once over 64 connections to four workers one passes, in every round.
/// `PROBEGATE_ROUNDS` makes it more rounds.
#[test]
fn of_many_copies_at_once_one_passes() {
    let rounds = std::env::var("PROBEGATE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let rounds: u32 = rounds.unwrap_or(40);
    let upstream = Upstream::start();
    let envoy = run(&bootstrap(&upstream, json!({})));
    for round in 0..rounds {
        let answers =
            load(envoy.address(), &Load::new(pay(&format!("nonce-{round}"), now()), 64, 1));
        let passed = answers.iter().filter(|answer| answer.status == 200).count();
        let refused = answers.iter().filter(|answer| answer.status == 409).count();
        assert_eq!((passed, refused), (1, 63), "round {round}");
    }
    assert_eq!(upstream.count(), rounds as usize);
    println!("{rounds} rounds of 64 copies: one of each passed");
    let seen = f64::from(rounds) * 63.0;
    counts(&envoy, BLOCKS, &[("reason", "seen")], seen);
}

/// 409 with JSON, over HTTP/1.1 and HTTP/2, whatever is wrong; the status 10 over gRPC.
#[test]
fn each_refusal_says_why() {
    let upstream = Upstream::start();
    let envoy = run(&bootstrap(&upstream, json!({})));
    let (mut http1, mut http2) = (http1(&envoy), http2(&envoy));
    assert_eq!(http1.send(&pay("first", now())).status, 200);
    let bare = Request::new("POST", "/v1/pay/x");
    let table = [
        (pay("first", now()), "seen", "used before"),
        (bare.clone(), "missing", "required"),
        (bare.clone().header("x-nonce", "a"), "missing", "required"),
        (pay("a b", now()), "malformed", "cannot be read"),
        (pay("twice", now()).header("x-nonce", "twice"), "malformed", "cannot be read"),
        (bare.header("x-nonce", "a").header("x-timestamp", "soon"), "malformed", "cannot be read"),
        (pay("old", now() - 400), "stale", "too far from now"),
        (pay("new", now() + 400), "stale", "too far from now"),
    ];
    let labels: Vec<&str> = table.iter().map(|(_, reason, _)| *reason).collect();
    for (request, reason, says) in table {
        for answer in [http1.send(&request), http2.send(&request)] {
            assert_eq!(answer.status, 409, "{reason}");
            let body = answer.json();
            assert_eq!(body["error"], "replayed", "{reason}");
            assert!(body["message"].as_str().is_some_and(|text| text.contains(says)), "{body}");
            assert_eq!(body["request_id"], answer.header("x-request-id").expect("an ID"));
        }
    }
    for reason in ["seen", "missing", "malformed", "stale"] {
        let expected = 2.0 * labels.iter().filter(|label| **label == reason).count() as f64;
        counts(&envoy, BLOCKS, &[("reason", reason)], expected);
    }
    let call = pay("first", now()).header("content-type", "application/grpc").body([0; 5]);
    assert_eq!(http2.send(&call).header("grpc-status"), Some("10"));
    assert_eq!(http1.get("/v1/other").status, 200, "another path");
    assert_eq!(
        http1.send(&Request { path: "/x/../v1/%70ay".into(), ..pay("first", now()) }).status,
        409
    );
    assert_eq!(upstream.count(), 2);
}

/// A nonce is known after a reload, and a refusal by a limit leaves it as it was.
#[test]
fn nonces_survive_a_reload() {
    let upstream = Upstream::start();
    let mut envoy = run(&bootstrap(&upstream, json!({})));
    let send = |envoy: &Envoy, request: &Request| http1(envoy).send(request).status;
    let requests: Vec<_> = (0..20).map(|nonce| pay(&nonce.to_string(), now())).collect();
    assert!(requests.iter().all(|request| send(&envoy, request) == 200));
    let limit =
        json!({"rate_limit": {"requests": 1, "window": "1h", "client": {"header": "x-client"}}});
    assert_eq!(envoy.reconfigure(&bootstrap(&upstream, limit)), Reload::Accepted);
    let as_client = |request: &Request, client: &str| request.clone().header("x-client", client);
    for (at, request) in requests.iter().enumerate() {
        assert_eq!(send(&envoy, &as_client(request, &at.to_string())), 409);
    }
    let new = pay("new", now());
    assert_eq!(send(&envoy, &as_client(&new, "0")), 429, "this client had its share");
    assert_eq!(send(&envoy, &as_client(&new, "another")), 200);
    assert_eq!(send(&envoy, &as_client(&new, "a third")), 409);
}
