//! Route classes: protect wide, exempt narrow.
//!
//! The server behind the gate decides what a path means, and servers differ. So a class
//! that protects applies if any reading of the path matches, and the exemption of health routes
//! applies only to a path that has one reading.

mod canonical;
mod endpoint;
mod names;
mod pattern;
mod protected;

use std::collections::BTreeMap;

use names::Names;

pub use canonical::{BadPath, PathVariants};
pub use endpoint::{Endpoint, Endpoints};
pub use pattern::Pattern;
#[cfg(test)]
pub use pattern::comparisons;
pub use protected::ProtectedPatterns;

/// The class of a route, from the most exempt to the most protective: the order of the
/// variants is the precedence, and the greatest class that matches wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Never refused for a token or a limit.
    Health,
    /// Limited for each client. What nothing else matches is of this class.
    Api,
    /// Wants one of the metrics tokens, and is limited.
    Metrics,
    /// Wants one of its own tokens, and is limited.
    Admin,
    /// Answered 404.
    Closed,
    /// Below `own_routes`, where nobody but the gate answers.
    Endpoint,
}

impl Class {
    /// The name that a configuration uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Api => "api",
            Self::Metrics => "metrics",
            Self::Admin => "admin",
            Self::Closed => "closed",
            Self::Endpoint => "own",
        }
    }
}

/// The class of a path, and which guard of the configuration keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// Decides first.
    pub class: Class,
    /// Index into the configuration's guards; 0 where the class has none.
    pub guard: usize,
}

impl Route {
    /// The route of what nothing matches.
    pub const API: Self = Self { class: Class::Api, guard: 0 };

    /// The more protective one of what two readings of one path are. Where each has a guard of its own,
    /// the token of neither may open the other.
    fn stricter(self, other: Self) -> Self {
        let most = self.max(other);
        let guarded = self.min(other).class >= Class::Metrics;
        match guarded && self.guard != other.guard {
            true => Self { class: most.class.max(Class::Closed), ..most },
            false => most,
        }
    }
}

/// The more protective one of two routes that one reading matches, and of two alike the second, whose
/// pattern says more.
fn most_specific(first: Option<Route>, second: Option<Route>) -> Option<Route> {
    let class = |route: Option<Route>| route.map(|route| route.class);
    if class(first) > class(second) { first } else { second }
}

/// The patterns of a configuration, each with its route.
///
/// A look-up costs a search for each segment of the path, whatever the number of patterns.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// Class `health`: compared with the path as it was sent.
    exempt: Patterns,
    /// All others: compared with every variant of the path, in lower case.
    wide: Patterns,
    /// The paths of these, whether their subtrees are meant or not.
    names: Names<Route>,
}

#[derive(Clone, Debug, Default)]
struct Patterns {
    exact: Paths,
    subtree: Paths,
}

/// Paths and their routes. Nearly every path that is looked up has a length that none here has.
#[derive(Clone, Debug, Default)]
struct Paths {
    routes: BTreeMap<Box<[u8]>, Route>,
    /// A bit for each length that there is; the last one for all that are longer.
    lengths: u64,
}

impl Paths {
    fn add(&mut self, path: Box<[u8]>, route: Route) {
        self.lengths |= Self::bit(path.len());
        let held = self.routes.entry(path).or_insert(route);
        *held = route.max(*held);
    }

    fn find(&self, path: &[u8]) -> Option<Route> {
        if self.lengths & Self::bit(path.len()) == 0 {
            return None;
        }
        self.routes.get(path).copied()
    }

    /// The route of the path and of those that it is below, on the borders of segments.
    fn find_above(&self, path: &[u8]) -> Option<Route> {
        let is_border = |at: usize| at == 0 || path.get(at).is_none_or(|byte| *byte == b'/');
        let mut found = None;
        let mut lengths = self.lengths;
        while lengths != 0 {
            let shortest = lengths.trailing_zeros() as usize;
            lengths &= lengths - 1;
            let longest = if shortest == Self::LONG { path.len() } else { shortest };
            for length in (shortest..=longest).filter(|length| is_border(*length)) {
                let prefix = path.get(..length).and_then(|prefix| self.routes.get(prefix).copied());
                found = most_specific(found, prefix);
            }
        }
        found
    }

    /// The bit of every length from this one on.
    const LONG: usize = 63;

    fn bit(length: usize) -> u64 {
        1 << length.min(Self::LONG)
    }
}

impl Routes {
    /// Adds a pattern. Where it is there already, the greater of the two routes stays.
    pub fn add(&mut self, pattern: &Pattern, route: Route) {
        let patterns = if route.class == Class::Health { &mut self.exempt } else { &mut self.wide };
        let path: Box<[u8]> = match route.class {
            Class::Health => pattern.path().into(),
            _ => pattern.path().to_ascii_lowercase().into(),
        };
        if route.class != Class::Health {
            self.names.add(&path, route, Route::stricter);
        }
        patterns.add(pattern, path, route);
    }

    /// The route of a request target, or that nobody can tell what it means.
    pub fn find(&self, target: &[u8]) -> Result<Route, BadPath> {
        PathVariants::parse(target).map(|variants| self.route(&variants))
    }

    /// The route of a path.
    pub fn route(&self, variants: &PathVariants<'_>) -> Route {
        // As nearly every path: what follows comes to the same, and takes three times as much.
        if let Some(only) = variants.only() {
            let exempt = self.exempt.find(variants.raw());
            return self.wide.find(only).max(exempt).unwrap_or(Route::API);
        }
        self.strictest(variants)
    }

    /// The route of a path that servers read in several ways.
    #[cold]
    fn strictest(&self, variants: &PathVariants<'_>) -> Route {
        let is_same = |path: &Vec<u8>| path.eq_ignore_ascii_case(variants.raw());
        let narrow = variants.is_unambiguous() && variants.latin().iter().all(is_same);
        let exempt = if narrow { self.exempt.find(variants.raw()) } else { None };
        let wide = variants.each().filter_map(|variant| self.wide.find(variant));
        wide.chain(self.names.possible(variants))
            .reduce(Route::stricter)
            .max(exempt)
            .unwrap_or(Route::API)
    }
}

impl Patterns {
    /// Adds a pattern, whose path is to be looked up as this one.
    fn add(&mut self, pattern: &Pattern, path: Box<[u8]>, route: Route) {
        let paths = if pattern.is_subtree() { &mut self.subtree } else { &mut self.exact };
        paths.add(path, route);
    }

    /// The route whose pattern matches `path` to the byte.
    fn find(&self, path: &[u8]) -> Option<Route> {
        most_specific(self.subtree.find_above(path), self.exact.find(path))
    }
}

#[cfg(test)]
mod tests;
