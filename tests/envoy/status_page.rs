//! The page at `/-/gate/`, in a real browser.

mod cards;

use std::time::Duration;

use testbed::Browser;
use testbed::service::{Does, answer};

use crate::gate::*;

const DESK: (u32, u32) = (1100, 640);
const PHONE: (u32, u32) = (390, 844);
const TOKEN: &str = "metrics-token";

fn start(upstream: &Upstream, api: &Service, plugin: Value) -> Envoy {
    let bootstrap = Bootstrap::to(upstream.address()).env("METRICS_BEARER", TOKEN);
    let bootstrap = bootstrap.cluster("api", api.address()).plugin(plugin);
    run(&bootstrap)
}

/// Waits until that is so on the page: a probe that comes late turns it for a while.
fn wait_for(browser: &mut Browser, expression: &str, wanted: Value) {
    let mut last = Value::Null;
    let found = poll::within(PATIENCE, || {
        last = browser.eval(expression);
        (last == wanted).then_some(())
    });
    assert!(found.is_some(), "{expression} never was {wanted}, but: {last}");
}

/// Types a token into the form, and sends it.
fn open(browser: &mut Browser, token: &str) {
    browser.eval(&format!(
        "document.getElementById('token').value = '{token}'; document.querySelector('form button').click()"
    ));
}

/// Nothing is wider than the screen.
fn fits(browser: &mut Browser) {
    let wide = "document.documentElement.scrollWidth <= innerWidth";
    assert_eq!(browser.eval(wide), true, "somebody has to scroll sideways");
}

/// The rungs of a service as they are drawn, from the top of the screen to its bottom.
fn drawn(service: usize) -> String {
    format!(
        "[...document.querySelectorAll('article')[{service}].querySelectorAll('li')]
            .sort((one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top)
            .map(rung => rung.querySelector('b').textContent + ' ' + rung.querySelector('.word').textContent)"
    )
}

#[test]
fn a_service_is_killed_and_the_page_turns_without_a_reload() {
    let (upstream, api) = (Upstream::start(), Service::start(answer(200, r#"{"status":"ok"}"#)));
    let rung = |name: &str| json!({"rung": name, "path": format!("/{name}")});
    let ingest = json!({"rung": "ingest", "path": "/health/ingest", "expect": {"json": "/status", "equals": "ok"}});
    let envoy = start(
        &upstream,
        &api,
        json!({"service": "<b>gateway-7</b>", "probes": {
            "every": "1s", "timeout": "1s", "failure_threshold": 2, "open_for": "10s",
            "targets": [
                {"service": "api", "cluster": "api", "rungs": [rung("health"), rung("ready"), ingest]},
                {"service": "gateway", "cluster": "upstream", "rungs": [rung("health"), rung("ready")]},
            ],
        }}),
    );
    let mut browser = Browser::open(&format!("{}/-/gate/", envoy.url()), DESK);
    browser.eval("window.loaded = 'once'");
    browser.wait_for_text("that all is ready", |text| {
        text.contains("● ready") && text.contains("rung 3 of 3")
    });
    assert_eq!(browser.eval("document.querySelector('h1').textContent"), "<b>gateway-7</b>");
    wait_for(&mut browser, "document.title", json!("● 2 of 2 ready – <b>gateway-7</b>"));
    // The lowest rung stands at the bottom.
    wait_for(&mut browser, &drawn(0), json!(["ingest ● up", "ready ● up", "health ● up"]));

    api.now(answer(200, r#"{"status":"degraded"}"#));
    browser.wait_for_text("a degraded rung", |text| text.contains("◐ degraded"));
    wait_for(&mut browser, &(drawn(0) + "[0]"), json!("ingest ◐ degraded"));

    api.now(Does::Refuses);
    let text = browser.wait_for_text("that the service is down", |text| {
        ["✕ not ready", "✕ open", "refused", "rung 0 of 3"].iter().all(|part| text.contains(part))
    });
    wait_for(&mut browser, &drawn(0), json!(["ingest ✕ down", "ready ✕ down", "health ✕ down"]));
    // The other one is well.
    wait_for(&mut browser, &drawn(1), json!(["ready ● up", "health ● up"]));
    assert_eq!(browser.eval("window.loaded"), "once", "it was never loaded again");
    assert!(!text.contains("/health/ingest"), "paths are details");

    // The token opens the details, and is nowhere but in the tab's memory.
    open(&mut browser, "wrong");
    browser.wait_for_text("that the token is wrong", |text| text.contains("does not open"));
    // No header can carry this one.
    open(&mut browser, "\u{2713}");
    let text = browser.wait_for_text("that it is, too", |text| text.contains("does not open"));
    assert!(!text.contains("does not answer"), "{text}");
    open(&mut browser, "");
    browser.wait_for_text("nothing of a token", |text| !text.contains("does not open"));
    open(&mut browser, TOKEN);
    browser.wait_for_text("the details", |text| text.contains("/health/ingest"));
    for (place, what) in [
        ("document.cookie", json!("")),
        ("localStorage.length + sessionStorage.length", json!(0)),
        ("document.documentElement.outerHTML.includes('metrics-token')", json!(false)),
        ("location.href.includes('token')", json!(false)),
        ("document.getElementById('token').value", json!("")),
    ] {
        assert_eq!(browser.eval(place), what, "{place}");
    }

    // Nobody has to scroll sideways, on a phone neither; and both schemes are drawn.
    for (scheme, size) in [("light", DESK), ("dark", DESK), ("dark", PHONE), ("light", PHONE)] {
        browser.prefer(scheme);
        browser.resize(size.0, size.1);
        fits(&mut browser);
        let paper = browser.eval("getComputedStyle(document.body).backgroundColor");
        let dark = paper == "rgb(20, 23, 26)";
        assert_eq!(dark, scheme == "dark", "{paper}");
    }
    let complaints: Vec<String> = browser.complaints().to_vec();
    let others = complaints
        .iter()
        .filter(|complaint| !complaint.contains("503") && !complaint.contains("401"));
    assert_eq!(
        others.collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "nothing was stopped by the policy"
    );

    drop(envoy);
    browser.wait_for_text("that nobody answers", |text| text.contains("the gate does not answer"));
}

/// With nothing configured the page says what to add, and that is a configuration that works.
#[test]
fn nothing_is_probed_yet() {
    let upstream = Upstream::start();
    let api = Service::start(answer(200, "ok"));
    let envoy = start(&upstream, &api, json!({}));
    let mut browser = Browser::open(&format!("{}/-/gate/", envoy.url()), PHONE);
    let text = browser.wait_for_text("what to add", |text| text.contains("Nothing is probed yet"));
    assert!(text.contains("rungs:"), "{text}");
    fits(&mut browser);
    open(&mut browser, TOKEN);
    browser.wait_for_text("the gate", |text| text.contains("each client"));
    fits(&mut browser);
    // The form is within the card of the gate, and no card touches another.
    assert_eq!(browser.eval("document.querySelector('#gate form') !== null"), true);
    let ready = http1(&envoy).get("/-/gate/ready");
    let message = json!({"service": "probegate", "status": "ready", "services": []});
    assert_eq!(
        (ready.status, ready.json()),
        (200, message),
        "the plugin's name, where no other is given"
    );
    let page = http1(&envoy).get("/-/gate/");
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    let missing = poll::within(Duration::ZERO, || Some(http1(&envoy).get("/-/gate/other")));
    assert_eq!(missing.expect("an answer").status, 404);
}
