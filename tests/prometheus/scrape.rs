//! A Prometheus that scrapes the gate each second, with the right token and with a wrong one.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use testbed::client::{Load, load};
use testbed::{Client, Prometheus, Request, tools};

use crate::world::{TOKEN, World, configuration, job};
use crate::{file, piped};

const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const INVALID: &str = "sum(probegate_gateway_auth_failures_total{reason=\"invalid\"})";

/// Rates and quantiles are those of what the client sent and measured.
#[test]
fn a_scrape_shows_what_the_client_sent() {
    let world = World::start(|bootstrap| bootstrap);
    let prometheus = &world.prometheus;
    let up = |value: f64| value == 1.0;
    prometheus.wait_for_value("up{job=\"probegate\"}", up);

    // A series appears with its first request, and what rises after that is its increase.
    let posts = "sum(probegate_gateway_requests_total{method=\"POST\"})";
    let post = Request::new("POST", "/delay/30").body("body");
    let began = Instant::now();
    Client::new(world.envoy.address()).send(&post);
    let first_took = began.elapsed().as_secs_f64();
    prometheus.wait_for_value(posts, |count| count == 1.0);
    let plan = Load::new(post, 4, 125).paced(Duration::from_millis(20));
    let answers = load(world.envoy.address(), &plan);
    assert!(answers.iter().all(|answer| answer.status == 200));
    prometheus.wait_for_value(posts, |count| count == 501.0);

    // Where scrapes come late, a window holds few of them, and its edges are extrapolated far: at first.
    let (first, last) = (answers[0].sent, answers[499].received);
    let least = 500.0 / (last - first + Duration::from_secs(10)).as_secs_f64();
    prometheus.wait_for_value(
        "max_over_time(sum(rate(probegate_gateway_requests_total{method=\"POST\"}[10s]))[5m:1s])",
        |rate| rate >= least && rate < 1_000.0,
    );
    prometheus.wait_for_value(
        "sum(increase(probegate_gateway_requests_total{method=\"POST\"}[5m]))",
        |increase| (500.0..=650.0).contains(&increase),
    );

    let value = |expression: &str| prometheus.wait_for_value(expression, f64::is_finite);
    let mut times: Vec<f64> =
        answers.iter().map(|answer| (answer.received - answer.sent).as_secs_f64()).collect();
    times.push(first_took);
    times.sort_by(f64::total_cmp);
    for (quantile, nth) in [("0.5", 250), ("0.95", 475), ("0.99", 495)] {
        let seen = value(&format!(
            "histogram_quantile({quantile}, sum by (le) (probegate_gateway_request_duration_seconds_bucket{{method=\"POST\"}}))"
        ));
        // The upstream alone takes 30 ms, and the client sees the whole of what the gate sees.
        let bound = BUCKETS.into_iter().find(|bound| *bound >= times[nth]).expect("a bucket");
        assert!(seen > 0.025 && seen <= bound, "{quantile}: {seen}, the client's: {}", times[nth]);
    }
    let sum = value("sum(probegate_gateway_request_duration_seconds_sum{method=\"POST\"})");
    assert!(sum >= 501.0 * 0.03 && sum <= times.iter().sum::<f64>() + 1.0, "{sum} s");
    prometheus.wait_for_value("sum(probegate_gateway_requests_in_flight)", |count| count >= 0.0);
}

/// With a wrong token the target is down, and the gate counts why; with the right one it is never refused.
#[test]
fn a_wrong_token_is_seen_on_both_sides() {
    let world = World::start(|bootstrap| bootstrap);
    let gate = world.envoy.address();
    let jobs = [("wrong-gateway", "not the token"), ("old-gateway", "s3cret-old")];
    let jobs = jobs.map(|(name, token)| job(name, token, gate)).concat();
    let prometheus = Prometheus::start(&(configuration(gate) + &jobs));
    prometheus.wait_for_value("up{job=\"probegate\"}", |value| value == 1.0);
    for job in ["wrong-gateway", "old-gateway"] {
        prometheus.wait_for_value(&format!("up{{job=\"{job}\"}}"), |value| value == 0.0);
    }
    // A token with a space in it is malformed, an old one is invalid.
    let before = prometheus.wait_for_value(INVALID, |count| count >= 1.0);
    prometheus.wait_for_value(INVALID, |count| count >= before + 2.0);
    let malformed = "sum(probegate_gateway_auth_failures_total{reason=\"malformed\"})";
    prometheus.wait_for_value(malformed, |count| count >= 1.0);
    // A scrape with the right one may come too late, but none is refused.
    let log = prometheus.log();
    let refused = |job: &str| {
        let pool = format!("scrape_pool={job} ");
        log.lines().any(|line| line.contains(&pool) && line.contains("401"))
    };
    assert_eq!(["wrong-gateway", "old-gateway", "probegate"].map(refused), [true, true, false]);
    prometheus.wait_for_value("up{job=\"probegate\"}", |value| value == 1.0);
    assert!(!log.contains("s3cret"), "no token is logged");
}

/// Each command of the example's table has an answer.
#[test]
fn the_examples_questions_are_answered() {
    let limit = json!({"rate_limit": {"requests": 20}});
    let world = World::start(|bootstrap| bootstrap.plugin(limit));
    let address = world.envoy.address();
    load(address, &Load::new(Request::get("/v1/recall"), 4, 8));
    let guess = Request::get("/-/gate/metrics").header("authorization", "Bearer guess");
    assert_eq!(Client::new(address).send(&guess).status, 401);
    world.prometheus.wait_for_value(INVALID, |count| count == 1.0);

    let page = file("examples/prometheus/README.md");
    let command = "`promtool query instant http://localhost:9090 '";
    let questions: Vec<&str> = page
        .lines()
        .filter_map(|line| Some(line.split_once(command)?.1.split_once("'`")?.0))
        .collect();
    assert!(questions.len() >= 5, "{questions:?}");
    for question in questions {
        world.prometheus.wait_for(question, |samples| !samples.is_empty());
        let server = format!("http://{}", world.prometheus.address());
        let asked = Command::new(tools::promtool().expect("promtool"))
            .args(["query", "instant", &server, question])
            .output()
            .expect("run promtool");
        assert!(asked.status.success() && !asked.stdout.is_empty(), "{question}: {asked:?}");
    }
}

/// Prometheus's own linter finds nothing to say about names, types, help texts and labels.
#[test]
fn promtool_has_nothing_to_say() {
    let world = World::start(crate::traffic::gate);
    crate::traffic::send(world.envoy.address(), Duration::from_secs(2));
    let bearer = [("authorization", format!("Bearer {TOKEN}"))];
    let page = Client::new(world.envoy.address()).get_with("/-/gate/metrics", &bearer);
    assert_eq!(page.status, 200);
    let mut promtool = Command::new(tools::promtool().expect("promtool"));
    let output = piped(promtool.args(["check", "metrics"]), &page.body);
    let said = [output.stdout, output.stderr].concat();
    assert_eq!(String::from_utf8_lossy(&said), "");
    assert!(output.status.success());
}
