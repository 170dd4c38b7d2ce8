//! A system behind the gate: its stand-ins, and Envoy with the example's bootstrap.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::client::{Client, Response, h2};
use crate::upstream::{Received, Upstream};
use crate::{Envoy, Host, poll};

use super::{StandIn, Step, System};

/// Time that a promise may take: a round of probes, a span on its way, a line of a log.
const PATIENCE: Duration = Duration::from_secs(40);

const ADMIN: u16 = 9901;

/// Where the stand-ins and Envoy listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ports {
    /// On those that the example names.
    Named,
    /// On any that are free.
    Free,
}

pub struct Running {
    pub envoy: Envoy,
    stand_ins: BTreeMap<&'static str, Upstream>,
    /// The admin interface among them, by the ports that the example names.
    listeners: BTreeMap<u16, SocketAddr>,
}

/// The outcome of a step.
pub struct Seen<'a> {
    pub answer: Response,
    /// The lines that Envoy has logged since the step began.
    pub log: String,
    /// Number of requests that each stand-in had before.
    before: BTreeMap<&'static str, usize>,
    running: &'a Running,
}

impl Running {
    /// On the loopback interface, whatever the file says, with these variables and the gate in the form that the tests
    /// run.
    pub fn start(
        system: &System,
        ports: Ports,
        program: PathBuf,
        environment: &[(&str, &str)],
    ) -> Result<Self, String> {
        Self::start_as(Host::from_env(), system, ports, program, environment)
    }

    /// The same with the gate in this form.
    pub fn start_as(
        host: Host,
        system: &System,
        ports: Ports,
        program: PathBuf,
        environment: &[(&str, &str)],
    ) -> Result<Self, String> {
        let file = system.bootstrap(host);
        let mut text = fs::read_to_string(&file)
            .map_err(|error| format!("{}: {error}", file.display()))?
            .replace("address: 0.0.0.0,", "address: 127.0.0.1,");
        let mut stand_ins = BTreeMap::new();
        for stand_in in &system.stand_ins {
            let port = if ports == Ports::Named { stand_in.port } else { 0 };
            let upstream = Upstream::bind(port).map_err(|error| {
                let name = stand_in.name;
                format!("the stand-in of {name} cannot listen on 127.0.0.1:{port}: {error}")
            })?;
            put(&upstream, stand_in);
            text = with_port(&text, stand_in.port, upstream.address().port());
            stand_ins.insert(stand_in.name, upstream);
        }
        if ports == Ports::Free {
            for port in system.listeners.iter().chain(&[ADMIN]) {
                text = with_port(&text, *port, 0);
            }
        }
        let envoy = Envoy::start_text_as(host, program, &text, 2, environment)
            .map_err(|failed| failed.to_string())?;
        assert_eq!(envoy.addresses().len(), system.listeners.len(), "{}", file.display());
        let addresses = envoy.addresses().iter().copied().chain([envoy.admin_address()]);
        let listeners = system.listeners.iter().copied().chain([ADMIN]).zip(addresses).collect();
        Ok(Self { envoy, stand_ins, listeners })
    }

    /// Each path has the page again that it has in a system that is well.
    pub fn restore(&self, system: &System) {
        for stand_in in &system.stand_ins {
            put(self.stand_in(stand_in.name), stand_in);
        }
    }

    /// Where what the example calls by this port listens.
    pub fn address(&self, port: u16) -> SocketAddr {
        *self.listeners.get(&port).unwrap_or_else(|| panic!("no listener has port {port}"))
    }

    pub fn stand_in(&self, name: &str) -> &Upstream {
        self.stand_ins.get(name).unwrap_or_else(|| panic!("there is no {name}"))
    }

    /// Takes the step. An error is the last answer, if it or what came of it is not what was promised.
    pub fn take(&self, step: &Step) -> Result<Response, Response> {
        for change in &step.changes {
            self.stand_in(change.service).put(change.path, change.page.clone());
        }
        let logged = self.envoy.log().len();
        let counts = self.stand_ins.iter().map(|(name, upstream)| (*name, upstream.count()));
        let before: BTreeMap<_, _> = counts.collect();
        let mut answer = Response::default();
        let mut sent = 0;
        let kept = poll::within(PATIENCE, || {
            while sent < step.times || step.is_patient() {
                answer = self.send(step);
                sent += 1;
                if step.is_patient() || answer.status == step.status {
                    sent = sent.max(step.times);
                    break;
                }
            }
            let log = self.envoy.log().split_off(logged);
            let seen = Seen { answer: answer.clone(), log, before: before.clone(), running: self };
            let kept = answer.status == step.status && (step.check)(&seen);
            // Another answer will not come by itself, but a line of the log may.
            let is_final = answer.status != step.status && !step.is_patient();
            (kept || is_final).then_some(kept)
        });
        if kept == Some(true) { Ok(answer) } else { Err(answer) }
    }

    fn send(&self, step: &Step) -> Response {
        let address = self.address(step.port);
        if step.is_grpc() {
            return h2::Client::new(address).send(&step.request);
        }
        let host = format!("{}:{}", step.host, step.port);
        Client::new(address).send(&step.request.clone().header("host", host))
    }
}

impl Seen<'_> {
    /// The requests that reached that service since the step began.
    pub fn reached(&self, service: &str) -> Vec<Received> {
        self.running.stand_in(service).requests().split_off(self.before[service])
    }

    /// True if the answer's header has that value.
    pub fn header(&self, name: &str, value: &str) -> bool {
        self.answer.header(name) == Some(value)
    }

    /// True if the answer's body contains that.
    pub fn says(&self, text: &str) -> bool {
        self.answer.text().contains(text)
    }

    /// The lines of JSON that the gate or Envoy's access log has logged.
    pub fn objects(&self) -> Vec<serde_json::Value> {
        self.log.lines().filter_map(|line| serde_json::from_str(said(line)).ok()).collect()
    }
}

/// A line of Envoy's log, without what Envoy puts in front of what the gate said.
pub fn said(line: &str) -> &str {
    let wasm = line.split_once("wasm log").and_then(|(_, rest)| rest.split_once(": "));
    let native =
        || line.split_once("[dynamic_modules] [").and_then(|(_, rest)| rest.split_once("] "));
    wasm.or_else(native).map_or(line, |(_, said)| said)
}

fn put(upstream: &Upstream, stand_in: &StandIn) {
    for (path, page) in &stand_in.pages {
        upstream.put(path, page.clone());
    }
}

/// The bootstrap with another port in place of this one.
fn with_port(text: &str, port: u16, other: u16) -> String {
    let named = format!("port_value: {port} ");
    assert!(text.contains(&named), "the bootstrap names port {port}");
    text.replace(&named, &format!("port_value: {other} "))
}
