//! Many patterns, and paths with too many readings.

use proptest::prelude::*;

use super::*;
use crate::route::names::lookups;

fn guarded(paths: impl Iterator<Item = String>) -> (Routes, ProtectedPatterns) {
    let (mut routes, mut protected) = (Routes::default(), ProtectedPatterns::default());
    for path in paths {
        let pattern = Pattern::parse(&path).unwrap();
        routes.add(&pattern, Route { class: Class::Metrics, guard: 0 });
        protected.add(pattern);
    }
    (routes, protected)
}

#[test]
fn a_look_up_costs_what_the_path_sets() {
    let cost = |count: usize, path: &str, found: bool| {
        let paths = (0..count).flat_map(|nth| [format!("/v1/{nth}"), format!("/v2/{nth}/x/*")]);
        let (routes, protected) = guarded(paths);
        let variants = PathVariants::parse(path.as_bytes()).unwrap();
        assert!(variants.is_ambiguous(), "{path}");
        let before = lookups();
        let class = if found { Class::Metrics } else { Class::Api };
        assert_eq!(routes.route(&variants).class, class, "{path}");
        assert_eq!(protected.matches(&variants), found, "{path}");
        lookups() - before
    };
    let table = [
        ("/a/../v1/7", true),
        ("/v2/7/x/y/..", true),
        ("/v2/../7/b/../x", true),
        ("/v1/x/..", false),
        ("/../a/b/c/d/e/f/g", false),
    ];
    for (path, found) in table {
        let (few, many) = (cost(10, path, found), cost(10_000, path, found));
        assert!(few == many && many < 100, "{path}: {few} of 20 patterns, {many} of 20,000");
    }
}

/// A segment or two of few letters, so that there is much to mistake one for another.
fn path(segments: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec!["a", "b", "ab", "a\u{a0}", "..", "%2e", "b;x"]);
    prop::collection::vec(segment, segments).prop_map(|path| format!("/{}", path.join("/")))
}

fn pattern() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec!["a", "b", "ab"]);
    let end = prop::sample::select(vec!["", "/*"]);
    (prop::collection::vec(segment, 1..4), end)
        .prop_map(|(path, end)| format!("/{}{end}", path.join("/")))
}

proptest! {
    /// The tree finds what a comparison with each of the patterns finds.
    #[test]
    fn the_tree_finds_what_each_pattern_alone_does(
        patterns in prop::collection::vec(pattern(), 0..8),
        path in path(1..8),
    ) {
        let (_, protected) = guarded(patterns.iter().cloned());
        let variants = PathVariants::parse(path.as_bytes()).unwrap();
        let patterns: Vec<Pattern> =
            patterns.iter().map(|pattern| Pattern::parse(pattern).unwrap()).collect();
        let covers = |pattern: &Pattern| {
            variants.each().any(|variant| pattern.covers(variant))
                || variants.could_match(pattern.path())
        };
        prop_assert_eq!(protected.matches(&variants), patterns.iter().any(covers));
    }
}
