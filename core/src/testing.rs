//! Doubles of what the core asks of a host, in memory: shared tables, clocks, statistics.

mod host;
#[cfg(test)]
mod meanwhile;
mod memory;
mod statistics;

pub use host::FakeHost;
#[cfg(test)]
pub use meanwhile::Meanwhile;
pub use memory::Memory;
pub use statistics::FakeStatistics;

/// Names and values.
#[cfg(test)]
pub type Headers<'a> = &'a [(&'a str, &'a str)];

/// Headers as the proxy-wasm ABI serialises them.
pub fn serialize<N: AsRef<[u8]>, V: AsRef<[u8]>>(headers: &[(N, V)]) -> Vec<u8> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut buffer = u32::try_from(headers.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
    for (name, value) in headers {
        buffer.extend(length(name.as_ref()));
        buffer.extend(length(value.as_ref()));
    }
    for (name, value) in headers {
        for text in [name.as_ref(), value.as_ref()] {
            buffer.extend(text);
            buffer.push(0);
        }
    }
    buffer
}
