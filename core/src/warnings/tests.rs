//! Warnings that the VMs of a process share.

use super::*;
use crate::store::Tables as _;
use crate::testing::Memory;

#[test]
fn a_warning_is_new_in_a_process_once() {
    let mut memory = Memory::new();
    let mut share = |warning| Warnings::share(warning, &mut memory.table("warnings"));
    assert!(share(Warning::BodyHidden));
    assert!(!share(Warning::BodyHidden));
    assert!(share(Warning::ListenerPassed));
    let shared = Warnings::shared(&mut memory.table("warnings"));
    assert!(shared.iter().eq([Warning::ListenerPassed, Warning::BodyHidden]));
}

#[test]
fn a_store_that_cannot_be_had_silences_no_warning() {
    let mut memory = Memory::new();
    memory.broken = true;
    assert!(Warnings::share(Warning::PeerUnknown, &mut memory.table("warnings")));
    assert_eq!(Warnings::shared(&mut memory.table("warnings")), Warnings::default());
}

#[test]
fn each_warning_has_a_kind_of_its_own() {
    let mut kinds: Vec<_> = Warning::ALL.iter().map(|warning| warning.kind()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), Warning::ALL.len());
}
