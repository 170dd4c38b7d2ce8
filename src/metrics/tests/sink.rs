//! Envoy's statistics, as far as the meter knows them.

use std::collections::BTreeMap;

use crate::auth::AuthMethod;
use crate::metrics::{Finished, Kind, Method, Sink, Status};

#[derive(Debug)]
pub struct Statistics {
    metrics: Vec<(String, Kind, i64)>,
    pub defines: bool,
    pub adds: bool,
    pub calls: usize,
}

impl Default for Statistics {
    fn default() -> Self {
        Self { metrics: Vec::new(), defines: true, adds: true, calls: 0 }
    }
}

impl Statistics {
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

impl Sink for Statistics {
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
}

pub fn finished(method: &[u8], status: u16, duration: u64) -> Finished {
    let (method, status) = (Method::of(method), Status::new(status));
    Finished { method, status, auth_method: AuthMethod::None, duration }
}
