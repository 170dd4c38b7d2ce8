//! The message, byte by byte.

use crate::client::Identity;
use crate::global_rate_limit::request::{Descriptor, OperationDescriptor, Question};

const CLIENT: Descriptor = Descriptor { client: true, operation: false, key: false };
const KEY: Descriptor = Descriptor { client: false, operation: true, key: true };

type Operations<'a> = &'a [(&'a str, Option<&'a [u8]>)];

fn message(
    descriptors: &[Descriptor],
    client: Identity<'_>,
    operations: Operations<'_>,
) -> Option<Vec<u8>> {
    let mut question = Question::new(client);
    let mut all = Vec::new();
    for (place, (name, key)) in operations.iter().enumerate() {
        all.push(OperationDescriptor {
            name: (*name).into(),
            by_client: *name == "of-client",
            by_header: *name == "of-header",
        });
        question.operation(place, *key);
    }
    question.message("d", descriptors, &all)
}

fn address(text: &str) -> Identity<'_> {
    Identity::Address(text.parse().unwrap())
}

fn asked(descriptors: &[Descriptor], client: Identity<'_>, operations: Operations<'_>) -> String {
    let framed = message(descriptors, client, operations).unwrap();
    assert_eq!(framed[0], 0, "not compressed");
    assert_eq!(u32::from_be_bytes(framed[1..5].try_into().unwrap()) as usize, framed.len() - 5);
    String::from_utf8_lossy(&framed[5..]).into_owned()
}

#[test]
fn the_bytes() {
    let sent = asked(&[CLIENT], address("192.0.2.1"), &[]);
    let entry = "\x0a\x06client\x12\x09192.0.2.1";
    assert_eq!(sent, format!("\x0a\x01d\x12\x15\x0a\x13{entry}"));
}

/// A client's descriptor is the same on every Envoy, and never the value that it sent.
#[test]
fn clients_in_descriptors() {
    let client = |identity| {
        let sent = asked(&[CLIENT], identity, &[]);
        sent.split_at(sent.find("client").unwrap() + 8).1.to_owned()
    };
    assert_eq!(client(address("192.0.2.1")), "192.0.2.1");
    assert_eq!(client(address("2001:db8::")), "2001:db8::");
    assert_eq!(client(Identity::Unknown), "unknown");
    assert_eq!(
        client(Identity::Name(b"abc")),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

/// The key of an operation that is counted by client is the client.
#[test]
fn an_operation_of_clients() {
    let sent = asked(&[KEY], address("192.0.2.1"), &[("of-client", None)]);
    assert!(sent.ends_with("\x0a\x03key\x12\x09192.0.2.1"), "{sent:?}");
}

/// A key that is no short text stands as a digest: it is always UTF-8, and bounded.
#[test]
fn keys_of_any_bytes() {
    let sent = |key: &[u8]| {
        let operations = [("a", Some(key))];
        message(&[KEY], Identity::Unknown, &operations).unwrap()
    };
    let longest = [b'x'; 128];
    for text in [b"bank-1", "ä".as_bytes(), b"", &longest] {
        assert!(sent(text).ends_with(text), "{text:?}");
    }
    let digest = b"a8100ae6aa1940d0b663bb31cd466142ebbdbd5187131b92d93818987832eb89";
    assert!(sent(b"\xff").ends_with(digest));
    for length in [129, 100_000] {
        assert_eq!(sent(&vec![b'x'; length]).len(), sent(b"\xff").len(), "{length}");
    }
}
