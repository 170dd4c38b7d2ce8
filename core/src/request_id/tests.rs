//! A client's IDs that are kept, and fresh ones.

mod properties;

use super::*;

#[test]
fn client_ids_are_kept_if_visible_and_short() {
    let longest = "a".repeat(128);
    let too_long = "a".repeat(129);
    let endless = "a".repeat(70_000);
    let table: [(&str, &str, bool); 20] = [
        ("a", "one character", true),
        ("4bf92f35-77b3-4da6-a3ce-929d0e0e4736", "a UUID", true),
        ("!", "the first visible character, 0x21", true),
        ("~", "the last visible character, 0x7e", true),
        (r#"a"b\c"#, "quotes and backslashes are visible", true),
        ("a;b=c:d/e?f", "punctuation is visible", true),
        (&longest, "128 characters", true),
        (&too_long, "129 characters", false),
        (&endless, "a length that 16 bits do not hold", false),
        ("", "empty", false),
        (" ", "a space, 0x20", false),
        ("a b", "a space within", false),
        ("a ", "a space behind", false),
        ("a\tb", "a tab", false),
        ("a\u{7f}", "DEL, 0x7f", false),
        ("a\0", "a NUL", false),
        ("a\r\nx: y", "a line break", false),
        ("é", "beyond ASCII", false),
        ("a,b", "a comma: Envoy joins repeated headers so", false),
        (",", "a comma alone: two empty ones", false),
    ];
    for (sent, shows, kept) in table {
        let id = RequestId::from_client(Single::Once(sent.as_bytes()));
        let id = id.as_ref().map(|id| (id.as_str(), id.as_bytes()));
        assert_eq!(id, kept.then_some((sent, sent.as_bytes())), "{shows}");
    }
    for several in [Single::Missing, Single::Repeated] {
        assert!(RequestId::from_client(several).is_none(), "{several:?}");
    }
}

/// Its random bits: `properties::a_fresh_id_holds_122_of_the_random_bits`.
#[test]
fn a_fresh_id_is_a_uuid_of_version_4() {
    let random = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128.to_be_bytes();
    let text = "01234567-89ab-4def-bedc-ba9876543210";
    assert_eq!(RequestId::mint(random).as_str(), text);
    assert_eq!(format!("{:?}", RequestId::mint(random)), text, "and is printed so");
}
