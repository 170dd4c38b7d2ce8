//! From a parser's events to values.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError};

use super::{Entry, Kind, Node, Scalar, Style};

/// Reason for which a text is no YAML, in words that quote nothing of it.
#[derive(Debug)]
pub struct Unreadable {
    pub line: usize,
    pub message: String,
}

impl From<ScanError> for Unreadable {
    fn from(error: ScanError) -> Self {
        Self { line: error.marker().line().max(1), message: error.kind().to_string() }
    }
}

/// Values with all that aliases repeat, of one file: more is an attack, or a mistake.
const MAX_SIZE: usize = 1_000_000;

/// Reads every document of a file.
pub fn documents(text: &str) -> Result<Vec<Node>, Unreadable> {
    let mut composer = Composer::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event?;
        composer.take(event, span.start.line().max(1))?;
    }
    Ok(composer.documents)
}

#[derive(Default)]
struct Composer {
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    size: usize,
}

/// A list or a map that has not ended.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<(String, usize)>,
}

impl Composer {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), Unreadable> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let style = match style {
                    ScalarStyle::Plain if tag.is_some() => Style::Tagged,
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::Literal => Style::Literal,
                    _ => Style::Quoted,
                };
                // The parser counts a block from its first line that is not empty.
                let empty = text.bytes().take_while(|byte| *byte == b'\n').count();
                let line =
                    if style == Style::Literal { line.saturating_sub(empty + 1) } else { line };
                let scalar = Scalar { text: text.into_owned(), style };
                self.add(Node { line, kind: Kind::Scalar(scalar) }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(Node { line, kind: Kind::List(Vec::new()) }, anchor);
                Ok(())
            }
            Event::MappingStart(_, anchor, _) => {
                self.open(Node::empty(line), anchor);
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.add(open.node, open.anchor),
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned().ok_or_else(|| Unreadable {
                    line,
                    message: "an alias stands within its own anchor".into(),
                })?;
                self.add(node, 0)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, node: Node, anchor: usize) {
        self.open.push(Open { node, anchor, key: None });
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Unreadable> {
        let line = node.line;
        self.size += count(&node);
        if self.size > MAX_SIZE {
            return Err(Unreadable { line, message: "the file is too large".into() });
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(Open { node: parent, key, .. }) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        match (&mut parent.kind, key.take()) {
            (Kind::List(items), _) => items.push(node),
            (Kind::Map(entries), Some((key, line))) => {
                entries.push(Entry { key, line, value: node });
            }
            (_, _) => match node.kind {
                Kind::Scalar(Scalar { text, .. }) => *key = Some((text, line)),
                _ => return Err(Unreadable { line, message: "a key must be text".into() }),
            },
        }
        Ok(())
    }
}

fn count(node: &Node) -> usize {
    1 + node.children().map(count).sum::<usize>()
}
