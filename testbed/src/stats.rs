//! Envoy's Prometheus page as values that a test can ask for.

use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

/// One scrape. Envoy's page drops the prefix `wasmcustom.`, so the module's series have their own names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats(pub Vec<Sample>);

impl Stats {
    /// Reads the text format. Panics at a line that is none, naming it.
    pub fn parse(page: &str) -> Self {
        let samples = page
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| {
                sample(line).unwrap_or_else(|| panic!("no line of the Prometheus format: {line}"))
            })
            .collect();
        Self(samples)
    }

    /// The sum over the samples of that name that carry all of these labels; 0 if there are none.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.named(name)
            .filter(|sample| {
                labels
                    .iter()
                    .all(|(label, value)| sample.labels.get(*label).is_some_and(|own| own == value))
            })
            .map(|sample| sample.value)
            .sum()
    }

    /// Every sample of that name.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Sample> {
        self.0.iter().filter(move |sample| sample.name == name)
    }
}

fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = match series.split_once('{') {
        Some((name, rest)) => (name, labels(rest.strip_suffix('}')?)?),
        None => (series, BTreeMap::new()),
    };
    Some(Sample { name: name.to_owned(), labels, value: value.parse().ok()? })
}

fn labels(mut rest: &str) -> Option<BTreeMap<String, String>> {
    let mut labels = BTreeMap::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = quoted(after)?;
        labels.insert(name.to_owned(), value);
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    Some(labels)
}

/// The text up to the closing quote with its escapes undone, and what follows the quote.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    loop {
        match characters.next()? {
            (at, '"') => return Some((value, text.get(at + 1..)?)),
            (_, '\\') => value.push(match characters.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            (_, other) => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_summed_over_the_labels_that_are_not_asked_for() {
        let page = Stats::parse(concat!(
            "# TYPE requests counter\n",
            "requests{method=\"GET\",status=\"200\"} 3\n",
            "requests{method=\"GET\",status=\"401\"} 4\n",
            "\n",
            "odd{text=\"a\\\"b,c=\\\\\\n}\"} 1\n",
            "plain 2.5\n",
            "histogram_bucket{le=\"+Inf\"} 7\n",
        ));
        assert_eq!(page.value("requests", &[("method", "GET")]), 7.0);
        assert_eq!(page.value("requests", &[("method", "GET"), ("status", "401")]), 4.0);
        assert_eq!(page.value("requests", &[("path", "/")]), 0.0);
        assert_eq!(page.value("odd", &[("text", "a\"b,c=\\\n}")]), 1.0);
        assert_eq!(page.value("plain", &[]), 2.5);
        assert_eq!(page.value("histogram_bucket", &[("le", "+Inf")]), 7.0);
        assert_eq!(page.value("absent", &[]), 0.0);
    }
}
