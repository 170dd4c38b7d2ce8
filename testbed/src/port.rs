//! A port that stays one's own while nobody listens on it.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A port of 127.0.0.1, held by a socket that never listens: connections are refused, and nobody is given the port who
/// asks for any. Who is told its number may listen beside it with `SO_REUSEADDR`, which every server sets.
pub struct Port {
    _held: Socket,
    address: SocketAddr,
}

impl Port {
    /// A free one.
    pub fn hold() -> Self {
        let held = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        held.set_reuse_address(true).expect("a listener beside it");
        held.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("a free port");
        let address = held.local_addr().ok().and_then(|address| address.as_socket());
        Self { _held: held, address: address.expect("its address") }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
