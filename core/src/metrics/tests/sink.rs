//! Meters of these tests, and what they count.

use crate::auth::AuthMethod;
use crate::http::{Method, Status};
use crate::metrics::{Bounds, Configured, Finished, Meter, MetricsSettings};

/// Without a limit, and with the default buckets.
pub fn settings(namespace: &str) -> MetricsSettings {
    MetricsSettings {
        namespace: namespace.into(),
        bounds: Bounds::default(),
        limited: false,
        replay: false,
        configured: Configured::default(),
    }
}

/// A meter that has counted nothing.
pub fn meter(namespace: &str) -> Meter {
    Meter::new(settings(namespace))
}

pub fn finished(method: &[u8], status: u16, duration: u64) -> Finished {
    let (method, status) = (Method::from_bytes(method), Status::new(status));
    Finished { method, status, auth_method: AuthMethod::None, duration }
}
