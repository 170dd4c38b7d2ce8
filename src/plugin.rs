//! One configuration at work in one VM.

use std::cell::{Cell, RefCell, RefMut};
use std::rc::{Rc, Weak};

use super::abi::{self, Map};
use super::access;
use super::host_services::{Environment, Shared, drawn, shared_hash_key, text_property};
use super::meter::EnvoyStatistics;
use super::time::{clocks, now};
use super::warnings::{Found, log_once};
use probegate_core::access::Teller;
use probegate_core::auth::fetch::TokenFetcher;
use probegate_core::client::HashKey;
use probegate_core::config::shape::Direction;
use probegate_core::config::{self, Host, Mistake};
use probegate_core::endpoints;
use probegate_core::gate::{Context, Gate};
use probegate_core::local_reply::{Reply, ReplyNames};
use probegate_core::log::Level;
use probegate_core::metrics::{Format, Meter};
use probegate_core::probe::Prober;
use probegate_core::probe::plan::Plan;
use probegate_core::probe::report::{Detail, Own, report};
use probegate_core::route::Endpoint;
use probegate_core::verdict::Verdict;
use probegate_core::warnings::Warning;

/// A gate and what it has counted. Streams share it, so one that outlives its configuration is
/// still judged and counted by it.
#[derive(Debug)]
pub struct Plugin {
    /// The root that is called for it, as long as it is there.
    pub root: Weak<u32>,
    state: RefCell<PluginState>,
    /// The names that its answers tell.
    pub names: ReplyNames,
    /// The writer of the lines about requests.
    pub teller: Teller,
    direction: Direction,
    bypass: Cell<Bypass>,
    /// Warnings of what keeps the gate from its work, found here.
    warnings: Found,
    /// A body was shown for which a request waited: Envoy does not keep them from the plugin.
    pub body_shown: Cell<bool>,
    /// Interval of Envoy's ticks, in milliseconds.
    pub tick: u32,
}

/// Streams of a listener that is not judged pass untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bypass {
    /// Not known yet: Envoy tells a listener's direction to streams alone. It has a root for each direction.
    Unasked,
    Yes,
    No,
}

/// State of a plugin, which changes with each request.
#[derive(Debug)]
pub struct PluginState {
    pub gate: Gate,
    pub environment: Environment,
    pub meter: Meter,
    pub statistics: EnvoyStatistics,
    pub prober: Option<Prober>,
    pub fetcher: Option<TokenFetcher>,
    /// Ticks since counts were handed over.
    ticks: u32,
}

impl PluginState {
    /// Returns the gate that judges a request, and the context that travels with it.
    pub fn judging(&mut self) -> (&mut Gate, Context<'_, Environment>) {
        let Self { gate, environment, meter, .. } = self;
        (gate, Context { now: now(), host: environment, meter })
    }
}

/// Interval at which counts go to Envoy, in milliseconds.
const FLUSH: u32 = 1_000;

impl Plugin {
    /// Borrows the state; `None` while something else acts on it, which nothing does.
    pub fn state(&self) -> Option<RefMut<'_, PluginState>> {
        self.state.try_borrow_mut().ok()
    }

    /// Goes on with a request; `None` if it cannot be judged.
    pub fn judge(
        &self,
        act: impl FnOnce(&mut Gate, &mut Context<'_, Environment>) -> Verdict,
    ) -> Option<Verdict> {
        let mut state = self.state()?;
        let (gate, mut context) = state.judging();
        Some(act(gate, &mut context))
    }

    /// A request ended of whose body nothing was shown, though it was waited for: its client may have gone
    /// away, or Envoy keeps all bodies from the plugin.
    #[cold]
    pub fn body_missed(&self) {
        if !self.body_shown.get() {
            self.warnings.warn(Warning::BodyHidden);
        }
    }

    /// Reads a configuration and puts it to work.
    pub fn configure(configuration: &[u8], root: &Rc<u32>) -> Result<Self, Mistake> {
        let own_key = drawn()?;
        let hash_key = shared_hash_key(own_key)?;
        let env = |name: &str| std::env::var(name).ok();
        let environment = config::Environment::wasm(&env, hash_key);
        let compiled = config::compile(config::parse(configuration)?, &environment)?;
        if compiled.log.level <= Level::Warning {
            let warnings = compiled.warnings.iter().map(Mistake::message);
            let warnings: Vec<String> =
                warnings.map(|warning| format!("probegate: {warning}")).collect();
            log_once("probegate.warned", Level::Warning, &warnings);
        }
        if compiled.log.level <= Level::Info {
            log_once("probegate.started", Level::Info, &[compiled.log.started(Host::Wasm.name())]);
        }
        let names = compiled.reply_names();
        let plugin_name = text_property("plugin_name")?;
        let root_id = text_property("plugin_root_id")?;
        // Plugins that are told apart by name or by window do not count each other's clients.
        let window =
            compiled.gate.limits.client.as_ref().map_or(0, |limit| limit.limiter.quota().window);
        let length = plugin_name.len();
        let slots = format!("probegate.limit.{length}.{plugin_name}.{root_id}.{window}.");
        let owner = format!("{length}.{plugin_name}.{root_id}");
        let tick = compiled.probes.as_ref().map_or(FLUSH, Plan::tick_ms);
        let mut prober = compiled.probes.map(|plan| Prober::new(plan, &owner, clocks()));
        let mut gate = compiled.gate;
        gate.upstream.degraded =
            prober.as_mut().and_then(|prober| prober.degraded(clocks(), &mut Shared));
        let mut fetcher = match compiled.sources {
            sources if sources.is_empty() => None,
            sources => Some(TokenFetcher::new(sources, &owner)),
        };
        // What opened before this configuration came opens still.
        if let Some(fetcher) = &mut fetcher {
            gate.guarding.renew_tokens(&fetcher.tokens(now(), &mut Shared));
        }
        let statistics = EnvoyStatistics::new(&compiled.metrics.namespace);
        let meter = Meter::new(compiled.metrics);
        let plugin = Self {
            root: Rc::downgrade(root),
            names,
            direction: compiled.direction,
            bypass: Cell::new(match compiled.direction {
                Direction::Auto | Direction::Inbound => Bypass::Unasked,
                Direction::Both => Bypass::No,
            }),
            warnings: Found::default(),
            body_shown: Cell::default(),
            teller: Teller { log: compiled.log, service: compiled.service.unwrap_or(plugin_name) },
            state: RefCell::new(PluginState {
                gate,
                environment: Environment::new(
                    slots,
                    format!("probegate.table.{owner}."),
                    HashKey::new(own_key),
                ),
                meter,
                statistics,
                prober,
                fetcher,
                ticks: 0,
            }),
            tick,
        };
        // Envoy forgets a counter that no VM holds. So this one holds them all before those that a
        // new configuration replaces are gone.
        if let Some(mut state) = plugin.state() {
            state.meter.warned(plugin.warnings.anywhere());
        }
        plugin.flush();
        Ok(plugin)
    }

    /// Streams pass untouched. Asked in a stream's callback, and answered for all of them; what Envoy
    /// does not tell is judged.
    pub fn passes(&self) -> bool {
        if self.bypass.get() == Bypass::Unasked {
            self.ask_direction();
        }
        self.bypass.get() == Bypass::Yes
    }

    /// Asks Envoy once which way the streams of the listener go.
    #[cold]
    fn ask_direction(&self) {
        /// `envoy.config.core.v3.TrafficDirection`.
        const OUTBOUND: i64 = 2;
        let Ok(direction) = abi::property("xds\0listener_direction") else { return };
        let outbound = direction.is_some_and(|direction| direction == OUTBOUND.to_le_bytes());
        let node = || abi::property("node\0id").ok().flatten().unwrap_or_default();
        let judges = !outbound || self.direction.judges(outbound, &node());
        self.bypass.set(if judges { Bypass::No } else { Bypass::Yes });
        if !judges {
            self.warnings.warn(Warning::ListenerPassed);
        }
    }

    /// Sees the time go by, and once a second hands over what was counted.
    pub fn on_tick(&self) {
        let Some(mut borrowed) = self.state() else { return };
        let state = &mut *borrowed;
        state.gate.on_tick(now());
        for (level, line) in state.gate.news(&self.teller.log, &mut Shared) {
            access::write(level, &line);
        }
        self.warnings.tell(state.gate.warnings, &mut state.meter);
        state.ticks += 1;
        if state.ticks * self.tick >= FLUSH {
            state.ticks = 0;
            state.meter.flush(&mut state.statistics);
        }
    }

    /// Hands over what was counted.
    fn flush(&self) {
        if let Some(mut state) = self.state() {
            let PluginState { meter, statistics, .. } = &mut *state;
            meter.flush(statistics);
        }
    }

    /// Exposes what was counted by all VMs.
    fn expose(&self, format: Format, state: &mut PluginState) -> Reply {
        if let Some(prober) = &mut state.prober {
            state.meter.hold(&prober.shown_records(clocks(), &mut Shared));
        }
        self.warnings.tell(state.gate.warnings, &mut state.meter);
        let exposition = state.meter.expose(&mut state.statistics);
        // What it has just handed over may not be there.
        self.warnings.tell(state.gate.warnings, &mut state.meter);
        match self.warnings.anywhere().contains(Warning::StatisticsDropped) {
            true => endpoints::statistics_dropped(),
            false => endpoints::metrics(format, exposition.encode(format)),
        }
    }

    /// Reports the state of the services behind, as all VMs hold it. Nothing to probe is ready.
    fn report(&self, detail: Detail, state: &mut PluginState) -> Reply {
        let PluginState { prober, gate, meter, statistics, .. } = state;
        let records = prober.as_mut().map(|prober| prober.records(&mut Shared));
        let plan = prober.as_ref().map(Prober::plan);
        let status = detail == Detail::Status;
        let gate = status.then(|| gate.report(&self.names.limits, &meter.last_minute(statistics)));
        let own = Own {
            service: &self.teller.service,
            host: Host::Wasm.name(),
            warnings: self.warnings.anywhere(),
            gate,
        };
        let (readiness, report) = report(own, plan, &records.unwrap_or_default(), clocks(), detail);
        // Whoever may see the status is told it, whatever it is.
        let ready = status || readiness.is_ready();
        endpoints::report(report, if ready { 200 } else { 503 })
    }

    /// The answer of a route of the gate's own; `None` if nothing can be told.
    pub fn answer(&self, own: Endpoint) -> Option<Reply> {
        let mut state = self.state()?;
        Some(match own {
            Endpoint::Live => endpoints::live(),
            Endpoint::Ready => self.report(Detail::Ready, &mut state),
            Endpoint::Status => self.report(Detail::Status, &mut state),
            Endpoint::Redirect => endpoints::redirect(&state.gate.endpoints.page()),
            Endpoint::Page => endpoints::page(),
            Endpoint::Metrics => {
                // Read here and not with the head: no other route looks at it.
                let accept = abi::header(Map::Request, "accept").ok().flatten();
                let format = Format::accepted(&accept.unwrap_or_default());
                self.expose(format, &mut state)
            }
        })
    }
}

/// Hands over to Envoy what was counted since the last tick, when nobody can count any more.
impl Drop for Plugin {
    fn drop(&mut self) {
        self.flush();
    }
}
