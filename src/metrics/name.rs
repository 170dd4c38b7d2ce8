//! Names of Envoy statistics, in the form that Istio's tags use: each label in front of the family
//! as `label=.=value;.`, which one `stats_tags` line of a bootstrap for each label turns into a
//! label of Prometheus.

use std::fmt::Write as _;

use super::histogram::Bound;
use super::labels::{Method, Status};
use crate::auth::{AuthMethod, Failure};
use crate::verdict::LimitReason;

/// Writes names into one buffer: a name is needed once for each series of a VM.
#[derive(Debug)]
pub struct Names {
    namespace: Box<str>,
    buffer: String,
}

/// A label's name and value.
type Label<'a> = (&'a str, &'a dyn std::fmt::Display);

impl Names {
    /// Names whose families start with `namespace` and an underscore; an empty one adds nothing.
    pub fn new(namespace: &str) -> Self {
        let namespace = match namespace {
            "" => "".into(),
            namespace => format!("{namespace}_").into(),
        };
        Self { namespace, buffer: String::new() }
    }

    fn write(&mut self, labels: &[Label<'_>], family: &str) -> &str {
        self.buffer.clear();
        for (name, value) in labels {
            // Writing to a string cannot fail.
            let _ = write!(self.buffer, "{name}=.={value};.");
        }
        self.buffer.push_str(&self.namespace);
        self.buffer.push_str(family);
        &self.buffer
    }

    pub(super) fn requests(&mut self, key: (Method, Status, AuthMethod)) -> &str {
        let (method, status, auth_method) = key;
        let labels: [Label<'_>; 3] = [
            ("method", &method.label()),
            ("status_code", &status),
            ("auth_method", &auth_method.label()),
        ];
        self.write(&labels, "gateway_requests_total")
    }

    pub(super) fn duration_bucket(&mut self, key: (Method, Status), bound: Bound) -> &str {
        let (method, status) = key;
        let labels: [Label<'_>; 3] =
            [("method", &method.label()), ("status_code", &status), ("le", &bound)];
        self.write(&labels, "gateway_request_duration_seconds_bucket")
    }

    pub(super) fn duration_count(&mut self, key: (Method, Status)) -> &str {
        self.of_durations(key, "gateway_request_duration_seconds_count")
    }

    /// Envoy's counters hold whole numbers, so the sum is one of microseconds.
    pub(super) fn duration_sum(&mut self, key: (Method, Status)) -> &str {
        self.of_durations(key, "gateway_request_duration_microseconds_sum")
    }

    fn of_durations(&mut self, (method, status): (Method, Status), family: &str) -> &str {
        self.write(&[("method", &method.label()), ("status_code", &status)], family)
    }

    pub(super) fn auth_failures(&mut self, key: (AuthMethod, Failure)) -> &str {
        let (auth_method, failure) = key;
        let labels: [Label<'_>; 2] =
            [("auth_method", &auth_method.label()), ("reason", &failure.label())];
        self.write(&labels, "gateway_auth_failures_total")
    }

    pub(super) fn rate_limited(&mut self, reason: LimitReason) -> &str {
        let labels: [Label<'_>; 2] = [("limit", &"client"), ("reason", &reason.label())];
        self.write(&labels, "gateway_rate_limited_total")
    }

    pub(super) fn in_flight(&mut self) -> &str {
        self.write(&[], "gateway_requests_in_flight")
    }
}
