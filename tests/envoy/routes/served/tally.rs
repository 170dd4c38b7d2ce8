//! Counts of the paths with one normalization.

use std::ops::Add;

#[derive(Clone, Debug)]
pub struct Tally {
    /// Envoy itself refused or redirected them.
    envoy: usize,
    /// Served as a guarded page by each server, if it is asked directly.
    pub served: Vec<usize>,
    /// Served so by one server at least.
    guarded: usize,
    /// Refused by the gate.
    refused: usize,
    /// Refused by the gate, though no server takes them for a guarded page.
    over: usize,
    /// Those that the gate should have refused.
    pub opened: Vec<String>,
}

impl Tally {
    pub fn of(servers: usize) -> Self {
        let served = vec![0; servers];
        Self { envoy: 0, served, guarded: 0, refused: 0, over: 0, opened: Vec::new() }
    }

    /// One path: which servers serve it, unless Envoy refuses it.
    pub fn count(&mut self, served: Option<&[bool]>, refused: bool) {
        let guarded = served.is_some_and(|served| served.contains(&true));
        self.envoy += usize::from(served.is_none());
        self.guarded += usize::from(guarded);
        self.refused += usize::from(refused);
        self.over += usize::from(refused && !guarded);
        for (count, served) in self.served.iter_mut().zip(served.unwrap_or_default()) {
            *count += usize::from(*served);
        }
    }

    pub fn head(servers: impl IntoIterator<Item = &'static str>) -> String {
        let columns =
            servers.into_iter().chain(["any", "Envoy's own", "refused", "of these by none"]);
        let cells = columns.map(|name| format!("{name:>w$}", w = name.len().max(9)));
        format!("{:42}{}", "", cells.collect::<Vec<_>>().join("  "))
    }

    pub fn row(&self, name: &str) -> String {
        let served: String = self.served.iter().map(|count| format!("{count:>9}  ")).collect();
        let Self { guarded, envoy, refused, over, .. } = self;
        format!("{name:42}{served}{guarded:>9}  {envoy:>11}  {refused:>9}  {over:>16}")
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self.opened.extend(other.opened);
        Self {
            envoy: self.envoy + other.envoy,
            served: self.served.iter().zip(other.served).map(|(all, own)| all + own).collect(),
            guarded: self.guarded + other.guarded,
            refused: self.refused + other.refused,
            over: self.over + other.over,
            opened: self.opened,
        }
    }
}
