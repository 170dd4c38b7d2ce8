//! A client that keeps well below its limit is never refused.

use std::time::Duration;

use testbed::client::Answered;

use super::{bootstrap, source};
use crate::gate::*;

const WINDOW: Duration = Duration::from_secs(1);

/// True if this request was bunched with others, as far as the client can tell: more than `limit`
/// of them, itself included, may have been decided within 17/16 of a window. A client that is
/// evenly spaced at 90 % has at most 0.9 × 17/16 of the limit and one more in there; only a client
/// that the machine held up has more.
fn bunched(answers: &[Answered], this: &Answered, limit: u32) -> bool {
    let reach = WINDOW * 17 / 16;
    let near = answers
        .iter()
        .filter(|other| other.received + reach >= this.sent && other.sent <= this.received);
    near.count() > limit as usize
}

/// Evenly spaced at 90 % of the limit for four windows, over eight connections to four workers; again
/// with another client if the machine bunched too many of them.
#[test]
fn ninety_percent_of_a_limit_is_never_refused() {
    for (limit, shows) in [
        (20, "one request more or less is 5 % of it"),
        (200, "there are several requests in each part of the window"),
        (1_100, "workers hold a part in reserve: what lies unused costs no client its 90 %"),
    ] {
        let upstream = Upstream::start();
        let gate = bootstrap(&upstream, json!({"requests": limit, "window": "1s"})).concurrency(4);
        let envoy = run(&gate);
        let pace = WINDOW * 10 / (9 * limit) + Duration::from_nanos(1);
        let plan = Load::new(Request::get("/"), 8, 4 * limit * 9 / 10 / 8).paced(pace);
        let seen = (2..12).any(|client| {
            let answers = load(envoy.address(), &plan.clone().from(source(client)));
            let (held_up, even): (Vec<&Answered>, Vec<&Answered>) =
                answers.iter().partition(|answer| bunched(&answers, answer, limit));
            let refused = even.iter().filter(|answer| answer.status != 200).count();
            println!("limit {limit}: {refused} of {}, {} bunched", even.len(), held_up.len());
            assert_eq!(refused, 0, "of {} at 90 % of {limit}: {shows}", even.len());
            even.len() >= limit as usize
        });
        assert!(seen, "the machine held each of ten clients up nearly all the time");
    }
}
