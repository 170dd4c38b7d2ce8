//! Paths: whatever a server would serve as a guarded path is guarded, and what is exempt has one reading.

use std::sync::LazyLock;

use probegate_core::route::{Class, PathVariants, Pattern, Route, Routes};

use crate::servers::{Servers, readings};

const ROUTES: [(&str, Class); 7] = [
    ("/health", Class::Health),
    ("/live/*", Class::Health),
    ("/metrics", Class::Metrics),
    ("/v1/keys", Class::Admin),
    ("/v1/admin/*", Class::Admin),
    ("/env", Class::Closed),
    ("/loggers/*", Class::Closed),
];

static GATE: LazyLock<Routes> = LazyLock::new(|| {
    let mut routes = Routes::default();
    for (path, class) in ROUTES {
        let pattern = Pattern::parse(path).expect("a pattern");
        routes.add(&pattern, Route { class, guard: 0 });
    }
    routes
});

static SERVERS: LazyLock<Servers> = LazyLock::new(|| Servers::new(&ROUTES.map(|(path, _)| path)));

/// Longer paths say nothing that shorter ones do not.
const LONGEST: usize = 64;

/// A request target as sent.
pub fn run(target: &[u8]) {
    let found = GATE.find(target);
    let Ok(variants) = PathVariants::parse(target) else {
        assert!(found.is_err(), "what cannot be read has a class");
        return;
    };
    let class = found.expect("what can be read has a class").class;
    canonical(&variants);
    let sent = target.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
    if sent.len() > LONGEST || !sent.starts_with(b"/") {
        return;
    }
    for reading in readings(sent) {
        for place in SERVERS.serve(&reading) {
            let (path, served) = ROUTES[place];
            let (sent, reading) = (sent.escape_ascii(), reading.escape_ascii());
            assert!(
                served == Class::Health || class >= served,
                "{sent} is {class:?}, and a server that reads {reading} serves {path}"
            );
        }
        let plain = |path: &[u8]| percent_encoding::percent_decode(path).collect::<Vec<u8>>();
        assert!(
            class != Class::Health || plain(&reading).eq_ignore_ascii_case(&plain(sent)),
            "{} is exempt, and may be read as {}",
            sent.escape_ascii(),
            reading.escape_ascii()
        );
    }
}

/// To read a canonical path changes nothing.
fn canonical(variants: &PathVariants<'_>) {
    let canonical = variants.canonical();
    let again = PathVariants::parse(canonical).expect("a canonical path can be read");
    assert_eq!(again.canonical().escape_ascii().to_string(), canonical.escape_ascii().to_string());
    assert!(!variants.is_unambiguous() || variants.raw() == canonical);
}
