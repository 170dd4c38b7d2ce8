use super::*;

const HEADERS: &[Header<'_>] = &[(b":status", b"200")];

fn fetched(calls: &Calls, id: u64) -> Option<(usize, usize)> {
    let (purpose, response) = calls.end(id)?;
    let Purpose::Fetch(source) = purpose else { return None };
    Some((source, response.judge(|response| response.body.map_or(0, <[u8]>::len))))
}

#[test]
fn an_answer_finds_its_call_whatever_the_order() {
    let calls = Calls::default();
    for (source, id) in [(0, 7), (1, 8)] {
        calls.begin(Purpose::Fetch(source));
        calls.started(id);
    }
    calls.with(8, |response| response.on_body(b"bb"));
    calls.with(7, |response| response.on_body(b"a"));
    assert_eq!(fetched(&calls, 8), Some((1, 2)));
    assert_eq!(fetched(&calls, 7), Some((0, 1)));
    assert_eq!(fetched(&calls, 7), None, "it was over");
}

#[test]
fn an_answer_may_come_before_its_call_has_a_number() {
    let calls = Calls::default();
    calls.begin(Purpose::Fetch(0));
    calls.started(1);
    calls.begin(Purpose::Fetch(1));
    calls.with(2, |response| response.on_body(b"x"));
    assert_eq!(fetched(&calls, 2), Some((1, 1)));
    calls.started(2);
    assert_eq!(fetched(&calls, 2), None);
    assert_eq!(fetched(&calls, 1), Some((0, 0)));
}

#[test]
fn a_call_that_was_not_started_is_forgotten() {
    let calls = Calls::default();
    calls.begin(Purpose::Fetch(0));
    assert!(calls.not_started());
    assert!(!calls.not_started());
}

#[test]
fn a_body_that_is_too_long_is_no_body_and_one_that_broke_off_no_answer() {
    let mut response = Response::default();
    response.on_headers(HEADERS);
    response.on_body(&[0; MAX_BODY]);
    response.judge(|response| assert_eq!(response.body.map(<[u8]>::len), Some(MAX_BODY)));
    response.on_body(&[0]);
    response.on_body(&[0; 3]);
    response.judge(|response| assert!(response.body.is_none() && response.headers.count() == 1));
    response.on_reset();
    response.judge(|response| {
        assert_eq!((response.headers.count(), response.body), (0, Some(&[][..])))
    });
}
