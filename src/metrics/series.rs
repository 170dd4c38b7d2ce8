//! The series of one family: a value for each combination of labels that came up.

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

impl<K: Ord + Copy, V: Default> Series<K, V> {
    /// Changes the value of this combination, which is made if it is the first time.
    pub fn change(&mut self, key: K, change: impl FnOnce(&mut V)) {
        if self.entries.get(self.last).is_none_or(|(last, _)| *last != key) {
            let place = self.entries.binary_search_by_key(&key, |(key, _)| *key);
            self.last = place.unwrap_or_else(|place| {
                self.entries.insert(place, (key, V::default()));
                place
            });
        }
        if let Some((_, value)) = self.entries.get_mut(self.last) {
            change(value);
        }
    }

    /// Every combination that came up, in order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.entries.iter_mut().map(|(key, value)| (&*key, value))
    }
}
