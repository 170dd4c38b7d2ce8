//! Pairs over any bytes.

use proptest::prelude::*;

use super::*;

type Header = (Vec<u8>, Vec<u8>);

fn headers() -> impl Strategy<Value = Vec<Header>> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..12);
    prop::collection::vec((bytes(), bytes()), 0..12)
}

fn owned(pairs: Pairs<'_>) -> Vec<Header> {
    pairs.map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
}

proptest! {
    #[test]
    fn headers_are_read_as_they_were_serialised(headers in headers()) {
        prop_assert_eq!(owned(Pairs::new(&serialize(&headers))), headers);
    }

    #[test]
    fn a_buffer_cut_short_yields_the_first_whole_headers(headers in headers(), at in any::<prop::sample::Index>()) {
        let buffer = serialize(&headers);
        let cut = &buffer[..at.index(buffer.len() + 1)];
        let read = owned(Pairs::new(cut));
        prop_assert!(headers.starts_with(&read));
        // Every header whose last NUL is still there is whole.
        let table = 4 + headers.len() * 8;
        let mut end = table;
        let whole = headers.iter().take_while(|(name, value)| {
            end += name.len() + value.len() + 2;
            end <= cut.len()
        });
        prop_assert_eq!(read.len(), whole.count());
    }

    #[test]
    fn configured_names_are_found_whatever_their_length(lengths in prop::array::uniform3(0_usize..200), at in 0_usize..200) {
        let name = |letter: u8, length: usize| -> Box<[u8]> { vec![letter; length].into() };
        let [request_id, client, token] = lengths;
        let names = HeaderNames {
            request_id: name(b'a', request_id),
            client: name(b'b', client),
            tokens: vec![name(b'c', token)],
        };
        let other = vec![b'd'; at];
        let sent = [&names.request_id[..], &other, &names.client, &names.tokens[0]];
        let headers: Vec<Header> = sent.map(|name| (name.to_vec(), name.to_vec())).into();
        let buffer = serialize(&headers);
        let head = Head::read(Pairs::new(&buffer), &names);
        let model = |wanted: &[u8]| {
            let mut seen = Single::Missing;
            Pairs::new(&buffer).filter(|(name, _)| *name == wanted).for_each(|(_, value)| seen.see(value));
            seen
        };
        prop_assert_eq!(head.request_id, model(&names.request_id));
        prop_assert_eq!(head.client, model(&names.client));
        prop_assert_eq!(head.tokens, [model(&names.tokens[0])]);
    }

    #[test]
    fn pairs_that_stopped_stay_stopped(headers in headers(), at in any::<prop::sample::Index>()) {
        let buffer = serialize(&headers);
        let mut pairs = Pairs::new(&buffer[..at.index(buffer.len() + 1)]);
        pairs.by_ref().for_each(drop);
        for _ in 0..headers.len() {
            prop_assert_eq!(pairs.next(), None, "a header that begins in the middle of another");
        }
    }

    #[test]
    fn any_bytes_are_read_once(count in 0_u32..5, buffer in prop::collection::vec(any::<u8>(), 0..80)) {
        let length = |read: &[(Vec<u8>, Vec<u8>)]| -> usize { read.iter().map(|(name, value)| name.len() + value.len() + 2).sum() };
        prop_assert!(length(&owned(Pairs::new(&buffer))) <= buffer.len(), "nothing is read twice");
        let mut counted = count.to_le_bytes().to_vec();
        counted.extend(&buffer);
        // Small lengths, so that names and values are found.
        for (index, byte) in counted.iter_mut().enumerate().skip(4).take(count as usize * 8) {
            *byte = if index % 4 == 0 { *byte % 16 } else { 0 };
        }
        let read = owned(Pairs::new(&counted));
        prop_assert!(length(&read) <= buffer.len(), "nothing is read twice");
        let head = Head::read(Pairs::new(&counted), &names());
        prop_assert_eq!(head.values(b"x").count(), read.iter().filter(|(name, _)| name == b"x").count());
    }
}
