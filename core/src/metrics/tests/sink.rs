//! Meters of these tests, and what they count.

use crate::auth::AuthMethod;
use crate::http::{Method, Status};
use crate::metrics::{Bounds, Configured, Finished, Meter, MetricsSettings};

/// A meter that has counted nothing, without a limit and with the default buckets.
pub fn meter(namespace: &str) -> Meter {
    let namespace = namespace.into();
    Meter::new(MetricsSettings {
        namespace,
        bounds: Bounds::default(),
        limited: false,
        replay: false,
        configured: Configured::default(),
    })
}

pub fn finished(method: &[u8], status: u16, duration: u64) -> Finished {
    let (method, status) = (Method::from_bytes(method), Status::new(status));
    Finished { method, status, auth_method: AuthMethod::None, duration }
}
