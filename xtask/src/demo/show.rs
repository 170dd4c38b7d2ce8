//! The output of a tour: each request as a command, the answer, and whether it is as promised.

use testbed::system::{Running, Step, said};
use testbed::{Response, System};

use crate::Outcome;

/// The headers of an answer that the tours are about.
const SHOWN: [&str; 8] = [
    "x-request-id",
    "www-authenticate",
    "cache-control",
    "retry-after",
    "ratelimit-policy",
    "ratelimit",
    "grpc-status",
    "grpc-message",
];
/// Length up to which a body is shown.
const BODY: usize = 600;

/// Takes each step of it. An error if a promise was not kept.
pub fn tour(system: &System, running: &Running) -> Outcome {
    let mut broken = 0;
    for (nth, step) in (1..).zip(&system.tour) {
        println!("\n{nth}. {}", title(step));
        for change in &step.changes {
            println!("   {} answers {} otherwise from now on", change.service, change.path);
        }
        println!("   $ {}", step.command);
        let logged = running.envoy.log().len();
        let taken = running.take(step);
        let (Ok(seen) | Err(seen)) = &taken;
        answer(seen);
        for line in running.envoy.log().split_off(logged).lines() {
            println!("   {}", said(line));
        }
        let kept = if taken.is_ok() { "as promised" } else { "NOT as promised" };
        println!("   {kept}: {}: {}", step.status, step.words.replace('`', ""));
        broken += u32::from(taken.is_err());
    }
    match broken {
        0 => Ok(()),
        broken => Err(format!("{broken} of the tour's promises were not kept").into()),
    }
}

fn title(step: &Step) -> String {
    let request = || format!("{} {}", step.request.method, step.request.path);
    let said = step.symptom.as_ref().or(step.changed.as_ref());
    said.map_or_else(request, |said| said.replace('`', ""))
}

fn answer(response: &Response) {
    println!("   HTTP {}", response.status);
    let lines =
        |name: &str, value: &[u8]| println!("   {name}: {}", String::from_utf8_lossy(value));
    for name in SHOWN {
        response.headers_named(name).into_iter().for_each(|value| lines(name, value));
    }
    response.trailers.iter().for_each(|(name, value)| lines(name, value));
    let body = response.text();
    if response.status >= 400 || body.starts_with('{') {
        let end = body.char_indices().nth(BODY).map_or(body.len(), |(end, _)| end);
        println!("   {}{}", &body[..end], if end < body.len() { " …" } else { "" });
    }
}
