//! The figures of `docs/performance.md`, which are those of `benches/RESULTS.md`: whatever writes that
//! writes this.

use std::fmt::Write as _;
use std::fs;

use testbed::workspace;

use super::results::{self, section};
use super::rows::Rows;
use super::table::signed;
use super::{MEMORY, START};
use crate::Outcome;

const PAGE: &str = "docs/performance.md";
const END: &str = "<!-- end -->";

/// Writes the figures into the page, as far as they have been measured.
pub fn write(results: &str) -> Outcome {
    let path = workspace().join(PAGE);
    let mut page = fs::read_to_string(&path)?;
    // Without the paragraph that says what a section was measured with.
    let tables = |title| section(results, title).and_then(|body| Some(body.split_once("\n\n")?.1));
    for (name, body) in [
        ("requests", Some(&*requests(results, &Rows::read()?.page))),
        ("memory", tables(MEMORY.0)),
        ("start", tables(START.0)),
    ] {
        page = replaced(&page, name, body.unwrap_or_default())?;
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

/// The table of a user's questions, with the figures of the row that answers each. All are held against `bare`.
fn requests(results: &str, page: &[(String, String)]) -> String {
    let (counted, rows) = (results::committed(results), results::rows(results));
    let mut table =
        String::from("| request | instructions | CPU, µs | CPU, × Lua's |\n|---|---:|---:|---:|\n");
    for (name, what) in page {
        let Some((own, bare)) = counted.get(name).zip(counted.get("bare")) else { continue };
        let row = format!("`{name}`");
        let time = rows.iter().find(|cells| {
            cells.get("row") == Some(&&*row) && cells.contains_key("CPU a request, µs")
        });
        let [over_bare, beside_lua] = ["over bare, µs", "× `lua`"]
            .map(|column| time.and_then(|row| row.get(column)).copied().unwrap_or_default());
        let over = signed(own - bare);
        let _ = writeln!(table, "| {what} | {over} | {over_bare} | {beside_lua} |");
    }
    table
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
";

    #[test]
    fn a_request_has_its_instructions_and_its_time() {
        let page = ["api-forwarded", "lua"].map(|row| (row.to_owned(), "what".to_owned()));
        let table = requests(RESULTS, &page);
        let counted = [("api-forwarded".to_owned(), 126_500), ("bare".to_owned(), 77_000)];
        assert_eq!(results::committed(RESULTS), counted.into(), "of tables of instructions alone");
        let line = table.lines().nth(2).expect("a row");
        assert!(line.ends_with("| 49,500 | 20.0 (19.0 to 21.0) | 0.80 |"), "{line}");
        assert_eq!(table.lines().count(), 3, "what was not measured is left out");
    }

    #[test]
    fn what_is_between_the_marks_is_replaced() {
        let page = "a\n<!-- bench: b -->\nold\n<!-- end -->\nc\n";
        let new = replaced(page, "b", "new\n").expect("marks");
        assert_eq!(new, "a\n<!-- bench: b -->\n\nnew\n\n<!-- end -->\nc\n");
        assert!(replaced(page, "x", "new").is_err());
    }
}
