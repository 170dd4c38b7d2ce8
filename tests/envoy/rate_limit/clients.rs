//! Clients as limits tell them apart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};

use serde_json::{Value, json};
use testbed::bootstrap::dynamic_module;
use testbed::{Client, Envoy, Host, Request, Upstream};

use super::{admitted, bootstrap, limited, source};

/// Each source address has the whole limit, on whichever workers its connections are.
#[test]
fn each_address_is_a_client() {
    let (_upstream, envoy) = limited(json!({"requests": 3, "window": "1h"}));
    for last in 2..7 {
        let used = admitted(source(last), envoy.address(), &Request::get("/"), 8);
        assert_eq!(used, 3, "127.0.0.{last}");
    }
}

/// An address of IPv6 is a client as well, and not the one of IPv4.
#[test]
fn an_ipv6_address_is_a_client() {
    let upstream = Upstream::start();
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0))
        .expect("this machine has no IPv6 on its loopback interface, which this test needs");
    let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let gate = bootstrap(&upstream, json!({"requests": 3, "window": "1h"}));
    let envoy = Envoy::start(&gate.listener_addresses(&loopback)).expect("Envoy starts");
    for (from, to) in loopback.into_iter().zip(envoy.addresses()) {
        assert_eq!(admitted(from, *to, &Request::get("/"), 8), 3, "{from}");
    }
}

/// With a prefix, a network is one client.
#[test]
fn a_prefix_makes_a_network_one_client() {
    let limit = json!({"requests": 3, "window": "1h", "ipv4_prefix": 24});
    let (_upstream, envoy) = limited(limit);
    let used = |address: [u8; 4]| admitted(address.into(), envoy.address(), &Request::get("/"), 2);
    assert_eq!([used([127, 0, 0, 2]), used([127, 0, 0, 3]), used([127, 0, 0, 4])], [2, 1, 0]);
    assert_eq!([used([127, 0, 1, 2]), used([127, 0, 1, 200])], [2, 1], "another network");
}

/// A header names the client, wherever the request comes from; who is not named once is one client.
#[test]
fn a_header_names_the_client() {
    let limit = json!({"requests": 2, "window": "1h", "client": {"header": "X-Client"}});
    let (_upstream, envoy) = limited(limit);
    let named = |name: &str| Request::get("/").header("x-client", name);
    let rows = [
        ("a name has the whole limit", 2, named("ann"), 2),
        ("and has used it up from another address too", 3, named("ann"), 0),
        ("another name has its own", 3, named("bob"), 2),
        ("names are told apart by case", 3, named("Bob"), 2),
        ("a name is any text", 3, named("a name, with \"signs\""), 2),
        ("without a name there is one client", 4, Request::get("/"), 2),
        ("the same from elsewhere", 5, Request::get("/"), 0),
        ("an empty name is none", 6, named(""), 0),
        ("two names are none", 7, named("cid").header("x-client", "dan"), 0),
    ];
    for (sentence, last, request, expected) in rows {
        let used = admitted(source(last), envoy.address(), &request, 3);
        assert_eq!(used, expected, "{sentence}");
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
    let envoy = Envoy::start(&gate).expect("Envoy starts");
    let mut client = Client::new(envoy.address());
    let statuses: Vec<u16> = (0..4).map(|_| client.get("/").status).collect();
    assert_eq!(statuses, [200, 200, 429, 429], "both share a VM, and the first one has the 2");
    assert_eq!(upstream.count(), 2);
}
