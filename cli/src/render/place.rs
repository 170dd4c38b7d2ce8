//! Names of hosts and of namespaces.

use std::net::Ipv6Addr;

/// Of `host:8080`, or of `[::1]:8080`.
pub fn host_and_port(upstream: &str) -> Result<(&str, u16), String> {
    let wrong = || "--upstream must be HOST:PORT, as 10.0.0.7:8080 or service.internal:8080".into();
    let (host, port) = upstream.rsplit_once(':').ok_or_else(wrong)?;
    let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    match bare {
        Some(address) if address.parse::<Ipv6Addr>().is_ok() => Ok((address, port)),
        None if !host.is_empty() && host.bytes().all(named) => Ok((host, port)),
        _ => Err(wrong()),
    }
}

/// A namespace of Kubernetes: a label of DNS.
pub fn namespace(name: &str) -> Result<&str, String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ends = name.starts_with('-') || name.ends_with('-');
    if (1..=63).contains(&name.len()) && name.bytes().all(plain) && !ends {
        return Ok(name);
    }
    Err("--namespace must be 1 to 63 small letters, digits and -, as shop-edge".into())
}
