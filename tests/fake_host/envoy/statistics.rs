//! Envoy's statistics: one value for each name, whatever the number of VMs that add to it.

use std::collections::BTreeMap;

use super::Status;

/// The ABI's kinds of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
}

impl TryFrom<u32> for Kind {
    type Error = Status;

    fn try_from(kind: u32) -> Result<Self, Status> {
        match kind {
            0 => Ok(Self::Counter),
            1 => Ok(Self::Gauge),
            _ => Err(Status::BadArgument),
        }
    }
}

/// A metric's values by the name that a filter gave it.
#[derive(Debug, Default)]
pub struct Statistics {
    values: BTreeMap<String, i64>,
    /// A `stats_matcher` leaves these out: they can be defined and added to, and stay 0.
    pub dropped: bool,
}

impl Statistics {
    pub fn define(&mut self, name: &str) {
        self.values.entry(name.into()).or_default();
    }

    /// Adds to a metric. A counter takes no offset but a positive one.
    pub fn add(&mut self, kind: Kind, name: &str, offset: i64) -> Result<(), Status> {
        if kind == Kind::Counter && offset <= 0 {
            return Err(Status::BadArgument);
        }
        let kept = if self.dropped { 0 } else { offset };
        *self.values.get_mut(name).ok_or(Status::NotFound)? += kept;
        Ok(())
    }

    /// Sets a gauge; a counter is only ever added to.
    pub fn record(&mut self, kind: Kind, name: &str, value: i64) -> Result<(), Status> {
        if kind == Kind::Counter {
            return Err(Status::BadArgument);
        }
        let kept = if self.dropped { 0 } else { value };
        *self.values.get_mut(name).ok_or(Status::NotFound)? = kept;
        Ok(())
    }

    pub fn get(&self, name: &str) -> Result<i64, Status> {
        self.values.get(name).copied().ok_or(Status::NotFound)
    }

    /// The sum over all series of a family that have these labels, among others.
    pub fn sum(&self, family: &str, labels: &[(&str, &str)]) -> i64 {
        let wanted = |name: &str| {
            let mut parts: Vec<&str> = name.split(";.").collect();
            let of_family = parts.pop() == Some(family);
            let has = |(label, value): &(&str, &str)| {
                parts.iter().any(|part| *part == format!("{label}=.={value}"))
            };
            of_family && labels.iter().all(has)
        };
        self.values.iter().filter(|(name, _)| wanted(name)).map(|(_, value)| value).sum()
    }
}
