//! The text that a scrape is answered with.

use std::fmt::{self, Write as _};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::Registry;

use super::family::{CONFIGURED, FAMILIES, Family, Label, MetricNames, Type};

/// The two text formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus's own, version 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Format {
    /// The media type of an answer.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// One series at one time, or a histogram's.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The family that it belongs to.
    pub family: &'static Family,
    /// Its labels.
    pub labels: Vec<Label>,
    /// Its value.
    pub value: Value,
}

/// The value of a sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of a counter.
    Counter(u64),
    /// Of a gauge.
    Gauge(i64),
    /// Of a histogram of seconds.
    Histogram {
        /// Upper bounds, the last one infinite, and how many there are in each bucket alone.
        buckets: Vec<(f64, u64)>,
        /// Number of observations.
        count: u64,
        /// Their sum.
        sum: f64,
    },
}

/// All families at one time.
pub struct Exposition {
    names: MetricNames,
    samples: Vec<Sample>,
}

impl Exposition {
    /// These samples under these names.
    pub fn new(names: MetricNames, samples: Vec<Sample>) -> Self {
        Self { names, samples }
    }

    /// The whole text.
    pub fn encode(self, format: Format) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = text::encode(&mut text, &registry);
        match format {
            Format::OpenMetrics => text,
            Format::Text => classic(&text),
        }
    }

    fn encode_family(
        &self,
        family: &'static Family,
        encoder: &mut DescriptorEncoder<'_>,
    ) -> fmt::Result {
        let kind = match family.kind {
            Type::Counter => MetricType::Counter,
            Type::Gauge => MetricType::Gauge,
            Type::Histogram => MetricType::Histogram,
        };
        let name = self.names.full_name(family);
        let mut encoder = encoder.encode_descriptor(&name, family.help, None, kind)?;
        for sample in self.samples.iter().filter(|sample| sample.family == family) {
            if sample.labels.is_empty() {
                sample.value.encode(&mut encoder)?;
            } else {
                sample.value.encode(&mut encoder.encode_family(&sample.labels)?)?;
            }
        }
        Ok(())
    }
}

/// The library wants it, and nobody prints it: deriving it would put 16 KB of it into the module.
impl fmt::Debug for Exposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exposition")
    }
}

impl Collector for Exposition {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counted = |family: &&Family| self.samples.iter().any(|sample| sample.family == *family);
        let mut families = FAMILIES.into_iter().chain(CONFIGURED.into_iter().filter(counted));
        families.try_for_each(|family| self.encode_family(family, &mut encoder))
    }
}

impl Value {
    fn encode(&self, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
        type Labels = [(&'static str, &'static str); 0];
        match self {
            Self::Counter(value) => encoder.encode_counter(value, None::<&Exemplar<Labels, f64>>),
            Self::Gauge(value) => encoder.encode_gauge(value),
            Self::Histogram { buckets, count, sum } => {
                encoder.encode_histogram::<Labels>(*sum, *count, buckets, None)
            }
        }
    }
}

/// OpenMetrics as the format before it: there a counter's family has the `_total` of its series, and
/// nothing marks the end.
fn classic(text: &str) -> String {
    let mut classic = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let help = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' '));
        let counter = |next: &&str| {
            let declared = next.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '));
            declared.is_some_and(|(_, kind)| kind == "counter")
        };
        match help {
            // Writing to a string cannot fail.
            Some((name, help)) if lines.next_if(counter).is_some() => {
                let _ =
                    write!(classic, "# HELP {name}_total {help}\n# TYPE {name}_total counter\n");
            }
            _ if line == "# EOF" => {}
            _ => {
                classic.push_str(line);
                classic.push('\n');
            }
        }
    }
    classic
}
