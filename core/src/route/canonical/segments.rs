//! The segments of a decoded path.

use super::decode::trim;

/// The pieces between bytes at which some server parts or ends a path. Some take white space for
/// nothing: to Python's regular expressions a path may end before its last line break.
pub fn pieces(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| b"/\\;?#".contains(byte)).map(trim)
}

/// True if a path has dots that some server resolves, begins with what may be a host, or has several
/// things that are undone in any order.
pub fn is_ambiguous(sent: &[u8], decoded: &[u8], visible: &[u8]) -> bool {
    let counted = |path: &[u8]| path.iter().filter(|byte| b"/\\;?#%".contains(byte)).count();
    let escapes = sent.iter().filter(|byte| **byte == b'%').count();
    let signs = [
        counted(decoded).max(counted(visible)) + escapes > counted(sent),
        visible.contains(&b';'),
        visible.contains(&b'\\'),
        visible != decoded,
    ];
    signs.into_iter().filter(|sign| *sign).count() > 1
        || matches!(visible, [b'/' | b'\\', b'/' | b'\\', ..])
        || pieces(visible).any(|piece| matches!(piece, b"." | b".."))
}

/// Writes the segments of a decoded path anew. A path that does not start with a slash, as `*`, keeps that.
pub fn canonicalize(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| matches!(byte, b'/' | b'\\')) {
        let name = segment.split(|byte| *byte == b';').next().unwrap_or_default();
        match trim(name) {
            b"" | b"." => {}
            b".." => {
                kept.pop();
            }
            name => kept.push(name),
        }
    }
    let mut written = Vec::with_capacity(path.len() + 1);
    for segment in kept {
        written.push(b'/');
        for byte in segment {
            // Written as escapes, so that reading the result changes nothing.
            match byte {
                b'%' => written.extend_from_slice(b"%25"),
                b'?' => written.extend_from_slice(b"%3f"),
                b'#' => written.extend_from_slice(b"%23"),
                byte => written.push(*byte),
            }
        }
    }
    if written.is_empty() {
        written.push(b'/');
    }
    written
}
