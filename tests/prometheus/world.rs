//! The gate in an Envoy, and a Prometheus that scrapes it as `envoy/prometheus/prometheus.yml` says.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, process};

use testbed::{Bootstrap, Envoy, Prometheus, Upstream};

use crate::{changed, file};

pub const TOKEN: &str = "s3cret-of-the-scrape";

pub struct World {
    pub prometheus: Prometheus,
    pub envoy: Envoy,
    pub upstream: Upstream,
}

impl World {
    /// `change` makes of a bootstrap with the token what the test needs.
    pub fn start(change: impl FnOnce(Bootstrap) -> Bootstrap) -> Self {
        let upstream = Upstream::start();
        let bootstrap = Bootstrap::to(upstream.address()).env("METRICS_BEARER", TOKEN);
        let envoy = Envoy::start(&change(bootstrap)).expect("Envoy starts");
        let prometheus = Prometheus::start(&configuration(envoy.address()));
        Self { prometheus, envoy, upstream }
    }
}

/// The file as it stands, but for the target, the paths, and a second where it has longer times.
pub fn configuration(target: SocketAddr) -> String {
    let rules = |name: &str| {
        let text =
            file(&format!("envoy/prometheus/{name}")).replace("interval: 1m", "interval: 1s");
        write(&text).display().to_string()
    };
    let changes = [
        ("scrape_interval: 15s", "scrape_interval: 1s".to_owned()),
        ("evaluation_interval: 15s", "evaluation_interval: 1s".to_owned()),
        ("recording.rules.yml", rules("recording.rules.yml")),
        ("alerts.rules.yml", rules("alerts.rules.yml")),
        ("credentials_file: metrics.token", format!("credentials_file: {}", token(TOKEN))),
        ("127.0.0.1:10000", target.to_string()),
    ];
    let text = file("envoy/prometheus/prometheus.yml");
    changed(text, &changes)
}

/// One more job that scrapes the gate, with this token.
pub fn job(name: &str, token_is: &str, target: SocketAddr) -> String {
    let file = token(token_is);
    format!(
        "
  - job_name: {name}
    metrics_path: /-/gate/metrics
    authorization: {{ credentials_file: {file} }}
    static_configs: [{{ targets: [\"{target}\"] }}]
"
    )
}

/// A file that holds the token and, as secrets of Kubernetes often do, the end of a line.
pub fn token(token: &str) -> String {
    write(&format!("{token}\n")).display().to_string()
}

pub fn write(text: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let nth = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("prometheus-{}-{nth}.yml", process::id()));
    fs::write(&path, text).expect("write a file of the test");
    path
}
