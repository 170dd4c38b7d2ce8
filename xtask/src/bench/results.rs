//! `benches/RESULTS.md`: a section for each kind of measurement, of which a run replaces its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{fs, io};

use testbed::workspace;

use super::table::{Counts, signed};
use super::{SECTIONS, page};
use crate::Outcome;

const HEAD: &str = "\
# What the gate costs

Written by `cargo xtask bench`; see CONTRIBUTING.md. Each section says what it was measured with.

A bar is what a row was meant to take at most: over bare Envoy, or beside the row that it names. It is **missed** where the row takes more.
";

/// How much more than the committed table a row may take, in percent.
const TOLERANCE: i64 = 3;

/// The file as it is.
pub fn read() -> Outcome<String> {
    match fs::read_to_string(path()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => Ok(read?),
    }
}

/// Replaces the section of that title.
pub fn write(title: &str, body: &str) -> Outcome {
    let file = replaced(&read()?, title, body);
    fs::write(path(), &file)?;
    println!("written: benches/RESULTS.md, \"{title}\"");
    page::write(&file)
}

fn path() -> PathBuf {
    workspace().join("benches/RESULTS.md")
}

fn replaced(file: &str, title: &str, body: &str) -> String {
    let part = |(own, _): &(&str, _)| {
        let body = if *own == title { body.trim() } else { section(file, own)? };
        Some(format!("\n## {own}\n\n{body}\n"))
    };
    HEAD.to_owned() + &SECTIONS.iter().filter_map(part).collect::<String>()
}

/// The body of a section of the file.
pub fn section<'a>(file: &'a str, title: &str) -> Option<&'a str> {
    let (_, rest) = file.split_once(&format!("\n## {title}\n"))?;
    rest.split("\n## ").next().map(str::trim)
}

/// Each row of the file's tables, by the names of its columns.
pub fn rows(file: &str) -> Vec<BTreeMap<&str, &str>> {
    let (mut head, mut rows) = (Vec::new(), Vec::new());
    for line in file.lines() {
        let cells = line.split('|').map(str::trim);
        if !line.starts_with('|') {
            head.clear();
        } else if head.is_empty() {
            head = cells.collect();
        } else {
            rows.push(head.iter().copied().zip(cells).collect());
        }
    }
    rows
}

/// The instructions of each row in the file.
pub fn committed(file: &str) -> Counts {
    let counted = |row: &BTreeMap<&str, &str>| {
        let number = row.get("instructions")?.replace(',', "").parse().ok()?;
        Some((row.get("row")?.trim_matches('`').to_owned(), number))
    };
    rows(file).iter().filter_map(counted).collect()
}

/// An error that names the rows that take more than 3 % more than in the committed file.
pub fn check(committed: &Counts, counted: &Counts) -> Outcome {
    let mut wrong = Vec::new();
    for (name, now) in counted {
        match committed.get(name) {
            Some(before) if now * 100 > before * (100 + TOLERANCE) => {
                wrong.push(format!("{name}: {} instead of {}", signed(*now), signed(*before)));
            }
            Some(_) => {}
            None => wrong.push(format!("{name} is not in benches/RESULTS.md")),
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let wrong = wrong.join("\n  ");
    Err(format!("more than {TOLERANCE} % over benches/RESULTS.md:\n  {wrong}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_replaces_itself_and_keeps_the_others() {
        let one = replaced("", "Time", "fast\n");
        let two = replaced(&one, "Instructions a request", "| a |\n\n### part\n\nb");
        let three = replaced(&two, "Time", "faster");
        let wanted = format!(
            "{HEAD}\n## Instructions a request\n\n| a |\n\n### part\n\nb\n\n## Time\n\nfaster\n"
        );
        assert_eq!(three, wanted);
    }

    #[test]
    fn three_percent_more_is_let_pass_and_one_instruction_more_is_not() {
        let counts = |name: &str, number| Counts::from([(name.to_owned(), number)]);
        let committed = counts("api", 100_000);
        assert!(check(&committed, &counts("api", 103_000)).is_ok());
        let error = check(&committed, &counts("api", 103_001)).expect_err("too many");
        assert!(error.to_string().ends_with("api: 103,001 instead of 100,000"), "{error}");
        assert!(check(&committed, &counts("new", 1)).is_err(), "a row that nobody committed");
    }
}
