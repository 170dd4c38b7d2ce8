//! `benches/RESULTS.md`: a section for each kind of measurement, of which a run replaces its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{fs, io};

use testbed::figures::grouped;
use testbed::workspace;

use super::page;
use crate::Outcome;

const HEAD: &str = "\
# What the gate costs

Written by `cargo xtask bench`; see CONTRIBUTING.md. Each section says what it was measured with.

A bar is what a row was meant to take at most: over bare Envoy, or beside the row that it names. It is **missed** where the row takes more.
";

/// How much more than the committed table a row may take, in percent.
const TOLERANCE: u64 = 3;

/// The sections, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    Requests,
    Growth,
    Wall,
    Memory,
    Start,
    Core,
}

impl Section {
    const ALL: [Self; 6] =
        [Self::Requests, Self::Growth, Self::Wall, Self::Memory, Self::Start, Self::Core];

    fn title(self) -> &'static str {
        match self {
            Self::Requests => "Instructions a request",
            Self::Growth => "What may grow",
            Self::Memory => "Memory",
            Self::Start => "Start and reload",
            Self::Core => "The core alone",
            Self::Wall => "Time",
        }
    }
}

/// The file as it is.
pub fn read() -> Outcome<String> {
    match fs::read_to_string(path()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => Ok(read?),
    }
}

/// Replaces one section of the file.
pub fn write(section: Section, body: &str) -> Outcome {
    let file = replaced(&read()?, section, body);
    fs::write(path(), &file)?;
    println!("written: benches/RESULTS.md, \"{}\"", section.title());
    page::write(&file)
}

fn path() -> PathBuf {
    workspace().join("benches/RESULTS.md")
}

fn replaced(file: &str, section: Section, body: &str) -> String {
    let mut bodies: BTreeMap<Section, &str> = Section::ALL
        .into_iter()
        .filter_map(|section| {
            let (_, rest) = file.split_once(&format!("\n## {}\n", section.title()))?;
            Some((section, rest.split("\n## ").next().unwrap_or(rest).trim()))
        })
        .collect();
    bodies.insert(section, body.trim());
    let sections =
        bodies.iter().map(|(section, body)| format!("\n## {}\n\n{body}\n", section.title()));
    HEAD.to_owned() + &sections.collect::<String>()
}

/// The instructions of each row in the file: tables whose third column is called `instructions`.
pub fn committed(file: &str) -> BTreeMap<String, u64> {
    let mut counted = false;
    let mut rows = BTreeMap::new();
    for line in file.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells.as_slice() {
            [_, "row", _, third, ..] => counted = *third == "instructions",
            [_, name, _, number, ..] if counted => {
                if let Ok(number) = number.replace(',', "").parse() {
                    rows.insert(name.trim_matches('`').to_owned(), number);
                }
            }
            _ => counted = false,
        }
    }
    rows
}

/// An error that names the rows that take more than 3 % more than in the committed file.
pub fn check(committed: &BTreeMap<String, u64>, counted: &BTreeMap<&str, u64>) -> Outcome {
    let mut wrong = Vec::new();
    for (name, now) in counted {
        match committed.get(*name) {
            Some(before) if now * 100 > before * (100 + TOLERANCE) => {
                wrong.push(format!("{name}: {} instead of {}", grouped(*now), grouped(*before)));
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
        let one = replaced("", Section::Wall, "fast\n");
        let two = replaced(&one, Section::Requests, "| a |\n\n### part\n\nb");
        let three = replaced(&two, Section::Wall, "faster");
        let wanted = format!(
            "{HEAD}\n## Instructions a request\n\n| a |\n\n### part\n\nb\n\n## Time\n\nfaster\n"
        );
        assert_eq!(three, wanted);
    }

    #[test]
    fn rows_are_read_back_from_tables_of_instructions_alone() {
        let file = "\
| row | what | instructions | over bare |
|---|---|---:|---:|
| `bare` | no filter | 77,531 | |
| `api` | a `b` | 126,947 | 49,416 |

| row | rss | ratio |
|---|---|---:|
| `memory` | a | 7 |
";
        let wanted = [("api".to_owned(), 126_947), ("bare".to_owned(), 77_531)];
        assert_eq!(committed(file), wanted.into());
    }

    #[test]
    fn three_percent_more_is_let_pass_and_one_instruction_more_is_not() {
        let committed = [("api".to_owned(), 100_000)].into();
        assert!(check(&committed, &[("api", 103_000)].into()).is_ok());
        let error = check(&committed, &[("api", 103_001)].into()).expect_err("too many");
        assert!(error.to_string().ends_with("api: 103,001 instead of 100,000"), "{error}");
        assert!(check(&committed, &[("new", 1)].into()).is_err(), "a row that nobody committed");
    }
}
