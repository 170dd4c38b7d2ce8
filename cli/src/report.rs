//! The forms in which an answer is printed.

use clap::ValueEnum;

/// Form of an answer.
#[derive(Clone, Copy, Default, ValueEnum, PartialEq, Eq)]
pub enum Format {
    /// Lines for people
    #[default]
    Text,
    /// One object
    Json,
}
