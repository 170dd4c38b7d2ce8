//! Every mistake of a configuration, for whoever corrects it.
//!
//! Serde stops at the first mistake of a shape. So what is wrong is taken out, and the rest is read again;
//! then the rest is compiled once, which finds all that its keys cannot mean.

use serde::Deserialize as _;

use super::read::Reader;
use super::shape::Config;
use super::{Compiled, Environment, Mistake, Step, compile};
use crate::json::Value;

/// Nobody reads more.
const MAX_MISTAKES: usize = 100;

/// A configuration without a mistake.
#[derive(Debug)]
pub struct Checked {
    /// Its shape.
    pub config: Config,
    /// Its meaning.
    pub compiled: Compiled,
}

/// Checks a configuration, or returns every mistake in it; the first one is what the gate logs.
pub fn check(value: Value, environment: &Environment<'_>) -> Result<Box<Checked>, Vec<Mistake>> {
    let mut rest = Rest { value, removed: Vec::new() };
    let mut mistakes = Vec::new();
    let config = loop {
        let mistake = match Config::deserialize(Reader(rest.value.clone())) {
            Ok(config) => break config,
            Err(mistake) => mistake,
        };
        let place = rest.original(&mistake);
        if !rest.is_damaged(&place) {
            mistakes.push(mistake.clone().moved(&place));
        }
        if !rest.remove(&mistake, place) || mistakes.len() >= MAX_MISTAKES {
            return Err(mistakes);
        }
    };
    match compile::compile(config.clone(), environment) {
        Ok(compiled) if mistakes.is_empty() => return Ok(Box::new(Checked { config, compiled })),
        Ok(_) => {}
        Err(found) => {
            for mistake in found {
                let place = rest.original(&mistake);
                if !rest.is_damaged(&place) {
                    mistakes.push(mistake.moved(&place));
                }
            }
        }
    }
    Err(mistakes)
}

/// The rest of a configuration without its mistakes.
struct Rest {
    value: Value,
    /// The places that were taken out; keys that are none leave their object as it should be.
    removed: Vec<(Vec<Step>, bool)>,
}

impl Rest {
    /// The place in the whole of a mistake in the rest.
    fn original(&self, mistake: &Mistake) -> Vec<Step> {
        let mut place: Vec<Step> = Vec::new();
        for step in mistake.steps() {
            place.push(step.clone());
            let Step::Index(mut left) = *step else { continue };
            let mut index = 0;
            loop {
                if let Some(last) = place.last_mut() {
                    *last = Step::Index(index);
                }
                if !self.removed.iter().any(|(removed, _)| *removed == place) {
                    if left == 0 {
                        break;
                    }
                    left -= 1;
                }
                index += 1;
            }
        }
        place
    }

    /// True if something was taken out of a value, or out of the section that it rests on, so that what is
    /// found in it now may be wrong.
    fn is_damaged(&self, place: &[Step]) -> bool {
        let rests_on_limits = place.first() == Some(&Step::from("global_rate_limit"));
        let bases: &[&str] = if rests_on_limits { &["rate_limit", "operations"] } else { &[] };
        self.removed.iter().any(|(removed, damages)| {
            let base = |key: &&str| removed.first() == Some(&Step::from(*key));
            *damages && (removed.starts_with(place) || bases.iter().any(base))
        })
    }

    /// Takes out what a mistake is about; `false` if that is all.
    fn remove(&mut self, mistake: &Mistake, mut original: Vec<Step>) -> bool {
        let mut steps: Vec<Step> = mistake.steps().cloned().collect();
        let key = mistake.key();
        if let Some(key) = key {
            steps.push(Step::from(key));
            original.push(Step::from(key));
        }
        let Some((last, way)) = steps.split_last() else { return false };
        let holder = way.iter().try_fold(&mut self.value, |value, step| child(value, step));
        let taken = match (holder, last) {
            (Some(Value::Object(entries)), Step::Key(key)) => {
                let place = entries.iter().position(|(held, _)| **held == **key);
                place.map(|place| entries.remove(place)).is_some()
            }
            (Some(Value::List(items)), Step::Index(index)) if *index < items.len() => {
                items.remove(*index);
                true
            }
            _ => false,
        };
        self.removed.push((original, key.is_none()));
        taken
    }
}

fn child<'a>(value: &'a mut Value, step: &Step) -> Option<&'a mut Value> {
    match (value, step) {
        (Value::Object(entries), Step::Key(key)) => {
            entries.iter_mut().find(|(held, _)| **held == **key).map(|(_, value)| value)
        }
        (Value::List(items), Step::Index(index)) => items.get_mut(*index),
        _ => None,
    }
}
