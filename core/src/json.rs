//! JSON: values that are read, places in a document, and text that is written.

mod document;
mod object;
pub mod pointer;
mod text;
mod value;

pub use document::find;
pub use object::{Object, is_plain};
pub use text::{Millis, to_string};
pub use value::Value;
