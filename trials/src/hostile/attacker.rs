//! One of the threads that send.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};

use super::random::Random;
use super::tally::Tally;
use super::{http1, http2, raw};
use testbed::client::connect;

pub struct Attacker<'a> {
    pub random: Random,
    pub tally: Tally,
    address: SocketAddr,
    sent: u64,
    connections: u8,
    all: &'a AtomicU64,
}

impl<'a> Attacker<'a> {
    /// `all` counts what all of them have sent.
    pub fn new(address: SocketAddr, random: Random, all: &'a AtomicU64) -> Self {
        Self { random, tally: Tally::default(), address, sent: 0, connections: 0, all }
    }

    /// Sends at least so many requests.
    pub fn run(mut self, requests: u64) -> Tally {
        raw::starve(&mut self);
        while self.sent < requests {
            self.unit();
        }
        self.tally
    }

    /// One connection or a few. Most requests come over those that stay open.
    fn unit(&mut self) {
        match self.random.below(1_000) {
            0 if self.random.one_in(3) => raw::starve(self),
            0..150 => http1::keep_sending(self, 80),
            150..230 => http2::keep_sending(self, 40),
            230..290 => http2::break_frames(self),
            _ => raw::attack(self),
        }
    }

    pub fn sent(&mut self, kind: &'static str, requests: usize) {
        let requests = requests as u64;
        self.sent += requests;
        *self.tally.sent.entry(kind).or_default() += requests;
        self.all.fetch_add(requests, Ordering::Relaxed);
    }

    /// A connection from one of many addresses in turn: each has 28,000 ports, and a closed one rests.
    pub fn connect(&mut self) -> TcpStream {
        self.connections = self.connections % 250 + 1;
        connect(self.address, Some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, self.connections))))
            .unwrap_or_else(|error| panic!("{error}"))
    }
}
