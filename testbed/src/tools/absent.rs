//! The error of a tool that cannot be had.

use std::error::Error;
use std::fmt::{self, Debug, Display, Formatter};

/// A tool, or why it cannot be had.
pub type Brought<T = ()> = Result<T, Absent>;

/// A sentence that says which tool is missing, why, and what to do about it.
pub struct Absent(String);

impl Absent {
    /// An error that says that file cannot be written.
    pub fn unwritable(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self(format!("cannot write {}: {error}", path.display()))
    }

    /// The same error, and what to do.
    pub fn advising(self, advice: impl Display) -> Self {
        Self(format!("{}\n{advice}", self.0))
    }
}

impl From<String> for Absent {
    fn from(sentence: String) -> Self {
        Self(sentence)
    }
}

impl Display for Absent {
    fn fmt(&self, to: &mut Formatter) -> fmt::Result {
        to.write_str(&self.0)
    }
}

/// The sentence as it is: a test that has no use for the error shows it by `expect`.
impl Debug for Absent {
    fn fmt(&self, to: &mut Formatter) -> fmt::Result {
        Display::fmt(self, to)
    }
}

impl Error for Absent {}
