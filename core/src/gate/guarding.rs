//! The routes that only a token opens.

use crate::auth::{Guard, Token};
use crate::request::Head;
use crate::route::{Class, Route};
use crate::verdict::Refusal;

/// Guards, and where none is asked.
#[derive(Clone, Debug)]
pub struct Guarding {
    /// Guards of the metrics and admin routes, by [`Route::guard`].
    pub guards: Vec<Guard>,
    /// The metrics routes beside their guard.
    pub metrics_routes: MetricsRoutes,
}

/// Settings of the metrics routes beside their guard.
#[derive(Clone, Copy, Debug, Default)]
pub struct MetricsRoutes {
    /// `mode: dev`: anybody may read them.
    pub open: bool,
    /// Take `authorization` off requests to them.
    pub strip_authorization: bool,
}

/// A token that opened a guarded route, by its place in [`Guarding::guards`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenRef {
    /// The guard's index.
    pub guard: usize,
    /// The index among its tokens.
    pub token: usize,
}

impl Guarding {
    /// The token that opens the route, if it takes one.
    pub fn authorize(&self, route: Route, head: &Head<'_>) -> Result<Option<TokenRef>, Refusal> {
        match route.class {
            Class::Health | Class::Api => Ok(None),
            Class::Metrics if self.metrics_routes.open => Ok(None),
            Class::Metrics | Class::Admin => self.check(route.guard, head).map(Some),
            // Nobody is let through to these.
            Class::Closed | Class::Endpoint => Err(Refusal::NotFound),
        }
    }

    #[inline(never)]
    fn check(&self, guard: usize, head: &Head<'_>) -> Result<TokenRef, Refusal> {
        // A guarded route without a guard cannot be configured; it would be closed.
        let held = self.guards.get(guard).ok_or(Refusal::NotFound)?;
        Ok(TokenRef { guard, token: held.check(head)? })
    }

    /// Takes what the sources of tokens hand out now.
    pub fn renew_tokens(&mut self, handed_out: &[Vec<Token>]) {
        for guard in &mut self.guards {
            guard.renew(handed_out);
        }
    }

    /// Takes what the files of tokens hold now, by their number in the configuration.
    pub fn renew_token_files(&mut self, held: &[Vec<Token>]) {
        for guard in &mut self.guards {
            guard.renew_files(held);
        }
    }

    /// The name of a token that opened a route, for the log.
    pub fn identity(&self, opened: TokenRef) -> Option<&str> {
        self.guards.get(opened.guard)?.tokens.name(opened.token)
    }
}
