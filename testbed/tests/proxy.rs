//! The test bed itself, with a real Envoy that has no module in it.

use std::io::{BufRead, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use serde_json::json;
use testbed::client::{Load, h2, load, raw};
use testbed::envoy::Reload;
use testbed::{Bootstrap, Client, Envoy, Request, Upstream, poll};

fn proxy() -> (Upstream, Envoy) {
    let upstream = Upstream::start();
    let envoy = Envoy::start(&Bootstrap::without_module(upstream.address())).expect("Envoy starts");
    (upstream, envoy)
}

#[test]
fn a_request_reaches_the_upstream_and_is_counted() {
    let (upstream, envoy) = proxy();
    let mut client = Client::new(envoy.address());
    let echo = client.get_with("/echo?a=b", &[("x-own", b"caf\xe9")]);
    assert_eq!((echo.status, &echo.json()["target"]), (200, &json!("/echo?a=b")));
    assert_eq!(upstream.last().headers_named("x-own"), [b"caf\xe9"]);
    assert_eq!(client.get("/status/503").status, 503);
    assert_eq!(client.get("/delay/5").status, 200);
    assert_eq!(client.get("/reset").status, 503);
    assert_eq!(client.send(&Request::new("HEAD", "/health")).status, 200);
    assert_eq!(client.send(&Request::new("POST", "/v1/recall").body("body")).status, 200);
    assert_eq!(upstream.last().body, b"body");
    assert_eq!(upstream.take().len(), 6);
    assert_eq!(upstream.count(), 0);

    let class = [("envoy_http_conn_manager_prefix", "gate"), ("envoy_response_code_class", "5")];
    envoy.wait_for_stat("envoy_http_downstream_rq_xx", &class, |count| count == 2.0);
    assert!(envoy.resident_memory() > 10_000_000);
    assert!(!envoy.stop().contains("[critical]"));
}

#[test]
fn an_upstream_adds_the_headers_that_it_is_told() {
    let (_upstream, envoy) = proxy();
    let message = [("x-upstream-headers", "x-two=a&x-two=b&x-c=d")];
    let response = Client::new(envoy.address()).get_with("/", &message);
    assert_eq!(response.headers_named("x-two"), [b"a", b"b"]);
    assert_eq!(response.header("x-c"), Some("d"));
}

#[test]
fn exact_bytes_bring_exact_answers() {
    let (_upstream, envoy) = proxy();
    let two = b"GET /a HTTP/1.1\r\nhost: a\r\n\r\nGET /b HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let answers = raw(envoy.address(), two);
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 200]);
    assert_eq!(answers[1].json()["path"], "/b");
    assert_eq!(raw(envoy.address(), b"no request\r\n\r\n")[0].status, 400);
}

#[test]
fn http2_carries_grpc_with_its_trailers() {
    let (_upstream, envoy) = proxy();
    let mut client = h2::Client::new(envoy.address());
    let call = Request::new("POST", "/service/Method")
        .header("content-type", "application/grpc")
        .body([0; 5]);
    assert_eq!(client.send(&call).trailers.get("grpc-status"), Some("0"));
    assert_eq!(
        client.send(&call.header("x-grpc-status", "8")).trailers.get("grpc-status"),
        Some("8")
    );
    assert_eq!(client.get("/health").json()["status"], "ok");
}

#[test]
fn a_websocket_is_a_tunnel() {
    let (_upstream, envoy) = proxy();
    let request = Request::get("/chat")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13");
    let (response, mut tunnel) = Client::new(envoy.address()).upgrade(&request);
    assert_eq!(response.status, 101);
    tunnel.get_mut().write_all(b"ping\n").expect("write to the tunnel");
    let mut line = String::new();
    tunnel.by_ref().read_line(&mut line).expect("read from the tunnel");
    assert_eq!(line, "ping\n");
    drop(tunnel.into_inner());
}

#[test]
fn a_listener_is_replaced_while_envoy_runs_and_keeps_its_port() {
    let (upstream, mut envoy) = proxy();
    let bootstrap = Bootstrap::without_module(upstream.address());
    let teapot = json!([{"match": {"prefix": "/"}, "direct_response": {"status": 418}}]);
    let (address, mut before) = (envoy.address(), Client::new(envoy.address()));
    assert_eq!(before.get("/").status, 200);

    for round in 0..3 {
        assert_eq!(
            envoy.reconfigure(&bootstrap.clone().routes(teapot.clone())),
            Reload::Accepted,
            "{round}"
        );
        assert_eq!(Client::new(address).get("/").status, 418, "{round}");
        assert_eq!(envoy.reconfigure(&bootstrap), Reload::Accepted, "{round}");
        assert_eq!(envoy.reconfigure(&bootstrap), Reload::Accepted, "the same once more, {round}");
        assert_eq!(Client::new(address).get("/").status, 200, "{round}");
    }
    let nowhere = json!([{"match": {"prefix": "/"}, "route": {"cluster": "nowhere"}}]);
    let shapeless = bootstrap.clone().hcm(json!({"route_config": 7}));
    for (broken, word) in
        [(bootstrap.clone().routes(nowhere), "nowhere"), (shapeless, "route_config")]
    {
        let Reload::Rejected(log) = envoy.reconfigure(&broken) else { panic!("accepted") };
        assert!(log.contains(word), "{log}");
        assert_eq!(Client::new(address).get("/").status, 200, "the old one still answers");
    }
    assert_eq!(envoy.reconfigure(&bootstrap), Reload::Accepted, "and a good one is taken again");
    assert_eq!(before.get("/").status, 200, "a client of the first configuration goes on");
}

#[test]
fn a_configuration_that_envoy_refuses_is_an_error_with_its_log() {
    let upstream = Upstream::start();
    let broken = Bootstrap::without_module(upstream.address()).hcm(json!({"stat_prefix": ""}));
    let failed = Envoy::start(&broken).err().expect("refused");
    assert!(failed.log.contains("StatPrefix"), "{failed:?}");
}

#[test]
fn listeners_stand_on_several_addresses_and_clients_come_from_several() {
    let upstream = Upstream::start();
    let addresses: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let bootstrap = Bootstrap::without_module(upstream.address()).listener_addresses(&addresses);
    let envoy = Envoy::start(&bootstrap).expect("Envoy starts");
    let source = IpAddr::from([127, 0, 0, 7]);
    assert_eq!(Client::from(source, envoy.addresses()[0]).get("/").status, 200);
    assert_eq!(upstream.last().header("x-forwarded-for"), Some("127.0.0.7"));
    assert_eq!(Client::new(envoy.addresses()[1]).get("/").status, 200);
    assert_eq!(upstream.count(), 2);
}

#[test]
fn a_paced_load_is_evenly_spaced() {
    let (upstream, envoy) = proxy();
    let pace = Duration::from_millis(2);
    let plan = Load::new(Request::get("/"), 4, 25).paced(pace);
    let begin = Instant::now();
    let answers = load(envoy.address(), &plan);
    assert!(begin.elapsed() >= pace * 99);
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 100);
    assert!(answers.iter().all(|answer| answer.sent < answer.received));
    poll::until(Duration::from_secs(5), "all have arrived", || {
        (upstream.count() == 100).then_some(())
    });
}
