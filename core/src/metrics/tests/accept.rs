//! The format that a scraper gets.

use crate::metrics::Format::{self, OpenMetrics, Text};

#[test]
fn openmetrics_for_whoever_wants_it_and_text_for_all_others() {
    let prometheus_2 = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let table: [(&[u8], Format); 19] = [
        (prometheus_2.as_bytes(), OpenMetrics),
        (b"", Text),
        (b"*/*", Text),
        (b"text/html,application/xhtml+xml,*/*;q=0.8", Text),
        (b"application/json", Text),
        (b"text/plain", Text),
        (b"application/openmetrics-text", OpenMetrics),
        (b"Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8", OpenMetrics),
        (b"application/openmetrics-text;q=0", Text),
        (b"application/openmetrics-text;q=0.0, */*", Text),
        (b"application/openmetrics-text;version=2.0.0", Text),
        (b"application/openmetrics-text;q=0.5, text/plain", Text),
        (b"application/openmetrics-text;q=0.5, text/plain;q=0.5", OpenMetrics),
        (b"text/plain;q=0.499, application/openmetrics-text;q=0.5", OpenMetrics),
        (b"application/openmetrics-text;q=1.000", OpenMetrics),
        (b"application/openmetrics-text;q=2", Text),
        (b"application/openmetrics-text;q=0.0001", Text),
        (b"application/openmetrics-text;q=.5;q", Text),
        (b"\xff\xfe, application/openmetrics-text", Text),
    ];
    for (accept, format) in table {
        assert_eq!(Format::accepted(accept), format, "{}", accept.escape_ascii());
    }
}

/// What Prometheus 3.5 sends, by its settings. It may ask for names as it would write them; all of the gate's are
/// such names in any escaping.
#[test]
fn prometheus_3_gets_a_format_that_it_named() {
    let text = "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0";
    for escaping in ["allow-utf-8", "underscores", "dots", "values"] {
        let accept = format!(
            "application/openmetrics-text;version=1.0.0;escaping={escaping};q=0.6,{text};escaping={escaping};q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
        );
        assert_eq!(Format::accepted(accept.as_bytes()), OpenMetrics, "{escaping}");
    }
    let protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6";
    let table = [
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3",
            OpenMetrics,
            "protobuf, then OpenMetrics",
        ),
        ("*/*;q=0.5", Text, "protobuf or anything"),
    ];
    for (others, format, shows) in table {
        let accept = format!("{protobuf},{others}");
        assert_eq!(Format::accepted(accept.as_bytes()), format, "{shows}");
    }
    let text_alone = b"text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,*/*;q=0.5";
    assert_eq!(Format::accepted(text_alone), Text, "text 1.0.0 or anything");
}
