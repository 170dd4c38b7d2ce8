//! Templates: text with places for values, and lines that are kept on a condition.

use crate::source::Meaning;

/// Conditions and values that every template may use. A line that begins with `{{name}}` is kept if that condition
/// holds, and `{{name}}` elsewhere is a value.
pub struct Template<'a> {
    system: Option<&'a str>,
    variables: Vec<&'a str>,
    kept: Vec<&'static str>,
}

/// All conditions that a line may have.
const CONDITIONS: [&str; 7] =
    ["limit", "system", "wasm", "native", "container", "process", "namespace"];

impl<'a> Template<'a> {
    pub fn new(system: Option<&'a str>, meaning: &'a Meaning) -> Self {
        let variables = meaning.variables.iter().chain(&meaning.settings);
        let variables = variables.map(String::as_str).collect();
        let mut template = Self { system, variables, kept: Vec::new() };
        // A limit that a variable sets is none of the file's.
        if !meaning.settings.contains("ASTROCYTE_RATE_LIMIT_PER_SECOND") {
            template.keep("limit");
        }
        if system.is_some() {
            template.keep("system");
        }
        template
    }

    pub fn keep(&mut self, condition: &'static str) {
        self.kept.push(condition);
    }

    pub fn fill(&self, text: &str) -> String {
        let lines: String = text.lines().flat_map(|line| self.line(line)).collect();
        lines
            .replace("{{subject}}", self.system.unwrap_or("a service"))
            .replace("{{app}}", self.system.unwrap_or("api"))
            .replace("{{name}}", self.system.unwrap_or_default())
            .replace("{{variables}}", &self.variables.join(", "))
    }

    /// None, one, or of `{{each-variable}}` one for each variable.
    fn line(&self, line: &str) -> Vec<String> {
        if let Some(rest) = line.strip_prefix("{{each-variable}}") {
            let each = self.variables.iter();
            return each.map(|name| rest.replace("{{variable}}", name) + "\n").collect();
        }
        for condition in CONDITIONS {
            if let Some(rest) = line.strip_prefix(&format!("{{{{{condition}}}}}")) {
                let holds = self.kept.contains(&condition);
                return if holds { self.line(rest) } else { Vec::new() };
            }
        }
        vec![line.to_owned() + "\n"]
    }
}
