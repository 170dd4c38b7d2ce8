//! Python's servers, as an exact model: whatever one of them would serve as a guarded page is guarded.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// The target of a request line, as `str.split` of Python parts it in Latin-1; `None` if it has not three words.
fn word(target: &[u8]) -> Option<Vec<u8>> {
    let is_space = |byte: &u8| matches!(byte, 9..=13 | 28..=32 | 0x85 | 0xa0);
    let mut words = target.split(is_space).filter(|word| !word.is_empty());
    let word = words.next()?.to_vec();
    words.next().is_none().then_some(word)
}

fn unquote(path: &[u8]) -> Vec<u8> {
    percent_encoding::percent_decode(path).collect()
}

/// `bytes.decode("utf-8", "ignore")`.
fn ignore(path: &[u8]) -> Vec<u8> {
    path.utf8_chunks().flat_map(|chunk| chunk.valid().bytes()).collect()
}

/// `str.strip` of a text in Latin-1.
fn strip_latin(path: &[u8]) -> Vec<u8> {
    let text: String = path.iter().copied().map(char::from).collect();
    let is_space = |letter: char| letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter);
    text.trim_matches(is_space).chars().map(|letter| u8::try_from(letter).unwrap()).collect()
}

/// `str.strip` of a text in UTF-8.
fn strip(path: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(path);
    let is_space = |letter: char| letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter);
    text.trim_matches(is_space).into()
}

/// `re.match(r"/metrics/?$", path)`: `$` also matches before a line break at the end.
fn ends(path: &[u8]) -> Vec<u8> {
    let path = path.strip_suffix(b"\n").unwrap_or(path);
    path.strip_suffix(b"/").unwrap_or(path).into()
}

/// Each segment on its own.
fn segments(path: &[u8]) -> Vec<u8> {
    path.split(|byte| *byte == b'/').map(strip).collect::<Vec<_>>().join(&b'/')
}

type Step = fn(&[u8]) -> Vec<u8>;

/// All that such a server and what it runs may do once it has the word, in any order.
const STEPS: [Step; 6] = [unquote, ignore, strip_latin, strip, ends, segments];

fn readings(target: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut all: BTreeSet<Vec<u8>> = word(target).into_iter().chain([target.to_vec()]).collect();
    for _ in 0..4 {
        let next: Vec<Vec<u8>> =
            all.iter().flat_map(|path| STEPS.iter().map(move |step| step(path))).collect();
        all.extend(next);
    }
    all
}

fn target() -> impl Strategy<Value = Vec<u8>> {
    let junk = prop_oneof![
        prop::sample::select(vec![
            b"/".to_vec(),
            b"%2f".to_vec(),
            b"%0a".to_vec(),
            b"%c2%a0".to_vec(),
            b"%25a0".to_vec(),
            b"\xc2\xa0".to_vec(),
            b"\xc3\xa0".to_vec(),
            b"%e2%80%a8".to_vec(),
            b"%20".to_vec(),
        ]),
        (1u8..).prop_map(|byte| vec![byte]),
        (1u8..).prop_map(|byte| format!("%{byte:02x}").into_bytes()),
        prop::sample::select(vec![vec![0xa0], vec![0x85], vec![0x1c], b"%85".to_vec()]),
    ];
    let junk = prop::collection::vec(junk, 0..4).prop_map(|junk| junk.concat());
    let name = prop::sample::select(vec!["metrics", "metrics", "%6detrics", "met"]);
    (junk.clone(), name, junk.clone(), prop::sample::select(vec!["", "", "rics"]), junk).prop_map(
        |(front, name, within, rest, behind)| {
            [b"/", &*front, name.as_bytes(), &*within, rest.as_bytes(), &*behind].concat()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn paths_that_python_servers_serve_are_guarded(target in target()) {
        let served = readings(&target).contains(b"/metrics".as_slice());
        let class = system().find(&target).map(|route| route.class);
        prop_assert!(
            !served || class.is_err() || class == Ok(Class::Metrics),
            "{} is {:?}", target.escape_ascii(), class
        );
    }
}
