//! Limits of operations: a token bucket for each key, exact across workers.
//!
//! **Promise.** For one operation and one key, in no interval of length `t` are more than `burst`
//! and what `t` refills admitted, whatever the number of workers and connections. A request that
//! several operations match is admitted by all of them, or spends nothing of any.
//!
//! A bucket is one number in a [shared table](ExpiryTable): when it is full again.

pub mod gcra;
pub mod key;

use crate::client::{ClientKey, Clients, Connection, HashKey, Identity};
use crate::json;
use crate::rate_limit::Quota;
use crate::rate_limit::expiry_table::{Expiry, ExpiryTable, owned};
use crate::rate_limit::{LimitReason, Rejection};
use crate::request::Head;
use crate::route::{PathVariants, ProtectedPatterns};
use crate::store::{Store, Tables};
use crate::time::Micros;
use gcra::Bucket;
pub use key::KeySource;

/// A limit: the requests that are counted together, and how many may pass.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The methods that it is about; none at all are all.
    pub methods: Vec<Box<[u8]>>,
    /// The paths that it is about.
    pub paths: ProtectedPatterns,
    /// The key that a request is counted by.
    pub source: KeySource,
    /// True if requests without a key share a bucket; else they are refused.
    pub share: bool,
    /// The quota in answers.
    pub quota: Quota,
    /// The arithmetic.
    pub bucket: Bucket,
    /// The buckets.
    pub expiries: ExpiryTable,
    /// The name of the table that they are in, among the plugin's.
    pub table: String,
}

/// The operations of a configuration.
#[derive(Clone, Debug)]
pub struct Operations {
    all: Vec<Operation>,
    clients: Clients,
    hash_key: HashKey,
}

/// An operation that a request has to be admitted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    operation: usize,
    key: Key,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Known(ClientKey),
    Missing,
    /// It stands in the body of a request of this client's.
    InBody(ClientKey),
}

/// Tokens that a request has taken out of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Taken {
    operation: usize,
    key: ClientKey,
    full_at: u64,
}

impl Operations {
    /// These operations, and who a client is to them; `hash_key` places keys.
    pub fn new(all: Vec<Operation>, clients: Clients, hash_key: HashKey) -> Self {
        Self { all, clients, hash_key }
    }

    /// The client of a request that nobody has looked for yet.
    pub fn client(&self, head: &Head<'_>, host: &mut impl Connection) -> ClientKey {
        ClientKey::new(&self.hash_key, self.clients.identify(head, host))
    }

    /// The key of each.
    pub fn sources(&self) -> impl Iterator<Item = &KeySource> {
        self.all.iter().map(|operation| &operation.source)
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The operations that a request has to be admitted by. `client` says who its client is; `on_match` is
    /// called with the place of each, and the key that was found, unless it is the client or stands in the body.
    pub fn charges(
        &self,
        head: &Head<'_>,
        variants: &PathVariants<'_>,
        client: &mut dyn FnMut() -> ClientKey,
        on_match: &mut dyn FnMut(usize, Option<&[u8]>),
    ) -> Vec<Charge> {
        let is_about = |operation: &Operation| {
            let methods = &operation.methods;
            (methods.is_empty()
                || methods.iter().any(|method| method.eq_ignore_ascii_case(head.method)))
                && operation.paths.matches(variants)
        };
        let matching = self.all.iter().enumerate().filter(|(_, operation)| is_about(operation));
        let charge = |(place, operation): (usize, &Operation)| Charge {
            operation: place,
            key: match &operation.source {
                KeySource::Client => {
                    on_match(place, None);
                    Key::Known(client())
                }
                KeySource::Json(_) if !head.ends => Key::InBody(client()),
                source => {
                    let found = source.find(head, variants, &operation.paths);
                    on_match(place, found.as_deref());
                    found.map_or(Key::Missing, |found| self.key(&found, client()))
                }
            },
        };
        matching.map(charge).collect()
    }

    /// True if one of the charges cannot be decided without the body.
    pub fn want_body(charges: &[Charge]) -> bool {
        charges.iter().any(|charge| matches!(charge.key, Key::InBody(_)))
    }

    /// Reads the keys that stand in the body, if it can be had; `on_match` is called for them as for the others.
    pub fn read(
        &self,
        charges: &mut [Charge],
        body: Option<&[u8]>,
        on_match: &mut dyn FnMut(usize, Option<&[u8]>),
    ) {
        for charge in charges {
            let Key::InBody(client) = charge.key else { continue };
            let found = match self.all.get(charge.operation).map(|operation| &operation.source) {
                Some(KeySource::Json(pointer)) => body.and_then(|body| json::find(body, pointer)),
                _ => None,
            };
            let found = found.filter(|key| !key.is_empty());
            let found = found.as_deref().map(str::as_bytes);
            on_match(charge.operation, found);
            charge.key = found.map_or(Key::Missing, |found| self.key(found, client));
        }
    }

    /// A key that a request of this client's brought.
    fn key(&self, key: &[u8], client: ClientKey) -> Key {
        Key::Known(owned(ClientKey::new(&self.hash_key, Identity::Name(key)), client))
    }

    /// Admits a request by all of its charges, or by none.
    pub fn admit(
        &mut self,
        charges: &[Charge],
        now: Micros,
        host: &mut impl Tables,
    ) -> Result<(), Rejection> {
        if charges.is_empty() {
            return Ok(());
        }
        let mut wanted = Vec::with_capacity(charges.len());
        for charge in charges {
            wanted.push((charge.operation, self.bucket_of(charge)?));
        }
        if wanted.len() > 1 {
            for (operation, key) in &wanted {
                self.take(*operation, *key, Take::Look, now, host)?;
            }
        }
        let mut taken: Vec<Taken> = Vec::with_capacity(wanted.len());
        for (operation, key) in wanted {
            match self.take(operation, key, Take::Spend, now, host) {
                Ok(full_at) => taken.push(Taken { operation, key, full_at }),
                // Others were faster since this was looked at.
                Err(rejection) => {
                    taken.into_iter().for_each(|taken| self.give_back(taken, host));
                    return Err(rejection);
                }
            }
        }
        Ok(())
    }

    /// The bucket that a charge is about.
    fn bucket_of(&self, charge: &Charge) -> Result<ClientKey, Rejection> {
        let share = self.all.get(charge.operation).is_some_and(|operation| operation.share);
        match charge.key {
            Key::Known(key) => Ok(key),
            _ if share => Ok(ClientKey::new(&self.hash_key, Identity::Unknown)),
            _ => Err(self.rejection(charge.operation, LimitReason::MissingKey, 0)),
        }
    }

    /// Takes one out of a bucket, and says when it is full again.
    fn take(
        &mut self,
        place: usize,
        key: ClientKey,
        take: Take,
        now: Micros,
        host: &mut impl Tables,
    ) -> Result<u64, Rejection> {
        let Some(Operation { bucket, expiries, table, .. }) = self.all.get_mut(place) else {
            return Err(self.rejection(place, LimitReason::Unavailable, 0));
        };
        let bucket = *bucket;
        let mut now = nanoseconds(now);
        let mut store = host.table(table);
        // Why not; without a time to wait if a clock cannot be read, which is 0.
        let mut taken = Err(None);
        let done = expiries.update(key, bucket.emptied_at(now), &mut store, &mut |held, store| {
            let mut full_at = held.stamp;
            if bucket.is_ahead(full_at, now) {
                // What was written before this clock is read cannot be later than it. So if it is
                // ahead still, the clock was set back.
                now = nanoseconds(store.now());
            }
            let set_back = bucket.is_ahead(full_at, now);
            if set_back {
                full_at = bucket.emptied_at(now);
            }
            taken = match now {
                0 => Err(None),
                now => bucket.take(full_at, now).map_err(Some),
            };
            match taken {
                Ok(until) if take == Take::Spend => Some(Expiry { until, now }),
                Err(Some(_)) if set_back => Some(Expiry { until: full_at, now }),
                _ => None,
            }
        });
        drop(store);
        match (done, taken) {
            (Ok(()), Ok(full_at)) => Ok(full_at),
            (Ok(()), Err(Some(wait))) => Err(self.rejection(place, LimitReason::Exceeded, wait)),
            (Ok(()), Err(None)) => Err(self.rejection(place, LimitReason::Unavailable, 0)),
            (Err(reason), _) => Err(self.rejection(place, reason, 0)),
        }
    }

    /// Gives back what was taken, but never what has been refilled since. What cannot be given back
    /// is lost.
    fn give_back(&mut self, taken: Taken, host: &mut impl Tables) {
        let Some(Operation { bucket, expiries, table, .. }) = self.all.get_mut(taken.operation)
        else {
            return;
        };
        let bucket = *bucket;
        let mut store = host.table(table);
        let latest = bucket.emptied_at(nanoseconds(store.now()));
        let _ = expiries.update(taken.key, latest, &mut store, &mut |held, store| {
            let now = nanoseconds(store.now());
            let until = bucket.give_back(held.stamp, taken.full_at, now);
            until.filter(|_| held.own && now > 0).map(|until| Expiry { until, now })
        });
    }

    /// The quotas in answers, in their order.
    pub fn quotas(&self) -> impl Iterator<Item = Quota> {
        self.all.iter().map(|operation| operation.quota)
    }

    fn rejection(&self, place: usize, reason: LimitReason, wait: u64) -> Rejection {
        let quota = self.all.get(place).map(|operation| operation.quota);
        Rejection {
            // Behind each client's own.
            limit: u8::try_from(place + 1).unwrap_or(u8::MAX),
            reason,
            retry_after: wait,
            quota: quota.unwrap_or(Quota { requests: 0, window: 0 }),
        }
    }
}

/// Take, or just see whether it could be taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Take {
    Look,
    Spend,
}

fn nanoseconds(micros: Micros) -> u64 {
    micros.saturating_mul(1_000)
}

#[cfg(test)]
mod tests;
