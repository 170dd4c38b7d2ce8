//! Envoy may not have the memory that it wants.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::{Report, bootstrap, start, well};
use testbed::poll::PATIENCE;
use testbed::{Envoy, poll};

const MORE: u64 = 32 << 20;

/// Connections of a wave of the flood: of each body Envoy keeps a megabyte or two, while the service takes none.
const FLOOD: usize = 40;

pub fn run(phase: Duration) -> Report {
    let service = well();
    // It is connected to, and never reads.
    let sink = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let route = |prefix: &str, cluster: &str| json!({"match": {"prefix": prefix}, "route": {"cluster": cluster}});
    let bootstrap = bootstrap(&service)
        .cluster("sink", sink.local_addr().expect("an address"))
        .routes(json!([route("/flood", "sink"), route("/", "upstream")]));
    let (mut envoy, crowd) = start(&bootstrap, phase);
    let mut report = Report::default();
    let before = envoy.resident_memory();
    limit(&envoy);
    let mut connections = Vec::new();
    let died = poll::within(PATIENCE, || {
        let nth = connections.len();
        connections.extend((nth..nth + FLOOD).map(|nth| flood(envoy.address(), nth)));
        (!envoy.alive()).then_some(())
    });
    crowd.goes_on(phase / 2);
    drop(connections);
    let answers = crowd.take();
    report.judge(&answers, &[503], &[0, 500]);
    report.check(
        died.is_some(),
        "the limit binds",
        format!("Envoy lives, with {} MB", before >> 20),
    );
    let ended = envoy.ended().map_or("alive".to_owned(), |status| status.to_string());
    report.figure(format!("it had {} MB; {ended}", before >> 20));

    report.judge_next(&bootstrap, &service, phase)
}

/// Of what it can write to: of its addresses it has reserved far more than it uses, so a limit of those binds nobody.
fn limit(envoy: &Envoy) {
    let limit = format!("--data={}", envoy.status("VmData") + MORE);
    let pid = envoy.pid().to_string();
    let limited = Command::new("prlimit").args(["--pid", &pid, &limit, "--core=0"]).status();
    assert!(
        limited.is_ok_and(|status| status.success()),
        "prlimit, of util-linux, cannot limit Envoy"
    );
}

/// A request whose body goes on until nobody takes more of it.
fn flood(address: SocketAddr, nth: usize) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_write_timeout(Some(Duration::from_millis(20))).expect("a socket");
    let head = format!(
        "POST /flood HTTP/1.1\r\nhost: a\r\nx-client: flood-{nth}\r\ncontent-length: 1000000000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    while stream.write_all(&[0; 65_536]).is_ok() {}
    Some(stream)
}
