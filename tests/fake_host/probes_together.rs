//! VMs that probe together, by what they hold in shared data.

mod foreign;

use crate::envoy::outgoing::Answer;
use crate::envoy::{Call, Envoy, Fault, Plugin, Request, Root, Status, Worker, interleave};
use crate::faults::STATUSES;
use crate::probes::{PROBING, begun, pass, ready, tick, well};

/// Probes of a round: one for each rung.
const RUNGS: usize = 2;
/// Quarters of a second of an interval.
const INTERVAL: usize = 4;

fn is_ready(worker: &Worker) -> bool {
    ready(worker)["status"] == "ready"
}

/// The shared values whose keys begin so.
fn held(envoy: &Envoy, begin: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let data = &envoy.process.lock().data;
    let keys = data.keys().into_iter().filter(|key| key.starts_with(begin.as_bytes()));
    keys.map(|key| (data.get(&key).expect("a value").0, key))
        .map(|(value, key)| (key, value))
        .collect()
}

fn put(envoy: &Envoy, key: &[u8], value: &[u8]) {
    envoy.process.lock().data.set(key.into(), value.into(), 0).expect("a value that is set");
}

/// Two VMs that come to claim at the same time, in every order of their calls: one of them sends.
#[test]
fn two_that_claim_at_once() {
    const TABLE: [Call; 2] = [Call::GetSharedData, Call::SetSharedData];
    for order in 0..1_u32 << 8 {
        let envoy = Envoy::start(2, PROBING);
        pass(&envoy, 2 * INTERVAL, &well());
        envoy.process.advance_ms(1_000);
        let begun = envoy.workers.iter().map(|worker| worker.begin(&TABLE, Root::tick)).collect();
        interleave(begun, (0..8).map(|bit| (order >> bit & 1) as usize));
        let sent: Vec<usize> = envoy.workers.iter().map(|worker| worker.outgoing().len()).collect();
        assert!(sent == [RUNGS, 0] || sent == [0, RUNGS], "order {order:08b}: {sent:?}");
    }
}

/// A VM that crashes with its probes under way: another one sends some within two intervals, also if
/// they were a breaker's trial; and what was ready stays so.
#[test]
fn a_vm_crashes_after_its_claim() {
    for trial in [false, true] {
        let mut envoy = Envoy::start(3, PROBING);
        pass(&envoy, 2 * INTERVAL, &well());
        if trial {
            pass(&envoy, INTERVAL, &Answer::of(500, ""));
            assert_eq!(ready(&envoy.workers[0])["services"][0]["breaker"], "open");
        }
        let (claimed, calls) = begun(&envoy);
        assert_eq!(calls.len(), RUNGS);
        drop(envoy.workers.remove(claimed));
        assert_eq!(is_ready(&envoy.workers[0]), !trial);
        let sent = pass(&envoy, 2 * INTERVAL, &well());
        assert!(sent >= RUNGS, "{sent} probes in two intervals, trial: {trial}");
        assert!(is_ready(&envoy.workers[0]), "trial: {trial}");
        // The VM that comes back is one of them again.
        let back = Worker::start(&envoy.process, "back", &Plugin::new(PROBING)).expect("it starts");
        assert_eq!(ready(&back), ready(&envoy.workers[0]));
        envoy.workers.push(back);
        assert_eq!(pass(&envoy, INTERVAL, &well()), RUNGS);
    }
}

/// Shared data that fails, once or for a while, in any way: nobody panics or says what is not known,
/// and once it works there is a round within two intervals.
#[test]
fn shared_data_that_fails() {
    for call in [Call::GetSharedData, Call::SetSharedData] {
        for status in STATUSES {
            for fault in (1..12)
                .map(|nth| Fault::nth(call, nth, status))
                .chain([Fault::always(call, status)])
            {
                let case = format!("{fault}");
                let envoy = Envoy::start(2, PROBING);
                envoy.workers[0].fail(fault.clone());
                envoy.workers[1].fail(fault);
                pass(&envoy, 3 * INTERVAL, &well());
                ready(&envoy.workers[0]);
                for worker in &envoy.workers {
                    worker.recover();
                }
                assert!(pass(&envoy, 3 * INTERVAL, &well()) >= RUNGS, "{case}");
                for worker in &envoy.workers {
                    assert!(is_ready(worker), "{case}");
                }
            }
        }
    }
}

/// The rung `health`, as Envoy's gauge has it.
const HEALTH: [(&str, &str); 2] = [("service", "api"), ("rung", "health")];

/// Envoy's gauges say after a tick what that has seen, and not what the one before saw.
#[test]
fn a_tick_sets_the_gauges_to_what_it_saw() {
    let envoy = Envoy::start(1, &PROBING.replace(r#""open_for": "1s", "#, "").replace("1s", "10s"));
    let up = || envoy.process.metric("probegate_probe_up", &HEALTH);
    for (answer, expected) in [(well(), 1), (Answer::of(500, ""), 0)] {
        let (_, calls) = begun(&envoy);
        calls.iter().for_each(|call| envoy.workers[0].answer(call.token, answer.clone()));
        tick(&envoy);
        assert_eq!(up(), expected);
    }
}

/// A scrape says what `/ready` says, though a VM that looked earlier sets the gauges meanwhile.
#[test]
fn a_scrape_tells_what_it_has_read() {
    let envoy = Envoy::start(2, PROBING);
    let [a, b] = &envoy.workers[..] else { panic!("two workers") };
    let metrics = || Request::get("/-/gate/metrics").bearer("token");
    let calls = loop {
        envoy.process.advance_ms(250);
        a.tick();
        match a.outgoing() {
            calls if calls.is_empty() => b.tick(),
            calls => break calls,
        }
    };
    // It has seen a service that is not up, and has not said so.
    let mut late = b.begin(&[Call::RecordMetric], |root| (0..4).for_each(|_| root.tick()));
    late.wait_at(Call::RecordMetric);
    calls.iter().for_each(|call| a.answer(call.token, well()));
    let mut scrape = a.begin_sending(&[Call::GetMetric], metrics());
    let up = || envoy.process.metric("probegate_probe_up", &HEALTH);
    scrape.wait_at(Call::GetMetric);
    while up() == 0 {
        scrape.go_on();
        scrape.wait_at(Call::GetMetric);
    }
    late.go_on();
    late.finish();
    assert_eq!(up(), 0, "what the other one saw");
    scrape.go_on();
    let exposed = scrape.finish().answer().body.clone();
    assert!(exposed.contains(r#"probe_up{service="api",rung="health"} 1"#), "{exposed}");
}

/// A record that cannot be read stays as it was: an open breaker goes on refusing, and nothing is ready.
#[test]
fn an_open_breaker_stays_open_when_nothing_can_be_read() {
    for call in [Call::GetSharedData, Call::ClockTimeGet] {
        for status in [Status::InternalFailure, Status::BadArgument] {
            let envoy = Envoy::start(1, PROBING);
            let worker = &envoy.workers[0];
            pass(&envoy, 2 * INTERVAL, &Answer::of(500, ""));
            assert_eq!(worker.send(Request::get("/a")).status(), 503);
            worker.fail(Fault::always(call, status));
            pass(&envoy, INTERVAL, &well());
            assert_eq!(worker.send(Request::get("/a")).status(), 503, "{call:?} {status:?}");
            assert!(!is_ready(worker), "{call:?} {status:?}");
        }
    }
}

/// A VM that comes new, after a crash or with a new configuration, knows of an open breaker from its first
/// request on.
#[test]
fn a_new_vm_knows_of_an_open_breaker() {
    let envoy = Envoy::start(1, PROBING);
    pass(&envoy, 2 * INTERVAL, &Answer::of(500, ""));
    let new = Worker::start(&envoy.process, "new", &Plugin::new(PROBING)).expect("it starts");
    assert_eq!(new.send(Request::get("/a")).status(), 503);
    assert_eq!(new.send(Request::get("/health")).status(), 200);
}

/// Without a clock nobody knows how old the last word is.
#[test]
fn nothing_is_ready_without_a_clock() {
    let envoy = Envoy::start(1, PROBING);
    let worker = &envoy.workers[0];
    pass(&envoy, 2 * INTERVAL, &well());
    assert!(is_ready(worker));
    worker.fail(Fault::always(Call::ClockTimeGet, Status::InternalFailure));
    assert!(!is_ready(worker));
}

/// A new configuration does not keep the calls of the one before it. Of one that is never answered the SDK keeps
/// the number: some bytes each.
#[test]
fn calls_of_old_configurations_are_let_go() {
    let growth = |with_calls: bool| {
        let envoy = Envoy::start(1, PROBING);
        let process = envoy.process.clone();
        envoy.workers[0].growth(1, 64, move |root, _| {
            // As often as it takes for a round.
            for _ in 0..8 {
                process.advance_ms(250);
                root.tick();
                if !with_calls {
                    crate::envoy::outgoing::answer_all(&well());
                }
            }
            assert!(root.configure(Some(PROBING.into())));
            crate::envoy::outgoing::forget_all();
        })
    };
    let (with, without) = (growth(true), growth(false));
    assert!(with <= without + 8_192, "{with} bytes with calls under way, {without} without");
}
