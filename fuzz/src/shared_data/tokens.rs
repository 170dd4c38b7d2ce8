//! Records of tokens.

use probegate_core::auth::fetch::{TokenFetcher, TokenSource};
use probegate_core::digest::Digest;

use crate::gate::NOW;
use probegate_core::testing::Memory;

const SECOND: u64 = 1_000_000;
const HOUR: u64 = 3_600 * SECOND;

pub fn source(value: &[u8]) {
    let source = TokenSource {
        cluster: "c".into(),
        path: "/t".into(),
        authority: "a".into(),
        every: 30 * SECOND,
        timeout: SECOND,
        keep_for: HOUR,
    };
    let mut fetcher = TokenFetcher::new(vec![source], "x");
    let mut tables = Memory::default();
    tables.put("probegate.tokens.x.1.c.a./t", 0, value);

    let good = value.get(17..25).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes);
    // The second moment is one at which a record of the hour to come, from a clock that was ahead, may be of age.
    for now in [NOW, NOW + 2 * HOUR] {
        let opens = fetcher.tokens(now, &mut tables).concat();
        let fresh = good.is_some_and(|good| good > 0 && good <= now && now - good <= HOUR);
        let ours = value.starts_with(b"tokens/1") && value.len() == 25 + 32 * opens.len();
        assert!(opens.is_empty() || (fresh && ours && opens.len() <= 16), "opens at {now}");
    }
    assert!(fetcher.tokens(0, &mut tables).concat().is_empty(), "without a clock nothing opens");

    let due = (0..=31).any(|second| !fetcher.due(NOW + second * SECOND, &mut tables).is_empty());
    assert!(due, "the source is not asked: {}", value.escape_ascii());
    fetcher.on_answer(0, Some(vec![Digest::new(b"new")]), NOW + 31 * SECOND, &mut tables);
    let opens = fetcher.tokens(NOW + 31 * SECOND, &mut tables).concat();
    let opens: Vec<String> = opens.iter().map(|token| token.digest.hex()).collect();
    assert_eq!(opens, [Digest::new(b"new").hex()], "what it says stands alone");
}
