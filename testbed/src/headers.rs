//! Header lines as bytes, in the order in which they came.

/// An ordered list of header lines; names are lower case, values are any bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, Vec<u8>)>);

impl Headers {
    /// The value of the only line of that name. `None` if there is none, or if it is no UTF-8.
    /// Panics if there are several: a test that meant to allow this asks [`Headers::all`].
    pub fn get(&self, name: &str) -> Option<&str> {
        match self.all(name).as_slice() {
            [] => None,
            [only] => str::from_utf8(only).ok(),
            several => panic!("{name} stands {} times: {self:?}", several.len()),
        }
    }

    /// The values of every line of that name.
    pub fn all(&self, name: &str) -> Vec<&[u8]> {
        self.iter()
            .filter(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// As they are on the wire.
    pub fn lines(&self) -> String {
        let line =
            |(name, value): (&str, &[u8])| format!("{name}: {}\n", String::from_utf8_lossy(value));
        self.iter().map(line).collect()
    }

    pub fn push(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.0.push((name.to_ascii_lowercase(), value.into()));
    }
}

impl From<&hyper::HeaderMap> for Headers {
    fn from(map: &hyper::HeaderMap) -> Self {
        let mut headers = Self::default();
        for (name, value) in map {
            headers.push(name.as_str(), value.as_bytes());
        }
        headers
    }
}
