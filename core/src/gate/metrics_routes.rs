//! The metrics routes.

/// Settings of the metrics routes beside their guard.
#[derive(Clone, Copy, Debug, Default)]
pub struct MetricsRoutes {
    /// `mode: dev`: anybody may read them.
    pub open: bool,
    /// Take `authorization` off requests to them.
    pub strip_authorization: bool,
}
