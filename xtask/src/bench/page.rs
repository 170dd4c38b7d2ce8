//! The figures of `docs/performance.md`, which are those of `benches/RESULTS.md`: whatever writes that
//! writes this.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use testbed::figures::grouped;
use testbed::workspace;

use super::results;
use crate::Outcome;

const PAGE: &str = "docs/performance.md";
const END: &str = "<!-- end -->";

/// What a user asks, and the row that answers. All are held against `bare`.
const REQUESTS: [(&str, &str); 18] = [
    (
        "**Wasm filter**: API, ID minted, limit by `forwarded_for`, counters, duration",
        "api-forwarded",
    ),
    (
        "the same, a limit below 1,024 as in the README: each request through the shared table",
        "readme",
    ),
    ("the same, limit by `peer` or `remote_address`", "api-peer"),
    ("the same, no limit", "api-unlimited"),
    ("health route", "health"),
    ("metrics without a token: 401", "metrics-401"),
    ("over the limit: 429", "api-429"),
    ("no limit, `log.access: text`", "only-log-text"),
    ("no limit, `log.access: json`", "only-log-json"),
    ("a scrape of 50 series", "scrape-50"),
    ("a scrape of all the series there can be", "scrape-2000"),
    ("**dynamic module**: limit by `forwarded_for`", "dynamic-forwarded"),
    ("the same, limit by `peer`", "dynamic-peer"),
    ("over the limit: 429", "dynamic-429"),
    (
        "*beside it:* a Lua script for the same four jobs, its counts neither shared nor exported",
        "lua",
    ),
    ("*beside it:* Envoy's RBAC, local rate limit and request ID", "native"),
    (
        "*beside it:* a Wasm module that makes the filter's calls into Envoy and does nothing else",
        "floor",
    ),
    ("*beside it:* an empty Rust filter, as its SDK builds it", "empty-as-built"),
];

/// Writes the figures into the page, as far as they have been measured.
pub fn write(results: &str) -> Outcome {
    let path = workspace().join(PAGE);
    let mut page = fs::read_to_string(&path)?;
    for (name, body) in [
        ("requests", requests(results)),
        ("memory", section(results, "Memory")),
        ("start", section(results, "Start and reload")),
    ] {
        page = replaced(&page, name, &body)?;
    }
    fs::write(&path, page)?;
    println!("written: {PAGE}");
    Ok(())
}

/// The page with another body between the marks of that name.
fn replaced(page: &str, name: &str, body: &str) -> Outcome<String> {
    let mark = format!("<!-- bench: {name} -->\n");
    let (before, rest) =
        page.split_once(&mark).ok_or_else(|| format!("{PAGE} has no line {mark}"))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| format!("{PAGE} has no {END}"))?;
    Ok(format!("{before}{mark}\n{}\n\n{END}{after}", body.trim()))
}

fn requests(results: &str) -> String {
    let (counted, time) = (results::committed(results), time(results));
    let mut table =
        String::from("| request | instructions | CPU, µs | CPU, × Lua's |\n|---|---:|---:|---:|\n");
    for (what, row) in REQUESTS {
        let over = counted.get(row).zip(counted.get("bare"));
        let Some((own, bare)) = over else { continue };
        let (over_bare, beside_lua) = time.get(row).cloned().unwrap_or_default();
        let over = grouped(own.saturating_sub(*bare));
        let _ = writeln!(table, "| {what} | {over} | {over_bare} | {beside_lua} |");
    }
    table
}

/// What each row takes over bare Envoy, and that beside Lua's, of the section on time.
fn time(results: &str) -> BTreeMap<String, (String, String)> {
    let mut rows = BTreeMap::new();
    let mut here = false;
    for line in results.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells.as_slice() {
            [_, "row", cpu, ..] => here = cpu.starts_with("CPU"),
            [_, name, _, over, lua, _, ..] if here => {
                let row = name.trim_matches('`').to_owned();
                rows.insert(row, ((*over).to_owned(), (*lua).to_owned()));
            }
            _ => here = false,
        }
    }
    rows
}

/// The tables of a section, without the paragraph that says what it was measured with.
fn section(results: &str, title: &str) -> String {
    let body = results.split_once(&format!("\n## {title}\n")).map_or("", |(_, rest)| rest);
    let body = body.split("\n## ").next().unwrap_or_default().trim();
    body.split_once("\n\n").map_or(body, |(_, tables)| tables).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULTS: &str = "\
# What

## Instructions a request

Envoy.

| row | what | instructions | over bare |
|---|---|---:|---:|
| `bare` | no filter | 77,000 | |
| `api-forwarded` | an API | 126,500 | 49,500 |

## Time

Envoy.

| row | CPU a request, µs | over bare, µs | × `lua` | more |
|---|---:|---:|---:|---:|
| `bare` | 30.0 | | | 1 |
| `api-forwarded` | 50.0 | 20.0 (19.0 to 21.0) | 0.80 | 0.7 |

## Memory

Envoy.

| a | b |
|---|---|
| c | 1 |

## Start and reload
";

    #[test]
    fn a_request_has_its_instructions_and_its_time() {
        let table = requests(RESULTS);
        let line = table.lines().nth(2).expect("a row");
        assert!(line.ends_with("| 49,500 | 20.0 (19.0 to 21.0) | 0.80 |"), "{line}");
        assert_eq!(table.lines().count(), 3, "what was not measured is left out");
    }

    #[test]
    fn a_section_is_its_tables() {
        assert_eq!(section(RESULTS, "Memory"), "| a | b |\n|---|---|\n| c | 1 |");
    }

    #[test]
    fn what_is_between_the_marks_is_replaced() {
        let page = "a\n<!-- bench: b -->\nold\n<!-- end -->\nc\n";
        let new = replaced(page, "b", "new\n").expect("marks");
        assert_eq!(new, "a\n<!-- bench: b -->\n\nnew\n\n<!-- end -->\nc\n");
        assert!(replaced(page, "x", "new").is_err());
    }
}
