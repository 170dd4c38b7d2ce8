//! `probegate render`: a whole configuration for a system, from one template for Envoy and one for Istio.

use std::net::IpAddr;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use probegate_core::config::{Host, Mistake};

use crate::document::{Dialect, documents};
use crate::source::{Meaning, Source};
use crate::{fail, print};

const ENVOY: &str = include_str!("render/envoy.yaml");
const ISTIO: &str = include_str!("render/istio.yaml");

#[derive(Args)]
pub struct Order {
    /// caracal, caracal-core, astrocyte, agent-platform, kestra, kubernetes or none
    #[arg(long, value_name = "NAME")]
    system: String,
    /// Who reads the configuration
    #[arg(long = "for", value_enum)]
    target: Target,
    /// Where the service is, for Envoy [default: 127.0.0.1:8080]
    #[arg(long, value_name = "HOST:PORT")]
    upstream: Option<String>,
    /// The module's image, for Istio [default: one that is to be filled in]
    #[arg(long, value_name = "REF")]
    image: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    /// A bootstrap
    Envoy,
    /// A WasmPlugin
    Istio,
}

/// Prints the configuration. Ends with 2 if it was ordered wrongly.
pub fn run(order: &Order) -> ExitCode {
    match render(order) {
        Ok(text) => {
            print(text);
            ExitCode::SUCCESS
        }
        Err(error) => fail(2, &error),
    }
}

fn render(order: &Order) -> Result<String, String> {
    let Meaning { variables: secrets, settings, .. } = meaning(&order.system)?;
    let variables: Vec<_> = secrets.iter().chain(&settings).map(String::as_str).collect();
    // A limit that a variable sets is none of the file's.
    let has_limit = !settings.contains("ASTROCYTE_RATE_LIMIT_PER_SECOND");
    let filled = |template: &str| {
        let kept = template.lines().filter_map(|line| match line.strip_prefix("{{limit}}") {
            Some(line) => has_limit.then_some(line),
            None => Some(line),
        });
        let lines: String = kept.map(|line| line.to_owned() + "\n").collect();
        lines.replace("{{system}}", &order.system)
    };
    match order.target {
        Target::Envoy => {
            if order.image.is_some() {
                return Err("--image is for Istio: Envoy takes the module from a file".into());
            }
            let upstream = order.upstream.as_deref().unwrap_or("127.0.0.1:8080");
            let (host, port) = host_and_port(upstream)?;
            let discovery = if host.parse::<IpAddr>().is_ok() { "STATIC" } else { "STRICT_DNS" };
            let secrets: Vec<_> = secrets.iter().map(|name| format!("{name}=<a secret>")).collect();
            Ok(filled(ENVOY)
                .replace("{{secrets}}", &secrets.join(" "))
                .replace("{{variables}}", &variables.join(", "))
                .replace("{{discovery}}", discovery)
                .replace("{{host}}", &format!("{host:?}"))
                .replace("{{port}}", &port.to_string()))
        }
        Target::Istio => {
            if order.upstream.is_some() {
                return Err("--upstream is for Envoy: Istio knows where the service is".into());
            }
            let image = order.image.as_deref().unwrap_or("registry.example/probegate:0.1.0");
            let url = if image.contains("://") { image.into() } else { format!("oci://{image}") };
            if !url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte)) {
                return Err(
                    "--image must be a reference as registry.example/probegate:0.1.0".into()
                );
            }
            let variable = |name: &&str| format!("      - {{ name: {name}, valueFrom: HOST }}");
            let env: Vec<_> = variables.iter().map(variable).collect();
            Ok(filled(ISTIO).replace("{{env}}", &env.join("\n")).replace("{{url}}", &url))
        }
    }
}

/// What a system comes to, and the variables that it asks for.
fn meaning(system: &str) -> Result<Meaning, String> {
    let quoted = serde_json::Value::from(system);
    let root = documents(&format!("system: {quoted}")).ok().and_then(|mut read| read.pop());
    let root = root.ok_or("--system must be the name of a system")?;
    let first = |mistakes: Vec<Mistake>| {
        mistakes.first().map(|mistake| format!("--{mistake}")).unwrap_or_default()
    };
    Source::of(root, Dialect::Json).meaning(Host::Wasm).map_err(first)
}

/// Of `host:8080`, or of `[::1]:8080`.
fn host_and_port(upstream: &str) -> Result<(&str, u16), String> {
    let wrong = || "--upstream must be HOST:PORT, as 10.0.0.7:8080 or service.internal:8080".into();
    let (host, port) = upstream.rsplit_once(':').ok_or_else(wrong)?;
    let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    match bare {
        Some(address) if address.parse::<std::net::Ipv6Addr>().is_ok() => Ok((address, port)),
        None if !host.is_empty() && host.bytes().all(named) => Ok((host, port)),
        _ => Err(wrong()),
    }
}
