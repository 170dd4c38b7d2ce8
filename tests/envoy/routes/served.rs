//! Real servers' readings of a path, after all that Envoy may make of it: where one of them serves a
//! guarded page, the gate guards it.

mod paths;
mod proxy;
pub(super) mod wire;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::{env, thread};

use testbed::{WebServer, web_server};

use paths::{Random, disguised};
use proxy::Proxy;
use wire::{Fields, Wire};

use crate::gate::*;

const THREADS: usize = 4;
/// Number of paths that are tried with each normalization, unless `PROBEGATE_PATHS` says it.
const PATHS: usize = 1_000;

/// In place of a server's name: at least one of them.
const ANY: &str = "any server";

/// Beginning of the gate's refusals.
const REFUSED: &[u8] = br#"{"error":"#;

/// Finds of all threads.
#[derive(Default)]
struct Found {
    /// Numbers of paths behind a listener that a server serves as a guarded page, if it is asked directly.
    served: BTreeMap<(usize, &'static str), usize>,
    /// Paths that the gate should have refused.
    opened: Vec<String>,
}

/// One thread's connections.
struct Attempt<'a> {
    random: Random,
    proxy: &'a Proxy,
    found: &'a Mutex<Found>,
    /// To each listener of Envoy.
    listeners: Vec<Wire>,
    /// To each server, past Envoy.
    servers: Vec<(&'static str, Wire)>,
}

impl Attempt<'_> {
    /// Tries one path with every normalization, without a token or with a wrong one.
    fn attempt(&mut self, path: &[u8]) {
        // Most normalizations make the same of a path.
        let mut known: BTreeMap<Vec<u8>, Vec<bool>> = BTreeMap::new();
        for (nth, wire) in self.listeners.iter_mut().enumerate() {
            // Bytes beyond ASCII only HTTP/2 carries as they are.
            let raw = path.iter().any(|byte| !byte.is_ascii());
            let http2 = raw || self.random.below(2) == 0;
            let mut ask = |fields: &Fields| {
                let ask = if http2 { Wire::http2 } else { Wire::http1 };
                ask(wire, path, fields).unwrap_or_default()
            };
            let message = ask(&[("x-to", proxy::TELL)]);
            let mut fields = vec![("x-to", self.servers[self.random.below(self.servers.len())].0)];
            if self.random.below(2) == 0 {
                fields.push(("authorization", "Bearer wrong"));
            }
            let answer = ask(&fields);
            let serves = |wire: &mut Wire, path| {
                wire.http1(path, &[]).is_some_and(|body| body == web_server::GUARDED)
            };
            // None of the servers has a say in what Envoy refuses.
            let made = proxy::made(&message);
            let served = made.map(|made| {
                let all = || self.servers.iter_mut().map(|(_, wire)| serves(wire, made)).collect();
                known.entry(made.to_vec()).or_insert_with(all).as_slice()
            });
            let refused = answer.starts_with(REFUSED);
            let by = self.servers.iter().zip(served.unwrap_or_default());
            let by: Vec<&str> = by.filter(|(_, on)| **on).map(|((name, _), _)| *name).collect();
            let mut found = self.found.lock().expect("no thread panics");
            for server in by.iter().copied().chain((!by.is_empty()).then_some(ANY)) {
                *found.served.entry((nth, server)).or_default() += 1;
            }
            if answer == web_server::GUARDED || !by.is_empty() && !refused {
                found.opened.push(format!(
                    "{}\n  over HTTP/{}, of which Envoy ({}) makes {}\n  {by:?} would serve it, and {} answered {}",
                    path.escape_ascii(),
                    if http2 { 2 } else { 1 },
                    self.proxy.names()[nth],
                    made.unwrap_or_default().escape_ascii(),
                    fields[0].1,
                    answer.escape_ascii(),
                ));
            }
        }
    }
}

/// Whatever the path and whatever Envoy makes of it, no server serves a guarded page without the token.
#[test]
fn paths_that_servers_serve_are_guarded() {
    let count = env::var("PROBEGATE_PATHS").map_or(PATHS, |text| text.parse().expect("a number"));
    let servers = WebServer::all();
    let proxy = Proxy::start(&servers);
    for server in &servers {
        for path in ["/metrics", "/v1/admin/keys"] {
            let fields = [("x-to", server.name), ("authorization", "Bearer token")];
            let answer = Client::new(proxy.addresses()[0]).get_with(path, &fields);
            assert_eq!(answer.body, web_server::GUARDED, "{path} of {}", server.name);
        }
    }

    let (paths, found) = (disguised(count), Mutex::new(Found::default()));
    thread::scope(|scope| {
        for (paths, seed) in paths.chunks(count.div_ceil(THREADS)).zip(0..) {
            let mut attempt = Attempt {
                random: Random(seed),
                proxy: &proxy,
                found: &found,
                listeners: proxy.addresses().iter().copied().map(Wire::to).collect(),
                servers: servers
                    .iter()
                    .map(|server| (server.name, Wire::to(server.address())))
                    .collect(),
            };
            scope.spawn(move || paths.iter().for_each(|path| attempt.attempt(path)));
        }
    });
    let Found { served, opened } = found.into_inner().expect("no thread panicked");
    let first = &opened[..opened.len().min(20)];
    assert!(opened.is_empty(), "{} were not guarded:\n{}", opened.len(), first.join("\n"));
    // Else this would show nothing.
    for (nth, name) in proxy.names().iter().enumerate() {
        for server in servers.iter().map(|server| server.name).chain([ANY]) {
            let served = served.get(&(nth, server)).copied().unwrap_or_default();
            println!("{name}: {server} served {served} of {count} as a guarded page");
            assert!(served > count / 20, "{server} behind {name} served {served} of {count}");
        }
    }
}
