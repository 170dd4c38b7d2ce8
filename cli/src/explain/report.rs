//! The answers as lines, and as JSON.

use serde_json::{Map, Value, json};

use super::{Answer, Question};
use crate::printable::printable;
use crate::report::Format;

pub fn print(question: &Question, answers: &[Answer]) {
    match question.format {
        Format::Text => text(answers),
        Format::Json => {
            let gates: Vec<_> = answers.iter().map(value).collect();
            let (path, method) = (&question.path, &question.method);
            let all = json!({ "path": path, "method": method, "gates": gates });
            crate::print(format_args!("{all:#}"));
        }
    }
}

fn text(answers: &[Answer]) {
    for Answer { line, lines } in answers {
        if answers.len() > 1 {
            crate::print(format_args!("the gate of line {line}:"));
        }
        // A path may be anybody's, and the gate's readings of it are decoded.
        lines.iter().for_each(|line| crate::print(printable(line)));
    }
}

/// The first line, and below their words those after it.
fn value(answer: &Answer) -> Value {
    let mut about: Map<String, Value> = Map::new();
    let mut last = String::from("rule");
    for line in answer.lines.iter().skip(1) {
        let (word, rest) = match line.split_once(": ") {
            Some((word, rest)) if !word.contains(' ') => (word.to_owned(), rest),
            _ => (last.clone(), line.trim_start()),
        };
        if let Some(lines) =
            about.entry(&word).or_insert_with(|| Value::Array(Vec::new())).as_array_mut()
        {
            lines.push(rest.into());
        }
        last = word;
    }
    let decision = answer.lines.first();
    json!({ "line": answer.line, "decision": decision, "because": about })
}
