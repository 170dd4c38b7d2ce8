//! Services that the core asks of the host while it judges: random bytes, the peer, shared tables.

use std::io::Write as _;
use std::sync::OnceLock;

use crate::envoy::Filter;
use crate::store::{Held, Remembered, Table};
use crate::time::{now, wall};
use probegate_core::client::{Connection, HashKey};
use probegate_core::config::Mistake;
use probegate_core::gate::Host;
use probegate_core::random::RandomPool;
use probegate_core::store::{Store, Tables, Unavailable, Version};
use probegate_core::time::{Clock, Micros};

/// Random bytes of the operating system, of which a pool holds many.
pub fn random(pool: &mut RandomPool) -> [u8; 16] {
    pool.next(|bytes| getrandom::fill(bytes).is_ok(), now)
}

/// A key that nobody else has.
pub fn drawn_key() -> Result<HashKey, Mistake> {
    let mut key = [0; 16];
    getrandom::fill(&mut key)
        .map_err(|_| Mistake::new("the operating system gave no random bytes"))?;
    Ok(HashKey::new(key))
}

/// The key that places clients, drawn once in the process: the tables outlive the configurations.
pub fn hash_key() -> Result<HashKey, Mistake> {
    static KEY: OnceLock<HashKey> = OnceLock::new();
    match KEY.get() {
        Some(key) => Ok(*key),
        None => {
            let drawn = drawn_key()?;
            Ok(*KEY.get_or_init(|| drawn))
        }
    }
}

/// A worker's means, kept between requests.
#[derive(Debug)]
pub struct Means {
    random: RandomPool,
    limiter: Held,
    tables: Remembered,
    /// The peer, where it has to be put together.
    peer: Vec<u8>,
}

impl Means {
    /// The means of a worker of a plugin whose limiter has a table of this name, and whose other tables have
    /// names that begin with `tables`. `own_key` was drawn for this worker.
    pub fn new(limiter: &str, tables: String, own_key: HashKey) -> Self {
        Self {
            random: RandomPool::new(own_key),
            limiter: Held(Table::named(limiter)),
            tables: Remembered::new(tables),
            peer: Vec::new(),
        }
    }
}

/// A worker's means, for one stream.
#[derive(Debug)]
pub struct Services<'a> {
    pub means: &'a mut Means,
    pub filter: &'a Filter,
}

impl Store for Services<'_> {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        self.means.limiter.read(slot, value)
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        self.means.limiter.swap(slot, value, version)
    }

    fn now(&mut self) -> Micros {
        now()
    }
}

impl Host for Services<'_> {
    fn random(&mut self) -> [u8; 16] {
        random(&mut self.means.random)
    }
}

impl Connection for Services<'_> {
    fn remote_address(&mut self) -> &[u8] {
        self.filter.source_address()
    }

    /// Returns the TCP peer. The port 0 means that Envoy took the client's address from a header or an
    /// extension: then the peer is another, which Envoy tells since 1.40.
    fn peer(&mut self) -> &[u8] {
        let source = self.filter.source_address();
        if !source.ends_with(b":0") {
            return source;
        }
        match self.filter.direct_address() {
            Some((address, port)) => {
                write_address(&mut self.means.peer, address, port);
                &self.means.peer
            }
            None => source,
        }
    }
}

impl Clock for Services<'_> {
    fn wall(&mut self) -> Micros {
        wall()
    }
}

impl Tables for Services<'_> {
    fn table(&mut self, name: &str) -> impl Store {
        self.means.tables.table(name)
    }
}

/// An address and a port as Envoy writes them together, whichever way an IPv6 address comes.
fn write_address(text: &mut Vec<u8>, address: &[u8], port: u32) {
    let bare = !address.starts_with(b"[") && address.contains(&b':');
    let (open, close) = if bare { ("[", "]") } else { ("", "") };
    text.clear();
    text.extend_from_slice(open.as_bytes());
    text.extend_from_slice(address);
    // Writing to a vector cannot fail.
    let _ = write!(text, "{close}:{port}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_written_as_the_core_reads_it() {
        let table: [(&[u8], &[u8]); 3] = [
            (b"192.0.2.1", b"192.0.2.1:80"),
            (b"2001:db8::1", b"[2001:db8::1]:80"),
            (b"[2001:db8::1]", b"[2001:db8::1]:80"),
        ];
        let mut text = b"of the request before".to_vec();
        for (address, written) in table {
            write_address(&mut text, address, 80);
            assert_eq!(text, written);
        }
    }
}
