//! `cargo xtask demo`: the gate in a real Envoy, in front of an upstream that remembers what reached it.

mod example;
mod exchange;
mod system;
mod tour;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use testbed::{Envoy, System, Upstream, tools, workspace};

use crate::host::Host;
use crate::system::{self as system_packages, Extent};
use crate::verbs::Demo;
use crate::{Outcome, build};

/// The variable that holds the token for metrics.
const BEARER: &str = "METRICS_BEARER";

const LISTENER: SocketAddr = loopback(10000);
const ADMIN: SocketAddr = loopback(9901);
const UPSTREAM: SocketAddr = loopback(8080);

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// Shows a tour: the plain one, or that of an example.
pub fn run(options: &Demo) -> Outcome {
    let host = options.form.host();
    match &options.example {
        Some(name) => of_example(name, host, options.once),
        None => plain(host, options.once),
    }
}

/// Shows an example, with a service or all that is behind it.
pub fn of_example(name: &str, host: Host, once: bool) -> Outcome {
    match example::ALL.iter().find(|example| example.name == name) {
        Some(example) => example.run(host, once),
        None => system::run(name, host, once),
    }
}

/// The examples that it can show.
pub fn names() -> Vec<&'static str> {
    let systems = System::all().into_iter().map(|system| system.name);
    systems.chain(example::ALL.iter().map(|example| example.name)).collect()
}

/// Shows the tour. `once`: ends after it, with an error unless all was as promised; else stays until Ctrl-C.
pub fn plain(host: Host, once: bool) -> Outcome {
    let program = ready(host)?;
    let upstream =
        Upstream::bind(UPSTREAM).map_err(|error| taken("the demo upstream", UPSTREAM, &error))?;
    free("Envoy's listener", LISTENER)?;
    free("Envoy's admin interface", ADMIN)?;
    let (token, own) = token()?;

    let mut interrupts = Interrupts::new()?;
    let file = workspace().join(host.bootstrap());
    let envoy = Envoy::start_file(program, &file, 2, &[(BEARER, &token)])
        .map_err(|failed| format!("Envoy did not start: {failed:?}"))?;
    let (version, bootstrap) = (tools::NEWEST, host.bootstrap());
    println!("Envoy {version} with two workers and {bootstrap}: {}", envoy.url());
    if own {
        println!("{BEARER} was not set; for this demo it is {token}");
    }

    let kept = tour::run(&envoy, &upstream, &token);
    if once || interrupts.pending() {
        return kept;
    }
    if let Err(error) = kept {
        eprintln!("\n{error}");
    }
    invite(&token);
    interrupts.wait();
    Ok(())
}

/// All set-up: the newest Envoy, and the gate in that form.
fn ready(host: Host) -> Outcome<PathBuf> {
    if !workspace().join(host.bootstrap()).is_file() {
        return Err(format!("there is no {} yet", host.bootstrap()).into());
    }
    system_packages::provide(Extent::Envoy)?;
    let program = tools::envoy(tools::NEWEST)?;
    build::run(host)?;
    Ok(program)
}

/// Ctrl-C and its like. Made before Envoy starts, so that no signal ends this and leaves Envoy behind.
struct Interrupts(Signals);

impl Interrupts {
    fn new() -> Outcome<Self> {
        Ok(Self(Signals::new([SIGINT, SIGTERM])?))
    }

    fn pending(&mut self) -> bool {
        self.0.pending().next().is_some()
    }

    /// Afterwards all is dropped, and ends; from a terminal Envoy got the same signal, and may have ended
    /// already.
    fn wait(mut self) {
        self.0.forever().next();
        println!();
    }
}

fn invite(token: &str) {
    println!(
        "\nIt all runs until Ctrl-C. To try:\n\
         \n  curl -i http://{LISTENER}/v1/recall\
         \n  curl -i -H 'x-request-id: mine' http://{LISTENER}/v1/recall\
         \n  curl -i http://{LISTENER}/metrics\
         \n  curl -i -H 'authorization: Bearer {token}' http://{LISTENER}/metrics\
         \n  for i in $(seq 30); do curl -s -o /dev/null -w '%{{http_code}} ' http://{LISTENER}/v1/recall; done\
         \n  curl -s http://{ADMIN}/stats/prometheus | grep ^probegate_"
    );
}

/// The variable's value, or one of this demo's own.
fn token() -> Outcome<(String, bool)> {
    if let Some(token) = std::env::var(BEARER).ok().filter(|token| !token.is_empty()) {
        return Ok((token, false));
    }
    let mut random = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut random)?;
    Ok((random.iter().map(|byte| format!("{byte:02x}")).collect(), true))
}

/// An error in words if somebody listens there already.
fn free(role: &str, address: SocketAddr) -> Outcome {
    TcpListener::bind(address).map(drop).map_err(|error| taken(role, address, &error).into())
}

fn taken(role: &str, address: SocketAddr, error: &std::io::Error) -> String {
    if error.kind() == ErrorKind::AddrInUse {
        format!(
            "port {} of {} is busy, and {role} needs it: end what listens there",
            address.port(),
            address.ip()
        )
    } else {
        format!("{role} cannot listen on {address}: {error}")
    }
}
