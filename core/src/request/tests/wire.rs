//! Header maps as the proxy-wasm ABI serialises them.

/// Writes headers in the shape that [`crate::request::Pairs`] reads.
pub fn serialise<N: AsRef<[u8]>, V: AsRef<[u8]>>(headers: &[(N, V)]) -> Vec<u8> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let mut buffer = u32::try_from(headers.len()).unwrap().to_le_bytes().to_vec();
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
