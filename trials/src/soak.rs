//! `cargo xtask soak`: full load of all kinds on a real Envoy with everything on, and what is left of it.

mod clients;
mod instructions;
mod judge;
pub mod memcheck;
mod traffic;
mod world;

use std::thread;
use std::time::{Duration, Instant};

use testbed::figures::grouped;
use testbed::poll::PATIENCE;
use testbed::{Envoy, poll};

use crate::Outcome;
use crate::report::Report;
use clients::{Clients, Ledger};
use world::{Held, Services};

const SENDERS: u64 = 8;
/// Before the start is measured: the tables are full, every kind of answer was given, and memory of VMs
/// that are gone was used again.
const WARM_UP: u64 = 400_000;
const WARM_UP_RELOADS: u32 = 4;
/// From one turn of the service that dies to the next, where there is time for it.
const TURN: Duration = Duration::from_secs(7);
/// Turns between two reloads.
const RELOAD: u32 = 4;

/// An error if a promise was broken. Instructions are not counted for less than a minute.
pub fn run(minutes: f64) -> Outcome {
    let lasts = Duration::from_secs_f64(minutes * 60.0);
    let mut services = Services::start();
    let bootstrap = services.bootstrap(0);
    let mut envoy = Envoy::start(&bootstrap)?;
    let (clients, address) = (Clients::default(), envoy.address());
    let run = thread::scope(|scope| {
        let _end = clients.end_later();
        for sender in 0..SENDERS {
            let clients = &clients;
            scope.spawn(move || clients.send(address, sender, 0, u64::MAX));
        }
        soak(&mut envoy, &mut services, &clients, lasts)
    })?;
    let mut judge = Report::default();
    judge.counters(&envoy, &clients.ledger());
    judge.held(run.vms, &run.start, &settled(&envoy, run.vms));
    judge.judge_process(&mut envoy);
    drop(envoy);
    if minutes >= 1.0 {
        judge.instructions(&services, minutes)?;
    }
    judge.conclude(clients.ledger(), run.reloads, run.lasted)
}

/// What was seen while it ran.
struct Run {
    /// That one configuration has.
    vms: f64,
    start: Held,
    reloads: u32,
    lasted: Duration,
}

fn soak(
    envoy: &mut Envoy,
    services: &mut Services,
    clients: &Clients,
    lasts: Duration,
) -> Outcome<Run> {
    let vms = world::vms(&envoy.stats());
    let mut reloads = 0;
    while reloads < WARM_UP_RELOADS {
        let wanted = WARM_UP * u64::from(reloads + 1) / u64::from(WARM_UP_RELOADS);
        poll::until(Duration::from_secs(600), "the tables are full", || {
            (clients.ledger().requests() >= wanted).then_some(())
        });
        reloads += 1;
        world::reload(envoy, &services.bootstrap(reloads))?;
        services.turn();
    }
    let start = settled(envoy, vms);
    println!("warm: {}", line(&clients.ledger(), start.memory, reloads));

    let (begin, turn) = (Instant::now(), TURN.min(lasts / 12));
    for nth in (1..).take_while(|nth| turn * *nth <= lasts) {
        poll::at(begin + turn * nth);
        services.turn();
        if nth.is_multiple_of(RELOAD) {
            reloads += 1;
            world::reload(envoy, &services.bootstrap(reloads))?;
            let line = line(&clients.ledger(), envoy.resident_memory(), reloads);
            println!("{:>5.0} s: {line}", begin.elapsed().as_secs_f64());
        }
    }
    Ok(Run { vms, start, reloads, lasted: begin.elapsed() })
}

/// When the VMs of the last reload's predecessor are gone, which takes a drain.
fn settled(envoy: &Envoy, vms: f64) -> Held {
    let gone = poll::within(PATIENCE, || Some(Held::of(envoy)).filter(|held| held.vms == vms));
    gone.unwrap_or_else(|| Held::of(envoy))
}

fn line(ledger: &Ledger, memory: u64, reloads: u32) -> String {
    let statuses = [200, 401, 404, 409, 429, 503];
    let statuses =
        statuses.map(|status| format!("{status}: {}", grouped(ledger.of_status(status))));
    format!(
        "{} requests ({}), {} KB, {reloads} reloads",
        grouped(ledger.requests()),
        statuses.join(", "),
        grouped(memory >> 10)
    )
}
