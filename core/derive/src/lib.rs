//! `#[derive(Read)]`: how a type of the configuration is read.
//!
//! It knows of serde's attributes those that the configuration's types use, so that the JSON Schema,
//! which is made of the same attributes, says the same. In place of serde's own derive, since what
//! that makes of these types was 56 KB of the module, and this makes 23 KB less.

mod attributes;
mod choice;
mod object;

use proc_macro::TokenStream;
use syn::{Data, DeriveInput, Error, Fields};

/// Implements `crate::config::read::Read`: for a struct an object with its fields as keys, for an enum
/// a name or `{name: content}`, for a `transparent` struct what it holds.
#[proc_macro_derive(Read, attributes(serde))]
pub fn read(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    let tokens = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => object::read(&input, fields),
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => object::transparent(&input),
            other => Err(Error::new_spanned(other, "has no keys")),
        },
        Data::Enum(data) => choice::read(&input, data),
        Data::Union(data) => Err(Error::new_spanned(data.union_token, "has no shape")),
    };
    tokens.unwrap_or_else(Error::into_compile_error).into()
}
