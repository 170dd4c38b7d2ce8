//! `cargo xtask promises`: each proof that is named is there.
//!
//! A proof is a command in the pages: a verb, or tests by their names. Verbs are looked up, tests are
//! asked for; nothing is run. Each row of a table of proofs has one, or says why it has none.

mod built;

use std::{fs, iter};

use clap::Parser as _;
use clap::error::ErrorKind;
use testbed::workspace;

use crate::Outcome;
use crate::verbs::Arguments;
use built::{Binary, built};

/// The package that `cargo test` takes if none is named.
const ROOT: &str = "probegate";

/// The pages that name proofs.
const PAGES: [&str; 2] = ["docs/promises.md", "SECURITY.md"];

pub fn check() -> Outcome {
    let (binaries, mut faults, mut proofs) = (built()?, Vec::new(), 0);
    for page in PAGES {
        let text = fs::read_to_string(workspace().join(page))?;
        proofs += text.lines().flat_map(commands).count();
        let wrong = wrong(&text, &binaries).into_iter();
        faults.extend(wrong.map(|(line, what)| format!("{page}:{line}: {what}")));
    }
    if !faults.is_empty() {
        return Err(format!("promises without a proof:\n{}", faults.join("\n")).into());
    }
    println!("{proofs} proofs are named in {}, and all are there", PAGES.join(" and "));
    Ok(())
}

/// The lines of a page that are wrong, and what is.
fn wrong(text: &str, binaries: &[Binary]) -> Vec<(usize, String)> {
    let (mut faults, mut of_proofs) = (Vec::new(), false);
    for (number, line) in (1..).zip(text.lines()) {
        let cell = line.strip_suffix('|').and_then(|row| row.rsplit('|').next()).map(str::trim);
        of_proofs = cell.is_some_and(|cell| of_proofs || cell == "proof");
        let needs_none =
            |cell: &str| ["proof", "---"].contains(&cell) || cell.starts_with("none here: ");
        if of_proofs
            && cell.is_some_and(|cell| !needs_none(cell) && commands(cell).next().is_none())
        {
            faults.push((number, "a promise without a command".to_owned()));
        }
        for command in commands(line) {
            let missing = missing(command, binaries);
            faults.extend(missing.map(|what| (number, format!("`{command}`: {what}"))));
        }
    }
    faults
}

fn commands(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("cargo "))
}

/// What the command needs and there is not.
fn missing(command: &str, binaries: &[Binary]) -> Option<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    match words.as_slice() {
        ["cargo", "xtask", "test", "--envoy", _, names @ ..] => {
            lacking(binaries, ROOT, Some("envoy"), names)
        }
        ["cargo", "xtask", words @ ..] => misused(words),
        ["cargo", "test", words @ ..] => of_cargo(words, binaries),
        _ => Some("no proof is of this form".into()),
    }
}

/// What is wrong with the words behind `cargo xtask`. A word in capitals stands for any value.
pub fn misused(words: &[&str]) -> Option<String> {
    let error = Arguments::try_parse_from(iter::once(&"xtask").chain(words)).err()?;
    let stands_for_any =
        |word: &&str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    match error.kind() {
        ErrorKind::InvalidSubcommand => Some("there is no such verb".into()),
        // A text that speaks of a verb does not run it.
        ErrorKind::MissingRequiredArgument if words.len() == 1 => None,
        ErrorKind::ValueValidation if words.iter().any(stands_for_any) => None,
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            Some(line.trim_start_matches("error: ").to_owned())
        }
    }
}

/// The same of the words behind `cargo test`.
fn of_cargo(words: &[&str], binaries: &[Binary]) -> Option<String> {
    let (mut package, mut target, mut names) = (ROOT, None, Vec::new());
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        match word {
            "--lib" => target = Some(word),
            "--test" => target = words.next().or(Some("")),
            "--package" => package = words.next().unwrap_or_default(),
            _ => names.push(word),
        }
    }
    match names.as_slice() {
        [_, _, ..] => Some("cargo takes one name".into()),
        names => lacking(binaries, package, target, names),
    }
}

/// The first of these names that no test has which would run.
fn lacking(
    binaries: &[Binary],
    package: &str,
    target: Option<&str>,
    names: &[&str],
) -> Option<String> {
    if names.is_empty() {
        return Some("it names no test".into());
    }
    let runs = |name: &str| {
        let of_these = binaries.iter().filter(|binary| binary.is(package, target));
        of_these.flat_map(|binary| &binary.tests).any(|test| test.contains(name))
    };
    let name = names.iter().find(|name| !runs(name))?;
    Some(format!("it runs no test that is called {name}"))
}

#[cfg(test)]
mod tests;
