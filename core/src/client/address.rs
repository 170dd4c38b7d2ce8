//! Addresses as Envoy and `x-forwarded-for` write them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Reads `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` and `[2001:db8::1]:80`. An
/// IPv4 address that is mapped into IPv6 is that IPv4 address.
pub fn parse(text: &[u8]) -> Option<(IpAddr, Option<u16>)> {
    // Nearly every address is one of these, and is read here for a fifth of what follows.
    if let Some((address, port)) = parse_ipv4(text) {
        return Some((address.into(), port));
    }
    parse_any(text)
}

/// Reads any of them.
#[cold]
fn parse_any(text: &[u8]) -> Option<(IpAddr, Option<u16>)> {
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
pub fn parse_ipv4(text: &[u8]) -> Option<(Ipv4Addr, Option<u16>)> {
    let (mut bits, mut number) = (0, None);
    // How many numbers of the address came before this one; 4 before the port.
    let mut before = 0;
    // One loop, which is short: V8 would write out one for each number.
    for byte in text {
        match (byte, number) {
            (b'0'..=b'9', None) => number = Some(u32::from(byte - b'0')),
            // No zero stands ahead of another digit.
            (b'0'..=b'9', Some(1..)) => {
                number = number.map(|number| number * 10 + u32::from(byte - b'0'));
                let max = if before < 4 { 255 } else { u16::MAX.into() };
                number = Some(number.filter(|number| *number <= max)?);
            }
            (b'.', Some(part)) if before < 3 => {
                (bits, before, number) = (bits << 8 | part, before + 1, None)
            }
            (b':', Some(part)) if before == 3 => {
                (bits, before, number) = (bits << 8 | part, 4, None)
            }
            _ => return None,
        }
    }
    match before {
        3 => Some((Ipv4Addr::from_bits(bits << 8 | number?), None)),
        4 => Some((Ipv4Addr::from_bits(bits), Some(u16::try_from(number?).ok()?))),
        _ => None,
    }
}
