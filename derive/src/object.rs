//! A struct: an object with the struct's fields as keys.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, Field, FieldsNamed, Result, Type};

use crate::attributes::{Attributes, Default};

/// Reads the object.
pub fn read(input: &DeriveInput, fields: &FieldsNamed) -> Result<TokenStream> {
    let name = &input.ident;
    let defaults = Attributes::of(&input.attrs)?.default.is_some();
    let keys = fields.named.iter().filter_map(|field| Some(field.ident.as_ref()?.to_string()));
    // A mistake is asked for once, behind them all: a way out behind each would be as much code again.
    let needed =
        fields.named.iter().filter(|field| !matches!(has_default(field, defaults), Ok(true)));
    let needed: Vec<_> = needed.filter_map(|field| field.ident.as_ref()).collect();
    let names: Vec<_> = fields.named.iter().filter_map(|field| field.ident.as_ref()).collect();
    let read = fields.named.iter().map(|field| self::field(field, defaults));
    let read = read.collect::<Result<Vec<_>>>()?;
    let whole =
        defaults.then(|| quote! { let whole = <Self as ::std::default::Default>::default(); });
    Ok(quote! {
        impl crate::config::read::Read for #name {
            fn read(value: crate::config::value::Value) -> crate::config::read::Result<Self> {
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

/// Whether a field is something without its key.
fn has_default(field: &Field, defaults: bool) -> Result<bool> {
    Ok(defaults || is_option(&field.ty) || Attributes::of(&field.attrs)?.default.is_some())
}

/// One field: what its key says, or what it is without one.
fn field(field: &Field, defaults: bool) -> Result<TokenStream> {
    let missing = || Error::new_spanned(field, "has no name");
    let name = field.ident.as_ref().ok_or_else(missing)?;
    let key = name.to_string();
    let default = match Attributes::of(&field.attrs)?.default {
        Some(Default::Function(function)) => quote! { #function() },
        Some(Default::OfType) => quote! { ::std::default::Default::default() },
        None if defaults => quote! { whole.#name },
        None if is_option(&field.ty) => quote! { None },
        None => return Ok(quote! { object.required(#key) }),
    };
    Ok(quote! { object.or(#key, #default) })
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
            fn read(value: crate::config::value::Value) -> crate::config::read::Result<Self> {
                crate::config::read::Read::read(value).map(Self)
            }
        }
    })
}
