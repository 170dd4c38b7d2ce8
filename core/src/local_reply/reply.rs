//! An answer as it is sent. Its texts stand in one buffer behind the body, since each of its own would be allocated
//! and freed in every refusal; what is known beforehand is referred to.

/// Room for the fields of nearly every answer.
const FIELDS: usize = 8;

/// An answer of the gate's own.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Status for a gRPC client; `None` leaves the mapping to Envoy.
    pub grpc_status: Option<u32>,
    /// Name and value, in the order in which they were pushed.
    fields: Vec<(Piece, Piece)>,
    body: Extent,
    buffer: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Piece {
    Static(&'static str),
    Held(Extent),
}

/// From there to there in the buffer.
#[derive(Clone, Copy, Debug)]
struct Extent(u32, u32);

impl Reply {
    /// An answer without header fields.
    pub fn new(status: u16, body: String) -> Self {
        let buffer = body.into_bytes();
        let body = Extent(0, end(&buffer));
        let fields = Vec::with_capacity(FIELDS);
        Self { status, grpc_status: None, fields, body, buffer }
    }

    /// The same with a status of gRPC's, and with that in place of its body.
    pub(super) fn shortened(mut self, status: u32, message: &'static str) -> Self {
        self.grpc_status = Some(status);
        self.body = self.hold([message.as_bytes()]);
        self
    }

    /// Adds a field that is known beforehand.
    pub fn push(&mut self, name: &'static str, value: &'static str) {
        self.fields.push((Piece::Static(name), Piece::Static(value)));
    }

    /// Adds a field whose value comes in parts.
    pub fn push_parts<const N: usize>(&mut self, name: &'static str, parts: [&str; N]) {
        let value = self.hold(parts.map(str::as_bytes));
        self.fields.push((Piece::Static(name), Piece::Held(value)));
    }

    /// Adds a field of a name that the configuration or the rate limit service has.
    pub fn push_named(&mut self, name: &[u8], value: &[u8]) {
        let (name, value) = (self.hold([name]), self.hold([value]));
        self.fields.push((Piece::Held(name), Piece::Held(value)));
    }

    /// The body: JSON, a page or nothing.
    pub fn body(&self) -> &[u8] {
        self.held(self.body)
    }

    /// The header fields beside those that Envoy adds.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> + Clone {
        let text = |text: &Piece| match *text {
            Piece::Static(text) => text.as_bytes(),
            Piece::Held(span) => self.held(span),
        };
        self.fields.iter().map(move |(name, value)| (text(name), text(value)))
    }

    /// The first value of the field of that name, which is in lower case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields().find_map(|(held, value)| (held == name.as_bytes()).then_some(value))
    }

    fn hold<const N: usize>(&mut self, parts: [&[u8]; N]) -> Extent {
        let start = end(&self.buffer);
        for part in parts {
            self.buffer.extend_from_slice(part);
        }
        Extent(start, end(&self.buffer))
    }

    fn held(&self, Extent(start, end): Extent) -> &[u8] {
        self.buffer.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// Answers are far below 4 GiB.
fn end(buffer: &[u8]) -> u32 {
    u32::try_from(buffer.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_what_was_pushed() {
        let mut reply = Reply::new(200, "body".into());
        assert_eq!((reply.fields().len(), reply.body()), (0, &b"body"[..]));
        let long = "x".repeat(1_000);
        reply.push("a", "");
        reply.push_parts("parts", ["one", "", "two"]);
        reply.push_named(b"long", long.as_bytes());
        reply.push("a", "again");
        let expected = [("a", ""), ("parts", "onetwo"), ("long", &long), ("a", "again")];
        let expected = expected.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        assert_eq!(reply.fields().collect::<Vec<_>>(), expected);
        assert_eq!((reply.field("parts"), reply.field("lon")), (Some(&b"onetwo"[..]), None));
        let reply = reply.shortened(14, "short");
        assert_eq!((reply.body(), reply.fields().len()), (&b"short"[..], 4));
    }
}
