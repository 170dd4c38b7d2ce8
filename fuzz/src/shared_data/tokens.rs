//! What a source handed out.

use probegate_core::auth::Digest;
use probegate_core::auth::fetch::{Keeper, Source};

use crate::gate::NOW;
use crate::memory::Shared;

const SECOND: u64 = 1_000_000;
const HOUR: u64 = 3_600 * SECOND;

pub fn source(value: &[u8]) {
    let source = Source {
        cluster: "c".into(),
        path: "/t".into(),
        authority: "a".into(),
        every: 30 * SECOND,
        timeout: SECOND,
        keep_for: HOUR,
    };
    let mut keeper = Keeper::new(vec![source], "x");
    let mut store = Shared::default();
    store.put("probegate.tokens.x.1.c.a./t", value);

    let opens = keeper.tokens(NOW, &mut store).concat();
    let good = value.get(17..25).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes);
    let fresh = good.is_some_and(|good| good > 0 && good <= NOW && NOW - good <= HOUR);
    let ours = value.starts_with(b"tokens/1") && value.len() == 25 + 32 * opens.len();
    assert!(opens.is_empty() || (fresh && ours && opens.len() <= 16));
    assert!(keeper.tokens(0, &mut store).concat().is_empty(), "without a clock nothing opens");
    assert!(keeper.tokens(NOW + 2 * HOUR, &mut store).concat().is_empty(), "nor after `keep_for`");

    let due = (0..=31).any(|second| !keeper.due(NOW + second * SECOND, &mut store).is_empty());
    assert!(due, "the source is not asked: {}", value.escape_ascii());
    keeper.on_answer(0, Some(vec![Digest::of(b"new")]), NOW + 31 * SECOND, &mut store);
    let opens = keeper.tokens(NOW + 31 * SECOND, &mut store).concat();
    let opens: Vec<String> = opens.iter().map(|token| token.digest.hex()).collect();
    assert_eq!(opens, [Digest::of(b"new").hex()], "what it says stands alone");
}
