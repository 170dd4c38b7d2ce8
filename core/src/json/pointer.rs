//! Reference tokens of a JSON Pointer (RFC 6901).

use super::Value;

impl Value {
    /// The value one reference token further into a document.
    pub fn step(&self, token: &str) -> Option<&Self> {
        match self {
            Self::Object(entries) => {
                entries.iter().find(|(key, _)| key == token).map(|(_, value)| value)
            }
            Self::List(items) => items.get(index(token)?),
            _ => None,
        }
    }
}

/// The place in a list that a reference token names: digits, without a zero in front (section 4).
pub fn index(token: &str) -> Option<usize> {
    let is_plain = token.bytes().all(|byte| byte.is_ascii_digit()) && !token.starts_with('0');
    if is_plain || token == "0" { token.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_plain_digits() {
        let table = [("0", Some(0)), ("1", Some(1)), ("10", Some(10))];
        let wrong = ["", "00", "01", "+1", "-1", "-", " 1", "1 ", "1e0", "99999999999999999999"];
        for (token, expected) in table.into_iter().chain(wrong.map(|token| (token, None))) {
            assert_eq!(index(token), expected, "{token:?}");
        }
    }
}
