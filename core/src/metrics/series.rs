//! The counts of a family since the last flush: a value for each combination of labels.

/// A sorted map that remembers where it looked last, since one request looks much like the one
/// before it.
#[derive(Debug)]
pub struct Series<K, V> {
    entries: Vec<(K, V)>,
    last: usize,
}

impl<K, V> Default for Series<K, V> {
    fn default() -> Self {
        Self { entries: Vec::new(), last: 0 }
    }
}

impl<K: Ord + Copy, V> Series<K, V> {
    /// The value of this combination, which is made if it is the first time.
    pub fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> Option<&mut V> {
        if self.entries.get(self.last).is_none_or(|(last, _)| *last != key) {
            self.find(key, make);
        }
        self.entries.get_mut(self.last).map(|(_, value)| value)
    }

    /// Looks where this combination is, and makes it if it is the first time.
    #[inline(never)]
    fn find(&mut self, key: K, make: impl FnOnce() -> V) {
        let place = self.entries.binary_search_by_key(&key, |(key, _)| *key);
        self.last = place.unwrap_or_else(|place| {
            self.entries.insert(place, (key, make()));
            place
        });
    }

    /// Every combination, in order.
    pub fn keys(&self) -> impl Iterator<Item = K> + Clone {
        self.entries.iter().map(|(key, _)| *key)
    }

    /// Keeps the combinations of which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(K, &mut V) -> bool) {
        self.entries.retain_mut(|(key, value)| keep(*key, value));
        self.last = 0;
    }
}
