//! JSON: values that are read, places in a document, and text that is written.

mod document;
pub mod pointer;
mod text;
mod value;

pub use document::find;
pub use text::{Millis, to_string};
pub use value::Value;
