//! The `accept` header of a scrape: OpenMetrics only for who names it.

use probegate_core::metrics::Format;

/// A header's value.
pub fn run(value: &[u8]) {
    let format = Format::accepted(value);
    let names =
        |media: &[u8]| value.to_ascii_lowercase().windows(media.len()).any(|at| at == media);
    assert!(format == Format::Text || names(b"application/openmetrics-text"));
    assert_eq!(Format::accepted(&[value, b", text/plain;q=0"].concat()), format);
}
