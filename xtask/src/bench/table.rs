//! What was counted, beside bare Envoy, the peers and the bars.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::rows::{Bar, Row};
use testbed::figures::grouped;

/// Instructions a request, by row.
pub type Counts = BTreeMap<String, i64>;

/// What the gate is compared with.
const PEERS: [&str; 4] = ["native", "lua", "empty-as-built", "empty"];

/// A table of these rows; a figure whose other row was not counted is left out.
pub fn render(rows: &[Row], counts: &Counts, peers: bool) -> String {
    let mut table = String::from("| row | what | instructions | over bare | bar |");
    let mut rule = String::from("\n|---|---|---:|---:|---|");
    if peers {
        for peer in PEERS {
            let _ = write!(table, " × `{peer}` |");
            rule.push_str("---:|");
        }
    }
    table.push_str(&rule);
    table.push('\n');
    for row in rows.iter().filter(|row| counts.contains_key(&row.name)) {
        let counted = counts.get(&row.name).copied().map(signed).unwrap_or_default();
        let over = over(row, counts);
        let shown = over.map(signed).unwrap_or_default();
        let bar = bar(row, counts).unwrap_or_default();
        let _ = write!(table, "| `{}` | {} | {counted} | {shown} | {bar} |", row.name, row.what);
        for peer in PEERS.into_iter().filter(|_| peers) {
            let ratio = over.zip(counts.get(peer).zip(counts.get("bare")));
            let ratio = ratio.map(|(over, (peer, bare))| ratio_of(over, peer - bare));
            let _ = write!(table, " {} |", ratio.unwrap_or_default());
        }
        table.push('\n');
    }
    table
}

fn over(row: &Row, counts: &Counts) -> Option<i64> {
    let bare = counts.get(&row.bare).filter(|_| !row.name.starts_with("bare"))?;
    Some(counts.get(&row.name)? - bare)
}

/// The bar, and whether it is met.
fn bar(row: &Row, counts: &Counts) -> Option<String> {
    let own = *counts.get(&row.name)?;
    let (text, met) = match row.bar.as_ref()? {
        Bar::Over(most) => (signed(*most), over(row, counts)? <= *most),
        Bar::Below(other) => (format!("below `{other}`"), own < *counts.get(other)?),
        Bar::Growth(from, most) => {
            let grew = own - counts.get(from)?;
            let text = format!("`{from}` + {}; is + {}", signed(*most), signed(grew));
            (text, grew <= *most)
        }
        Bar::Percent(from, most) => {
            let from_count = *counts.get(from)?;
            let percent = (own - from_count) as f64 * 100.0 / from_count as f64;
            let text = format!("`{from}` + {most} %; is {percent:+.1} %");
            (text, own * 100 <= from_count * (100 + most))
        }
        Bar::GrowthOf(from, low, high) => {
            let grew = own - counts.get(from)?;
            let most = counts.get(high)? - counts.get(low)?;
            let text = format!("`{from}` + {}, as `{low}`; is + {}", signed(most), signed(grew));
            (text, grew <= most)
        }
    };
    Some(format!("{text}: {}", if met { "met" } else { "**missed**" }))
}

/// The median, and the least and the most.
pub fn spread(values: impl Iterator<Item = f64>, digits: usize) -> String {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.as_slice() {
        [] => String::new(),
        [least, .., most] => {
            let median = values[values.len() / 2];
            format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
        }
        [only] => format!("{only:.digits$}"),
    }
}

/// The median and the quartiles, of as many values as there may be noise in.
pub fn quartiles(values: impl Iterator<Item = f64>, digits: usize) -> String {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let quarter = |nth: usize| values.get(values.len() * nth / 4).copied().unwrap_or_default();
    match [1, 2, 3].map(quarter) {
        [_, only, _] if values.len() == 1 => format!("{only:.digits$}"),
        [lower, median, upper] => {
            format!("{median:.digits$} ({lower:.digits$} to {upper:.digits$})")
        }
    }
}

pub fn signed(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(number.unsigned_abs()))
}

fn ratio_of(one: i64, other: i64) -> String {
    if other == 0 { String::new() } else { format!("{:.2}", one as f64 / other as f64) }
}

#[cfg(test)]
mod tests {
    use super::super::rows::Rows;
    use super::*;

    fn counts(counts: &[(&str, i64)]) -> Counts {
        counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    fn rows() -> Rows {
        Rows::read().expect("the rows")
    }

    #[test]
    fn a_row_stands_beside_bare_envoy_its_bar_and_each_peer_that_was_counted() {
        let counts = counts(&[
            ("bare", 77_500),
            ("lua", 127_500),
            ("api-forwarded", 127_001),
            ("metrics-401", 127_001),
        ]);
        let table = render(&rows().requests, &counts, true);
        let lines: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(lines[0], "| `bare` | no filter | 77,500 |  |  |  |  |  |  |");
        assert!(lines[1].contains("| 127,500 | 50,000 |  |  | 1.00 |  |  |"), "{}", lines[1]);
        assert!(
            lines[2].ends_with("| 127,001 | 49,501 | 49,500: **missed** |  | 0.99 |  |  |"),
            "{}",
            lines[2]
        );
        assert!(lines[3].contains("below `api-forwarded`: **missed**"), "{}", lines[3]);
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn a_spread_is_the_median_the_least_and_the_most() {
        assert_eq!(spread([1.5, 1.0, 1.25].into_iter(), 2), "1.25 (1.00 to 1.50)");
        assert_eq!(spread([2.0].into_iter(), 1), "2.0");
    }

    #[test]
    fn quartiles_leave_out_what_is_far_off() {
        let values = [9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 99.0];
        assert_eq!(quartiles(values.into_iter(), 1), "5.0 (3.0 to 9.0)");
    }

    #[test]
    fn growth_is_held_against_what_it_may_be() {
        let counts = counts(&[
            ("clients-1", 100_000),
            ("clients-5000", 118_000),
            ("patterns-5", 100_000),
            ("patterns-1000", 103_001),
            ("headers-10-empty", 10),
            ("headers-100-empty", 30),
            ("headers-10", 100),
            ("headers-100", 119),
        ]);
        let table = render(&rows().growth, &counts, false);
        assert!(table.contains("| `clients-1` + 18,000; is + 18,000: met |"), "{table}");
        assert!(table.contains("| `patterns-5` + 3 %; is +3.0 %: **missed** |"), "{table}");
        assert!(
            table.contains("| `headers-10` + 20, as `headers-10-empty`; is + 19: met |"),
            "{table}"
        );
    }
}
