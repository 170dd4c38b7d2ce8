//! Admissions of four workers together.

use std::time::Duration;

use testbed::client::most_within;

use super::*;

fn of_bank(bank: &str) -> Request {
    Request::get("/").header("x-bank", bank)
}

/// Never more than the burst and what came in, in intervals of any length; and it is used, by one key of
/// ten at least: what comes in while the machine stands still is lost.
#[test]
fn four_workers_admit_the_burst_and_the_rate() {
    let upstream = Upstream::start();
    for (requests, burst) in [(1_u32, 1_u32), (50, 20), (500, 10), (100, 1_000)] {
        let operation = json!({"name": "recall", "paths": ["/*"], "key": {"header": "x-bank"},
            "requests": requests, "per": "1s", "burst": burst});
        let direct = json!([{"match": {"prefix": "/"}, "direct_response": {"status": 200}}]);
        let envoy = run(&bootstrap(&upstream, json!([operation])).routes(direct));
        let used = (0..10).any(|bank| {
            let plan = Load::new(of_bank(&bank.to_string()), 16, u32::MAX);
            let answers = load(envoy.address(), &plan.lasting(Duration::from_millis(2_500)));
            assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 429)));
            for millis in [10, 100, 500, 1_000, 2_000] {
                let worst = most_within(&answers, 200, Duration::from_millis(millis));
                let most = burst as usize + requests as usize * millis as usize / 1_000;
                println!(
                    "{requests} a second, burst {burst}: worst {worst} of {most} within {millis} ms, {} sent",
                    answers.len()
                );
                assert!(worst <= most, "{worst} of {most} within {millis} ms");
            }
            let admitted = answers.iter().filter(|answer| answer.status == 200).count();
            let there = (burst as usize + requests as usize * 2).min(answers.len()) * 9 / 10;
            println!("{admitted} admitted of {there}");
            admitted >= there
        });
        assert!(used, "{requests} a second, burst {burst}: too few were admitted ten times");
    }
}

/// Two operations match: what one refuses the other one still has, however many ask at once.
#[test]
fn a_refusal_by_one_spends_nothing_of_the_other() {
    let user = json!({"name": "user", "paths": ["/*"], "key": {"header": "x-user"}, "requests": 10, "per": "1h"});
    let (_upstream, envoy) = start(json!([by_bank("bank", 100), user]));
    let of_user = |user: &str| of_bank("a").header("x-user", user);
    let answers = load(envoy.address(), &Load::new(of_user("busy"), 32, 20));
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 10);
    let others = (0..120).map(|user| http1(&envoy).send(&of_user(&format!("user-{user}"))));
    assert_eq!(others.filter(|answer| answer.status == 200).count(), 90, "what the bank has left");
    let labels = |limit| [("limit", limit), ("reason", "exceeded")];
    counts(&envoy, LIMITED, &labels("user"), 630.0);
    counts(&envoy, LIMITED, &labels("bank"), 30.0);
}

/// Buckets outlive a configuration in which the operation stays as it is.
#[test]
fn spent_admissions_survive_a_reload() {
    let upstream = Upstream::start();
    let mut envoy = run(&bootstrap(&upstream, json!([by_bank("recall", 5)])));
    let admitted =
        |envoy: &Envoy| (0..8).filter(|_| http1(envoy).send(&of_bank("a")).status == 200).count();
    assert_eq!(admitted(&envoy), 5);
    let other = json!({"name": "other", "paths": ["/other"], "requests": 1, "per": "1s"});
    let rows = [
        ("another one in front of it", json!([other, by_bank("recall", 5)]), 0),
        ("another number, which begins anew", json!([by_bank("recall", 6)]), 6),
        ("back again", json!([by_bank("recall", 5)]), 0),
    ];
    for (sentence, operations, expected) in rows {
        assert_eq!(envoy.reconfigure(&bootstrap(&upstream, operations)), Reload::Accepted);
        assert_eq!(admitted(&envoy), expected, "{sentence}");
    }
    let refused = envoy.reconfigure(&bootstrap(&upstream, json!([by_bank("Recall", 5)])));
    let Reload::Rejected(log) = refused else { panic!("a name in upper case was accepted") };
    assert!(log.contains("probegate: operations[0].name: must be"), "{log}");
}
