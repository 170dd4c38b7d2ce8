//! An enum: a name, or `{name: content}`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, DeriveInput, Error, Fields, Result};

use crate::attributes::{Attributes, Case};

/// Reads the choice.
pub fn read(input: &DeriveInput, data: &DataEnum) -> Result<TokenStream> {
    let name = &input.ident;
    let case = Attributes::of(&input.attrs)?.rename_all.unwrap_or(Case::Lower);
    let names = data.variants.iter().map(|variant| case.write(&variant.ident.to_string()));
    let arms = data.variants.iter().enumerate().map(|(index, variant)| {
        let variant_name = &variant.ident;
        match &variant.fields {
            Fields::Unit => {
                Ok(quote! { Some(#index) => choice.bare().map(|()| Self::#variant_name) })
            }
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                Ok(quote! { Some(#index) => choice.content().map(Self::#variant_name) })
            }
            other => Err(Error::new_spanned(other, "must hold one thing or nothing")),
        }
    });
    let arms = arms.collect::<Result<Vec<_>>>()?;
    Ok(quote! {
        impl crate::config::read::Read for #name {
            fn read(value: crate::json::Value) -> crate::config::read::Result<Self> {
                const NAMES: &[&str] = &[#(#names),*];
                let choice = crate::config::read::Choice::of(value, NAMES);
                match choice.index() {
                    #(#arms,)*
                    _ => Err(crate::config::read::Choice::none(NAMES)),
                }
            }
        }
    })
}
