//! What each stage asks. Their order is that of [`super::Gate::on_request`].

use crate::global_rate_limit::Fleet;
use crate::probe::plan::WhenDegraded;
use crate::rate_limit::client::{ClientKey, Identity};
use crate::rate_limit::window::Micros;
use crate::request::Head;
use crate::request_id::RequestId;
use crate::route::{Class, Forms, Route};
use crate::verdict::{Degrade, Mark, Refusal};

use super::{Gate, Host, Opened, Rest};

impl Gate {
    /// The request's ID, and whether it has to be set: the client's own was not kept.
    pub(super) fn request_id(&self, head: &Head<'_>, host: &mut impl Host) -> (RequestId, bool) {
        let kept = RequestId::from_client(head.request_id).filter(|_| self.accept_request_id);
        match kept {
            Some(id) => (id, false),
            None => (RequestId::mint(host.random()), true),
        }
    }

    /// The token that opens the route, if it takes one.
    pub(super) fn authorize(
        &self,
        route: Route,
        head: &Head<'_>,
    ) -> Result<Option<Opened>, Refusal> {
        match route.class {
            Class::Metrics if self.open_metrics => Ok(None),
            Class::Metrics | Class::Admin => match self.guards.get(route.guard) {
                Some(guard) => {
                    guard.check(head).map(|token| Some(Opened { guard: route.guard, token }))
                }
                // A guarded route without a guard cannot be configured; it would be closed.
                None => Err(Refusal::NotFound),
            },
            Class::Health | Class::Api => Ok(None),
            // Nobody is let through to these.
            Class::Closed | Class::Own => Err(Refusal::NotFound),
        }
    }

    /// Who asks, if a limit wants to know it.
    pub(super) fn client_of<'a>(
        &self,
        class: Class,
        head: &Head<'a>,
        host: &mut impl Host,
    ) -> Option<Identity<'a>> {
        let told = self.fleet.as_ref().and_then(Fleet::told);
        let clients = self.limit.as_ref().map(|limit| &limit.clients).or(told);
        let clients = clients.filter(|_| class != Class::Health)?;
        Some(clients.identify(head, host))
    }

    /// Spends the client's own limit, and says by which key.
    pub(super) fn admit(
        &mut self,
        client: Option<Identity<'_>>,
        head: &Head<'_>,
        now: Micros,
        host: &mut impl Host,
    ) -> Result<(Mark, Option<ClientKey>), Refusal> {
        let unmarked = if head.marked { Mark::Remove } else { Mark::Absent };
        let (Some(limit), Some(client)) = (&mut self.limit, client) else {
            return Ok((unmarked, None));
        };
        let client = ClientKey::new(&limit.hash_key, client);
        let mark = match limit.limiter.admit(client, now, host) {
            Ok(()) => unmarked,
            Err(overrun) if limit.enforce => return Err(Refusal::RateLimited(overrun)),
            Err(overrun) => Mark::Set(overrun.reason),
        };
        Ok((mark, Some(client)))
    }

    /// While a service behind is not well, API requests are marked, or refused until it is tried again.
    pub(super) fn degrade(
        &self,
        class: Class,
        head: &Head<'_>,
        now: Micros,
    ) -> Result<Degrade, Refusal> {
        match (&self.degraded, self.when_degraded) {
            (Some(_), WhenDegraded::Forward) if class == Class::Api => Ok(Degrade::Set),
            (Some(degraded), WhenDegraded::Refuse) if class == Class::Api => {
                Err(Refusal::Unavailable { retry_after: degraded.until.saturating_sub(now) })
            }
            _ if head.degraded => Ok(Degrade::Remove),
            _ => Ok(Degrade::Absent),
        }
    }

    /// What is left to decide of a request that its client's own limit admitted; `None` if nothing is.
    pub(super) fn rest(
        &self,
        head: &Head<'_>,
        forms: &Forms<'_>,
        client: Option<Identity<'_>>,
        key: Option<ClientKey>,
        host: &mut impl Host,
    ) -> Option<Box<Rest>> {
        if self.operations.is_empty() && self.replay.is_none() && self.fleet.is_none() {
            return None;
        }
        let mut rest = Box::<Rest>::default();
        rest.fleet.question = self.fleet.as_ref().map(|fleet| fleet.question(client));
        let mut key = || key.unwrap_or_else(|| self.operations.client(head, host));
        let mut tell = |place, key: Option<&[u8]>| rest.fleet.operation(place, key);
        rest.claims = self.operations.claims(head, forms, &mut key, &mut tell);
        rest.nonce = self.replay.as_ref().and_then(|replay| replay.find(head, forms));
        Some(rest)
    }
}
