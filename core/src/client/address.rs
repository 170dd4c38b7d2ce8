//! Addresses as Envoy and `x-forwarded-for` write them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Reads `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` and `[2001:db8::1]:80`. An
/// IPv4 address that is mapped into IPv6 is that IPv4 address.
pub fn parse(text: &[u8]) -> Option<(IpAddr, Option<u16>)> {
    // Nearly every address is one of these, and is read here for a fifth of what follows.
    if let Some((address, port)) = parse_ipv4(text) {
        return Some((address.into(), port));
    }
    let text = str::from_utf8(text).ok()?;
    let (address, port) = match text.parse::<IpAddr>() {
        Ok(address) => (address, None),
        Err(_) => match text.parse::<SocketAddr>() {
            Ok(socket) => (socket.ip(), Some(socket.port())),
            Err(_) => (text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()?, None),
        },
    };
    Some((address.to_canonical(), port))
}

/// Reads `192.0.2.1` and `192.0.2.1:80`, in their usual form alone.
pub fn parse_ipv4(mut text: &[u8]) -> Option<(Ipv4Addr, Option<u16>)> {
    let mut bits = decimal(&mut text, 255)?;
    for _ in 1..4 {
        text = text.strip_prefix(b".")?;
        bits = bits << 8 | decimal(&mut text, 255)?;
    }
    let address = Ipv4Addr::from_bits(bits);
    if text.is_empty() {
        return Some((address, None));
    }
    text = text.strip_prefix(b":")?;
    let port = u16::try_from(decimal(&mut text, u16::MAX.into())?).ok()?;
    text.is_empty().then_some((address, Some(port)))
}

/// Takes a number off that is at most `max`, and has no zero ahead.
fn decimal(text: &mut &[u8], max: u32) -> Option<u32> {
    let mut number = None;
    while let Some((digit @ b'0'..=b'9', rest)) = text.split_first() {
        let before = number.unwrap_or(0);
        let now = before * 10 + u32::from(digit - b'0');
        if now > max || number == Some(0) {
            return None;
        }
        (number, *text) = (Some(now), rest);
    }
    number
}
