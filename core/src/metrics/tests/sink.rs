//! Envoy's statistics and the shared list, as far as the meter knows them.

use std::collections::BTreeMap;

use crate::auth::AuthMethod;
use crate::metrics::{
    Bounds, Configured, Finished, Kind, Meter, Method, Settings, Statistics, Status,
};
use crate::rate_limit::{Unavailable, Version};

#[derive(Debug)]
pub struct Fake {
    metrics: Vec<(String, Kind, i64)>,
    pub defines: bool,
    pub adds: bool,
    pub shares: bool,
    pub calls: usize,
    pub roster: Vec<u8>,
    version: u32,
}

impl Default for Fake {
    fn default() -> Self {
        Self {
            metrics: Vec::new(),
            defines: true,
            adds: true,
            shares: true,
            calls: 0,
            roster: Vec::new(),
            version: 1,
        }
    }
}

impl Fake {
    pub fn get(&self, name: &str) -> Option<(Kind, i64)> {
        let metric = self.metrics.iter().find(|(held, ..)| held == name);
        metric.map(|(_, kind, value)| (*kind, *value))
    }

    pub fn names(&self) -> Vec<&str> {
        self.metrics.iter().map(|(name, ..)| name.as_str()).collect()
    }

    pub fn totals(&self) -> BTreeMap<String, i64> {
        self.metrics.iter().map(|(name, _, value)| (name.clone(), *value)).collect()
    }
}

impl Statistics for Fake {
    fn define(&mut self, kind: Kind, name: &str) -> Option<u32> {
        self.calls += 1;
        if !self.defines {
            return None;
        }
        let place = self.metrics.iter().position(|(held, ..)| held == name);
        let place = place.unwrap_or_else(|| {
            self.metrics.push((name.into(), kind, 0));
            self.metrics.len() - 1
        });
        assert_eq!(self.metrics[place].1, kind, "{name} is of one kind");
        u32::try_from(place).ok()
    }

    fn add(&mut self, id: u32, offset: i64) -> bool {
        self.calls += 1;
        let (name, kind, value) = &mut self.metrics[id as usize];
        assert!(offset != 0, "Envoy takes an increment by 0 for an error: {name}");
        assert!(offset > 0 || *kind == Kind::Gauge, "a counter only rises: {name}");
        if self.adds {
            *value += offset;
        }
        self.adds
    }

    fn set(&mut self, id: u32, value: u64) -> bool {
        self.calls += 1;
        let (name, kind, held) = &mut self.metrics[id as usize];
        assert_eq!(*kind, Kind::Gauge, "{name} is set");
        if self.adds {
            *held = value.cast_signed();
        }
        self.adds
    }

    fn value(&mut self, id: u32) -> Option<u64> {
        self.metrics.get(id as usize).map(|(_, _, value)| value.cast_unsigned())
    }

    fn roster(&mut self) -> Result<(Vec<u8>, Version), Unavailable> {
        if self.shares {
            Ok((self.roster.clone(), Version(self.version)))
        } else {
            Err(Unavailable)
        }
    }

    fn swap_roster(&mut self, roster: &[u8], version: Version) -> Result<bool, Unavailable> {
        if !self.shares {
            return Err(Unavailable);
        }
        let current = version == Version(self.version);
        if current {
            self.version += 1;
            self.roster = roster.into();
        }
        Ok(current)
    }
}

/// A meter that has counted nothing, without a limit and with the default buckets.
pub fn meter(namespace: &str) -> Meter {
    let namespace = namespace.into();
    Meter::new(Settings {
        namespace,
        bounds: Bounds::default(),
        limited: false,
        replay: false,
        configured: Configured::default(),
    })
}

pub fn finished(method: &[u8], status: u16, duration: u64) -> Finished {
    let (method, status) = (Method::of(method), Status::new(status));
    Finished { method, status, auth_method: AuthMethod::None, duration }
}
