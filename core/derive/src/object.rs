//! A struct: an object with the struct's fields as keys.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, Field, FieldsNamed, Ident, Result, Type};

use crate::attributes::{Attributes, Default};

/// Reads the object.
pub fn read(input: &DeriveInput, fields: &FieldsNamed) -> Result<TokenStream> {
    let name = &input.ident;
    let defaults = Attributes::of(&input.attrs)?.default.is_some();
    let keys = fields.named.iter().filter_map(|field| Some(field.ident.as_ref()?.to_string()));
    let (mut names, mut read, mut needed) = (Vec::new(), Vec::new(), Vec::new());
    for field in &fields.named {
        let missing = || Error::new_spanned(field, "has no name");
        let name = field.ident.as_ref().ok_or_else(missing)?;
        let default = default(field, name, defaults)?;
        let key = name.to_string();
        read.push(match &default {
            Some(default) => quote! { object.or(#key, #default) },
            None => quote! { object.required(#key) },
        });
        // A mistake is asked for once, behind them all: a way out behind each would be as much code again.
        needed.extend(default.is_none().then_some(name));
        names.push(name);
    }
    let whole =
        defaults.then(|| quote! { let whole = <Self as ::std::default::Default>::default(); });
    Ok(quote! {
        impl crate::config::read::Read for #name {
            fn read(value: crate::json::Value) -> crate::config::read::Result<Self> {
                let mut object = crate::config::read::Object::of(value, &[#(#keys),*])?;
                #whole
                #(let #names = #read;)*
                object.end()?;
                #(let Some(#needed) = #needed else { return Err(crate::config::read::Object::missing()) };)*
                Ok(Self { #(#names),* })
            }
        }
    })
}

/// What a field is without its key; `None` if the key must be there.
fn default(field: &Field, name: &Ident, defaults: bool) -> Result<Option<TokenStream>> {
    Ok(match Attributes::of(&field.attrs)?.default {
        Some(Default::Function(function)) => Some(quote! { #function() }),
        Some(Default::OfType) => Some(quote! { ::std::default::Default::default() }),
        None if defaults => Some(quote! { whole.#name }),
        None => is_option(&field.ty).then(|| quote! { None }),
    })
}

fn is_option(of: &Type) -> bool {
    let Type::Path(path) = of else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "Option")
}

/// Reads what a struct of one part holds.
pub fn transparent(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    Ok(quote! {
        impl crate::config::read::Read for #name {
            fn read(value: crate::json::Value) -> crate::config::read::Result<Self> {
                crate::config::read::Read::read(value).map(Self)
            }
        }
    })
}
