//! The module with no more of Envoy than it needs: `examples/capabilities`.

mod features;

use std::collections::BTreeSet;
use std::fs;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::Map;
use testbed::{capabilities, module, tools, workspace};

use features::World;

use crate::gate::*;

/// Without them Envoy passes requests by: the example says so.
const NEVER_WITHOUT: [&str; 3] =
    ["proxy_on_request_body", "proxy_on_request_headers", "proxy_on_request_trailers"];

/// Functions that the compiler brings for a panic's message and end: the module works without.
const IDLE: [&str; 2] = ["fd_write", "proc_exit"];

/// What the SDK imports for its other users: the gate calls none of them.
const OF_THE_SDK: [&str; 17] = [
    "proxy_add_header_map_value",
    "proxy_call_foreign_function",
    "proxy_close_stream",
    "proxy_dequeue_shared_queue",
    "proxy_done",
    "proxy_enqueue_shared_queue",
    "proxy_get_current_time_nanoseconds",
    "proxy_get_status",
    "proxy_grpc_call",
    "proxy_grpc_cancel",
    "proxy_grpc_close",
    "proxy_grpc_send",
    "proxy_grpc_stream",
    "proxy_register_shared_queue",
    "proxy_resolve_shared_queue",
    "proxy_set_buffer_bytes",
    "proxy_set_header_map_pairs",
];

/// The example's list.
fn list() -> BTreeSet<String> {
    let path = workspace().join("examples/capabilities/envoy.yaml");
    let text = fs::read_to_string(path).expect("the example");
    let document: Value = serde_saphyr::from_str(&text).expect("YAML");
    let chain = &document["static_resources"]["listeners"][0]["filter_chains"][0];
    let gate = &chain["filters"][0]["typed_config"]["http_filters"][0]["typed_config"]["config"];
    let allowed = &gate["capability_restriction_config"]["allowed_capabilities"];
    allowed.as_object().expect("the list").keys().cloned().collect()
}

/// A restriction to that list without some.
fn without(names: &[&str]) -> Value {
    let mut allowed = list();
    allowed.retain(|name| !names.contains(&name.as_str()));
    let allowed: Map<String, Value> = allowed.into_iter().map(|name| (name, json!({}))).collect();
    json!({"capability_restriction_config": {"allowed_capabilities": allowed}})
}

/// The example names each function that the module calls or is called with, and no other.
#[test]
fn the_list_is_the_modules() {
    only!(Wasm: "Envoy restricts the calls of a VM");
    let mut all = capabilities(&module());
    all.retain(|name| !IDLE.contains(&name.as_str()) && !OF_THE_SDK.contains(&name.as_str()));
    assert_eq!(list(), all);
}

/// Nothing is missing from the list: every feature works, and nothing was denied.
#[test]
fn with_the_list_everything_works() {
    only!(Wasm: "Envoy restricts the calls of a VM");
    let world = World::start(|bootstrap| bootstrap.wasm(without(&[]))).expect("Envoy starts");
    assert_eq!((world.lost(), world.opened()), (vec![], vec![]));
    let log = world.envoy.log();
    let amiss = |line: &&str| line.contains("restricted") || line.contains("[error]");
    assert_eq!(log.lines().find(amiss), None);
}

/// The same list in `vm_config`, where Envoy 1.40 has it: the example's field is deprecated there.
fn in_vm_config(names: &[&str]) -> Value {
    json!({"vm_config": without(names)})
}

/// Where Envoy has the newer field it works without a warning; an older one goes by it and restricts nothing.
#[test]
fn the_list_works_in_vm_config_where_envoy_has_it() {
    only!(Wasm: "Envoy restricts the calls of a VM");
    let newest = tools::envoy_from_env() == tools::envoy(tools::NEWEST).expect("Envoy");
    let world = World::start(|bootstrap| bootstrap.wasm(in_vm_config(&[]))).expect("Envoy starts");
    assert_eq!((world.lost(), world.opened()), (vec![], vec![]));
    if newest {
        assert!(!world.envoy.log().contains("Deprecated field"), "nothing to warn of");
    }
    let restricted = World::start(|bootstrap| bootstrap.wasm(in_vm_config(&["random_get"])));
    assert_eq!(restricted.is_err(), newest, "without what it needs the gate does not start");
}

/// Whatever else is missing, what should be refused does not get through.
#[test]
fn a_missing_capability_closes() {
    only!(Wasm: "Envoy restricts the calls of a VM");
    let names = Mutex::new(list().into_iter().collect::<Vec<_>>());
    let next = || names.lock().expect("nobody panics").pop();
    let work = || {
        while let Some(name) = next() {
            let denied = without(&[&name]);
            let mut world = match World::start(|bootstrap| bootstrap.wasm(denied)) {
                Ok(world) => world,
                Err(failed) => {
                    let closed = ["Envoy refused", "Envoy ended"];
                    let closed = closed.iter().any(|reason| failed.reason.starts_with(reason));
                    assert!(closed, "without {name}: {failed:?}");
                    continue;
                }
            };
            // Who gets no answer in this time goes on waiting while others ask.
            world.patience = Duration::from_millis(200);
            world.ask_guards();
            if NEVER_WITHOUT.contains(&name.as_str()) {
                poll::until(Duration::from_secs(60), &format!("it opens without {name}"), || {
                    (!world.opened().is_empty()).then_some(())
                });
            } else {
                assert_eq!(world.opened(), Vec::<&str>::new(), "without {name}");
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(work);
        }
    });
}
