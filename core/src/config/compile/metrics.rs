//! Compiles the section `metrics`.

use crate::config::Mistake;
use crate::config::shape::Metrics;
use crate::metrics::{Bounds, Configured, MetricsSettings};

use super::findings::Findings;

/// The first part of every metric's name, unless the user or the system says another.
const NAMESPACE: &str = "probegate";

/// Checks the section and gives it its meaning.
pub fn compile(
    metrics: Metrics,
    limited: bool,
    replay: bool,
    configured: Configured,
    findings: &mut Findings,
) -> Option<MetricsSettings> {
    let namespace = metrics.namespace.unwrap_or_else(|| NAMESPACE.into());
    findings.check_at("namespace", check_namespace(&namespace));
    let bounds = metrics.buckets.map_or_else(
        || Ok(Bounds::default()),
        |seconds| {
            Bounds::from_seconds(&seconds).map_err(|wrong| match wrong {
                (None, right) => Mistake::new(right),
                (Some(index), right) => Mistake::new(right).within_index(index),
            })
        },
    );
    let bounds = findings.check_at("buckets", bounds)?;
    Some(MetricsSettings { namespace, bounds, limited, replay, configured })
}

/// A name that Prometheus takes for the first part of a metric's.
fn check_namespace(namespace: &str) -> Result<(), Mistake> {
    let first = namespace.bytes().next().is_none_or(|b| b.is_ascii_alphabetic() || b == b'_');
    let rest = namespace.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if first && rest {
        return Ok(());
    }
    Err(Mistake::new("must be letters, digits and underscores, and not start with a digit"))
}
