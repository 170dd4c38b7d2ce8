//! The stages of a request. Their order is that of [`super::Gate::on_request`].

use crate::client::{ClientKey, ClientSource, Identity};
use crate::global_rate_limit::GlobalRateLimit;
use crate::rate_limit::{LimitReason, QuotaState, Rejection};
use crate::request::Head;
use crate::request_id::RequestId;
use crate::route::{Class, Endpoint, PathVariants};
use crate::verdict::{HeaderEdit, Refusal};
use crate::warnings::Warning;

use super::{ClientLimit, Context, Gate, Host, PendingChecks, Stream};

impl Gate {
    /// The request's ID, and whether it has to be set: the client's own was not kept.
    pub(super) fn request_id(&self, head: &Head<'_>, host: &mut impl Host) -> (RequestId, bool) {
        let kept = RequestId::from_client(head.request_id).filter(|_| self.accept_request_id);
        match kept {
            Some(id) => (id, false),
            None => (RequestId::mint(host.random()), true),
        }
    }

    /// The client, if a limit wants to know it.
    pub(super) fn client_of<'a>(
        &mut self,
        class: Class,
        head: &Head<'a>,
        host: &mut impl Host,
    ) -> Option<Identity<'a>> {
        let described = self.limits.global.as_ref().and_then(GlobalRateLimit::clients_to_describe);
        let clients = self.limits.client.as_ref().map(|limit| &limit.clients).or(described);
        let clients = clients.filter(|_| class != Class::Health)?;
        let client = clients.identify(head, host);
        if client == Identity::Unknown && clients.source == ClientSource::Peer {
            self.warnings.insert(Warning::PeerUnknown);
        }
        Some(client)
    }

    /// Spends the client's own limit, and returns by which key.
    pub(super) fn admit<H: Host>(
        &mut self,
        client: Option<Identity<'_>>,
        (head, stream): (&Head<'_>, &mut Stream),
        endpoint: Option<Endpoint>,
        context: &mut Context<'_, H>,
    ) -> Result<(HeaderEdit<LimitReason>, Option<ClientKey>), Refusal> {
        let unmarked = if head.marked { HeaderEdit::Remove } else { HeaderEdit::Keep };
        let (Some(limit), Some(client)) = (&mut self.limits.client, client) else {
            return Ok((unmarked, None));
        };
        let client = ClientKey::new(&limit.hash_key, client);
        let admitted = match endpoint {
            None => limit.limiter.admit(client, context.now, context.host),
            Some(_) => admit_to_endpoints(limit, client, context),
        };
        if limit.tells_always {
            let remaining = *admitted.as_ref().unwrap_or(&0);
            let state = QuotaState { quota: limit.limiter.quota(), remaining };
            stream.quota = Some(boxed(state));
        }
        let mark = match admitted {
            Ok(_) => unmarked,
            Err(rejection) if limit.enforce => return Err(Refusal::RateLimited(rejection)),
            Err(rejection) => HeaderEdit::Set(rejection.reason),
        };
        Ok((mark, Some(client)))
    }

    /// The pending checks of a request that its client's own limit admitted; `None` if there are none.
    pub(super) fn pending_checks(
        &self,
        head: &Head<'_>,
        variants: &PathVariants<'_>,
        (client, key): (Option<Identity<'_>>, Option<ClientKey>),
        host: &mut impl Host,
    ) -> Option<Box<PendingChecks>> {
        if self.limits.operations.is_empty()
            && self.limits.replay.is_none()
            && self.limits.global.is_none()
        {
            return None;
        }
        Some(self.all_pending_checks(head, variants, (client, key), host))
    }

    #[cold]
    fn all_pending_checks(
        &self,
        head: &Head<'_>,
        variants: &PathVariants<'_>,
        (client, key): (Option<Identity<'_>>, Option<ClientKey>),
        host: &mut impl Host,
    ) -> Box<PendingChecks> {
        let mut pending = Box::<PendingChecks>::default();
        pending.global_rate_limit.question =
            self.limits.global.as_ref().map(|limit| limit.question(client));
        let mut key = || key.unwrap_or_else(|| self.limits.operations.client(head, host));
        let mut on_match =
            |place, key: Option<&[u8]>| pending.global_rate_limit.operation(place, key);
        pending.charges = self.limits.operations.charges(head, variants, &mut key, &mut on_match);
        pending.nonce =
            self.limits.replay.as_ref().and_then(|replay| replay.find(head, variants, &mut key));
        pending
    }
}

/// Spends the client's limit of the gate's own endpoints.
#[inline(never)]
fn admit_to_endpoints<H: Host>(
    limit: &mut ClientLimit,
    client: ClientKey,
    context: &mut Context<'_, H>,
) -> Result<u32, Rejection> {
    let name = format!("endpoints.{}", limit.endpoints.quota().window);
    let mut table = context.host.table(&name);
    limit.endpoints.admit(client, context.now, &mut table)
}

/// The state in a box. Apart, since few configurations allocate here.
#[inline(never)]
fn boxed(state: QuotaState) -> Box<QuotaState> {
    Box::new(state)
}
