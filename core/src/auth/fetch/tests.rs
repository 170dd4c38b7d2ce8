//! Tokens of sources: which ones, for how long, and who asks.

use super::*;
use crate::auth::{Carrier, Guard, Tokens};
use crate::request::{Head, Single};
use crate::testing::Memory;

const SECOND: Micros = 1_000_000;
/// When these tests begin, on the monotonic clock.
const START: Micros = 1 << 40;

fn source() -> TokenSource {
    TokenSource {
        cluster: "vault".into(),
        path: "/token".into(),
        authority: "vault".into(),
        every: 30 * SECOND,
        timeout: SECOND,
        keep_for: 3_600 * SECOND,
    }
}

fn fetcher() -> TokenFetcher {
    TokenFetcher::new(vec![source()], "1.p.")
}

/// True if a token opens at a time after the start, in seconds.
fn opens(fetcher: &mut TokenFetcher, memory: &mut Memory, token: &str, seconds: Micros) -> bool {
    let mut guard = Guard::new(Carrier::Authorization, Tokens::default(), vec![0]);
    guard.renew(&fetcher.tokens(START + seconds * SECOND, memory));
    let value = format!("Bearer {token}");
    let head = Head { authorization: Single::Once(value.as_bytes()), ..Head::default() };
    guard.check(&head).is_ok()
}

fn say(
    fetcher: &mut TokenFetcher,
    memory: &mut Memory,
    body: &str,
    seconds: Micros,
) -> Option<FetchChange> {
    fetcher.on_answer(0, read(body.as_bytes()), START + seconds * SECOND, memory)
}

#[test]
fn an_answer_is_a_token_a_line() {
    let long = "a".repeat(4097);
    let many = "a\n".repeat(17);
    let table: [(&str, Option<usize>); 10] = [
        ("one", Some(1)),
        ("one\n", Some(1)),
        ("\r\n one \r\n\n two\t\n", Some(2)),
        (&long[1..], Some(1)),
        (&many[2..], Some(16)),
        ("", None),
        (" \n\n", None),
        ("two words", None),
        (&long, None),
        (&many, None),
    ];
    for (body, tokens) in table {
        assert_eq!(read(body.as_bytes()).map(|tokens| tokens.len()), tokens, "{:.40}", body);
    }
    assert!(read(b"t\xc3\xb6ken").is_none() && read(b"a\0b").is_none());
}

#[test]
fn a_new_token_opens_and_the_old_one_ends() {
    let (mut fetcher, mut memory) = (fetcher(), Memory::default());
    assert!(!opens(&mut fetcher, &mut memory, "first", 0), "nothing was asked yet");
    assert_eq!(say(&mut fetcher, &mut memory, "first", 0), Some(FetchChange::Renewed));
    assert!(opens(&mut fetcher, &mut memory, "first", 1));
    assert_eq!(say(&mut fetcher, &mut memory, "first", 30), None, "the same as before");
    assert_eq!(say(&mut fetcher, &mut memory, "second\nfirst", 60), Some(FetchChange::Renewed));
    assert!(opens(&mut fetcher, &mut memory, "first", 61), "both, while a rotation lasts");
    assert!(opens(&mut fetcher, &mut memory, "second", 61));
    assert_eq!(say(&mut fetcher, &mut memory, "second", 90), Some(FetchChange::Renewed));
    assert!(!opens(&mut fetcher, &mut memory, "first", 91));
    assert!(opens(&mut fetcher, &mut memory, "second", 91));
}

#[test]
fn the_last_good_token_stays_for_so_long_and_then_nothing_opens() {
    let (mut fetcher, mut memory) = (fetcher(), Memory::default());
    say(&mut fetcher, &mut memory, "token", 0);
    assert_eq!(say(&mut fetcher, &mut memory, "", 30), Some(FetchChange::Failing));
    assert_eq!(say(&mut fetcher, &mut memory, "", 35), None, "told once");
    assert!(opens(&mut fetcher, &mut memory, "token", 3_600));
    assert!(!opens(&mut fetcher, &mut memory, "token", 3_601));
    assert_eq!(say(&mut fetcher, &mut memory, "token", 4_000), Some(FetchChange::Recovered));
    assert!(opens(&mut fetcher, &mut memory, "token", 4_000));
}

#[test]
fn a_source_is_asked_by_one_vm_an_interval_and_sooner_after_a_failure() {
    let (mut first, mut second, mut memory) = (fetcher(), fetcher(), Memory::default());
    let due = |fetcher: &mut TokenFetcher, memory: &mut Memory, seconds: Micros| {
        !fetcher.due(START + seconds * SECOND, memory).is_empty()
    };
    assert!(due(&mut first, &mut memory, 0));
    assert!(!due(&mut second, &mut memory, 0), "claimed");
    say(&mut first, &mut memory, "token", 1);
    assert!(!due(&mut first, &mut memory, 30) && !due(&mut second, &mut memory, 30));
    assert!(due(&mut second, &mut memory, 31));
    assert!(!due(&mut first, &mut memory, 31));
    say(&mut second, &mut memory, "", 32);
    assert!(!due(&mut first, &mut memory, 36));
    assert!(due(&mut first, &mut memory, 37), "5 s after a failure");
    assert!(due(&mut second, &mut memory, 43), "whoever claimed it has crashed");
}

#[test]
fn an_unreadable_record_opens_nothing() {
    let (mut fetcher, mut memory) = (fetcher(), Memory::default());
    say(&mut fetcher, &mut memory, "token", 0);
    let held = memory.values.clone();
    for (key, (value, version)) in &held {
        let foreign = [&b""[..], b"x", &value[1..], &value[..value.len() - 1]];
        for bytes in foreign {
            memory.values.insert(key.clone(), (bytes.into(), *version));
            assert!(!opens(&mut fetcher, &mut memory, "token", 1), "{bytes:?}");
        }
    }
    assert_eq!(fetcher.due(START, &mut memory), [0], "and is asked for anew");
    memory.values = held;
    assert!(opens(&mut fetcher, &mut memory, "token", 1));
    assert!(fetcher.tokens(0, &mut memory).concat().is_empty(), "a clock that cannot be read");
    assert!(fetcher.tokens(START - 1, &mut memory).concat().is_empty(), "or that was set back");
    assert!(fetcher.due(0, &mut memory).is_empty());
    memory.broken = true;
    assert!(!opens(&mut fetcher, &mut memory, "token", 1));
    assert!(fetcher.due(START + 99 * SECOND, &mut memory).is_empty());
    assert_eq!(say(&mut fetcher, &mut memory, "other", 2), None);
}

#[test]
fn sources_that_differ_keep_apart() {
    let other = TokenSource { path: "/other".into(), ..source() };
    let (mut fetcher, mut memory) =
        (TokenFetcher::new(vec![source(), other], "1.p."), Memory::default());
    say(&mut fetcher, &mut memory, "token", 0);
    let tokens = fetcher.tokens(START, &mut memory);
    assert_eq!([tokens[0].len(), tokens[1].len()], [1, 0]);
    assert_eq!(*tokens[0][0].name, *"vault/token");
}

#[test]
fn no_token_is_shared_or_printed() {
    let (mut fetcher, mut memory) = (fetcher(), Memory::default());
    say(&mut fetcher, &mut memory, "s3cr3t-marker", 0);
    let shared = format!("{:?}", memory.values);
    let bytes: Vec<u8> = memory.values.values().flat_map(|(bytes, _)| bytes.clone()).collect();
    assert!(!shared.contains("s3cr3t") && !bytes.windows(6).any(|window| window == b"s3cr3t"));
}
