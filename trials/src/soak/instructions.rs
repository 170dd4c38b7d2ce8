//! Instructions a request before and after the traffic, in one process: another Envoy, of one worker,
//! under callgrind. What is not counted runs uninstrumented there.

use std::{fs, process};

use testbed::{Client, Envoy, workspace};

use super::clients::Clients;
use super::traffic::request;
use super::world::{self, Services};
use crate::Outcome;
use testbed::callgrind::{instructions, valgrind};

/// Until V8 has compiled what is hot and the tables are full enough to be looked through.
const WARM_UP: u64 = 8_000;
const SETTLE: u32 = 500;
/// Four times each kind of request.
const COUNTED: u32 = 2_000;
const SENDERS: u64 = 4;

/// Before and after so many requests of the soak's traffic with so many reloads.
pub fn measure(services: &Services, requests: u64, reloads: u64) -> Outcome<[u64; 2]> {
    let folder = workspace().join(format!("target/bench/soak-{}", process::id()));
    fs::create_dir_all(&folder)?;
    let bootstrap = services.bootstrap(0).concurrency(1).under(valgrind(&folder.join("out"))?);
    let mut envoy = Envoy::start(&bootstrap)?;
    send(&envoy, 0, WARM_UP);
    let before = count(&envoy, &folder)?;
    let part = requests / reloads;
    for number in 1..=reloads {
        send(&envoy, WARM_UP + part * number, part);
        world::reload(&mut envoy, &services.bootstrap(number as u32).concurrency(1))?;
    }
    // The last reload brought a VM that has compiled nothing.
    send(&envoy, WARM_UP + requests * 2, WARM_UP);
    let after = count(&envoy, &folder)?;
    drop(envoy);
    fs::remove_dir_all(&folder)?;
    Ok([before, after])
}

/// Sends so many requests of the soak's traffic, from that number on.
pub fn send(envoy: &Envoy, from: u64, requests: u64) {
    let (clients, address) = (&Clients::default(), envoy.address());
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            scope.spawn(move || clients.send(address, sender, from, requests / SENDERS));
        }
    });
}

fn count(envoy: &Envoy, folder: &std::path::Path) -> Outcome<u64> {
    let mut client = Client::new(envoy.address());
    // A sender of its own, so that its nonces are fresh each time.
    let sender = u64::from(process::id()) + envoy.log().len() as u64;
    let spent = instructions(envoy, folder, [SETTLE, COUNTED], |nth| {
        client.send(&request(sender, u64::from(nth)).request);
    })?;
    Ok(spent)
}
