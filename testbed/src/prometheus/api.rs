//! The answers of Prometheus's HTTP API as values.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::stats::Sample;

/// A time, in seconds since 1970, and the distance of its points.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub start: f64,
    pub end: f64,
    pub step: f64,
}

/// One line of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub labels: BTreeMap<String, String>,
    /// Times and values; a time without a value is left out.
    pub points: Vec<(f64, f64)>,
}

/// Path and query, with all but letters and digits escaped.
pub fn target(path: &str, parameters: &[(&str, &str)]) -> String {
    let escaped = |value| utf8_percent_encode(value, NON_ALPHANUMERIC);
    let parameters = parameters.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
    format!("{path}?{}", parameters.collect::<Vec<_>>().join("&"))
}

/// An instant vector; a scalar is one sample without labels.
pub fn vector(data: &Value) -> Vec<Sample> {
    if data["resultType"] == "scalar" {
        let value = point(&data["result"]).1;
        return vec![Sample { name: String::new(), labels: BTreeMap::new(), value }];
    }
    let sample = |result: &Value| {
        let mut labels = labels(result);
        let name = labels.remove("__name__").unwrap_or_default();
        Sample { name, labels, value: point(&result["value"]).1 }
    };
    results(data).map(sample).collect()
}

pub fn matrix(data: &Value) -> Vec<Series> {
    let series = |result: &Value| Series {
        labels: labels(result),
        points: result["values"].as_array().into_iter().flatten().map(point).collect(),
    };
    results(data).map(series).collect()
}

fn results(data: &Value) -> impl Iterator<Item = &Value> {
    data["result"].as_array().into_iter().flatten()
}

fn labels(result: &Value) -> BTreeMap<String, String> {
    let labels = result["metric"].as_object().into_iter().flatten();
    labels
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

fn point(pair: &Value) -> (f64, f64) {
    let value = pair[1].as_str().and_then(|text| text.parse().ok());
    pair[0].as_f64().zip(value).unwrap_or_else(|| panic!("no point of a series: {pair}"))
}
