//! What stands in Envoy's filter chain. The connection manager is the same around all of them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};
use testbed::figures::grouped;
use testbed::{Bootstrap, Envoy, Upstream, tools, workspace};

use crate::build::{self, Place, mute, trim};
use crate::{Outcome, setup};

/// The token that opens metrics routes, as `benches/rows.yaml` has it, too.
const TOKEN: &str = "s3cret";

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// Bare Envoy.
    None,
    /// Envoy's own filters, of `benches/peers/native.json`.
    Native,
    /// A Lua script, `benches/peers/gate.lua`.
    Lua,
    /// A filter that does nothing, as the SDK builds it.
    EmptyAsBuilt,
    /// The same without the exports that the gate does not have either. It reads this request header,
    /// if it is not empty.
    Empty(String),
    /// The host calls of an API request and nothing else.
    Floor,
    /// The gate's module, of which Envoy calls nothing once it is loaded.
    Muted,
    /// The gate with this configuration.
    Gate(Value),
    /// The same as a dynamic module.
    Dynamic(Value),
    /// The gate with so many patterns that no measured request matches: exact ones and subtrees, of all classes.
    GateOfPatterns(usize),
    /// The same as a dynamic module.
    ModuleOfPatterns(usize),
}

/// The modules, built once for all rows.
pub struct Modules {
    gate: PathBuf,
    muted: PathBuf,
    empty_as_built: PathBuf,
    empty: PathBuf,
    floor: PathBuf,
    dynamic: PathBuf,
    told: String,
    /// A service that is well, for filters that probe: the cluster `upstream`.
    probed: Upstream,
}

impl Modules {
    /// Builds them all below `target/bench`.
    pub fn build() -> Outcome<Self> {
        setup::target()?;
        let folder = workspace().join("target/bench");
        fs::create_dir_all(&folder)?;
        let place = Place::here()?;
        let write = |name: &str, bytes: &[u8]| -> Outcome<PathBuf> {
            let path = folder.join(name);
            fs::write(&path, bytes)?;
            Ok(path)
        };
        let empty = place.compile("empty")?;
        let gate = place.module()?;
        Ok(Self {
            gate: write("probegate.wasm", &gate)?,
            told: format!(
                "Envoy {}; the module has {} bytes, sha256 `{}`.",
                tools::NEWEST,
                grouped(gate.len() as u64),
                build::digest(&gate)
            ),
            muted: write("muted.wasm", &mute(&gate)?)?,
            empty_as_built: write("empty-as-built.wasm", &empty)?,
            empty: write("empty.wasm", &trim(&empty, false)?)?,
            floor: write("floor.wasm", &trim(&place.compile("floor")?, false)?)?,
            dynamic: write("libprobegate.so", &place.native()?)?,
            probed: Upstream::start(),
        })
    }

    /// The first words of a section of the results: with what it was measured.
    pub fn told(&self) -> &str {
        &self.told
    }
}

impl Filter {
    /// An Envoy of so many workers with this filter.
    pub fn start(&self, workers: u32, modules: &Modules) -> Outcome<Envoy> {
        let bootstrap = self.bootstrap(modules)?.concurrency(workers);
        Ok(Envoy::start_with(tools::envoy(tools::NEWEST)?, &bootstrap)?)
    }

    /// The gate whose limit goes by what a load says in `x-forwarded-for`.
    pub fn by_forwarded_for(mut self) -> Self {
        if let Self::Gate(configuration) | Self::Dynamic(configuration) = &mut self {
            configuration["rate_limit"]["client"] = json!({"forwarded_for": {"trusted_hops": 1}});
        }
        self
    }

    /// The gate in its other form, with the same configuration.
    pub fn into_dynamic(self) -> Self {
        match self {
            Self::Gate(configuration) => Self::Dynamic(configuration),
            other => other,
        }
    }

    /// An Envoy of one worker with this filter, that answers every request itself.
    pub fn bootstrap(&self, modules: &Modules) -> Outcome<Bootstrap> {
        // Probes alone are sent there: the routes answer.
        let upstream = modules.probed.address();
        let plain = Bootstrap::without_module(upstream).concurrency(1).routes(routes());
        let wasm = |module: &Path, configuration: &str| {
            plain.clone().module(module).plugin_text(configuration).env("METRICS_BEARER", TOKEN)
        };
        Ok(match self {
            Self::None => plain,
            Self::Native => {
                let peer: Value = serde_json::from_str(&peer("native.json")?)?;
                let filters = peer["http_filters"].as_array().into_iter().flatten().cloned();
                filters.fold(plain, Bootstrap::filters_before).hcm(peer["hcm"].clone())
            }
            Self::Lua => plain.filters_before(json!({
                "name": "envoy.filters.http.lua",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
                    "default_source_code": {"inline_string": peer("gate.lua")?},
                },
            })),
            Self::EmptyAsBuilt => wasm(&modules.empty_as_built, ""),
            Self::Empty(header) => wasm(&modules.empty, header),
            Self::Floor => wasm(&modules.floor, ""),
            Self::Muted => wasm(&modules.muted, ""),
            Self::Gate(configuration) => wasm(&modules.gate, &configuration.to_string()),
            Self::Dynamic(configuration) => plain
                .dynamic_module(&modules.dynamic)
                .plugin(configuration.clone())
                .env("METRICS_BEARER", TOKEN),
            Self::GateOfPatterns(number) => Self::Gate(patterns(*number)).bootstrap(modules)?,
            Self::ModuleOfPatterns(number) => {
                Self::Dynamic(patterns(*number)).bootstrap(modules)?
            }
        })
    }
}

fn patterns(number: usize) -> Value {
    let classes = ["health", "metrics", "closed", "api"];
    let path =
        |nth: usize| format!("/v2/part-{nth}{}", if nth.is_multiple_of(3) { "/*" } else { "" });
    let of_class = |(first, class)| {
        let paths: Vec<String> = (first..number).step_by(classes.len()).map(path).collect();
        json!({"paths": paths, "class": class})
    };
    json!({"routes": classes.iter().enumerate().map(of_class).collect::<Vec<_>>()})
}

fn peer(file: &str) -> Outcome<String> {
    Ok(fs::read_to_string(workspace().join("benches/peers").join(file))?)
}

/// The statuses that `/status/<code>` answers.
pub const STATUSES: std::ops::Range<u16> = 200..450;

/// Direct responses, so that no upstream is measured. What is measured comes first: Envoy looks
/// through its routes in order.
fn routes() -> Value {
    let answer = |path: Value, status: u16| json!({"match": path, "direct_response": {"status": status, "body": {"inline_string": "ok"}}});
    let mut routes = vec![
        answer(json!({"prefix": "/v1/"}), 200),
        answer(json!({"path": "/health"}), 200),
        answer(json!({"path": "/metrics"}), 200),
    ];
    routes.extend(
        STATUSES.map(|status| answer(json!({"path": format!("/status/{status}")}), status)),
    );
    routes.push(answer(json!({"prefix": "/"}), 200));
    Value::Array(routes)
}
