//! The families: what each is called, what it means, and what its Envoy metrics are called.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The type of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Only ever rises.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Seconds, in buckets.
    Histogram,
}

/// A family of series that differ by their labels.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    /// Its name without the namespace, and without the `_total` of a counter.
    pub name: &'static str,
    /// One sentence for the reader of a scrape.
    pub help: &'static str,
    /// The type of its values.
    pub kind: Type,
}

/// A label's name and value.
pub type Label = (&'static str, Cow<'static, str>);

/// Requests by how they ended.
pub const REQUESTS: Family = Family {
    name: "gateway_requests",
    help: "Requests that ended, by method, status and credentials the client presented (not verified)",
    kind: Type::Counter,
};
/// Durations of requests.
pub const DURATIONS: Family = Family {
    name: "gateway_request_duration_seconds",
    help: "Time from the arrival of a request's head to the end of its stream",
    kind: Type::Histogram,
};
/// Requests that have begun and not ended.
pub const IN_FLIGHT: Family = Family {
    name: "gateway_requests_in_flight",
    help: "Requests that have begun and not ended",
    kind: Type::Gauge,
};
/// Requests without a valid credential.
pub const AUTH_FAILURES: Family = Family {
    name: "gateway_auth_failures",
    help: "Requests that were refused for want of a valid credential, by the gate or by the upstream",
    kind: Type::Counter,
};
/// Requests that a limit did not admit.
pub const RATE_LIMITED: Family = Family {
    name: "gateway_rate_limited",
    help: "Requests over a rate limit: rejected, or only counted (enforce: false)",
    kind: Type::Counter,
};
/// Requests that were seen before.
pub const REPLAY_BLOCKS: Family = Family {
    name: "gateway_replay_blocks",
    help: "Requests that replay protection refused",
    kind: Type::Counter,
};
/// Requests that passed though something behind is down.
pub const DEGRADED: Family = Family {
    name: "gateway_degraded_mode_requests",
    help: "Requests that were forwarded while a circuit breaker was not closed",
    kind: Type::Counter,
};
/// gRPC requests by how they ended.
pub const GRPC_HANDLED: Family = Family {
    name: "gateway_grpc_server_handled",
    help: "gRPC requests that ended, by status code",
    kind: Type::Counter,
};
/// Requests for whose method or status there was no room.
pub const FOLDED: Family = Family {
    name: "gateway_series_overflow",
    help: "Requests recorded under the method OTHER or under their status class because the series limit was reached",
    kind: Type::Counter,
};
/// Requests that the global_rate_limit's service was to decide.
pub const GLOBAL_RATE_LIMIT_ERRORS: Family = Family {
    name: "gateway_global_rate_limit_errors",
    help: "Requests that the service of the limit over many Envoys was to decide, and did not",
    kind: Type::Counter,
};

/// States of breakers.
pub const BREAKER_STATE: Family = Family {
    name: "circuit_breaker_state",
    help: "State of a service's circuit breaker: 0 closed, 1 open, 2 half-open",
    kind: Type::Gauge,
};
/// Rounds of probes that failed.
pub const BREAKER_FAILURES: Family = Family {
    name: "circuit_breaker_failures",
    help: "Rounds of probes of a service in which one failed",
    kind: Type::Counter,
};
/// Rounds of probes that did not fail.
pub const BREAKER_SUCCESSES: Family = Family {
    name: "circuit_breaker_successes",
    help: "Rounds of probes of a service in which none failed",
    kind: Type::Counter,
};
/// Turns of breakers.
pub const BREAKER_CHANGES: Family = Family {
    name: "circuit_breaker_state_changes",
    help: "Changes of the state of a service's circuit breaker",
    kind: Type::Counter,
};
/// Rungs that carry.
pub const PROBE_UP: Family = Family {
    name: "probe_up",
    help: "Whether a rung of a service is available: 1 up or degraded, 0 down or unknown",
    kind: Type::Gauge,
};
/// Rungs that carry, but not well.
pub const PROBE_DEGRADED: Family = Family {
    name: "probe_degraded",
    help: "Whether a rung of a service is degraded: it answers, but not as expected",
    kind: Type::Gauge,
};
/// Durations of probes.
pub const PROBE_DURATIONS: Family = Family {
    name: "probe_duration_seconds",
    help: "Time from the sending of a probe to its answer, or to the end of waiting for one",
    kind: Type::Histogram,
};
/// Probes that failed.
pub const PROBE_FAILURES: Family = Family {
    name: "probe_failures",
    help: "Failed probes; with the reason body those that answered otherwise than expected",
    kind: Type::Counter,
};
/// Heights of ladders.
pub const READINESS_RUNG: Family = Family {
    name: "readiness_rung",
    help: "Available rungs of a service, from the lowest up, without a gap",
    kind: Type::Gauge,
};

/// The gate itself.
pub const BUILD_INFO: Family = Family {
    name: "probegate_build_info",
    help: "Version and form of the gate; always 1",
    kind: Type::Gauge,
};

/// Warnings of the gate.
pub const CONFIGURATION_WARNINGS: Family = Family {
    name: "probegate_configuration_warnings",
    help: "Whether something around the gate keeps it from judging, counting or telling clients apart, since Envoy started: 1 found, 0 not",
    kind: Type::Gauge,
};

/// All families, in the order in which a scrape shows them.
pub const FAMILIES: [&Family; 9] = [
    &REQUESTS,
    &DURATIONS,
    &IN_FLIGHT,
    &AUTH_FAILURES,
    &RATE_LIMITED,
    &REPLAY_BLOCKS,
    &DEGRADED,
    &GRPC_HANDLED,
    &FOLDED,
];

/// Those that are shown where the configuration has something for them to count.
pub const CONFIGURED: [&Family; 12] = [
    &BUILD_INFO,
    &CONFIGURATION_WARNINGS,
    &GLOBAL_RATE_LIMIT_ERRORS,
    &BREAKER_STATE,
    &BREAKER_FAILURES,
    &BREAKER_SUCCESSES,
    &BREAKER_CHANGES,
    &PROBE_UP,
    &PROBE_DEGRADED,
    &PROBE_DURATIONS,
    &PROBE_FAILURES,
    &READINESS_RUNG,
];

/// One of a family's Envoy metrics.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// The value of a counter or a gauge.
    Value,
    /// Values that are not above this bound, in seconds, or `+Inf`.
    Bucket(&'a str),
    /// The number of observations.
    Count,
    /// Their sum. Envoy's counters hold whole numbers, so it is one of microseconds.
    Sum,
}

/// MetricNames under one namespace.
#[derive(Clone, Debug)]
pub struct MetricNames {
    prefix: Box<str>,
}

impl MetricNames {
    /// MetricNames that start with `namespace` and an underscore; an empty one adds nothing.
    pub fn new(namespace: &str) -> Self {
        let prefix = match namespace {
            "" => "".into(),
            namespace => format!("{namespace}_").into(),
        };
        Self { prefix }
    }

    /// The family's name, without the `_total` of a counter.
    pub fn full_name(&self, family: &Family) -> String {
        format!("{}{}", self.prefix(family), family.name)
    }

    /// A family of the gate's own, whatever service it stands for, has the same name everywhere.
    fn prefix(&self, family: &Family) -> &str {
        if [BUILD_INFO, CONFIGURATION_WARNINGS].contains(family) { "" } else { &self.prefix }
    }

    /// The name of a metric of Envoy's, in the form that Istio's tags use: each label in front of
    /// the family as `label=.=value;.`, which one `stats_tags` line of a bootstrap for each label
    /// turns into a label of Prometheus.
    pub fn in_envoy(&self, family: &Family, labels: &[Label], part: Part<'_>) -> String {
        let mut name = String::new();
        // Writing to a string cannot fail.
        for (label, value) in labels {
            let _ = write!(name, "{label}=.={value};.");
        }
        if let Part::Bucket(bound) = part {
            let _ = write!(name, "le=.={bound};.");
        }
        name.push_str(self.prefix(family));
        name.push_str(match part {
            Part::Sum => family.name.strip_suffix("_seconds").unwrap_or(family.name),
            _ => family.name,
        });
        name.push_str(match part {
            Part::Value if family.kind == Type::Counter => "_total",
            Part::Value => "",
            Part::Bucket(_) => "_bucket",
            Part::Count => "_count",
            Part::Sum => "_microseconds_sum",
        });
        name
    }
}
