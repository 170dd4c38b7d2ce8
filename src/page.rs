//! The page at `/-/gate/`: one file, which loads nothing and keeps nothing.

/// The page.
pub const HTML: &str = include_str!("page/index.html");

/// What the browser may do on it: run its one script, draw its one style, ask where it came from.
pub const POLICY: &str = "default-src 'none'; \
    script-src 'sha256-xQAotYBbeO/bWckBG5M8TSYof87F6/zkl8xckABksxQ='; \
    style-src 'sha256-2BQIppbfTPPQhDIElP+ZJSAaSBftIXLQH/3dGrPt0vg='; \
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
