//! What a run has shown, as a table.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::account::Account;
use super::counters::Line;
use super::guard::Guard;
use super::tally::{Broken, Tally};
use testbed::Host;

pub struct Report {
    pub seed: u64,
    pub(super) tally: Tally,
    pub(super) account: Account,
    pub(super) guard: Guard,
    pub(super) counters: Vec<Line>,
    /// Refusals by the gate's own counters, with their labels.
    pub(super) refusals: BTreeMap<String, u64>,
    /// Resident memory at each tenth of the run, in bytes, and at its end.
    pub(super) memory: Vec<u64>,
    pub(super) vms: (f64, f64),
    pub(super) series: usize,
    pub took: Duration,
    pub broken: Vec<Broken>,
    /// Where all of it can be read, if something is broken.
    pub evidence: Option<PathBuf>,
}

impl Report {
    pub fn requests(&self) -> u64 {
        self.tally.sent.values().sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (account, guard, tally) = (&self.account, &self.guard, &self.tally);
        section(to, "requests sent", &tally.sent)?;
        number(to, "in all", self.requests())?;
        number(to, "resets by the client", tally.resets)?;
        number(to, "not answered, since Envoy closed the connection before", tally.cut_off)?;
        number(to, "streams that Envoy made of them", account.streams)?;
        number(to, "of these, over HTTP/2", account.second)?;
        number(to, "of these, shown to the gate", account.shown.values().sum())?;
        number(to, "of these, forwarded to the upstream", guard.served)?;
        section(
            to,
            "answers to what the gate saw, by status; 0: gone before one",
            &rare(&account.shown),
        )?;
        section(
            to,
            "answers of Envoy's own, before any filter: no ID, not counted",
            &account.reasons,
        )?;
        section(to, "decisions, as Envoy was told them", &account.decisions)?;
        section(to, "refusals, as the gate counts them", &self.refusals)?;
        writeln!(to, "\ncounters: {:>38} {:>12}", "Envoy", "gate")?;
        for Line { name, envoy, gate } in &self.counters {
            let differs = if envoy == gate { "" } else { "  DIFFERS" };
            writeln!(to, "  {name:<34} {envoy:>12} {gate:>12}{differs}")?;
        }
        writeln!(to, "\nwhat must not happen")?;
        number(to, "guarded pages opened without a token", guard.opened_without_token)?;
        number(to, "(opened with one)", guard.opened)?;
        if Host::from_env() == Host::Wasm {
            writeln!(to, "  VMs before and after: {} and {}", self.vms.0, self.vms.1)?;
        }
        writeln!(to, "  series of the gate: {} of at most 2000", self.series)?;
        let memory: Vec<String> =
            self.memory.iter().map(|bytes| (bytes >> 20).to_string()).collect();
        writeln!(to, "  resident MB at each tenth, and at the end: {}", memory.join(" "))?;
        let seconds = self.took.as_secs_f64();
        let rate = self.requests() as f64 / seconds;
        writeln!(to, "\nseed {}, {seconds:.0} s, {rate:.0} requests a second", self.seed)?;
        let mut promises: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
        for Broken { promise, seen } in &self.broken {
            promises.entry(promise).or_insert((0, seen)).0 += 1;
        }
        for (promise, (times, first)) in promises {
            let first: String = first.chars().take(2_000).collect();
            writeln!(to, "\nBROKEN, {times} times seen: {promise}\n{first}")?;
        }
        match &self.evidence {
            Some(path) => writeln!(
                to,
                "\n{} broken; all, and Envoy's logs, in {}",
                self.broken.len(),
                path.display()
            ),
            None => writeln!(to, "every promise held"),
        }
    }
}

fn number(to: &mut fmt::Formatter<'_>, name: &str, count: u64) -> fmt::Result {
    writeln!(to, "  {name:<60} {count:>12}")
}

fn section<K: fmt::Display>(
    to: &mut fmt::Formatter<'_>,
    title: &str,
    counts: &BTreeMap<K, u64>,
) -> fmt::Result {
    writeln!(to, "\n{title}")?;
    counts.iter().try_for_each(|(name, count)| number(to, &name.to_string(), *count))
}

/// Statuses that hardly ever came are summed up by their class.
fn rare(statuses: &BTreeMap<u16, u64>) -> BTreeMap<String, u64> {
    let (all, mut rows) = (statuses.values().sum::<u64>(), BTreeMap::new());
    for (status, count) in statuses {
        let often = *status == 0 || count * 300 > all;
        let name = if often { status.to_string() } else { format!("{}xx, others", status / 100) };
        *rows.entry(name).or_default() += count;
    }
    rows
}
