//! Header maps as Envoy keeps them: in order, with repetitions, bytes rather than text.

/// A header map. Names are in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(Vec<u8>, Vec<u8>)>);

impl Headers {
    pub fn add(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.0.push((name.as_ref().to_ascii_lowercase(), value.as_ref().into()));
    }

    /// Takes all values of a header away and adds this one, as Envoy's `setCopy`.
    pub fn replace(&mut self, name: &[u8], value: &[u8]) {
        self.remove(name);
        self.add(name, value);
    }

    pub fn remove(&mut self, name: &[u8]) {
        let name = name.to_ascii_lowercase();
        self.0.retain(|(held, _)| *held != name);
    }

    /// Every value of a header, in order.
    pub fn all(&self, name: impl AsRef<[u8]>) -> Vec<&[u8]> {
        let name = name.as_ref().to_ascii_lowercase();
        self.0.iter().filter(|(held, _)| *held == name).map(|(_, value)| &value[..]).collect()
    }

    /// The first value of a header.
    pub fn first(&self, name: impl AsRef<[u8]>) -> Option<&[u8]> {
        self.all(name).first().copied()
    }

    /// The value of a header that is text and stands there exactly once; fails the test otherwise.
    pub fn only(&self, name: &str) -> &str {
        match self.all(name)[..] {
            [value] => str::from_utf8(value).expect("a header that is text"),
            ref values => panic!("{name} must stand there once, not {} times", values.len()),
        }
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(name, value)| (&name[..], &value[..]))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The map in the encoding of the ABI; an empty one is no bytes at all, as from Envoy.
    pub fn encode(&self) -> Vec<u8> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("short").to_le_bytes();
        let mut bytes = u32::try_from(self.0.len()).expect("few").to_le_bytes().to_vec();
        for (name, value) in &self.0 {
            bytes.extend([length(name), length(value)].concat());
        }
        for part in self.0.iter().flat_map(|(name, value)| [name, value]) {
            bytes.extend_from_slice(part);
            bytes.push(0);
        }
        bytes
    }

    /// Reads a map that the module wrote; `None` where its lengths do not fit its bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let Some((count, rest)) = bytes.split_first_chunk() else { return Some(Self::default()) };
        let lengths = usize::try_from(u32::from_le_bytes(*count)).ok()?.checked_mul(8)?;
        let (lengths, mut bytes) = rest.split_at_checked(lengths)?;
        let mut parts = Vec::new();
        for length in lengths.as_chunks::<4>().0 {
            let (part, rest) = bytes.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            parts.push(part.to_vec());
            bytes = rest.strip_prefix(&[0])?;
        }
        let mut headers = Self::default();
        for [name, value] in parts.as_chunks::<2>().0 {
            headers.add(name, value);
        }
        bytes.is_empty().then_some(headers)
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Headers {
    fn from(pairs: [(&str, &str); N]) -> Self {
        let mut headers = Self::default();
        for (name, value) in pairs {
            headers.add(name, value);
        }
        headers
    }
}
