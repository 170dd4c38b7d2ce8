//! Real servers' readings of a path, after all that Envoy may make of it: where one of them serves a
//! guarded page, the gate guards it.

mod paths;
mod proxy;
mod tally;
pub(super) mod wire;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::{env, thread};

use testbed::{WebServer, web_server};

use paths::{Random, disguised};
use proxy::Proxy;
use tally::Tally;
use wire::{Fields, Wire};

use crate::gate::*;

const THREADS: usize = 4;
/// Number of paths that are tried with each normalization, unless `PROBEGATE_PATHS` says it.
const PATHS: usize = 1_000;

/// Beginning of the gate's refusals.
const REFUSED: &[u8] = br#"{"error":"#;

/// One thread's connections.
struct Attempt<'a> {
    random: Random,
    proxy: &'a Proxy,
    /// To each listener of Envoy.
    listeners: Vec<Wire>,
    /// To each server, past Envoy.
    servers: Vec<(&'static str, Wire)>,
    /// For each listener.
    tallies: Vec<Tally>,
}

impl<'a> Attempt<'a> {
    fn new(seed: u64, proxy: &'a Proxy, servers: &[(&'static str, SocketAddr)]) -> Self {
        let listeners: Vec<Wire> = proxy.addresses().iter().copied().map(Wire::to).collect();
        Self {
            random: Random(seed),
            proxy,
            tallies: vec![Tally::of(servers.len()); listeners.len()],
            listeners,
            servers: servers.iter().map(|(name, address)| (*name, Wire::to(*address))).collect(),
        }
    }

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
            let guarded = served.is_some_and(|served| served.contains(&true));
            let tally = &mut self.tallies[nth];
            tally.count(served, refused);
            if answer == web_server::GUARDED || guarded && !refused {
                let by = self.servers.iter().zip(served.unwrap_or_default());
                let by: Vec<&str> = by.filter(|(_, on)| **on).map(|((name, _), _)| *name).collect();
                tally.opened.push(format!(
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
    let servers = [
        WebServer::nginx(),
        WebServer::starlette(),
        WebServer::flask(),
        WebServer::gevent(),
        WebServer::django(),
        WebServer::bottle(),
        WebServer::express(),
    ];
    let proxy = Proxy::start(&servers);
    for server in &servers {
        for path in ["/metrics", "/v1/admin/keys"] {
            let fields = [("x-to", server.name), ("authorization", "Bearer token")];
            let answer = Client::new(proxy.addresses()[0]).get_with(path, &fields);
            assert_eq!(answer.body, web_server::GUARDED, "{path} of {}", server.name);
        }
    }

    let named = servers.each_ref().map(|server| (server.name, server.address()));
    let paths = disguised(count);
    let tallies = thread::scope(|scope| {
        let threads: Vec<_> = paths
            .chunks(count.div_ceil(THREADS))
            .zip(0..)
            .map(|(paths, seed)| {
                let mut attempt = Attempt::new(seed, &proxy, &named);
                scope.spawn(move || {
                    paths.iter().for_each(|path| attempt.attempt(path));
                    attempt.tallies
                })
            })
            .collect();
        let ended = threads.into_iter().map(|thread| thread.join().expect("what was tried"));
        ended.reduce(|all, own| all.into_iter().zip(own).map(|(all, own)| all + own).collect())
    });
    let tallies = tallies.expect("at least one thread");

    println!(
        "{count} paths with each normalization; how many of them are served as a guarded page"
    );
    println!("{}", Tally::head(named.map(|(name, _)| name)));
    for (name, tally) in proxy.names().iter().zip(&tallies) {
        println!("{}", tally.row(name));
    }
    let opened: Vec<&str> =
        tallies.iter().flat_map(|tally| &tally.opened).map(String::as_str).collect();
    let first = &opened[..opened.len().min(20)];
    assert!(opened.is_empty(), "{} were not guarded:\n{}", opened.len(), first.join("\n"));
    // Else this would show nothing.
    for (name, tally) in proxy.names().iter().zip(&tallies) {
        for (served, (server, _)) in tally.served.iter().zip(named) {
            assert!(*served > count / 20, "{server} behind {name} served {served} of {count}");
        }
    }
}
