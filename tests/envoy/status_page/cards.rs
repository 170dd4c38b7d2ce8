//! What the page's cards say: of the services, the worst first, and of the gate.

use testbed::service::{Does, answer};
use testbed::{Browser, workspace};

use super::{DESK, PHONE, TOKEN, fits, open, start, wait_for};
use crate::gate::*;

/// Whoever has most to do stands first; what is well stays in its order.
#[test]
fn the_worst_come_first_and_are_counted() {
    let (upstream, well) = (Upstream::start(), Service::start(answer(200, "ok")));
    let rung = |name: &str| json!({"rung": name, "path": format!("/{name}")});
    let target = |service: &str, cluster: &str, rungs: &[&str]| {
        let rungs: Vec<_> = rungs.iter().map(|name| rung(name)).collect();
        json!({"service": service, "cluster": cluster, "rungs": rungs})
    };
    let dead = Service::start(Does::Refuses);
    let half = Service::start(answer(200, "{}"));
    let picky =
        json!({"rung": "ingest", "path": "/ingest", "expect": {"json": "/status", "equals": "ok"}});
    let bootstrap = Bootstrap::to(upstream.address())
        .env("METRICS_BEARER", TOKEN)
        .cluster("well", well.address())
        .cluster("dead", dead.address())
        .cluster("half", half.address())
        .plugin(json!({"service": "caracal", "probes": {
            "every": "1s", "timeout": "1s", "failure_threshold": 1, "open_for": "60s",
            "targets": [
                target("gateway", "well", &["health", "ready"]),
                {"service": "ingest", "cluster": "half", "rungs": [rung("health"), picky]},
                target("postgres", "dead", &["health", "ready", "migrated"]),
                target("mcp-server", "well", &["health", "ready"]),
                target("worker", "dead", &["health"]),
                target("embeddings", "well", &["health"]),
            ],
        }}));
    let envoy = run(&bootstrap);
    let mut browser = Browser::open(&format!("{}/-/gate/", envoy.url()), DESK);
    let order = "[...document.querySelectorAll('article h2')].map(name => name.textContent)";
    let worst_first = ["postgres", "worker", "ingest", "gateway", "mcp-server", "embeddings"];
    wait_for(&mut browser, order, json!(worst_first));
    wait_for(&mut browser, "document.title", json!("✕ 2 of 6 not ready – caracal"));
    let text = browser.wait_for_text("how many", |text| text.contains("✕ 2 of 6 not ready"));
    assert!(text.contains("next trial in "), "an open breaker is tried again: {text}");

    // Since when, as a length that grows by itself, with the time itself for whoever points at it.
    let since = "Number(document.querySelector('article li time').textContent.match(/^for (\\d+) s$/)?.[1])";
    let before = browser.eval(since).as_f64().expect("a number of seconds");
    let grown =
        poll::within(PATIENCE, || browser.eval(since).as_f64().filter(|now| *now >= before + 3.0));
    assert!(grown.is_some(), "the time stands still at {before} s");
    let absolute = browser.eval("document.querySelector('article li time').title");
    assert!(absolute.as_str().is_some_and(|title| title.contains(':')), "{absolute}");
    for size in [DESK, PHONE] {
        browser.resize(size.0, size.1);
        fits(&mut browser);
    }
    if let Some(picture) = std::env::var_os("PROBEGATE_PICTURE") {
        browser.resize(1100, 920);
        browser.screenshot(&workspace().join(picture));
    }
    dead.now(answer(200, "ok"));
    half.now(answer(200, r#"{"status":"ok"}"#));
    let configured = ["gateway", "ingest", "postgres", "mcp-server", "worker", "embeddings"];
    browser.wait_for_text("the ingest", |text| {
        text.contains("✕ 2 of 6") && !text.contains("degraded")
    });
    assert_ne!(browser.eval(order), json!(configured), "breakers are still open");
}

/// With the token the card says what the gate does, and what it refused.
#[test]
fn the_card_of_the_gate_tells_what_it_does() {
    let upstream = Upstream::start();
    // One worker: each has a breaker of its own.
    let bootstrap = Bootstrap::to(upstream.address())
        .env("METRICS_BEARER", TOKEN)
        .concurrency(1)
        .plugin(json!({
            "rate_limit": {"requests": 50, "window": "10s", "enforce": false},
            "operations": [{"name": "recall", "paths": ["/v1/recall"], "key": "client", "requests": 7, "per": "1m"}],
            "global_rate_limit": {"cluster": "nobody", "domain": "d", "descriptors": [{"client": true}]},
            "routes": [{"paths": ["/admin"], "class": "admin", "token_header": "x-admin-token", "tokens": [{"env": "NOT_SET"}]}],
        }));
    let envoy = run(&bootstrap);
    let mut client = http1(&envoy);
    assert_eq!(client.get("/metrics").status, 401);
    for _ in 0..5 {
        assert_eq!(client.get("/v1/other").status, 200);
    }
    let mut browser = Browser::open(&format!("{}/-/gate/", envoy.url()), DESK);
    browser.wait_for_text("the form", |text| text.contains("nothing is probed"));
    open(&mut browser, TOKEN);
    let host = format!("{:?}", Host::from_env()).to_lowercase();
    let version = format!("{}, {host}", probegate_core::VERSION);
    let wanted = [
        version.as_str(),
        "1 refused: 1 unauthorized",
        "50 in 10 s, by peer; counted, not refused",
        "7 in 60 s",
        "asks nobody, breaker ✕ open: forwards unasked",
        "1 in authorization",
        "none in x-admin-token: its routes stay shut",
        "⚠ ",
    ];
    let text =
        browser.wait_for_text("the card", |text| wanted.iter().all(|part| text.contains(part)));
    assert!(!text.contains(TOKEN), "{text}");
}

/// Who looks with the token has a limit. A page that is refused says when it asks again, keeps what it knew, and goes on by itself.
#[test]
fn a_flooded_page_says_when_it_asks_again() {
    let (upstream, api) = (Upstream::start(), Service::start(answer(200, "ok")));
    let limit = json!({"requests": 3, "window": "20s"});
    let probes = json!({"every": "1s", "targets": [
        {"service": "api", "cluster": "api", "rungs": [{"rung": "health", "path": "/health"}]},
    ]});
    let envoy = start(&upstream, &api, json!({"rate_limit": limit, "probes": probes}));
    let mut browser = Browser::open(&format!("{}/-/gate/", envoy.url()), DESK);
    browser.wait_for_text("the form", |text| text.contains("Show details"));
    open(&mut browser, TOKEN);
    let text =
        browser.wait_for_text("that it is refused", |text| text.contains("rate limited, again in"));
    assert!(text.contains("this is what the gate said last"), "{text}");
    assert!(!text.contains("does not answer"), "{text}");
    browser
        .wait_for_text("that it is answered again", |text| !text.contains("rate limited, again"));
}
