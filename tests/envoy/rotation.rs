//! Tokens that a service hands out: a new one opens and the old one ends without a reload.

use std::path::Path;
use std::{fs, process};

use testbed::service::{Does, answer};
use testbed::tools;

use crate::gate::*;

fn fetching(keep_for: &str) -> Value {
    json!({"metrics_auth": {"tokens": [{"fetch": {
        "cluster": "vault", "path": "/token", "every": "1s", "timeout": "500ms", "keep_for": keep_for,
    }}]}})
}

fn rotating(source: &Service, upstream: &Upstream, keep_for: &str) -> Bootstrap {
    let gate = Bootstrap::to(upstream.address()).cluster("vault", source.address());
    gate.plugin(fetching(keep_for)).concurrency(2)
}

/// The status for a token, each time over a new connection: any worker may answer.
fn status(envoy: &Envoy, token: &str) -> u16 {
    let authorization = format!("Bearer {token}");
    http1(envoy).get_with("/metrics", &[("authorization", &authorization)]).status
}

/// Waits until every one of sixteen connections has that status.
fn wait(envoy: &Envoy, token: &str, wanted: u16) {
    let what = format!("{token} has {wanted} everywhere");
    poll::until(PATIENCE, &what, || (0..16).all(|_| status(envoy, token) == wanted).then_some(()));
}

#[test]
fn a_new_token_opens_and_the_old_one_ends_without_a_reload() {
    let (source, upstream) = (Service::start(Does::Hangs(Vec::new())), Upstream::start());
    let envoy = run(&rotating(&source, &upstream, "1h"));
    assert_eq!(status(&envoy, "first"), 401, "closed before there is a token");
    source.now(answer(200, "first\n"));
    wait(&envoy, "first", 200);
    source.now(answer(200, "first\nsecond\n"));
    wait(&envoy, "second", 200);
    assert_eq!(status(&envoy, "first"), 200, "both open while the rotation lasts");
    source.now(answer(200, "second"));
    wait(&envoy, "first", 401);
    wait(&envoy, "second", 200);
    let head = &source.requests()[0].1;
    assert!(head.starts_with("GET /token HTTP/1.1\r\n"), "{head}");
}

/// While the source is down, whatever that looks like, the last good token opens; then nothing does,
/// until the source is back.
#[test]
fn the_last_good_token_stays_while_the_source_is_down_and_then_nothing_opens() {
    const KEEP_FOR: &str = "15s";
    let (source, upstream) = (Service::start(answer(200, "good")), Upstream::start());
    let mut envoy = run(&rotating(&source, &upstream, KEEP_FOR));
    wait(&envoy, "good", 200);
    let asked = source.count("/token");
    source.now(answer(500, "bad"));
    poll::until(PATIENCE, "the source was asked again", || {
        (source.count("/token") > asked).then_some(())
    });
    assert_eq!((status(&envoy, "good"), status(&envoy, "bad")), (200, 401));
    // A new configuration knows what the old one did, though it cannot ask.
    let mut other = fetching(KEEP_FOR);
    other["service"] = "other".into();
    envoy.reconfigure(&rotating(&source, &upstream, KEEP_FOR).plugin(other));
    assert_eq!(status(&envoy, "good"), 200, "after a reload");
    source.now(Does::Refuses);
    wait(&envoy, "good", 401);
    source.now(answer(200, "better"));
    wait(&envoy, "better", 200);
    assert_eq!(status(&envoy, "good"), 401);
}

/// `examples/rotation`: Envoy serves a file to the gate, which knows of each change.
#[test]
fn the_example_does_what_its_readme_says() {
    let upstream = Upstream::start();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tokens-{}", process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    // As whoever rotates a secret does: the file is there in one piece, or not at all.
    let write = |text: &str| {
        fs::write(folder.join("new"), text).expect("write");
        fs::rename(folder.join("new"), folder.join("metrics.token")).expect("rename");
    };
    write("first\n");
    let place = format!("{}/", folder.display());
    let changes = [("/tmp/probegate/", &*place), ("every: 5s", "every: 1s")];
    let text = shipped("examples/rotation/envoy.yaml", upstream.address(), &changes);
    // Older ones have no file server.
    let program = tools::envoy(tools::NEWEST).expect("Envoy");
    let envoy = Envoy::start_text(program, &text, 2, &[]).expect("the example starts");
    wait(&envoy, "first", 200);
    write("first\nsecond\n");
    wait(&envoy, "second", 200);
    assert_eq!(status(&envoy, "first"), 200);
    write("second\n");
    wait(&envoy, "first", 401);
    write("\n");
    // The one that was under way, and the one that finds no token.
    let fetched = || {
        envoy.stats().value("envoy_cluster_upstream_rq_total", &[("envoy_cluster_name", "tokens")])
    };
    let before = fetched();
    poll::until(PATIENCE, "the file was read", || (fetched() >= before + 2.0).then_some(()));
    assert_eq!(status(&envoy, "second"), 200);
    drop(envoy);
    fs::remove_dir_all(&folder).expect("remove the folder");
}
