//! Patterns of texts in the JSON Schema: they hold for what the compile step takes.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// The name of a header.
pub const HEADER: &str = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$";

/// A length of time between two, in microseconds.
pub struct Between<const MIN: u64, const MAX: u64>;

impl<const MIN: u64, const MAX: u64> JsonSchema for Between<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Between{MIN}And{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let units = [("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000)];
        let each = units.iter().filter_map(|(unit, micros)| {
            let (min, max) = (MIN.div_ceil(*micros), MAX / micros);
            (min <= max).then(|| format!("0*({}){unit}", numbers(min, max)))
        });
        let pattern = format!("^({})$", each.collect::<Vec<_>>().join("|"));
        json_schema!({ "type": "string", "pattern": pattern })
    }
}

/// The whole numbers from `min` to `max`, as a regular expression without zeros in front.
fn numbers(min: u64, max: u64) -> String {
    let mut each = Vec::new();
    let mut from = min;
    while from <= max {
        // As many digits at the end as can be any: of 120, one, up to 129.
        let mut size = 1;
        while from.is_multiple_of(size * 10) && from + size * 10 - 1 <= max && from >= size * 10 {
            size *= 10;
        }
        let (first, mut last) = (from / size, from / size);
        while last % 10 < 9 && (last + 2) * size - 1 <= max {
            last += 1;
        }
        let (head, low, high) = (first / 10, first % 10, last % 10);
        let head = if head == 0 { String::new() } else { head.to_string() };
        let digits = size.ilog10();
        let tail = if digits == 0 { String::new() } else { format!("[0-9]{{{digits}}}") };
        each.push(format!("{head}[{low}-{high}]{tail}"));
        from = (last + 1) * size;
    }
    each.join("|")
}
