//! The page at `/-/gate/`: one file, which loads nothing and keeps nothing. Every byte of it is in the module, so what
//! there is to say of it stands here:
//! - A ladder is drawn as two rails, with the lowest rung at the bottom.
//! - A state has a shape beside its colour, for those who see neither red nor blue; nobody has to hear it.
//! - What is said again word for word would be read out again, so `say` leaves it.
//! - A `line` breaks between its parts alone.
//! - Without bullets Safari does not call a list one, so the ladder has a `role`.

/// The page.
pub const HTML: &str = include_str!("status_page/index.html");

/// The browser may run its one script, draw its one style and ask where it came from.
pub const POLICY: &str = "default-src 'none'; \
    script-src 'sha256-4H7k0KdTkOTof0E7/ebOuXcughgFFFlIQOjwyMSBnKA='; \
    style-src 'sha256-mC8DU6auHdJ2bL6nYbKMAraNNSizo/zOSuHFvjk9LAw='; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// The headers that it comes with.
pub const HEADERS: [(&str, &str); 6] = [
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];

#[cfg(test)]
mod tests;
