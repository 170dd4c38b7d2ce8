//! What another plugin writes into the gate's shared values.

/// The gate's values: what their keys begin with, and what they begin with themselves.
pub const TAGS: [(&str, &[u8]); 7] = [
    (SLOT, b"gate/1\0\0"),
    ("probegate.table.9.probegate..operation.", b"stamps/1"),
    (NONCES, b"stamps/1"),
    ("probegate.tokens.", b"tokens/1"),
    ("probegate.prober.", b"prober/1"),
    ("probegate.probe.", b"probe/2"),
    ("probegate.series.", b""),
];

/// The one slot of the limit.
pub const SLOT: &str = "probegate.limit.";
/// The one slot of nonces.
pub const NONCES: &str = "probegate.table.9.probegate..replay.";

/// What no gate has written: noise, an older and a later layout, one that breaks off, and all that it can hold at most.
pub fn poisons(tag: &[u8]) -> Vec<Vec<u8>> {
    let tagged = |rest: &[u8]| [tag, rest].concat();
    let later =
        || older(tag).iter().map(|byte| if byte.is_ascii_digit() { b'9' } else { *byte }).collect();
    let noise = (0_u32..997).map(|nth| (nth.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut poisons: Vec<_> =
        [8, 16, 64, 236, 4096].map(|length| tagged(&vec![u8::MAX; length])).into();
    // As long as a slot with all the clients or nonces that it has room for.
    let full =
        [32 * 228, 128 * 16].map(|length| tagged(&[vec![0; 8], vec![u8::MAX; length]].concat()));
    poisons.extend(full);
    // Last what nobody can read: only of that is it promised that it does not last.
    poisons.extend([noise, b"x".to_vec(), tagged(&[1, 2, 3]), later(), older(tag)]);
    poisons
}

/// A value of the layout before.
pub fn older(tag: &[u8]) -> Vec<u8> {
    let mut value = [tag, &[0; 72]].concat();
    if let Some(number) = value.iter_mut().find(|byte| byte.is_ascii_digit()) {
        *number -= 1;
    }
    value
}
