//! Tables of limits.

use probegate_core::client::{ClientKey, HashKey, Identity};
use probegate_core::gate::Context;
use probegate_core::metrics::Meter;
use probegate_core::rate_limit::{Limiter, Quota, WhenFull};
use probegate_core::request::{Head, Pairs};
use probegate_core::verdict::Verdict;

use crate::gate::{NOW, compiled};
use probegate_core::testing::{FakeHost, Memory, serialize};

const SECOND: u64 = 1_000_000;

/// Two workers, which take turns to serve one client within a window, and long after it.
pub fn clients(value: &[u8], requests: u32) {
    let quota = Quota { requests, window: SECOND };
    let worker = || Limiter::new(quota, 16, WhenFull::Refuse);
    let mut workers = [worker(), worker()];
    let client = ClientKey::new(&HashKey::new([1; 16]), Identity::Unknown);
    // A value of ours as it may stand there: the fingerprint is the client's.
    let mut value = value.to_vec();
    if let Some(fingerprint) =
        value.get_mut(16..24).filter(|at| at.iter().all(|byte| *byte == b'@'))
    {
        fingerprint.copy_from_slice(&client.fingerprint.to_le_bytes());
    }
    let mut slots = Memory::default();
    slots.put("", 0, &value);
    let mut passed = 0;
    for turn in 0..=requests + 1 {
        let worker = &mut workers[turn as usize % 2];
        slots.now = NOW + SECOND * u64::from(turn) / u64::from(requests + 2);
        passed += u32::from(worker.admit(client, slots.now, &mut slots).is_ok());
    }
    // A record of this very client's that nobody can have written may hide what a lease holds.
    let leased = 2 * (requests / 1_024);
    assert!(passed <= requests + leased, "{passed} of {requests} passed");
    slots.now = NOW + 10 * SECOND;
    let again =
        workers.iter_mut().any(|worker| worker.admit(client, slots.now, &mut slots).is_ok());
    assert!(again, "the client is shut out: {}", value.escape_ascii());
}

/// Number of these requests that pass at once, and again after a time, if these bytes stand in the table.
fn passed(section: &str, value: &[u8], headers: &[(&[u8], &[u8])], later: u64) -> [usize; 2] {
    let compiled = compiled(section);
    let (mut gate, mut meter) = (compiled.gate, Meter::new(compiled.metrics));
    let buffer = serialize(headers);
    let head = Head { ends: true, ..Head::read(Pairs::new(&buffer), &gate.names) };
    // Which table it is a first request tells.
    let host = || FakeHost {
        wall: NOW,
        memory: Memory { now: NOW, ..Memory::default() },
        ..FakeHost::new()
    };
    let mut names = host();
    gate.on_request(&head, &mut Context { now: NOW, host: &mut names, meter: &mut meter });
    let mut world = host();
    for (name, _) in names.memory.values.keys().filter(|(name, _)| !name.is_empty()) {
        world.memory.put(name, 0, value);
    }
    [0, later].map(|later| {
        let now = NOW + later;
        (world.memory.now, world.wall) = (now, NOW);
        let mut ask = || {
            let mut context = Context { now, host: &mut world, meter: &mut meter };
            gate.on_request(&head, &mut context).1
        };
        (0..4).filter(|_| matches!(ask(), Verdict::Forward(_))).count()
    })
}

/// A burst of two, which takes two minutes to come in.
pub fn operation(value: &[u8]) {
    const SECTION: &str = r#"{"operations": [{"name": "a", "paths": ["/a"], "key": {"header": "x-key"},
        "requests": 1, "per": "60s", "burst": 2, "max_keys": 64}]}"#;
    let headers: [(&[u8], &[u8]); 2] = [(b":path", b"/a"), (b"x-key", b"k")];
    let [first, later] = passed(SECTION, value, &headers, 300 * SECOND);
    assert!(first <= 2 && later <= 2, "{first} and {later} passed");
    let room = value.len() < 16 * 100;
    assert!(!room || later > 0, "the key is shut out: {}", value.escape_ascii());
}

/// The same nonce again and again.
pub fn nonces(value: &[u8]) {
    const SECTION: &str = r#"{"replay": {"routes": ["/a"], "nonce_header": "x-nonce", "max_nonces": 64,
        "timestamp_header": "x-timestamp", "tolerance": "300s"}}"#;
    let time = (NOW / SECOND).to_string();
    let headers: [(&[u8], &[u8]); 3] =
        [(b":path", b"/a"), (b"x-nonce", b"n"), (b"x-timestamp", time.as_bytes())];
    let [first, later] = passed(SECTION, value, &headers, 100 * SECOND);
    assert!(first + later <= 1, "one nonce passes {first} and {later} times");
}
