//! The JSON of the report, in the order of its keys.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::json::Millis;
use crate::warnings::Warnings;

pub struct StatusReport<'a, G> {
    pub service: &'a str,
    pub status: &'static str,
    pub services: Vec<Service<'a>>,
    pub gate: Option<GateDetails<G>>,
}

/// For the holder of the metrics token alone.
pub struct GateDetails<G> {
    pub version: &'static str,
    pub commit: Option<&'static str>,
    pub host: &'static str,
    pub warnings: Warnings,
    pub work: Option<G>,
    pub settings: Option<ProbeSettings>,
}

impl<G: Serialize> Serialize for StatusReport<'_, G> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("service", self.service)?;
        map.serialize_entry("status", self.status)?;
        map.serialize_entry("services", &self.services)?;
        if let Some(GateDetails { version, commit, host, warnings, work, settings }) = &self.gate {
            map.serialize_entry("version", version)?;
            map.serialize_entry("commit", commit)?;
            map.serialize_entry("host", host)?;
            map.serialize_entry("warnings", warnings)?;
            map.serialize_entry("gate", work)?;
            if let Some(settings) = settings {
                map.serialize_entry("settings", settings)?;
            }
        }
        map.end()
    }
}

#[derive(Serialize)]
pub struct ProbeSettings {
    pub every_ms: u64,
    pub timeout_ms: u64,
    pub failure_threshold: u16,
    pub success_threshold: u16,
    pub open_for_ms: u64,
    pub when_degraded: &'static str,
}

#[derive(Serialize)]
pub struct Service<'a> {
    pub service: &'a str,
    pub status: &'static str,
    pub rung: usize,
    pub of: usize,
    pub breaker: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_trial_in_ms: Option<Option<u64>>,
    pub latency_ms: Option<Millis>,
    pub last_check_at: Option<String>,
    pub failed: Vec<FailedRung<'a>>,
    pub rungs: Vec<RungSummary<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<ServiceDetails<'a>>,
}

#[derive(Serialize)]
pub struct FailedRung<'a> {
    pub rung: &'a str,
    pub state: &'static str,
    pub reason: Option<&'static str>,
    pub since: Option<String>,
}

#[derive(Serialize)]
pub struct RungSummary<'a> {
    pub rung: &'a str,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<RungDetails<'a>>,
}

#[derive(Serialize)]
pub struct ServiceDetails<'a> {
    pub cluster: &'a str,
    pub authority: &'a str,
    pub token: bool,
    pub rounds: u64,
    pub next_round_in_ms: Option<u64>,
    pub breaker_since: Option<String>,
    pub breaker_failures: u16,
}

#[derive(Serialize)]
pub struct RungDetails<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc: Option<&'a str>,
    pub last: &'static str,
    pub reason: Option<&'static str>,
    pub in_a_row: u16,
    pub since: Option<String>,
    pub latency_ms: Option<Millis>,
    pub last_check_at: Option<String>,
}
