//! Names of parameters that some server takes for the same one.

/// True if one server at least reads both decoded names as one parameter, or one as a part of the other.
///
/// PHP ends a name at a NUL, drops blanks in front and makes `_` of `.`, a blank and a `[` that nothing closes; of
/// `name[key]` it makes a part of `name`, as Ruby's Rack, Node's qs and others do. Some tell no case, some decode
/// twice, and some drop what is no text.
pub fn are_alike(name: &[u8], other: &[u8]) -> bool {
    if name == other {
        return true;
    }
    let (name, other) = (visible(name), visible(other));
    if fold(&name) == fold(&other) {
        return true;
    }
    let (mut name, mut other) = (keys(&name), keys(&other));
    loop {
        match (name.next(), other.next()) {
            (Some(key), Some(of)) if fold(key) == fold(of) => {}
            (Some(_), Some(_)) => return false,
            _ => return true,
        }
    }
}

/// The name up to a NUL, decoded once more, without blanks at its ends, control characters and what is no UTF-8.
fn visible(name: &[u8]) -> String {
    let decoded = super::decode(name).unwrap_or_default();
    let name = if decoded.is_empty() { name } else { &decoded };
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let valid = name.utf8_chunks().flat_map(|chunk| chunk.valid().chars());
    let text: String = valid.filter(|letter| !letter.is_control()).collect();
    let blank = |letter: char| {
        letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}' | '\u{180e}')
    };
    text.trim_matches(blank).to_owned()
}

/// The name of what `name[key][key]` is a part of, and each key. An empty one is a place in a list.
fn keys(name: &str) -> impl Iterator<Item = &str> {
    let (first, rest) = match name.find('[') {
        Some(at) if at > 0 && name.ends_with(']') => name.split_at(at),
        _ => (name, ""),
    };
    let rest = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    [first].into_iter().chain(rest.into_iter().flat_map(|rest| rest.split("][")))
}

/// In lower case, with `_` for each sign.
fn fold(name: &str) -> String {
    let fold = |letter: char| match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        '\u{130}' | '\u{131}' => 'i',
        letter if letter.is_ascii_punctuation() || letter.is_whitespace() => '_',
        letter => letter.to_ascii_lowercase(),
    };
    name.chars().map(fold).collect()
}
