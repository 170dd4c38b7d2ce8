//! The table of every key in `docs/configuration.md`, made from the JSON Schema.

use serde_json::{Map, Value};

/// Stands three times in a configuration, so it has a section of its own.
const TOKEN: &str = "Token";

/// A key and its description.
struct Row {
    path: String,
    text: String,
}

/// The tables, one for each key of the top level.
pub fn render(schema: &Value) -> String {
    let defs = schema["$defs"].as_object().unwrap();
    let mut page = String::new();
    for (key, node) in schema["properties"].as_object().unwrap() {
        let mut rows = vec![Row { path: String::new(), text: description(node) }];
        collect(node, "", defs, &mut rows);
        section(&mut page, &format!("`{key}`"), &rows);
    }
    let mut rows = vec![Row { path: String::new(), text: description(&defs[TOKEN]) }];
    variants(&defs[TOKEN], "", defs, &mut rows);
    section(&mut page, "A token", &rows);
    page
}

/// The first row is of the section itself.
fn section(page: &mut String, title: &str, rows: &[Row]) {
    let (head, rows) = rows.split_first().unwrap();
    *page += &format!("\n### {title}\n\n{}\n", head.text);
    if !rows.is_empty() {
        *page += "\n| key | |\n|---|---|\n";
    }
    for Row { path, text } in rows {
        *page += &format!("| `{path}` | {text} |\n");
    }
}

/// Adds a row for each key below `path`, and the words that may stand at `path` to the last row.
fn collect(node: &Value, path: &str, defs: &Map<String, Value>, rows: &mut Vec<Row>) {
    if let Some(name) = node["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        if name == TOKEN {
            say(rows, "See [a token](#a-token).");
        } else {
            collect(&defs[name], path, defs, rows);
        }
    }
    for choice in node["anyOf"].as_array().into_iter().flatten() {
        collect(choice, path, defs, rows);
    }
    if node["items"].is_object() {
        collect(&node["items"], &format!("{path}[]"), defs, rows);
    }
    variants(node, path, defs, rows);
    properties(node, path, defs, rows, "");
}

fn variants(node: &Value, path: &str, defs: &Map<String, Value>, rows: &mut Vec<Row>) {
    for word in node["enum"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        say(rows, &format!("`{word}`."));
    }
    for variant in node["oneOf"].as_array().into_iter().flatten() {
        let description = description(variant);
        match variant["const"].as_str() {
            Some(word) => say(rows, &format!("`{word}`: {description}")),
            None => properties(variant, path, defs, rows, &description),
        }
    }
}

fn properties(
    node: &Value,
    path: &str,
    defs: &Map<String, Value>,
    rows: &mut Vec<Row>,
    otherwise: &str,
) {
    for (key, node) in node["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let description = description(node);
        let text = if description.is_empty() { otherwise.to_owned() } else { description };
        rows.push(Row { path: path.clone(), text });
        collect(node, &path, defs, rows);
    }
}

fn say(rows: &mut [Row], what: &str) {
    let text = &mut rows.last_mut().unwrap().text;
    *text = format!("{text} {what}").trim_start().to_owned();
}

fn description(node: &Value) -> String {
    node["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|")
}
