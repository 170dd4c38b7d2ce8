//! The names of the systems, for the shells' completions.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};
use probegate_core::config::shape::System;

/// Takes any text, since the gate itself says which systems there are.
#[derive(Clone)]
pub struct Systems;

impl TypedValueParser for Systems {
    type Value = String;

    fn parse_ref(&self, _: &Command, _: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        value.to_str().map(str::to_owned).ok_or_else(|| Error::new(ErrorKind::InvalidUtf8))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(System::NAMES.iter().map(PossibleValue::new)))
    }
}
