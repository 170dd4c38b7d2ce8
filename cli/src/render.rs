//! `probegate render`: what a platform loads, for a system or for any service.

mod image;
mod place;
mod systems;
mod template;

use std::net::IpAddr;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use probegate_core::config::{Host, Mistake};
use probegate_monitoring::Names;

use crate::document::{Dialect, documents};
use crate::source::{Meaning, Source};
use crate::{fail, print};
use image::Image;
use systems::Systems;
use template::Template;

const ENVOY: &str = include_str!("render/envoy.yaml");
const ISTIO: &str = include_str!("render/istio.yaml");
const ISTIO_GATEWAY: &str = include_str!("render/istio-gateway.yaml");
const ENVOY_GATEWAY: &str = include_str!("render/envoy-gateway.yaml");
const KUBERNETES: &str = include_str!("render/kubernetes.yaml");

#[derive(Args)]
pub struct Order {
    /// The reader
    #[arg(long = "for", value_enum, value_name = "PLATFORM")]
    target: Target,
    /// A system with routes, tokens and names of its own: caracal, caracal-core, astrocyte, agent-platform, kestra,
    /// kubernetes or none [default: routes of any service]
    #[arg(long, value_name = "NAME", value_parser = Systems)]
    system: Option<String>,
    /// The namespace of the resources in Kubernetes; for Prometheus and Grafana that of the metrics' names
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// Where the service is [default: 127.0.0.1:8080, in Kubernetes api:8080]
    #[arg(long, value_name = "HOST:PORT")]
    upstream: Option<String>,
    /// The image: of the module for Istio and Envoy Gateway, of Envoy with the gate for Kubernetes. Without a tag it
    /// gets the digest of dist/image, if `cargo xtask image` wrote one
    #[arg(long, value_name = "REF")]
    image: Option<String>,
    /// The scrape job that rules and dashboard ask for [default: probegate]
    #[arg(long, value_name = "NAME")]
    job: Option<String>,
}

#[derive(Clone, Copy, ValueEnum, PartialEq, Eq)]
enum Target {
    /// A bootstrap with the Wasm filter
    Envoy,
    /// A bootstrap with the dynamic module
    Native,
    /// A WasmPlugin for sidecars
    Istio,
    /// A WasmPlugin for a gateway
    IstioGateway,
    /// An EnvoyExtensionPolicy, and the route for what the gate answers itself
    EnvoyGateway,
    /// Envoy with the gate as a Deployment and a Service
    Kubernetes,
    /// Recording and alerting rules
    Prometheus,
    /// A dashboard
    Grafana,
}

/// Prints what was ordered. Ends with 2 if it was ordered wrongly.
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
    is_taken(order)?;
    let meaning = meaning(order.system.as_deref())?;
    match order.target {
        Target::Prometheus | Target::Grafana => monitoring(order, &meaning),
        Target::Envoy => bootstrap(order, &meaning, "wasm", "127.0.0.1:8080"),
        Target::Native => bootstrap(order, &meaning, "native", "127.0.0.1:8080"),
        Target::Kubernetes => {
            let bootstrap = bootstrap(order, &meaning, "container", "api:8080")?;
            resource(order, &meaning, KUBERNETES).map(|text| {
                let lines = bootstrap.lines().map(|line| format!("    {line}"));
                let lines: Vec<_> = lines.map(|line| line.trim_end().to_owned()).collect();
                text.replace("{{bootstrap}}", &lines.join("\n"))
            })
        }
        Target::Istio => resource(order, &meaning, ISTIO),
        Target::IstioGateway => resource(order, &meaning, ISTIO_GATEWAY),
        Target::EnvoyGateway => resource(order, &meaning, ENVOY_GATEWAY),
    }
}

/// An option that this platform has no use for would be lost without a word.
fn is_taken(order: &Order) -> Result<(), String> {
    use Target::{Envoy, Grafana, Kubernetes, Native, Prometheus};
    let target = order.target;
    if order.image.is_some() && [Envoy, Native, Prometheus, Grafana].contains(&target) {
        return Err("--image is for Istio, Envoy Gateway and Kubernetes: Envoy takes the module from a file".into());
    }
    if order.upstream.is_some() && ![Envoy, Native, Kubernetes].contains(&target) {
        return Err("--upstream is for Envoy and Kubernetes: a mesh or a gateway knows where the service is".into());
    }
    if order.namespace.is_some() && [Envoy, Native].contains(&target) {
        return Err("--namespace is for Kubernetes, Prometheus and Grafana".into());
    }
    if order.job.is_some() && ![Prometheus, Grafana].contains(&target) {
        return Err("--job is for Prometheus and Grafana".into());
    }
    Ok(())
}

fn monitoring(order: &Order, meaning: &Meaning) -> Result<String, String> {
    let namespace = order.namespace.as_deref().unwrap_or(&meaning.compiled.metrics.namespace);
    let named = Names::default().namespace(namespace);
    let named = match &order.job {
        Some(job) => named.and_then(|names| names.job(job)),
        None => named,
    };
    let names = named.map_err(|error| format!("--{error}"))?;
    if order.target == Target::Grafana {
        return Ok(probegate_monitoring::dashboard(&names));
    }
    // One file has its groups under one key.
    let alerts = probegate_monitoring::alerting_rules(&names);
    let alerts = alerts.lines().filter(|line| *line != "groups:").collect::<Vec<_>>().join("\n");
    Ok(format!("{}\n{alerts}\n", probegate_monitoring::recording_rules(&names).trim_end()))
}

fn bootstrap(
    order: &Order,
    meaning: &Meaning,
    form: &'static str,
    upstream: &str,
) -> Result<String, String> {
    let (host, port) = place::host_and_port(order.upstream.as_deref().unwrap_or(upstream))?;
    let discovery = if host.parse::<IpAddr>().is_ok() { "STATIC" } else { "STRICT_DNS" };
    let secrets: Vec<_> =
        meaning.variables.iter().map(|name| format!("{name}=<a secret>")).collect();
    let mut template = Template::new(order.system.as_deref(), meaning);
    // A container has the Wasm filter, and listens for others than itself.
    template.keep(if form == "container" { "wasm" } else { form });
    template.keep(if form == "container" { form } else { "process" });
    let text = template.fill(ENVOY);
    let listening = if form == "container" { "0.0.0.0" } else { "127.0.0.1" };
    Ok(text
        .replace("{{secrets}}", &secrets.join(" "))
        .replace("{{listening}}", listening)
        .replace("{{discovery}}", discovery)
        .replace("{{host}}", &format!("{host:?}"))
        .replace("{{port}}", &port.to_string()))
}

fn resource(order: &Order, meaning: &Meaning, text: &str) -> Result<String, String> {
    let mut template = Template::new(order.system.as_deref(), meaning);
    let namespace = order.namespace.as_deref().map(place::namespace).transpose()?;
    if namespace.is_some() {
        template.keep("namespace");
    }
    let (is_module, default) = match order.target {
        Target::Kubernetes => (false, "registry.example/probegate-envoy:0.1.0"),
        _ => (true, "registry.example/probegate"),
    };
    let digest = if is_module { image::written_digest() } else { None };
    let image = Image::parse(order.image.as_deref().unwrap_or(default))?.pinned(digest.as_deref());
    let url = if order.target == Target::EnvoyGateway { image.reference() } else { image.url() };
    let url = if is_module { url } else { image.reference() };
    Ok(template
        .fill(text)
        .replace("{{namespace}}", namespace.unwrap_or_default())
        .replace("{{url}}", &url))
}

/// The settings of a system, and the variables that it asks for.
fn meaning(system: Option<&str>) -> Result<Meaning, String> {
    let text = match system {
        Some(system) => format!("system: {}", serde_json::Value::from(system)),
        None => "{}".into(),
    };
    let root = documents(&text).ok().and_then(|mut read| read.pop());
    let root = root.ok_or("--system must be the name of a system")?;
    let first = |mistakes: Vec<Mistake>| {
        mistakes.first().map(|mistake| format!("--{mistake}")).unwrap_or_default()
    };
    Source::new(root, Dialect::Json).meaning(Host::Wasm).map_err(first)
}
