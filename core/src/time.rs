//! Time as the core is given it: microseconds, on two clocks; and as people read it: RFC 3339, in UTC.

/// Microseconds. All arithmetic on them saturates.
pub type Micros = u64;

/// A time on two clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Microseconds on the monotonic clock, which all workers share; 0 if it cannot be read.
    pub monotonic: Micros,
    /// Microseconds since 1970, for people.
    pub wall: Micros,
}

/// The clock on the wall.
pub trait Clock {
    /// Microseconds since 1970; 0 if the clock cannot be read.
    fn wall(&mut self) -> Micros;
}

/// A time since 1970 as `2026-04-13T10:30:45.123Z`; `None` for 0, which is never.
pub fn rfc3339(micros: Micros) -> Option<String> {
    if micros == 0 {
        return None;
    }
    let (millis, seconds) = (micros / 1_000 % 1_000, micros / 1_000_000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let mut text = Vec::with_capacity("2026-04-13T10:30:45.123Z".len());
    text.extend_from_slice(itoa::Buffer::new().format(year).as_bytes());
    for (before, number) in
        [(b'-', month), (b'-', day), (b'T', hour), (b':', minute), (b':', second)]
    {
        text.push(before);
        text.extend_from_slice(&digits::<2>(number));
    }
    text.push(b'.');
    text.extend_from_slice(&digits::<3>(millis));
    text.push(b'Z');
    String::from_utf8(text).ok()
}

/// The last digits of a number. The formatter takes more for one number than all of a time takes so.
pub fn digits<const COUNT: usize>(mut number: u64) -> [u8; COUNT] {
    let mut digits = [b'0'; COUNT];
    for digit in digits.iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
    }
    digits
}

/// Year, month and day of a number of days since 1970-01-01 in the Gregorian calendar: years are
/// counted from a March, so that the leap day is the last of its year.
fn civil(days: u64) -> (u64, u64, u64) {
    // Days since 0000-03-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year_of_era + next_year, month, day)
}
