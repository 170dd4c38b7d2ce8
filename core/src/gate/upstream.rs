//! The fate of requests whose upstream is not ready.

use crate::probe::plan::WhenDegraded;
use crate::probe::prober::Degraded;
use crate::request::Head;
use crate::route::Class;
use crate::time::Micros;
use crate::verdict::{Dependency, HeaderEdit, Refusal};

/// The state of the services behind, as far as it decides on requests.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The fate of API requests while one is not ready.
    pub when_degraded: WhenDegraded,
    /// The services that are not well, as the last tick found them.
    pub degraded: Option<Degraded>,
}

impl Upstream {
    /// While a service behind is not well, API requests are marked, or refused until it is tried again.
    pub fn degrade(
        &self,
        class: Class,
        head: &Head<'_>,
        now: Micros,
    ) -> Result<HeaderEdit<()>, Refusal> {
        match (&self.degraded, self.when_degraded) {
            (Some(_), WhenDegraded::Forward) if class == Class::Api => Ok(HeaderEdit::Set(())),
            (Some(degraded), WhenDegraded::Refuse) if class == Class::Api => {
                let retry_after = degraded.until.saturating_sub(now);
                Err(Refusal::Unavailable { what: Dependency::Upstream, retry_after })
            }
            _ if head.degraded => Ok(HeaderEdit::Remove),
            _ => Ok(HeaderEdit::Keep),
        }
    }
}
