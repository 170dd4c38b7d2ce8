//! What a configuration's routes leave open.

use probegate_core::config::shape::{Class, System};
use probegate_core::route::Route;

use super::{Finding, Kind};
use crate::source::{Meaning, Source};

/// With `system: none` there are no default routes, so nobody may guard the service's metrics.
pub fn open_metrics(source: &Source, meaning: &Meaning) -> Option<Finding> {
    let config = &meaning.config;
    let guarded = config.routes.iter().flatten().any(|rule| rule.class == Class::Metrics);
    // Of class admin or closed it is no open route, either.
    let is_open = meaning.compiled.gate.routes.find(b"/metrics") == Ok(Route::API);
    if config.system != Some(System::None) || guarded || !is_open {
        return None;
    }
    let (line, place) = source.describe(&source.spot("system", &[]).way);
    let message = "without the default routes /metrics is an open API route: add one of class metrics to routes";
    Some(Finding { line, place, message: message.into(), kind: Kind::Warning })
}
