//! What is left to decide of a request when its client's own limit has admitted it.

use crate::global_rate_limit::Passage;
use crate::operations::Charge;
use crate::replay::Nonce;

/// What the stages that may wait have to decide. A stage takes its part when it comes to it.
#[derive(Debug, Default)]
pub struct PendingChecks {
    /// The operations that have to admit it.
    pub charges: Vec<Charge>,
    /// The limit that many Envoys share.
    pub global_rate_limit: Passage,
    /// What makes it the only one of its kind, if it has to be.
    pub nonce: Option<Nonce>,
}
