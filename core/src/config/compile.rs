//! The second step: what the keys mean together, and whether they can mean it.

mod checks;
mod findings;
mod global_rate_limit;
mod headers;
mod metrics;
mod operations;
mod probes;
mod rate_limit;
mod replay;
mod routes;
mod tokens;

use crate::auth::fetch::TokenSource;
use crate::auth::{Carrier, Guard, TokenFile};
use crate::gate::{Gate, Guarding, Limits, MetricsRoutes, Upstream};
use crate::local_reply::CLIENT;
use crate::log;
use crate::metrics::{Configured, Services};
use crate::request::HeaderNames;
use crate::route::Endpoints;
use crate::warnings::Warnings;

use findings::Findings;
use routes::RouteTable;

use super::presets::Preset;
use super::shape::{Config, MetricsAuth, Mode, TokenShape};
use super::{Compiled, Environment, Mistake, Origin, Step};

/// Gives a configuration its meaning, or finds every mistake in it, at least one.
pub fn compile(
    mut config: Config,
    environment: &Environment<'_>,
) -> Result<Compiled, Vec<Mistake>> {
    let hash_key = environment.hash_key;
    let preset = Preset::new(config.system).map_err(|mistake| vec![mistake])?;
    let mut builder = Builder::new(environment, &config.request_id.header);
    let completed = preset.complete(&mut config, environment);
    builder.findings.check(completed);
    let is_limited = config.rate_limit.as_ref().is_some_and(|limit| limit.enforce);
    let has_operations = !config.operations.is_empty();

    builder.within("metrics_auth", |builder| builder.metrics_auth(&config.metrics_auth));
    for (index, rule) in config.routes.iter().flatten().enumerate() {
        let origin = |path| Origin::User { rule: index, path };
        builder.within("routes", |b| b.within(index, |b| b.rule(rule, origin)));
    }
    for rule in preset.configuration.routes.iter().flatten() {
        builder.within("system", |builder| builder.rule(rule, |_| Origin::System));
    }
    let endpoints = config
        .own_routes
        .as_deref()
        .and_then(|path| builder.within("own_routes", |builder| builder.endpoints(path)));
    builder.within("request_id", |builder| builder.request_id(&config.request_id.header));
    let limit = config
        .rate_limit
        .and_then(|limit| builder.within("rate_limit", |builder| builder.limit(limit, hash_key)));
    let mut limits = vec![CLIENT.into()];
    let clients = limit.as_ref().map(|limit| limit.clients.clone());
    let operations = builder.within("operations", |builder| {
        operations::compile(config.operations, clients, &mut limits, builder)
    });
    let global_rate_limit = config.global_rate_limit.and_then(|section| {
        let before = global_rate_limit::Before {
            is_limited: is_limited || has_operations,
            has_operations,
            limit: limit.as_ref(),
            operations: &operations,
        };
        builder.within("global_rate_limit", |builder| {
            global_rate_limit::compile(section, &before, &mut limits, &mut builder.findings)
        })
    });
    let replay = config.replay.and_then(|replay| {
        builder.within("replay", |builder| replay::compile(replay, hash_key, builder))
    });
    let probes = config
        .probes
        .and_then(|probes| builder.within("probes", |builder| probes::compile(probes, builder)));
    let services = probes.as_ref().map(Services::from_plan).unwrap_or_default();
    let configured = Configured {
        services,
        limits,
        global_rate_limit: global_rate_limit.is_some(),
        host: environment.host.name(),
    };
    let (limited, replays) = (limit.is_some(), replay.is_some());
    let metrics = builder.within("metrics", |b| {
        metrics::compile(config.metrics, limited, replays, configured, &mut b.findings)
    });

    let (Some(metrics), []) = (metrics, &*builder.findings.mistakes) else {
        return Err(builder.findings.mistakes);
    };
    let mut gate = Gate {
        names: builder.names,
        accept_request_id: config.request_id.accept_client,
        routes: builder.table.routes,
        endpoints: endpoints.unwrap_or_default(),
        guarding: Guarding {
            guards: builder.guards,
            metrics_routes: MetricsRoutes {
                open: config.mode == Some(Mode::Dev),
                strip_authorization: config.metrics_auth.strip,
            },
        },
        limits: Limits { client: limit, operations, global: global_rate_limit, replay },
        upstream: Upstream {
            when_degraded: probes.as_ref().map_or_else(Default::default, |plan| plan.when_degraded),
            degraded: None,
        },
        warnings: Warnings::default(),
        configuration_warnings: builder.findings.warnings.iter().map(ToString::to_string).collect(),
    };
    gate.guarding.renew_token_files(&builder.held);
    Ok(Compiled {
        gate,
        rules: builder.table.rules,
        probes,
        sources: builder.sources,
        token_files: builder.files,
        metrics,
        service: config.service,
        direction: config.direction,
        log: log::LogSettings {
            access: config.log.access.unwrap_or_default(),
            level: config.log.level.unwrap_or_default(),
            query: config.log.query,
            audit: config.log.audit.unwrap_or_default(),
            filter_state: config.log.filter_state,
            dialect: preset.log,
        },
        warnings: builder.findings.warnings,
    })
}

/// The parts that the sections add to.
struct Builder<'a> {
    environment: &'a Environment<'a>,
    findings: Findings,
    /// The header of the request ID, as the user writes it.
    request_id: String,
    names: HeaderNames,
    table: RouteTable,
    guards: Vec<Guard>,
    /// The share of a table that one network may take, in percent, if the user says it.
    share: Option<u32>,
    /// The services that hand out tokens; none stands twice.
    sources: Vec<TokenSource>,
    /// Files of tokens; none stands twice.
    files: Vec<TokenFile>,
    /// The tokens of each.
    held: Vec<Vec<crate::auth::Token>>,
}

impl<'a> Builder<'a> {
    fn new(environment: &'a Environment<'a>, request_id: &str) -> Self {
        Self {
            environment,
            findings: Findings::default(),
            request_id: request_id.into(),
            names: HeaderNames::default(),
            table: RouteTable::default(),
            guards: Vec::new(),
            share: None,
            sources: Vec::new(),
            files: Vec::new(),
            held: Vec::new(),
        }
    }

    /// Compiles what stands within a key or an index. Not inlined, so that each section is a function of
    /// its own: the memory that V8 takes to compile one goes by its size.
    #[inline(never)]
    fn within<T>(&mut self, step: impl Into<Step>, compile: impl FnOnce(&mut Self) -> T) -> T {
        self.findings.enter(step);
        let compiled = compile(self);
        self.findings.leave();
        compiled
    }

    fn metrics_auth(&mut self, section: &MetricsAuth) {
        let default = [TokenShape::Env("METRICS_BEARER".into())];
        let tokens = section.tokens.as_deref().unwrap_or(&default);
        let keys = self.within("tokens", |builder| builder.tokens(tokens));
        self.guards.push(keys.guard(Carrier::Authorization));
    }

    fn request_id(&mut self, header: &str) {
        let name = self.findings.check_at("header", headers::written(header));
        self.names.request_id = name.unwrap_or_default();
    }

    fn endpoints(&mut self, path: &str) -> Option<Endpoints> {
        let compiled = self.table.endpoints(path);
        self.findings.check(compiled)
    }
}
