//! From refusal to answer.

use super::*;
use crate::rate_limit::LimitReason;
use crate::rate_limit::Quota;
use crate::request::Single;
use crate::route::BadPath;

fn id(text: &str) -> RequestId {
    RequestId::from_client(Single::Once(text.as_bytes())).unwrap()
}

fn limited(reason: LimitReason, retry_after: u64) -> Refusal {
    let quota = Quota { requests: 100, window: 1_500_000 };
    Refusal::RateLimited(Rejection { limit: 0, reason, retry_after, quota })
}

fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    let mut values = reply.fields().filter(|(held, _)| *held == name.as_bytes());
    let value = values.next().map(|(_, value)| std::str::from_utf8(value).unwrap());
    assert!(values.next().is_none(), "{name} stands once");
    value
}

#[test]
fn the_table_of_answers() {
    use AuthFailure::{Invalid, Malformed, Missing, NotConfigured};
    use Challenge::{Bearer, OtherBearer};
    let shut = |failure, challenge| Refusal::Unauthorized(Unauthorized { failure, challenge });
    let over = |reason| limited(reason, 1);
    let table = [
        (Refusal::BadRequest(BadPath::BrokenEscape), 400, None, "bad_request", "a broken escape"),
        (Refusal::BadRequest(BadPath::Nul), 400, None, "bad_request", "a NUL"),
        (Refusal::NotFound, 404, None, "not_found", "a closed route"),
        (shut(Missing, Bearer), 401, Some(16), "unauthorized", "no token"),
        (shut(Malformed, OtherBearer), 401, Some(16), "unauthorized", "no such token can be"),
        (shut(Invalid, OtherBearer), 401, Some(16), "unauthorized", "another token"),
        (shut(NotConfigured, Bearer), 401, Some(16), "unauthorized", "nothing opens"),
        (over(LimitReason::Exceeded), 429, Some(8), "rate_limited", "over the limit"),
        (over(LimitReason::TableFull), 429, Some(8), "rate_limited", "the table is full"),
        (over(LimitReason::Contended), 429, Some(8), "rate_limited", "others were faster"),
        (over(LimitReason::Unavailable), 429, Some(8), "rate_limited", "nothing can be counted"),
        (over(LimitReason::MissingKey), 400, Some(3), "bad_request", "no key to count by"),
    ];
    for (refusal, status, grpc_status, error, shows) in table {
        let reply = refusal.reply(&id("abc"), &ReplyNames::default());
        assert_eq!((reply.status, refusal.status()), (status, status), "{shows}");
        assert_eq!(reply.grpc_status, grpc_status, "{shows}");
        assert_eq!(header(&reply, "content-type"), Some("application/json"), "{shows}");
        let body: serde_json::Value = serde_json::from_slice(reply.body()).unwrap();
        assert_eq!(body["error"], error, "{shows}");
        assert!(WORDS.contains(&error), "{shows}");
        assert_eq!(body["request_id"], "abc", "{shows}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{shows}");
        let fields = if status == 429 { 4 } else { 3 };
        assert_eq!(body.as_object().unwrap().len(), fields, "{shows}: and nothing else");
        assert_eq!(header(&reply, "retry-after").is_some(), status == 429, "{shows}");
        assert_eq!(header(&reply, "www-authenticate").is_some(), status == 401, "{shows}");
        assert_eq!(header(&reply, "cache-control").is_some(), status == 401, "{shows}");
        assert!(reply.fields().all(|(name, _)| name == name.to_ascii_lowercase()), "{shows}");
    }
    let upstream = Refusal::Unavailable { what: Dependency::Upstream, retry_after: 0 };
    let replayed = Refusal::Replayed(Block::Seen);
    for refusal in [upstream, replayed, Refusal::MethodNotAllowed, Refusal::Internal] {
        assert!(WORDS.contains(&refusal.word()), "{}", refusal.word());
    }
    assert_eq!(
        Refusal::Internal.reply(&id("abc"), &ReplyNames::default()).status,
        500,
        "what should never happen"
    );
}

#[test]
fn the_challenge_says_what_to_send() {
    let names = ReplyNames {
        token_headers: vec!["x-first".into(), "x-admin-token".into()],
        ..ReplyNames::default()
    };
    for failure in [
        AuthFailure::Missing,
        AuthFailure::Malformed,
        AuthFailure::Invalid,
        AuthFailure::NotConfigured,
    ] {
        for (challenge, expected) in [
            (Challenge::Bearer, r#"Bearer realm="metrics""#),
            (Challenge::OtherBearer, r#"Bearer realm="metrics", error="invalid_token""#),
            (Challenge::Header(1), r#"ApiKey realm="admin", in="header", name="x-admin-token""#),
        ] {
            let refusal = Refusal::Unauthorized(Unauthorized { failure, challenge });
            let reply = refusal.reply(&id("abc"), &names);
            assert_eq!(header(&reply, "www-authenticate"), Some(expected));
            assert_eq!(header(&reply, "cache-control"), Some("no-store"));
        }
    }
}

#[test]
fn messages_are_plain_sentences() {
    let upstream = Refusal::Unavailable { what: Dependency::Upstream, retry_after: 0 };
    let service = Refusal::Unavailable { what: Dependency::RateLimitService, retry_after: 0 };
    let table = [
        (Refusal::NotFound, "not found"),
        (Refusal::MethodNotAllowed, "only GET and HEAD are allowed"),
        (Refusal::Replayed(Block::Unavailable), "nonce storage is unavailable"),
        (upstream, "upstream is not ready"),
        (service, "the rate limit service is unavailable"),
        (limited(LimitReason::MissingKey, 0), "the rate limit key is missing"),
        (limited(LimitReason::Exceeded, 1), "rate limit exceeded: 100 requests per 1500 ms"),
    ];
    for (refusal, message) in table {
        let reply = refusal.reply(&id("abc"), &ReplyNames::default());
        let body: serde_json::Value = serde_json::from_slice(reply.body()).unwrap();
        assert_eq!(body["message"], message);
    }
    for (window, told) in [(60_000_000, " 60 s"), (1_000_000, " 1 s"), (500_000, " 500 ms")] {
        let Refusal::RateLimited(mut rejection) = limited(LimitReason::Exceeded, 0) else {
            panic!("a rejection");
        };
        rejection.quota.window = window;
        let reply = Refusal::RateLimited(rejection).reply(&id("abc"), &ReplyNames::default());
        let body: serde_json::Value = serde_json::from_slice(reply.body()).unwrap();
        assert!(body["message"].as_str().unwrap().ends_with(told), "{body}");
    }
}

#[test]
fn when_to_come_back_is_in_whole_seconds() {
    const SECOND: u64 = 1_000_000_000;
    let table = [
        (0, 1_u64, "at once is a second, too"),
        (1, 1, "a nanosecond"),
        (SECOND - 1, 1, "almost a second"),
        (SECOND, 1, "a second"),
        (SECOND + 1_000, 1, "a microsecond more, which the way here takes"),
        (SECOND + 1_001, 2, "more than that: never too early"),
        (3_600 * SECOND, 3_600, "an hour"),
        (u64::MAX, 18_446_744_074, "as long as can be said"),
    ];
    for (retry_after, seconds, shows) in table {
        let reply =
            limited(LimitReason::Exceeded, retry_after).reply(&id("abc"), &ReplyNames::default());
        assert_eq!(header(&reply, "retry-after"), Some(seconds.to_string().as_str()), "{shows}");
        let body: serde_json::Value = serde_json::from_slice(reply.body()).unwrap();
        assert_eq!(body["retry_after_seconds"], seconds, "{shows}");
        let ratelimit = format!(r#""client";r=0;t={seconds}"#);
        assert_eq!(header(&reply, "ratelimit"), Some(ratelimit.as_str()), "{shows}");
    }
}

#[test]
fn the_policy_is_never_told_laxer_than_it_is() {
    for (window, seconds) in [(100_000, 1), (1_000_000, 1), (1_500_000, 2), (3_600_000_000, 3_600)]
    {
        let quota = Quota { requests: 100, window };
        let rejection =
            Rejection { limit: 0, reason: LimitReason::Exceeded, retry_after: 1, quota };
        let reply = Refusal::RateLimited(rejection).reply(&id("abc"), &ReplyNames::default());
        let policy = format!(r#""client";q=100;w={seconds}"#);
        assert_eq!(header(&reply, "ratelimit-policy"), Some(policy.as_str()));
    }
}

#[test]
fn an_id_cannot_break_the_body() {
    for sent in [r#"a"b\c"#, r#"","error":"none"#, r"\u0000", "</script>", "'", "{}"] {
        // A comma is not of an ID.
        let sent = sent.replace(',', ";");
        for refusal in [Refusal::NotFound, limited(LimitReason::Exceeded, 5)] {
            let body: serde_json::Value =
                serde_json::from_slice(refusal.reply(&id(&sent), &ReplyNames::default()).body())
                    .unwrap();
            assert_eq!(body["request_id"], sent);
        }
    }
}
