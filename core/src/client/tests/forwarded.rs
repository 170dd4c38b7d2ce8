//! Clients behind trusted proxies.

use super::*;
use crate::request::{HeaderNames, Pairs};

pub fn client(lines: &[&[u8]], trusted_hops: usize) -> Identity<'static> {
    let mut headers: Vec<(&[u8], &[u8])> = vec![(b":path", b"/"), (b"x-real-ip", b"198.51.100.9")];
    headers.extend(lines.iter().map(|line| (b"x-forwarded-for".as_slice(), *line)));
    let buffer = crate::testing::serialize(&headers);
    let head = Head::read(Pairs::new(&buffer), &HeaderNames::default());
    match Identity::of_forwarded_for(&head, trusted_hops, WHOLE) {
        Identity::Address(address) => Identity::Address(address),
        Identity::Unknown => Identity::Unknown,
        Identity::Name(name) => panic!("an address, not {name:?}"),
    }
}

#[test]
fn hops_are_counted_from_the_right() {
    let one = "10.0.0.1, 10.0.0.2,10.0.0.3";
    let (ten, none) = (|last: u8| address(&format!("10.0.0.{last}")), Identity::Unknown);
    let table: [(&[&str], usize, Identity<'_>, &str); 26] = [
        (&[one], 0, ten(3), "the right-most: what the connection manager appended"),
        (&[one], 1, ten(2), "one proxy in front"),
        (&[one], 2, ten(1), "two proxies, and the left-most"),
        (&[one], 3, none, "more proxies than addresses"),
        (&[one], 100, none, "many more"),
        (&["10.0.0.1"], 0, ten(1), "one address"),
        (&["10.0.0.1", "10.0.0.2"], 0, ten(2), "the last line is the right-most"),
        (&["10.0.0.1", "10.0.0.2"], 1, ten(1), "and goes on in the one before"),
        (&["10.0.0.1,10.0.0.2", "10.0.0.3,10.0.0.4"], 2, ten(2), "over the border of lines"),
        (&["10.0.0.1", "10.0.0.2", "10.0.0.3"], 3, none, "no line is counted twice"),
        (&[], 0, none, "no header"),
        (&[""], 0, none, "an empty one"),
        (&["", "10.0.0.1"], 0, ten(1), "an empty line to the left"),
        (&["10.0.0.1", ""], 0, none, "an empty line where the trusted address should be"),
        (&["10.0.0.1,"], 0, none, "an empty entry there"),
        (&["10.0.0.1, unknown"], 0, none, "garbage there: the left is not believed instead"),
        (&["garbage, 10.0.0.2"], 0, ten(2), "garbage to the left does not matter"),
        (&["10.0.0.1, garbage, 10.0.0.3"], 1, none, "garbage in the middle"),
        (&["\t 10.0.0.1 \t"], 0, ten(1), "white space around it"),
        (&["10.0.0.1:8080"], 0, ten(1), "with a port"),
        (&["10.0.0.1:0"], 0, ten(1), "even with that one: the place is trusted"),
        (&["2001:db8::1"], 0, address("2001:db8::1"), "IPv6"),
        (&["[2001:db8::1]"], 0, address("2001:db8::1"), "in brackets"),
        (&["[2001:db8::1]:8080"], 0, address("2001:db8::1"), "and with a port"),
        (&["::ffff:10.0.0.1"], 0, ten(1), "IPv4 that is mapped into IPv6"),
        (&["10.0.0.1 10.0.0.2"], 0, none, "addresses that nothing separates"),
    ];
    for (lines, hops, expected, shows) in table {
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        assert_eq!(client(&lines, hops), expected, "{shows}");
    }
}
