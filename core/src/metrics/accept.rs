//! Negotiation of the format of a scrape (RFC 9110 section 12.5.1).

use super::exposition::Format;

impl Format {
    /// The format for this `accept`: OpenMetrics if it is named and not less wanted than text, which
    /// everybody gets who asks for neither.
    pub fn accepted(accept: &[u8]) -> Self {
        let (mut text, mut openmetrics) = (0, 0);
        for range in str::from_utf8(accept).unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default().to_ascii_lowercase();
            let (mut version, mut quality) = (None, MAX_QUALITY);
            for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
                match name.trim().to_ascii_lowercase().as_str() {
                    "version" => version = Some(value.trim().trim_matches('"')),
                    "q" => quality = quality_of(value.trim()),
                    _ => {}
                }
            }
            match (media.as_str(), version) {
                // 0.0.1 is what scrapers called 1.0.0 while it was a draft.
                ("application/openmetrics-text", None | Some("1.0.0" | "0.0.1")) => {
                    openmetrics = quality.max(openmetrics);
                }
                ("text/plain", None | Some("0.0.4")) | ("text/*" | "*/*", _) => {
                    text = quality.max(text);
                }
                _ => {}
            }
        }
        if openmetrics > 0 && openmetrics >= text { Self::OpenMetrics } else { Self::Text }
    }
}

/// A weight from 0 to 1 in thousandths; what is none has no weight.
fn quality_of(value: &str) -> u16 {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit()) && fraction.len() <= 3;
    match format!("{fraction:0<3}").parse() {
        Ok(thousandths) if whole == "0" && digits => thousandths,
        Ok(0) if whole == "1" && digits => MAX_QUALITY,
        _ => 0,
    }
}

/// A weight of 1.
const MAX_QUALITY: u16 = 1_000;
