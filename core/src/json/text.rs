//! JSON that is written by serde: the status, and lines of the log.

use std::io;

use serde::ser::{Serialize, Serializer};
use serde_json::ser::{CompactFormatter, Formatter};

use super::object::is_plain;
use crate::time::Micros;

/// Room for nearly every reply and line, so that it is not copied as it grows.
const CAPACITY: usize = 384;

/// A value as one line of JSON, in which a terminal finds nothing to act on. The types that are written have
/// text for keys and cannot fail; anything else would be empty text.
pub fn to_string(value: &impl Serialize) -> String {
    let mut text = Vec::with_capacity(CAPACITY);
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, Printable);
    match value.serialize(&mut serializer) {
        Ok(()) => String::from_utf8(text).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// Microseconds, written in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Millis(pub Micros);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1_000.0)
    }
}

/// Escapes what JSON itself lets stand, but a terminal acts on.
struct Printable;

impl Formatter for Printable {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if is_plain(fragment) {
            return CompactFormatter.write_string_fragment(writer, fragment);
        }
        for character in fragment.chars() {
            match is_hidden(character) {
                true => write!(writer, "\\u{:04x}", u32::from(character))?,
                false => write!(writer, "{character}")?,
            }
        }
        Ok(())
    }
}

/// A character that a terminal acts on, or that changes how a line reads: controls of C1, separators of
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_a_terminal_acts_on_are_escaped() {
        let written = to_string(&"/a\u{9b}31m\u{202e}b\u{2028}c\u{7f}\u{feff}é\u{1b}\"");
        assert_eq!(written, r#""/a\u009b31m\u202eb\u2028c\u007f\ufeffé\u001b\"""#);
    }

    #[test]
    fn a_duration_is_a_number_of_milliseconds() {
        let written =
            [0, 5, 999, 1_000, 45_231, 3_600_000_000].map(|micros| to_string(&Millis(micros)));
        assert_eq!(written, ["0.0", "0.005", "0.999", "1.0", "45.231", "3600000.0"]);
    }
    proptest::proptest! {
        /// A parser reads what was written, and a terminal finds nothing to act on.
        #[test]
        fn any_text_is_read_back(text in proptest::prelude::any::<String>()) {
            let written = to_string(&text);
            proptest::prop_assert!(!written.chars().any(|c| is_hidden(c) || c.is_control()), "{}", written);
            let read: String = serde_json::from_str(&written).unwrap();
            proptest::prop_assert_eq!(read, text);
        }
    }
}
