//! One configuration at work in all of Envoy's workers.

use std::sync::{Mutex, Once};

use crate::access;
use crate::callouts::{Calls, Purpose};
use crate::counts::Counts;
use crate::envoy::{self, Config, Filter, Map, Outgoing};
use crate::envoy_statistics::EnvoyStatistics;
use crate::host_services::{Means, drawn_key, hash_key};
use crate::store::{Shared, locked};
use crate::ticker::{Ticker, ticker};
use crate::time::{clocks, now};
use crate::token_files::TokenFiles;
use crate::worker::Worker;
use crate::{token_files, warnings};
use probegate_core::access::Teller;
use probegate_core::auth::fetch::TokenFetcher;
use probegate_core::callout::FailureReason;
use probegate_core::config::{self, Host, Mistake};
use probegate_core::endpoints;
use probegate_core::gate::{self, Gate};
use probegate_core::local_reply::{Reply, ReplyNames};
use probegate_core::log::Level;
use probegate_core::metrics::{Format, Meter};
use probegate_core::probe::Prober;
use probegate_core::probe::plan::Plan;
use probegate_core::probe::report::{Detail, Own, report};
use probegate_core::random::RandomPool;
use probegate_core::route::Endpoint;
use probegate_core::warnings::Warnings;

/// A compiled configuration, and what each worker has of it.
///
/// No two of its locks are held at once.
#[derive(Debug)]
pub struct Plugin {
    /// The names that its answers tell.
    pub names: ReplyNames,
    /// The writer of the lines about requests.
    pub teller: Teller,
    first: Mutex<Worker>,
    others: Box<[Mutex<Worker>]>,
    pub background: Mutex<Background>,
    /// Those that were made for it and not for a stream.
    pub calls: Calls,
    counts: Counts,
    pub statistics: EnvoyStatistics,
    ticker: Option<Ticker>,
}

/// Work that is done without a request, on Envoy's main thread.
#[derive(Debug)]
pub struct Background {
    pub prober: Option<Prober>,
    pub fetcher: Option<TokenFetcher>,
    pub files: TokenFiles,
    /// Counts what is probed, and reads what all have counted.
    pub meter: Meter,
    pub random: RandomPool,
    /// Warnings that the gauge has.
    pub warned: Option<Warnings>,
    /// Interval of ticks, in milliseconds.
    tick: u32,
    /// Ticks since counts were handed over.
    ticks: u32,
}

/// Interval at which counts are handed over, in milliseconds.
const FLUSH: u32 = 1_000;

impl Plugin {
    /// Reads a configuration and puts it to work; `name` is the filter's, of which limits and probes are.
    pub fn configure(config: &mut Config, name: &str, text: &[u8]) -> Result<Self, Mistake> {
        let mut plugin = Self::compile(config, name, text)?;
        if !envoy::only_validates() {
            let tick = locked(&plugin.background).tick;
            plugin.ticker = Some(ticker(config, tick)?);
        }
        Ok(plugin)
    }

    /// All of it but what wakes it.
    pub fn compile(config: &mut Config, name: &str, text: &[u8]) -> Result<Self, Mistake> {
        let env = |name: &str| std::env::var(name).ok();
        let environment = config::Environment::native(&env, &token_files::read, hash_key()?);
        let compiled = config::compile(config::parse(text)?, &environment)?;
        if compiled.log.level <= Level::Warning {
            let warnings: Vec<String> = compiled.warnings.iter().map(ToString::to_string).collect();
            warnings::warn_once(&warnings);
        }
        static STARTED: Once = Once::new();
        if compiled.log.level <= Level::Info {
            let line = compiled.log.started(Host::Native.name());
            STARTED.call_once(|| access::write(Level::Info, &line));
        }
        let names = compiled.reply_names();
        let name = if name.is_empty() { "probegate" } else { name };
        // Plugins that are told apart by name or by window do not count each other's clients.
        let window =
            compiled.gate.limits.client.as_ref().map_or(0, |limit| limit.limiter.quota().window);
        let limiter = format!("limit.{window}.{name}");
        let tick = compiled.probes.as_ref().map_or(FLUSH, Plan::tick_ms);
        let mut prober = compiled.probes.map(|plan| Prober::new(plan, name, clocks()));
        let mut gate = compiled.gate;
        gate.upstream.degraded =
            prober.as_mut().and_then(|prober| prober.degraded(clocks(), &mut Shared));
        let mut fetcher = match compiled.sources {
            sources if sources.is_empty() => None,
            sources => Some(TokenFetcher::new(sources, name)),
        };
        // What opened before this configuration came opens still.
        if let Some(fetcher) = &mut fetcher {
            gate.guarding.renew_tokens(&fetcher.tokens(now(), &mut Shared));
        }
        let worker = |gate: Gate| {
            let means = Means::new(&limiter, format!("table.{name}."), drawn_key()?);
            let meter = Meter::new(compiled.metrics.clone());
            Ok(Mutex::new(Worker { gate, meter, means }))
        };
        let others: Result<Box<[_]>, Mistake> =
            (1..envoy::concurrency()).map(|_| worker(gate.clone())).collect();
        let plugin = Self {
            names,
            teller: Teller {
                log: compiled.log,
                service: compiled.service.unwrap_or_else(|| name.to_owned()),
            },
            others: others?,
            first: worker(gate)?,
            counts: Counts::new(&compiled.metrics.namespace),
            statistics: EnvoyStatistics::define(config, &compiled.metrics.namespace),
            background: Mutex::new(Background {
                prober,
                fetcher,
                files: TokenFiles::new(compiled.token_files),
                meter: Meter::new(compiled.metrics),
                random: RandomPool::new(drawn_key()?),
                warned: None,
                tick,
                ticks: 0,
            }),
            calls: Calls::default(),
            ticker: None,
        };
        plugin.warn();
        plugin.flush();
        // Envoy forgets a counter that no configuration holds. So this one holds them all before those that it
        // replaces are gone.
        plugin.statistics.on_tick(config);
        Ok(plugin)
    }

    /// A worker's part.
    pub fn worker(&self, index: usize) -> &Mutex<Worker> {
        // Whatever Envoy numbers its workers by, two may share a part: it has a lock.
        index.checked_sub(1).and_then(|index| self.others.get(index)).unwrap_or(&self.first)
    }

    pub fn workers(&self) -> impl Iterator<Item = &Mutex<Worker>> {
        self.others.iter().chain([&self.first])
    }

    /// Counts a tick; true if a second is over, so that counts are to be handed over.
    pub fn flushes(&self) -> bool {
        let background = &mut *locked(&self.background);
        background.ticks += 1;
        let over = background.ticks * background.tick >= FLUSH;
        if over {
            background.ticks = 0;
        }
        over
    }

    /// Has each worker's gate changed.
    pub fn for_each_gate(&self, change: impl Fn(&mut Gate)) {
        self.workers().for_each(|worker| change(&mut locked(worker).gate));
    }

    /// Calls a cluster. Hooks about the call may come before this returns, so no lock is held.
    pub fn call(
        &self,
        config: &mut Config,
        purpose: Purpose,
        call: &Outgoing,
    ) -> Result<(), FailureReason> {
        self.calls.begin(purpose);
        match config.start_call(call) {
            Ok(id) => self.calls.started(id),
            // If it has ended meanwhile, that was heard of.
            Err(reason) if self.calls.not_started() => return Err(reason),
            Err(_) => {}
        }
        Ok(())
    }

    /// Sums up what was counted.
    pub fn flush(&self) {
        let mut counts = self.counts.clone();
        self.workers().for_each(|worker| locked(worker).meter.flush(&mut counts));
        locked(&self.background).meter.flush(&mut counts);
    }

    /// The warnings of all configurations of the process.
    pub fn warnings(&self) -> Warnings {
        let found = self.workers().map(|worker| locked(worker).gate.warnings);
        found.fold(warnings::told(), Warnings::union)
    }

    /// Tells of what is new, and keeps the gauge.
    pub fn warn(&self) {
        let found = self.warnings();
        warnings::tell(found);
        let background = &mut *locked(&self.background);
        if background.warned != Some(found) {
            background.warned = Some(found);
            background.meter.warned(found);
        }
    }

    /// Exposes what was counted by all workers.
    pub fn expose(&self, format: Format) -> String {
        self.flush();
        let Background { prober, meter, .. } = &mut *locked(&self.background);
        if let Some(prober) = prober {
            meter.hold(&prober.shown_records(clocks(), &mut Shared));
        }
        meter.expose(&mut self.counts.clone()).encode(format)
    }

    /// The gate itself, as the worker sees it that the rate limit service answers least.
    fn gate(&self) -> Option<gate::Report> {
        let mut counts = self.counts.clone();
        self.workers().for_each(|worker| locked(worker).meter.flush(&mut counts));
        let last_minute = locked(&self.background).meter.last_minute(&mut counts);
        let left_alone = |worker: &&Mutex<Worker>| {
            let limit = &locked(worker).gate.limits.global;
            limit.as_ref().is_some_and(|limit| limit.breaker.is_open())
        };
        let worker = self.workers().max_by_key(left_alone)?;
        Some(locked(worker).gate.report(&self.names.limits, &last_minute))
    }

    /// Reports the state of the services behind. Nothing to probe is ready.
    fn report(&self, detail: Detail) -> Reply {
        let warnings = self.warnings();
        let status = detail == Detail::Status;
        let gate = if status { self.gate() } else { None };
        let Background { prober, .. } = &mut *locked(&self.background);
        let records = prober.as_mut().map(|prober| prober.records(&mut Shared));
        let plan = prober.as_ref().map(Prober::plan);
        let own = Own { service: &self.teller.service, host: Host::Native.name(), warnings, gate };
        let (readiness, report) = report(own, plan, &records.unwrap_or_default(), clocks(), detail);
        // Whoever may see the status is told it, whatever it is.
        let ready = status || readiness.is_ready();
        endpoints::report(report, if ready { 200 } else { 503 })
    }

    /// The answer of a route of the gate's own.
    pub fn answer(&self, endpoint: Endpoint, filter: &Filter) -> Reply {
        match endpoint {
            Endpoint::Live => endpoints::live(),
            Endpoint::Ready => self.report(Detail::Ready),
            Endpoint::Status => self.report(Detail::Status),
            Endpoint::Redirect => {
                let page = self.workers().next().map(|worker| locked(worker).gate.endpoints.page());
                endpoints::redirect(&page.unwrap_or_default())
            }
            Endpoint::Page => endpoints::page(),
            Endpoint::Metrics => {
                let accept = filter.header(Map::Request, b"accept");
                let format = Format::accepted(accept.unwrap_or_default());
                endpoints::metrics(format, self.expose(format))
            }
        }
    }
}

/// Sums up what was counted since the last tick, when nobody can count any more.
impl Drop for Plugin {
    fn drop(&mut self) {
        self.ticker = None;
        self.flush();
    }
}

#[cfg(test)]
mod tests;
