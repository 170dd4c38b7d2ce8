//! What a configuration's routes leave open.

use probegate_core::config::shape::Class;
use probegate_core::route::Route;

use super::{Finding, Kind};
use crate::source::{Meaning, Source};

/// Routes without a system stand in place of the default ones, so nobody may guard the service's metrics.
pub fn open_metrics(source: &Source, meaning: &Meaning) -> Option<Finding> {
    let config = &meaning.config;
    let routes = config.routes.as_ref().filter(|_| config.system.is_none())?;
    let is_guarded = routes.iter().any(|rule| rule.class == Class::Metrics);
    // Of class admin or closed it is no open route, either.
    let is_open = meaning.compiled.gate.routes.find(b"/metrics") == Ok(Route::API);
    if is_guarded || !is_open {
        return None;
    }
    let (line, place) = source.describe(&source.spot("routes", &[]).way);
    let message = "without a system these are all the routes there are, so /metrics is an open API route: add one of class metrics";
    Some(Finding { line, place, message: message.into(), kind: Kind::Warning })
}
