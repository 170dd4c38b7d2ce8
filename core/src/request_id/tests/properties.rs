//! Request IDs over any bytes.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn an_id_is_kept_to_the_byte_or_not_at_all(sent in prop_oneof![prop::collection::vec(any::<u8>(), 0..200), prop::collection::vec(0x21_u8..=0x7e, 0..200)]) {
        let visible = |byte: &u8| (0x21..=0x7e).contains(byte) && *byte != b',';
        let right = (1..=128).contains(&sent.len()) && sent.iter().all(visible);
        let id = RequestId::from_client(Single::Once(&sent));
        prop_assert_eq!(id.as_ref().map(RequestId::as_bytes), right.then_some(sent.as_slice()));
    }

    #[test]
    fn a_fresh_id_holds_122_of_the_random_bits(random in any::<[u8; 16]>()) {
        let id = RequestId::mint(random);
        let text = id.as_str();
        let places: Vec<usize> = text.match_indices('-').map(|(place, _)| place).collect();
        prop_assert_eq!(places, [8, 13, 18, 23]);
        let bits = u128::from_str_radix(&text.replace('-', ""), 16).unwrap();
        prop_assert_eq!(bits >> 76 & 0xf, 4, "the version");
        prop_assert_eq!(bits >> 62 & 0b11, 0b10, "the variant");
        let free = !(0xf << 76 | 0b11 << 62);
        prop_assert_eq!(bits & free, u128::from_be_bytes(random) & free);
        prop_assert!(RequestId::from_client(Single::Once(text.as_bytes())).is_some(), "the next gate keeps it");
    }
}
