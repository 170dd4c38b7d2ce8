//! Clients as limits tell them apart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};

use testbed::bootstrap::dynamic_module;

use super::{admitted, bootstrap};
use crate::gate::*;

/// An address of IPv6 is a client as well, and not the one of IPv4.
#[test]
fn an_ipv6_address_is_a_client() {
    let upstream = Upstream::start();
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0))
        .expect("this machine has no IPv6 on its loopback interface, which this test needs");
    let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let gate = bootstrap(&upstream, json!({"requests": 3, "window": "1h"}));
    let envoy = run(&gate.listener_addresses(&loopback));
    for (from, to) in loopback.into_iter().zip(envoy.addresses()) {
        assert_eq!(admitted(from, *to, &Request::get("/"), 8), 3, "{from}");
    }
}

/// Two plugins of one Envoy that have different names count apart: a request that passes both is
/// one request to each.
#[test]
fn plugins_of_different_names_do_not_share() {
    let upstream = Upstream::start();
    let second: Value = json!({"rate_limit": {"requests": 2, "window": "1h"}});
    let configuration = json!({
        "@type": "type.googleapis.com/google.protobuf.StringValue",
        "value": second.to_string(),
    });
    let wasm = || {
        json!({
            "name": "second",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
                "config": {
                    "name": "second",
                    "configuration": configuration,
                    "vm_config": {
                        "runtime": "envoy.wasm.runtime.v8",
                        "code": {"local": {"filename": testbed::module()}},
                    },
                },
            },
        })
    };
    let filter = match Host::from_env() {
        Host::Wasm => wasm(),
        Host::Native => dynamic_module("second", Some(configuration.clone())),
    };
    let gate = bootstrap(&upstream, json!({"requests": 3, "window": "1h"})).filters_before(filter);
    let envoy = run(&gate);
    let mut client = http1(&envoy);
    let statuses: Vec<u16> = (0..4).map(|_| client.get("/").status).collect();
    assert_eq!(statuses, [200, 200, 429, 429], "both share a VM, and the first one has the 2");
    assert_eq!(upstream.count(), 2);
}
