//! Envoy's metrics for a host whose metrics have labels of their own: each is defined before anything
//! is counted, by its name and the names of its labels.

use super::family::{MetricNames, Part, Type};
use super::histogram::Bounds;
use super::probes::Probe;
use super::series_name::SeriesName;
use super::{Code, Configured, Kind, Method, Status};
use crate::auth::{AuthFailure, AuthMethod};
use crate::breaker;
use crate::callout::FailureReason;
use crate::global_rate_limit::ServiceFailure as Undecided;
use crate::rate_limit::LimitReason;
use crate::replay::Block;
use crate::warnings::Warning;

/// A metric, apart from the values of its labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its kind in Envoy.
    pub kind: Kind,
    /// Without its labels.
    pub name: String,
    /// The names of its labels, in the order of [`split`].
    pub labels: Vec<String>,
}

/// A series of each family.
const EXAMPLES: [SeriesName; 21] = [
    SeriesName::Requests(Method::Get, Status::OK, AuthMethod::None),
    SeriesName::Durations(Method::Get, Status::OK),
    SeriesName::InFlight,
    SeriesName::AuthFailures(AuthMethod::None, AuthFailure::Missing),
    SeriesName::RateLimited(0, LimitReason::Exceeded),
    SeriesName::ReplayBlocks(Block::Missing),
    SeriesName::Degraded,
    SeriesName::GrpcHandled(Code::Ok),
    SeriesName::Folded,
    SeriesName::BuildInfo,
    SeriesName::ConfigurationWarnings(Warning::ListenerPassed),
    SeriesName::GlobalRateLimitErrors(Undecided::Open),
    SeriesName::Probe(Probe::BreakerState(0)),
    SeriesName::Probe(Probe::BreakerFailures(0)),
    SeriesName::Probe(Probe::BreakerSuccesses(0)),
    SeriesName::Probe(Probe::BreakerChanges(
        0,
        breaker::BreakerState::Closed,
        breaker::BreakerState::Open,
    )),
    SeriesName::Probe(Probe::Up(0, 0)),
    SeriesName::Probe(Probe::Degraded(0, 0)),
    SeriesName::Probe(Probe::Durations(0, 0)),
    SeriesName::Probe(Probe::Failures(0, 0, FailureReason::Reset)),
    SeriesName::Probe(Probe::ReadinessRung(0)),
];

/// All metrics that there can be in a namespace.
pub fn definitions(namespace: &str) -> Vec<Definition> {
    let names = MetricNames::new(namespace);
    let (configured, bound) = (Configured::default(), Bounds::default().label(0));
    let parts = |key: SeriesName| match key.family().kind {
        Type::Counter => vec![(Kind::Counter, Part::Value)],
        Type::Gauge => vec![(Kind::Gauge, Part::Value)],
        Type::Histogram => {
            [Part::Bucket(&bound), Part::Count, Part::Sum].map(|part| (Kind::Counter, part)).into()
        }
    };
    let mut all = Vec::new();
    for key in EXAMPLES {
        let labels = key.labels(&configured);
        for (kind, part) in parts(key) {
            let full = names.in_envoy(key.family(), &labels, part);
            let (labels, name) = split(&full);
            let labels = labels.into_iter().map(|(label, _)| label.to_owned()).collect();
            all.push(Definition { kind, name: name.to_owned(), labels });
        }
    }
    all
}

/// The labels of a metric's full name, as [`MetricNames::in_envoy`] writes it, and the name without them.
pub fn split(name: &str) -> (Vec<(&str, &str)>, &str) {
    let Some((labels, name)) = name.rsplit_once(";.") else { return (Vec::new(), name) };
    (labels.split(";.").filter_map(|label| label.split_once("=.=")).collect(), name)
}

#[cfg(test)]
mod tests {
    use super::super::family::{CONFIGURED, FAMILIES};
    use super::*;

    #[test]
    fn every_family_is_defined_once() {
        let of_examples: Vec<_> = EXAMPLES.iter().map(|key| key.family().name).collect();
        let all: Vec<_> = FAMILIES.iter().chain(&CONFIGURED).map(|family| family.name).collect();
        assert_eq!(of_examples, all);
        let mut names: Vec<_> = definitions("ns").into_iter().map(|one| one.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_definition_has_the_names_that_a_scrape_shows() {
        let all = definitions("ns");
        let labels = |name: &str| {
            let one = all.iter().find(|one| one.name == name).unwrap();
            (one.kind, one.labels.join(","))
        };
        let requests = (Kind::Counter, "method,status_code,auth_method".into());
        assert_eq!(labels("ns_gateway_requests_total"), requests);
        let bucket = (Kind::Counter, "method,status_code,le".into());
        assert_eq!(labels("ns_gateway_request_duration_seconds_bucket"), bucket);
        assert_eq!(labels("ns_gateway_requests_in_flight"), (Kind::Gauge, String::new()));
        assert_eq!(labels("ns_circuit_breaker_state"), (Kind::Gauge, "name".into()));
    }

    #[test]
    fn a_full_name_is_split_into_what_it_was_made_of() {
        let names = MetricNames::new("ns");
        for key in EXAMPLES {
            let labels = key.labels(&Configured::default());
            let full = names.in_envoy(key.family(), &labels, Part::Value);
            let (found, name) = split(&full);
            assert!(labels.iter().map(|(name, value)| (*name, &**value)).eq(found), "{full}");
            assert!(name.starts_with(&names.full_name(key.family())), "{full}");
        }
        assert_eq!(split("le=.=0.005;.ns_x_bucket"), (vec![("le", "0.005")], "ns_x_bucket"));
    }
}
