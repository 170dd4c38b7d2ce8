//! Reading, deciding and writing as one step.

use super::*;
use crate::testing::Memory;

fn append(memory: &mut Memory, hinder: &mut dyn FnMut(&mut Memory)) -> Result<usize, UpdateError> {
    let mut tries = 0;
    update(memory, 0, &mut Vec::new(), |value, _, memory| {
        tries += 1;
        value.push(b'x');
        hinder(memory);
        Update::Write(tries)
    })
}

#[test]
fn what_is_decided_is_written() {
    let mut memory = Memory::new();
    assert_eq!(append(&mut memory, &mut |_| {}), Ok(1));
    assert_eq!(append(&mut memory, &mut |_| {}), Ok(1));
    assert_eq!(memory.get("", 0), b"xx");
    let kept = update(&mut memory, 0, &mut Vec::new(), |value, _, _| {
        value.clear();
        Update::Keep("kept")
    });
    assert_eq!((kept, memory.get("", 0)), (Ok("kept"), &b"xx"[..]));
}

#[test]
fn a_write_between_is_decided_on_anew() {
    let mut memory = Memory::new();
    let mut others = vec![b"b", b"a"];
    let mut hinder = |memory: &mut Memory| {
        if let Some(other) = others.pop() {
            memory.put("", 0, other);
        }
    };
    assert_eq!(append(&mut memory, &mut hinder), Ok(3));
    assert_eq!(memory.get("", 0), b"bx", "nothing of what the other wrote is lost");
}

#[test]
fn who_is_always_late_is_told_so() {
    let mut memory = Memory::new();
    let mut hinder = |memory: &mut Memory| memory.put("", 0, b"other");
    assert_eq!(append(&mut memory, &mut hinder), Err(UpdateError::Contended));
    assert_eq!(memory.reads, CAS_ATTEMPTS);
    assert_eq!(memory.get("", 0), b"other");
}

#[test]
fn a_store_that_does_not_work_is_told_apart() {
    let mut memory = Memory::new();
    let mut breaks = |memory: &mut Memory| memory.broken = true;
    assert_eq!(append(&mut memory, &mut breaks), Err(UpdateError::Unavailable), "at the write");
    assert_eq!(append(&mut memory, &mut |_| {}), Err(UpdateError::Unavailable), "at the read");
}
