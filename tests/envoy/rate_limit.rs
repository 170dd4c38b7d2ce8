//! The limit of each client, as clients see it.

mod answers;
mod clients;
mod even;
mod forwarded;
mod room;
mod window;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::gate::*;

/// An Envoy of two workers with that `rate_limit`.
fn limited(rate_limit: Value) -> (Upstream, Envoy) {
    let upstream = Upstream::start();
    let envoy = run(&bootstrap(&upstream, rate_limit));
    (upstream, envoy)
}

fn bootstrap(upstream: &Upstream, rate_limit: Value) -> Bootstrap {
    Bootstrap::to(upstream.address()).plugin(json!({"rate_limit": rate_limit}))
}

/// The address 127.0.0.`last`.
fn source(last: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, last).into()
}

/// Number of `sent` requests that are admitted, each over a connection of its own, so that they come
/// to several workers. All others are answered 429.
fn admitted(from: IpAddr, address: SocketAddr, request: &Request, sent: usize) -> usize {
    let statuses = (0..sent).map(|_| Client::from(from, address).send(request).status);
    statuses
        .filter(|status| {
            assert!(matches!(status, 200 | 429), "{status}");
            *status == 200
        })
        .count()
}
