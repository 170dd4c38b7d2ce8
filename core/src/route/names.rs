//! Patterns as a tree of their segments, for paths with too many readings.
//!
//! Such a path may be read as each pattern whose segments it has in their order, whatever stands between them. In the
//! tree a segment that many patterns begin with is looked for once, so what a look-up costs is set by the path, and not
//! by the number of patterns.

use std::collections::BTreeMap;

use super::PathVariants;

/// Patterns, in lower case, each with something to know of it.
#[derive(Clone, Debug)]
pub struct Names<T> {
    /// The first one is the root, which every path has.
    nodes: Vec<Node<T>>,
}

#[derive(Clone, Debug)]
struct Node<T> {
    /// By the next segment: where it is.
    below: BTreeMap<Box<[u8]>, usize>,
    /// Of the patterns that end here.
    known: Option<T>,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { below: BTreeMap::new(), known: None }
    }
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

impl<T: Copy> Names<T> {
    /// Adds a pattern's path; `merge` makes one of two things to know of the same path.
    pub fn add(&mut self, path: &[u8], known: T, merge: impl FnOnce(T, T) -> T) {
        let mut at = 0;
        for name in path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
            let next = self.nodes.len();
            let Some(node) = self.nodes.get_mut(at) else { return };
            at = *node.below.entry(name.into()).or_insert(next);
            if at == next {
                self.nodes.push(Node::default());
            }
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.known = Some(node.known.map_or(known, |held| merge(held, known)));
        }
    }

    /// Returns what is known of each pattern that a path with too many readings could match; nothing of other paths.
    pub fn possible(&self, variants: &PathVariants<'_>) -> Vec<T> {
        let mut found = Vec::new();
        if !variants.is_ambiguous() {
            return found;
        }
        let mut is_reached = vec![false; self.nodes.len()];
        // Those that something is below.
        let mut open = Vec::new();
        self.reach(0, (&mut is_reached, &mut open, &mut found));
        for readings in variants.pieces() {
            // What a segment leads to is not led on by the same one.
            for nth in 0..open.len() {
                let Some(node) = open.get(nth).and_then(|at| self.nodes.get(*at)) else { continue };
                #[cfg(test)]
                LOOKUPS.with(|count| count.set(count.get() + readings.len()));
                for at in readings.iter().filter_map(|name| node.below.get(*name)) {
                    self.reach(*at, (&mut is_reached, &mut open, &mut found));
                }
            }
        }
        found
    }

    /// Notes that a path may be read as what leads to a node.
    fn reach(
        &self,
        at: usize,
        (is_reached, open, found): (&mut [bool], &mut Vec<usize>, &mut Vec<T>),
    ) {
        let place = self.nodes.get(at).zip(is_reached.get_mut(at));
        let Some((node, reached @ false)) = place else { return };
        *reached = true;
        found.extend(node.known);
        if !node.below.is_empty() {
            open.push(at);
        }
    }
}

#[cfg(test)]
thread_local! {
    static LOOKUPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The number of times that this thread looked for a segment.
#[cfg(test)]
pub fn lookups() -> usize {
    LOOKUPS.get()
}
