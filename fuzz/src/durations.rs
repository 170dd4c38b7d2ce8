//! Lengths of time, bounds of buckets and times for people.

use probegate_core::config::shape::WindowShape;
use probegate_core::metrics::Bounds;
use probegate_core::time::rfc3339;

/// Eight bytes of a number, and a text.
pub fn run(data: &[u8]) {
    let Some((number, text)) = data.split_first_chunk() else { return };
    let number = u64::from_le_bytes(*number);
    if let Ok(text) = str::from_utf8(text) {
        let window = WindowShape::parse(text).map(|window| u128::from(window.0));
        let expected = micros(text).filter(|micros| (100_000..=3_600_000_000).contains(micros));
        assert_eq!(window, expected, "{text}");
    }
    let order = |micros| rfc3339(micros).map(|text| (text.len(), text));
    assert!(order(number) <= order(number.saturating_add(1_000)), "{number}");
    assert_eq!(rfc3339(number).is_none(), number == 0);

    let seconds: Vec<f64> =
        text.as_chunks().0.iter().map(|bits| f64::from_le_bytes(*bits)).collect();
    if let Ok(bounds) = Bounds::from_seconds(&seconds) {
        assert_eq!(bounds.buckets(), seconds.len() + 1);
        assert!(bounds.seconds().zip(&seconds).all(|(held, asked)| (held - asked).abs() < 1e-6));
        assert!(bounds.seconds().is_sorted());
        let label = |nth| bounds.label(nth).parse::<f64>().expect("a number");
        assert!((1..=seconds.len()).all(|nth| label(nth - 1) < label(nth)), "{seconds:?}");
    }
}

fn micros(text: &str) -> Option<u128> {
    let number = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit: u128 = match text.strip_prefix(number)? {
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        _ => return None,
    };
    let plain = number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse::<u64>().ok().filter(|_| plain).map(|number| u128::from(number) * unit)
}
