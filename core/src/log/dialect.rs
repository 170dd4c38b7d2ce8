//! The keys and words of a request's line, as data: a system's preset names them, and one function writes them.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use serde::Deserialize;

use super::{End, Entry};
use crate::json::{self, Object, Value};
use crate::time::rfc3339;

/// The fields of a request's line, in their order. Written down, a value is an operator, as `%STATUS%`, or stands as it
/// is; an object is written as text. In a line of text there are operators between words.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "Shape")]
pub struct Dialect {
    json: Keys,
    text: Vec<Field>,
}

/// A dialect as it is written down. What it leaves out is the gate's own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    json: Option<Value>,
    text: Option<String>,
}

/// The keys of an object, each with its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Keys(Vec<(String, Field)>);

/// A value of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Field {
    /// The same in each line.
    Literal(String),
    /// An object as text.
    Object(Keys),
    /// A property of the request.
    Operator(Operator),
}

/// A property of a request that a line may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    /// `2026-04-13T10:30:45.123Z`
    Time,
    /// `2026-04-13T10:30:45.123+00:00`, as Python's `isoformat` has it.
    TimeIsoformat,
    /// `2026-04-13 10:30:45`, as Python's `logging` has it.
    TimeLogging,
    Service,
    RequestId,
    Method,
    Path,
    /// The HTTP status.
    Status,
    /// The HTTP status, unless there is one of gRPC.
    HttpStatus,
    /// The name of the gRPC status, if there is one.
    GrpcStatus,
    /// Milliseconds; to hundredths in a text.
    Duration,
    Client,
    Class,
    Decision,
    /// The name of the token that opened the route, if one did.
    Identity,
}

/// The operators by their names.
const OPERATORS: [(&str, Operator); 15] = [
    ("TIME", Operator::Time),
    ("TIME_ISOFORMAT", Operator::TimeIsoformat),
    ("TIME_LOGGING", Operator::TimeLogging),
    ("SERVICE", Operator::Service),
    ("REQUEST_ID", Operator::RequestId),
    ("METHOD", Operator::Method),
    ("PATH", Operator::Path),
    ("STATUS", Operator::Status),
    ("HTTP_STATUS", Operator::HttpStatus),
    ("GRPC_STATUS", Operator::GrpcStatus),
    ("DURATION", Operator::Duration),
    ("CLIENT", Operator::Client),
    ("CLASS", Operator::Class),
    ("DECISION", Operator::Decision),
    ("IDENTITY", Operator::Identity),
];

/// The gate's own dialect.
const GATE: &str = include_str!("gate.json");

impl Default for Dialect {
    fn default() -> Self {
        let empty = Self { json: Keys::default(), text: Vec::new() };
        let Ok(Shape { json: Some(keys), text: Some(line) }) = serde_json::from_str(GATE) else {
            return empty;
        };
        match (Keys::new(keys), fields(&line)) {
            (Ok(json), Ok(text)) => Self { json, text },
            _ => empty,
        }
    }
}

impl TryFrom<Shape> for Dialect {
    type Error = String;

    fn try_from(shape: Shape) -> Result<Self, String> {
        let gate = Self::default();
        Ok(Self {
            json: shape.json.map_or(Ok(gate.json), Keys::new)?,
            text: shape.text.as_deref().map_or(Ok(gate.text), fields)?,
        })
    }
}

impl Keys {
    fn new(keys: Value) -> Result<Self, String> {
        let Value::Object(entries) = keys else { return Err("must be an object".into()) };
        let field = |(key, value): (String, Value)| match value {
            _ if !json::is_plain(&key) => Err(format!("{key}: must be visible ASCII")),
            Value::String(text) => match <[_; 1]>::try_from(fields(&text)?) {
                Ok([field]) => Ok((key, field)),
                Err(_) => Err(format!("{key}: must be one operator, or none")),
            },
            value => Ok((key, Field::Object(Self::new(value)?))),
        };
        entries.into_iter().map(field).collect::<Result<_, _>>().map(Self)
    }
}

/// The operators of a line, and what stands between them.
fn fields(line: &str) -> Result<Vec<Field>, String> {
    let mut fields = Vec::new();
    for (place, part) in line.split('%').enumerate() {
        if place % 2 == 0 {
            if !part.is_empty() {
                fields.push(Field::Literal(part.into()));
            }
            continue;
        }
        let operator = OPERATORS.iter().find(|(name, _)| *name == part);
        let (_, operator) = operator.ok_or_else(|| format!("there is no operator %{part}%"))?;
        fields.push(Field::Operator(*operator));
    }
    Ok(fields)
}

impl Dialect {
    /// The line of a request as JSON. A field without a value leaves its key out.
    pub fn json(&self, entry: &Entry<'_>, end: &End) -> String {
        self.json.write(entry, end)
    }

    /// The line of a request as text. A field without a value is `-`.
    pub fn text(&self, entry: &Entry<'_>, end: &End) -> String {
        let mut line = String::with_capacity(128);
        for field in &self.text {
            match field {
                Field::Literal(text) => line.push_str(text),
                Field::Object(keys) => line.push_str(&keys.write(entry, end)),
                // Writing to a string cannot fail.
                Field::Operator(operator) => _ = operator.text(&mut line, entry, end),
            }
        }
        line
    }
}

impl Keys {
    /// The object of one request.
    fn write(&self, entry: &Entry<'_>, end: &End) -> String {
        let mut object = Object::default();
        for (key, field) in &self.0 {
            match field {
                Field::Literal(text) => object.text(key, text),
                Field::Object(keys) => object.text(key, &keys.write(entry, end)),
                Field::Operator(operator) => operator.json(&mut object, key, entry, end),
            }
        }
        object.finish()
    }
}

impl Operator {
    /// Adds the value under this key, if there is one.
    fn json(self, object: &mut Object, key: &str, entry: &Entry<'_>, end: &End) {
        match self {
            Self::Path => object.text(key, &String::from_utf8_lossy(entry.path)),
            Self::Status => object.number(key, end.status),
            Self::HttpStatus if end.code.is_none() => object.number(key, end.status),
            Self::Duration => object.millis(key, end.duration),
            _ => {
                if let Some(word) = self.word(entry, end) {
                    object.text(key, &word);
                }
            }
        }
    }

    /// Adds the value to a line of text.
    fn text(self, line: &mut String, entry: &Entry<'_>, end: &End) -> fmt::Result {
        match self {
            Self::Path => write!(line, "{}", entry.path.escape_ascii()),
            Self::Status => write!(line, "{}", end.status),
            Self::HttpStatus if end.code.is_none() => write!(line, "{}", end.status),
            Self::Duration => {
                // Half of a hundredth is rounded up.
                let hundredths = end.duration.saturating_add(5) / 10;
                write!(line, "{}.{:02}", hundredths / 100, hundredths % 100)
            }
            _ => line.write_str(&self.word(entry, end).unwrap_or("-".into())),
        }
    }

    /// The value, where it is a word in both.
    fn word<'a>(self, entry: &Entry<'a>, end: &End) -> Option<Cow<'a, str>> {
        let time = || rfc3339(entry.time).unwrap_or_default();
        Some(match self {
            Self::Time => time().into(),
            Self::TimeIsoformat => time().replace('Z', "+00:00").into(),
            Self::TimeLogging => {
                let time = time().replace('T', " ");
                time.split('.').next().unwrap_or_default().to_owned().into()
            }
            Self::Service => entry.service.into(),
            Self::RequestId => entry.request_id.into(),
            Self::Method => entry.method.into(),
            Self::Client => entry.client.into(),
            Self::Class => end.class.into(),
            Self::Decision => entry.decision.into(),
            Self::Identity => entry.identity?.into(),
            Self::GrpcStatus => end.code?.into(),
            Self::Path | Self::Status | Self::HttpStatus | Self::Duration => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Dialect, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_dialect_leaves_to_the_gates_own_what_it_does_not_say() {
        let gate = Dialect::default();
        assert!(!gate.json.0.is_empty() && !gate.text.is_empty());
        assert_eq!(read("{}"), Ok(gate.clone()));
        let own = read(r#"{"json": {"a": "%PATH%"}}"#).unwrap();
        assert_eq!((own.json.0.len(), own.text), (1, gate.text));
    }

    #[test]
    fn a_wrong_dialect_is_refused() {
        let table = [
            (r#"{"json": {"a": "%PATHS%"}}"#, "there is no operator %PATHS%"),
            (r#"{"json": {"a": "%PATH% "}}"#, "a: must be one operator, or none"),
            (r#"{"json": {"a": {"b": 1}}}"#, "must be an object"),
            (r#"{"text": "100 %"}"#, "there is no operator %%"),
            (r#"{"jsno": {}}"#, "unknown field"),
        ];
        for (text, expected) in table {
            let message = read(text).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
