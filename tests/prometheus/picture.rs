//! The dashboard as a picture for the README: small panels, drawn of what a Prometheus holds.

mod chart;

use std::path::Path;

use testbed::Prometheus;
use testbed::prometheus::{Series, Span};

use crate::dashboard::{Query, queries};
use chart::{Chart, Line};

const FILE: &str = "envoy/grafana/gateway.svg";
/// A README's picture is fetched by everybody who looks at it.
const LARGEST: usize = 60_000;
const COLUMNS: usize = 3;
const MARGIN: f64 = 16.0;

/// The panels of the picture, by their title on the dashboard.
const PANELS: [&str; 9] = [
    "Requests",
    "Errors",
    "Duration",
    "In flight",
    "Requests by what the client presented",
    "Auth failures by reason",
    "Refused by the limit",
    "Burn rate of the error budget",
    "Calls by code",
];

/// One SVG with all panels. It follows the reader's choice of dark or light.
pub fn draw(prometheus: &Prometheus, span: Span) -> String {
    let queries = queries();
    let charts: Vec<Chart> =
        PANELS.iter().map(|title| chart(title, &queries, prometheus, span)).collect();
    let width = 2.0 * MARGIN + COLUMNS as f64 * chart::WIDTH;
    let height = 2.0 * MARGIN + charts.len().div_ceil(COLUMNS) as f64 * chart::HEIGHT;
    let mut body = String::new();
    for (nth, chart) in charts.iter().enumerate() {
        let x = MARGIN + (nth % COLUMNS) as f64 * chart::WIDTH;
        let y = MARGIN + (nth / COLUMNS) as f64 * chart::HEIGHT;
        body += &format!("<g transform=\"translate({x} {y})\">\n{}</g>\n", chart.draw());
    }
    let description = charts.iter().map(Chart::told).collect::<Vec<_>>().join(" ");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title told\">\n\
         <title id=\"title\">The gateway's dashboard</title>\n<desc id=\"told\">{description}</desc>\n\
         <style>{}</style>\n<rect class=\"page\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n{body}</svg>\n",
        chart::STYLE
    )
}

fn chart(title: &str, queries: &[Query], prometheus: &Prometheus, span: Span) -> Chart {
    let mut lines = Vec::new();
    let mut unit = String::new();
    for query in queries.iter().filter(|query| query.panel == title) {
        unit.clone_from(&query.unit);
        for series in prometheus.range(&query.expression, span) {
            // What never happened needs no line.
            if series.points.iter().any(|point| point.1 > 0.0) {
                lines.push(line(query, series));
            }
        }
    }
    lines.sort_by(|one, other| chart::highest(other).total_cmp(&chart::highest(one)));
    assert!(!lines.is_empty(), "{title} is no panel, or has nothing to show");
    Chart { title: title.to_owned(), unit, lines, span }
}

/// The legend is filled in as Grafana does it: `{{label}}` is the label's value.
fn line(query: &Query, series: Series) -> Line {
    let mut label = query.legend.clone();
    for (name, value) in &series.labels {
        label = label.replace(&format!("{{{{{name}}}}}"), value);
    }
    let label = label.strip_prefix("gateway ").map_or(label.clone(), str::to_owned);
    Line { label, points: series.points }
}

/// Holds the picture to its promises. `writes`: puts it into the repository.
pub fn check_and_write(picture: &str, writes: bool) {
    assert!(picture.len() < LARGEST, "{} bytes", picture.len());
    for title in PANELS {
        assert!(picture.contains(&format!(">{title}</text>")), "{title}");
    }
    assert!(!picture.contains("NaN") && !picture.contains("inf"), "a point that is none");
    if writes {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
        std::fs::write(path, picture).expect("write the picture");
    }
}
