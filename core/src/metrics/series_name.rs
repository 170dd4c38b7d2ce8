//! A series by its labels: all there can be is a closed set.

use std::borrow::Cow;

use super::Configured;
use super::family::{self, Family, Label};
use super::grpc::Code;
use super::probes::Probe;
use crate::auth::{AuthFailure, AuthMethod};
use crate::global_rate_limit::ServiceFailure as Undecided;
use crate::http::{Method, Status};
use crate::local_reply::CLIENT;
use crate::rate_limit::LimitReason;
use crate::replay::Block;
use crate::version::VERSION;
use crate::warnings::Warning;

/// A series, or a histogram's series taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the families say it")]
pub enum SeriesName {
    InFlight,
    Degraded,
    Folded,
    Requests(Method, Status, AuthMethod),
    Durations(Method, Status),
    AuthFailures(AuthMethod, AuthFailure),
    /// By the limit's place in the configuration: 0 is each client's own.
    RateLimited(u8, LimitReason),
    GrpcHandled(Code),
    ReplayBlocks(Block),
    GlobalRateLimitErrors(Undecided),
    Probe(Probe),
    ConfigurationWarnings(Warning),
    BuildInfo,
}

impl SeriesName {
    /// The family that it belongs to.
    pub fn family(self) -> &'static Family {
        match self {
            Self::InFlight => &family::IN_FLIGHT,
            Self::Degraded => &family::DEGRADED,
            Self::Folded => &family::FOLDED,
            Self::Requests(..) => &family::REQUESTS,
            Self::Durations(..) => &family::DURATIONS,
            Self::AuthFailures(..) => &family::AUTH_FAILURES,
            Self::RateLimited(..) => &family::RATE_LIMITED,
            Self::GrpcHandled(_) => &family::GRPC_HANDLED,
            Self::ReplayBlocks(_) => &family::REPLAY_BLOCKS,
            Self::GlobalRateLimitErrors(_) => &family::GLOBAL_RATE_LIMIT_ERRORS,
            Self::Probe(probe) => probe.family(),
            Self::ConfigurationWarnings(_) => &family::CONFIGURATION_WARNINGS,
            Self::BuildInfo => &family::BUILD_INFO,
        }
    }

    /// Its labels, in the order of the contract.
    pub fn labels(self, configured: &Configured) -> Vec<Label> {
        let of = |method: Method, status: Status| {
            [("method", method.label().into()), ("status_code", Cow::Owned(status.to_string()))]
        };
        match self {
            Self::InFlight | Self::Degraded | Self::Folded => Vec::new(),
            Self::Requests(method, status, auth_method) => {
                let [method, status] = of(method, status);
                vec![method, status, ("auth_method", auth_method.label().into())]
            }
            Self::Durations(method, status) => of(method, status).into(),
            Self::AuthFailures(auth_method, reason) => {
                vec![("auth_method", auth_method.label().into()), ("reason", reason.label().into())]
            }
            Self::RateLimited(limit, reason) => {
                let name = configured.limits.get(usize::from(limit)).cloned();
                let name = name.map_or(Cow::Borrowed(CLIENT), Cow::Owned);
                vec![("limit", name), ("reason", reason.label().into())]
            }
            Self::GrpcHandled(code) => vec![("code", code.label().into())],
            Self::ReplayBlocks(block) => vec![("reason", block.label().into())],
            Self::GlobalRateLimitErrors(failure) => vec![("reason", failure.label().into())],
            Self::Probe(probe) => configured.services.labels(probe),
            Self::ConfigurationWarnings(warning) => vec![("kind", warning.kind().into())],
            Self::BuildInfo => {
                vec![("version", VERSION.into()), ("host", configured.host.into())]
            }
        }
    }

    /// Bytes that [`SeriesName::decode`] reads; VMs that run different builds may share them.
    pub fn encode(self) -> [u8; Self::SIZE] {
        let (tag, first, second, status) = match self {
            Self::InFlight => (0, 0, 0, 0),
            Self::Degraded => (1, 0, 0, 0),
            Self::Folded => (2, 0, 0, 0),
            Self::Requests(method, status, auth) => (3, method as u8, auth as u8, status.code()),
            Self::Durations(method, status) => (4, method as u8, 0, status.code()),
            Self::AuthFailures(auth, reason) => (5, auth as u8, reason as u8, 0),
            Self::RateLimited(0, reason) => (6, reason as u8, 0, 0),
            Self::GrpcHandled(code) => (7, code as u8, 0, 0),
            Self::ReplayBlocks(block) => (8, block as u8, 0, 0),
            // All VMs know it: it stands on no list.
            Self::Probe(_)
            | Self::ConfigurationWarnings(_)
            | Self::BuildInfo
            | Self::GlobalRateLimitErrors(_)
            | Self::RateLimited(..) => (u8::MAX, 0, 0, 0),
        };
        let [low, high] = status.to_le_bytes();
        [tag, first, second, low, high]
    }

    /// Length of an encoded key.
    pub const SIZE: usize = 5;

    /// The key that has this encoding, if one has.
    pub fn decode([tag, first, second, low, high]: [u8; Self::SIZE]) -> Option<Self> {
        let status = || Status::held(u16::from_le_bytes([low, high]));
        let (at, then) = (usize::from(first), usize::from(second));
        let key = match tag {
            0 => Self::InFlight,
            1 => Self::Degraded,
            2 => Self::Folded,
            3 => Self::Requests(*Method::ALL.get(at)?, status()?, *AuthMethod::ALL.get(then)?),
            4 => Self::Durations(*Method::ALL.get(at)?, status()?),
            5 => Self::AuthFailures(*AuthMethod::ALL.get(at)?, *AuthFailure::ALL.get(then)?),
            6 => Self::RateLimited(0, *LimitReason::ALL.get(at)?),
            7 => Self::GrpcHandled(*Code::ALL.get(at)?),
            8 => Self::ReplayBlocks(*Block::ALL.get(at)?),
            _ => return None,
        };
        (key.encode() == [tag, first, second, low, high]).then_some(key)
    }
}
