//! The paths in a source that lead to modules of its own crate.

/// The modules at the root of the crate that a source names by `crate::` or `super::`; `module` is its own path.
/// A name at the root itself, such as `crate::VERSION`, is shown as it stands: no module has that name.
pub fn imports(module: &[String], text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inline: Vec<(usize, Option<&str>)> = Vec::new();
    let mut is_test = false;
    let mut piece = String::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let indent = line.len() - line.trim_start().len();
        let opens = line.trim().strip_suffix('{').and_then(|line| line.trim().rsplit_once("mod "));
        let closes =
            inline.last().is_some_and(|(opened, _)| line.trim() == "}" && indent == *opened);
        if opens.is_some() || closes {
            read(module, &inline, &std::mem::take(&mut piece), &mut found);
        }
        if let Some((_, name)) = opens {
            inline.push((indent, (!is_test).then_some(name)));
        } else if closes {
            inline.pop();
        } else {
            piece.push_str(line);
            piece.push('\n');
        }
        is_test = line.trim() == "#[cfg(test)]";
    }
    read(module, &inline, &piece, &mut found);
    found
}

/// Reads what stands between the beginnings and ends of inline modules; nothing of those for tests.
fn read(module: &[String], inline: &[(usize, Option<&str>)], text: &str, found: &mut Vec<String>) {
    let Some(names) = inline.iter().map(|(_, name)| *name).collect::<Option<Vec<_>>>() else {
        return;
    };
    let own: Vec<&str> = module.iter().map(String::as_str).chain(names).collect();
    for keyword in ["crate", "super"] {
        for (at, _) in text.match_indices(&format!("{keyword}::")) {
            // The rest of a longer name, or of a path that was read from its beginning.
            let before = text[..at].chars().next_back();
            if !before.is_some_and(|before| is_of_name(before) || matches!(before, ':' | '$')) {
                follow(&own, &text[at..], found);
            }
        }
    }
}

fn is_of_name(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// Follows a path from a module, also into each branch of a group, until it has a name at the root.
fn follow(from: &[&str], path: &str, found: &mut Vec<String>) {
    let path = path.trim_start();
    if let Some(group) = path.strip_prefix('{') {
        branches(group).into_iter().for_each(|branch| follow(from, branch, found));
        return;
    }
    let end = path.find(|char| !is_of_name(char)).unwrap_or(path.len());
    let (name, rest) = path.split_at(end);
    let rest = rest.trim_start().strip_prefix("::");
    match (name, rest) {
        ("crate", Some(rest)) => follow(&[], rest, found),
        ("super", Some(rest)) => {
            follow(from.split_last().map_or(from, |(_, outer)| outer), rest, found)
        }
        // All else leads into the module that the path has come to.
        _ => found.push(match from.first() {
            Some(first) => (*first).to_owned(),
            None if name.is_empty() => "everything".to_owned(),
            None => name.to_owned(),
        }),
    }
}

/// The parts of a group, which ends with its own brace.
fn branches(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut branches) = (0, 0, Vec::new());
    for (at, char) in group.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' if depth == 0 => {
                branches.push(&group[start..at]);
                start = at + 1;
            }
            '}' => {
                branches.push(&group[start..at]);
                break;
            }
            _ => {}
        }
    }
    branches.retain(|branch| !branch.trim().is_empty());
    branches
}

#[test]
fn a_path_is_followed_from_wherever_it_stands() {
    let table: [(&str, &str, &[&str]); 13] = [
        ("plugin", "use crate::access;", &["access"]),
        ("plugin", "let own = crate::hex::encode(x);", &["hex"]),
        ("plugin", "use crate::{\n    a,\n    b::{c, d},\n    e::*,\n};", &["a", "b", "e"]),
        ("plugin", "use super::{abi, access as lines};", &["abi", "access"]),
        ("plugin::part", "use super::state;", &["plugin"]),
        ("plugin::part", "use super::super::{abi::{self, Map}, wasi};", &["abi", "wasi"]),
        ("plugin::part::deep", "fn f(x: super::super::super::abi::Map) {}", &["abi"]),
        ("plugin", "mod part {\n    use super::super::abi;\n}\nuse super::wasi;", &["abi", "wasi"]),
        (
            "plugin",
            "#[cfg(test)]\nmod tests {\n    use crate::root;\n}\nuse super::wasi;",
            &["wasi"],
        ),
        ("plugin", "// crate::root\n/// [`crate::root`]\nuse probegate_core::store;", &[]),
        ("plugin", "use super::*;", &["everything"]),
        ("plugin", "use crate::{self as root, VERSION};", &["self", "VERSION"]),
        ("", "mod start {\n    use super::root::Root;\n}", &["root"]),
    ];
    for (module, text, expected) in table {
        let path = module.split("::").filter(|name| !name.is_empty()).map(str::to_owned);
        assert_eq!(imports(&path.collect::<Vec<_>>(), text), expected, "{module}: {text}");
    }
}
