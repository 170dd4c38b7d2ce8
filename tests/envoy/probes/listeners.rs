//! Two listeners whose plugins have one name and one VM, and probe other services.

use testbed::service::{Does, answer};

use super::*;

/// The section of a gate whose service `api` is that cluster.
fn with_cluster(cluster: &str) -> Value {
    let rungs = json!([{"rung": "health", "path": "/health"}]);
    let api = json!({"service": "api", "cluster": cluster, "rungs": rungs});
    probing(json!([api]), json!({"when_degraded": "refuse"}))
}

/// Each is probed for as long as Envoy runs, whichever was configured first, and neither becomes stale.
#[test]
fn listeners_of_one_plugin_name_are_both_probed() {
    let upstream = Upstream::start();
    let services = [Service::start(answer(200, "ok")), Service::start(answer(200, "ok"))];
    let bootstrap =
        bootstrap(&upstream, &[("one", &services[0]), ("two", &services[1])], with_cluster("one"));
    let bootstrap =
        bootstrap.wasm(json!({"vm_config": {"vm_id": "one"}})).second_listener(with_cluster("two"));
    let envoy = run(&bootstrap);
    let listeners = envoy.addresses();
    assert_eq!(listeners.len(), 2);
    for listener in listeners {
        wait_ready_at(*listener, 200, |_| true);
    }
    // Stale is what was not probed for three intervals.
    poll::until(PATIENCE, "both were probed ten times", || {
        for listener in listeners {
            let report = Client::new(*listener).get("/-/gate/ready").json();
            assert_ne!(report["status"], "stale", "{report}");
        }
        services.iter().all(|service| service.count("/health") >= 10).then_some(())
    });

    // The breaker of either opens, is tried, and closes again.
    for (service, listener) in services.iter().zip(listeners) {
        for (does, status) in [(Does::Refuses, 503), (answer(200, "ok"), 200)] {
            service.now(does);
            poll::until(PATIENCE, "its API is refused, and served again", || {
                (Client::new(*listener).get("/").status == status).then_some(())
            });
        }
        wait_ready_at(*listener, 200, |_| true);
    }
}
