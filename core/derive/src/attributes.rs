//! The attributes that are known; any other one is an error, so that none is passed over.

use syn::{Attribute, Error, ExprPath, LitStr, Result};

/// What stands in the `#[serde(…)]` of a type or of a field.
#[derive(Default)]
pub struct Attributes {
    /// `default`, or `default = "path"`.
    pub default: Option<Default>,
    /// `rename_all = "…"`.
    pub rename_all: Option<Case>,
}

/// What a key is that is not there.
pub enum Default {
    /// What its type says, or that of a field's struct.
    OfType,
    /// What this function says.
    Function(ExprPath),
}

/// How the names of variants are written.
#[derive(Clone, Copy)]
pub enum Case {
    Lower,
    Snake,
    Kebab,
}

impl Attributes {
    /// Reads what stands before a type or a field.
    pub fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut read = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("default") {
                    read.default = Some(match meta.input.peek(syn::Token![=]) {
                        true => Default::Function(meta.value()?.parse::<LitStr>()?.parse()?),
                        false => Default::OfType,
                    });
                } else if meta.path.is_ident("rename_all") {
                    read.rename_all = Some(Case::of(&meta.value()?.parse()?)?);
                } else if !meta.path.is_ident("deny_unknown_fields")
                    && !meta.path.is_ident("transparent")
                {
                    return Err(meta.error("is not known here"));
                }
                Ok(())
            })?;
        }
        Ok(read)
    }
}

impl Case {
    fn of(name: &LitStr) -> Result<Self> {
        match name.value().as_str() {
            "lowercase" => Ok(Self::Lower),
            "snake_case" => Ok(Self::Snake),
            "kebab-case" => Ok(Self::Kebab),
            _ => Err(Error::new_spanned(name, "must be lowercase, snake_case or kebab-case")),
        }
    }

    /// The name of a variant.
    pub fn write(self, variant: &str) -> String {
        let between = match self {
            Self::Lower => "",
            Self::Snake => "_",
            Self::Kebab => "-",
        };
        let mut written = String::new();
        for letter in variant.chars() {
            if letter.is_uppercase() && !written.is_empty() {
                written.push_str(between);
            }
            written.extend(letter.to_lowercase());
        }
        written
    }
}
