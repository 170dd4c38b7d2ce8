//! JSON that is written field by field, in their order.
//!
//! Not by serde's derive: what that makes of reports, answers and lines was 10 KB more of the module.

mod value;

use std::fmt::{Display, Write as _};

pub use value::Value;

/// An object that is being written.
#[derive(Clone, Debug)]
pub struct Object(String);

/// Room for nearly every answer and line, so that it is not copied as it grows.
impl Default for Object {
    fn default() -> Self {
        Self(String::with_capacity(384))
    }
}

/// Characters that a terminal acts on, or that change how a line reads: controls of C1, separators of
/// lines, and marks without a width. All of them have four digits.
fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    )
}

impl Object {
    /// Adds a text, whatever is in it.
    pub fn text(mut self, key: &str, value: &str) -> Self {
        self.key(key);
        let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        if value.bytes().all(plain) {
            self.0.push('"');
            self.0.push_str(value);
            self.0.push('"');
        } else {
            // A string always serialises.
            for character in serde_json::to_string(value).unwrap_or_default().chars() {
                match is_hidden(character) {
                    // Writing to a string cannot fail.
                    true => _ = write!(self.0, "\\u{:04x}", u32::from(character)),
                    false => self.0.push(character),
                }
            }
        }
        self
    }

    /// Adds a text, if there is one.
    pub fn maybe(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    /// Adds a text, or null.
    pub fn text_or_null(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self.json(key, "null"),
        }
    }

    /// Adds a number, or true or false.
    pub fn plain(mut self, key: &str, value: impl Display) -> Self {
        self.key(key);
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{value}");
        self
    }

    /// Adds a time of so many microseconds, in milliseconds.
    pub fn millis(self, key: &str, micros: u64) -> Self {
        self.plain(key, format_args!("{}.{:03}", micros / 1_000, micros % 1_000))
    }

    /// Adds what is JSON as it stands.
    pub fn json(mut self, key: &str, value: &str) -> Self {
        self.key(key);
        self.0.push_str(value);
        self
    }

    /// Adds a list of objects.
    pub fn list(mut self, key: &str, objects: impl Iterator<Item = Self>) -> Self {
        self.key(key);
        let mut before = '[';
        for object in objects {
            self.0.push(before);
            self.0.push_str(&object.end());
            before = ',';
        }
        self.0.push_str(if before == '[' { "[]" } else { "]" });
        self
    }

    /// The whole object.
    pub fn end(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "{}" } else { "}" });
        self.0
    }

    #[inline(never)]
    fn key(&mut self, key: &str) {
        // Grown step by step, the text of a refusal would be copied five times.
        if self.0.is_empty() {
            self.0.reserve(256);
        }
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn whatever_is_in_it_it_is_json() {
        let inner = || Object::default().text("a", "\"\\\n\u{1}\u{7f}é");
        let object = Object::default()
            .text("empty", "")
            .maybe("absent", None)
            .text_or_null("null", None)
            .plain("number", 7)
            .millis("millis", 45_231)
            .list("none", std::iter::empty())
            .list("two", [inner(), Object::default()].into_iter());
        let read: serde_json::Value = serde_json::from_str(&object.end()).unwrap();
        let expected = serde_json::json!({
            "empty": "", "null": null, "number": 7, "millis": 45.231, "none": [],
            "two": [{"a": "\"\\\n\u{1}\u{7f}é"}, {}],
        });
        assert_eq!(read, expected);
    }
}
