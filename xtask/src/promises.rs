//! `cargo xtask promises`: each proof that is named is there.
//!
//! A proof is a command in the pages: a verb, or tests by their names. Verbs are looked up, tests are
//! asked for; nothing is run.

use std::collections::BTreeMap;
use std::fs;

use testbed::workspace;

use crate::{Outcome, VERBS, command, test};

/// The pages that name proofs.
const PAGES: [&str; 2] = ["docs/promises.md", "SECURITY.md"];

pub fn check() -> Outcome {
    let (mut lists, mut faults, mut proofs) = (Lists::default(), Vec::new(), 0);
    for page in PAGES {
        let text = fs::read_to_string(workspace().join(page))?;
        for (number, line) in (1..).zip(text.lines()) {
            let commands =
                line.split('`').skip(1).step_by(2).filter(|code| code.starts_with("cargo "));
            for command in commands {
                proofs += 1;
                let missing = missing(command, &mut lists)?;
                faults.extend(missing.map(|what| format!("{page}:{number}: `{command}`: {what}")));
            }
        }
    }
    if !faults.is_empty() {
        return Err(format!("promises without a proof:\n{}", faults.join("\n")).into());
    }
    println!("{proofs} proofs are named in {}, and all are there", PAGES.join(" and "));
    Ok(())
}

/// What the command needs and there is not.
fn missing(command: &str, lists: &mut Lists) -> Outcome<Option<String>> {
    let words: Vec<&str> = command.split_whitespace().collect();
    match words.as_slice() {
        ["cargo", "xtask", "test", "--envoy", _, names @ ..] => {
            lists.lacking("--test envoy", names)
        }
        ["cargo", "xtask", verb, ..] if is_verb(verb) => Ok(None),
        ["cargo", "xtask", ..] => Ok(Some("there is no such verb".into())),
        ["cargo", "test", words @ ..] => {
            let names: Vec<_> =
                (0..words.len()).filter(|at| is_name(words, *at)).map(|at| words[at]).collect();
            lists.lacking(&built(words), &names)
        }
        _ => Ok(Some("no proof is of this form".into())),
    }
}

fn is_verb(verb: &str) -> bool {
    VERBS
        .lines()
        .any(|line| line.strip_prefix("  ").and_then(|line| line.split(' ').next()) == Some(verb))
}

/// Whether a word of `cargo test` is neither an option nor what one takes.
fn is_name(words: &[&str], at: usize) -> bool {
    let takes = |word: &&str| ["--test", "--package", "--features"].contains(word);
    !words[at].starts_with('-') && !at.checked_sub(1).is_some_and(|before| takes(&words[before]))
}

/// The options by which the tests of that command have been built already.
fn built(words: &[&str]) -> String {
    let kind = match words.windows(2).find(|pair| pair[0] == "--test") {
        Some(pair) => format!("--test {}", pair[1]),
        None if words.contains(&"xtask") => "--bins".to_owned(),
        None => "--lib".to_owned(),
    };
    format!("--workspace --features {} {kind}", test::FEATURES)
}

/// The names of all tests, by the options that build them.
#[derive(Default)]
struct Lists(BTreeMap<String, String>);

impl Lists {
    /// The first of these names that no test has.
    fn lacking(&mut self, options: &str, names: &[&str]) -> Outcome<Option<String>> {
        if !self.0.contains_key(options) {
            let words = format!("test --quiet {options} -- --list");
            self.0.insert(options.to_owned(), command::output(&mut command::cargo(&words))?);
        }
        let list = self.0.get(options).map(String::as_str).unwrap_or_default();
        let is_there = |name: &&&str| {
            list.lines()
                .any(|line| line.strip_suffix(": test").is_some_and(|test| test.contains(**name)))
        };
        let lacking = names.iter().find(|name| !is_there(name));
        Ok(lacking.map(|name| format!("no test is called {name}")))
    }
}
