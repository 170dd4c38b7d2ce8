//! Checks of the gate's surroundings.

mod addresses;
mod clusters;
mod dynamic_module;
mod envoy_filter;
mod filter_chain;
mod filter_keys;
mod headers;
mod listeners;
mod plugin;
mod resource;
mod routes;
mod statistics;
mod twins;
mod upgrades;

use probegate_core::config::shape::{Client, Config, KeyShape};

use super::finding::Findings;
use crate::find::envoy::{Host, Placed, World};
use crate::find::{Around, Gate};
use crate::source::Meaning;

/// A gate, what its configuration means, and the file that it stands in.
pub struct Context<'a> {
    pub gate: &'a Gate<'a>,
    pub meaning: &'a Meaning,
    pub world: &'a World<'a>,
    /// All gates of the file.
    pub gates: &'a [Gate<'a>],
}

impl<'a> Context<'a> {
    /// All gates of the file that are filters of Envoy.
    fn placed(&self) -> impl Iterator<Item = &'a Placed<'a>> {
        self.gates.iter().filter_map(|gate| match &gate.around {
            Around::Envoy(placed) => Some(placed),
            _ => None,
        })
    }

    fn config(&self) -> &'a Config {
        &self.meaning.config
    }

    /// An operation that is counted by a key in the request's body.
    fn has_body_key(&self) -> bool {
        self.config().operations.iter().any(|operation| matches!(operation.key, KeyShape::Json(_)))
    }

    /// The source of a client's identity, if anything is counted by the client.
    fn client(&self) -> Option<Client> {
        let config = self.config();
        let counts = |key: &KeyShape| matches!(key, KeyShape::Client);
        let by_client = config.operations.iter().any(|operation| counts(&operation.key));
        let limit = config.rate_limit.as_ref().map(|limit| limit.client.clone());
        limit.or_else(|| by_client.then(Client::default))
    }
}

/// The findings in the gate's surroundings.
pub fn warnings(context: &Context<'_>, findings: &mut Findings) {
    twins::check(context, findings);
    match &context.gate.around {
        Around::Nothing => {}
        Around::Resource(resource) => resource::check(context, resource, findings),
        Around::Envoy(placed) => {
            match placed.host {
                Host::Wasm => plugin::check(context, placed, findings),
                Host::DynamicModule => dynamic_module::check(context, placed, findings),
            }
            envoy_filter::check(context, placed, findings);
            filter_chain::check(placed, findings);
            if let Some(manager) = placed.manager() {
                headers::check(context, manager, findings);
                addresses::check(context, placed, manager, findings);
                upgrades::check(context, manager, findings);
                routes::check(context, placed, manager, findings);
            }
            listeners::check(context, placed, findings);
            statistics::check(context, placed, findings);
            clusters::check(context, placed, findings);
            filter_keys::check(placed, findings);
        }
    }
}
