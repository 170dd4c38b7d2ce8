//! Checks that are left when a request's own client's limit has admitted it.

use crate::global_rate_limit::Passage;
use crate::operations::Charge;
use crate::replay::Nonce;

/// Checks of the stages that may wait. A stage takes its part when it comes to it.
#[derive(Debug, Default)]
pub struct PendingChecks {
    /// The operations that have to admit it.
    pub charges: Vec<Charge>,
    /// The limit that many Envoys share.
    pub global_rate_limit: Passage,
    /// The nonce, if the request must be the only one of its kind.
    pub nonce: Option<Nonce>,
}
