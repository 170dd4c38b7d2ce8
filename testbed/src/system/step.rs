//! One request of a tour, as a row of the example's README has it.

use crate::client::Request;
use crate::upstream::Page;

use super::Seen;

/// A command, and what its README says to expect of it.
#[derive(Clone)]
pub struct Step {
    row: String,
    /// The operator's view, for a step that shows how to find the cause.
    pub symptom: Option<String>,
    /// The change before that the README names, after which the same is asked.
    pub changed: Option<String>,
    pub command: String,
    pub host: String,
    /// Of the listener, as `envoy.yaml` has it, or of the admin interface.
    pub port: u16,
    pub request: Request,
    /// Number of times that it is sent, one right after the other. The first that is as promised counts.
    pub times: u32,
    pub status: u16,
    pub words: String,
    pub changes: Vec<Change>,
    pub check: fn(&Seen<'_>) -> bool,
}

/// The page that a path of a service has from now on.
#[derive(Clone)]
pub struct Change {
    pub service: &'static str,
    pub path: &'static str,
    pub page: Page,
}

/// The proof of a step besides its status; the step is the first without a check whose row has these words.
pub struct Check {
    words: &'static str,
    changes: Vec<Change>,
    holds: fn(&Seen<'_>) -> bool,
}

pub fn check(words: &'static str, holds: fn(&Seen<'_>) -> bool) -> Check {
    Check { words, changes: Vec::new(), holds }
}

impl Check {
    /// The same after a change of a service.
    pub fn after(mut self, service: &'static str, path: &'static str, page: Page) -> Self {
        self.changes.push(Change { service, path, page });
        self
    }
}

/// The tour of a README's tables. Panics where a row is no step, or a check finds none.
pub fn tour(readme: &str, checks: Vec<Check>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for [command, expected] in rows(readme, "| try | expect |") {
        steps.push(Step::new(None, &command, &expected, steps.last()));
    }
    for [symptom, command, expected] in rows(readme, "| symptom | ask | the gate says |") {
        steps.push(Step::new(Some(symptom), &command, &expected, None));
    }
    let mut bare: Vec<&mut Step> = steps.iter_mut().collect();
    for Check { words, changes, holds } in checks {
        let found = bare.iter().position(|step| step.row.contains(words));
        let step = bare.remove(found.unwrap_or_else(|| panic!("no row of the README has {words}")));
        (step.changes, step.check) = (changes, holds);
    }
    steps
}

/// The cells of a table of Markdown with that head.
pub fn rows<const CELLS: usize>(page: &str, head: &str) -> Vec<[String; CELLS]> {
    let table = page.lines().skip_while(|line| *line != head).skip(2);
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    table
        .take_while(|line| line.starts_with('|'))
        .map(|line| cells(line).try_into().unwrap_or_else(|_| panic!("not {CELLS} cells: {line}")))
        .collect()
}

impl Step {
    fn new(symptom: Option<String>, command: &str, expected: &str, last: Option<&Self>) -> Self {
        let row = match &symptom {
            Some(symptom) => format!("| {symptom} | {command} | {expected} |"),
            None => format!("| {command} | {expected} |"),
        };
        let (status, words) = expected.split_once(": ").unwrap_or((expected, ""));
        let step = match (command.strip_suffix(", then the same"), last) {
            (Some(changed), Some(last)) => {
                Self { changed: Some(changed.to_owned()), ..last.clone() }
            }
            _ => Self::of_command(command.trim_matches('`')),
        };
        let status = status.parse().unwrap_or_else(|_| panic!("no status: {row}"));
        Self { symptom, status, words: words.to_owned(), row, ..step }
    }

    /// The request that a command sends, in which all is quoted that has a space.
    fn of_command(command: &str) -> Self {
        let (times, once) = match command.strip_prefix("for i in $(seq ") {
            Some(rest) => rest.split_once("); do ").expect("a loop"),
            None => ("1", command),
        };
        let (mut request, mut url) = (Request::get("/"), String::new());
        let mut words = words(once.trim_end_matches("; done")).into_iter();
        while let Some(word) = words.next() {
            let mut next = || words.next().expect("a value");
            match word.as_str() {
                "curl" | "-i" | "--http2-prior-knowledge" => {}
                "-X" => request.method = next(),
                "-d" => (request.method, request.body) = ("POST".to_owned(), next().into()),
                // A gRPC call with an empty message, as the shell's printf writes it.
                "--data-binary" => {
                    assert_eq!([next(), next()], ["@<(printf", r"\0\0\0\0\0)"], "{command}");
                    (request.method, request.body) = ("POST".to_owned(), vec![0; 5]);
                }
                "-H" => {
                    let header = next();
                    let (name, value) = header.split_once(": ").expect("a header");
                    request = request.header(name, value);
                }
                _ => url = word,
            }
        }
        let (authority, path) = url.split_once('/').expect("a URL");
        let (host, port) = authority.split_once(':').expect("a host and a port");
        request.path = format!("/{path}");
        Self {
            row: String::new(),
            symptom: None,
            changed: None,
            command: command.to_owned(),
            host: host.to_owned(),
            port: port.parse().expect("a port"),
            request,
            times: times.parse().expect("a number"),
            status: 0,
            words: String::new(),
            changes: Vec::new(),
            check: |_| true,
        }
    }

    /// True if it asks what takes a while to be so, of the gate itself or of Envoy: it is asked again until then.
    pub fn is_patient(&self) -> bool {
        self.request.path.starts_with("/-/gate/") || self.request.path.starts_with("/stats/")
    }

    /// The step as the README has it.
    pub fn row(&self) -> String {
        self.row.clone()
    }

    pub fn is_grpc(&self) -> bool {
        let kind = self.request.headers.get("content-type");
        kind.is_some_and(|kind| kind.starts_with("application/grpc"))
    }
}

/// The words of a command, parted by spaces outside of quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (nth, part) in command.split('\'').enumerate() {
        let bare = if nth % 2 == 0 { part.split(' ').collect() } else { vec![part] };
        for (nth, text) in bare.into_iter().enumerate() {
            if nth > 0 {
                words.push(String::new());
            }
            words.last_mut().expect("a word").push_str(text);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_request_and_its_status() {
        let readme = "text\n\n| try | expect |\n|---|---|\n\
            | `curl -i -H 'x-a: b c' -d '{}' sts.localhost:10001/a?b` | 200: well: `x` |\n\
            | it dies, then the same | 503: gone |\n\n| other | table |\n";
        let steps =
            tour(readme, vec![check("gone", |_| false).after("a", "/", Page::json(200, ""))]);
        let [first, second] = &steps[..] else { panic!("two rows") };
        assert_eq!((&*first.host, first.port, first.status), ("sts.localhost", 10001, 200));
        assert_eq!((&*first.request.method, &*first.request.path), ("POST", "/a?b"));
        assert_eq!(first.request.headers.get("x-a"), Some("b c"));
        assert_eq!((&*first.words, second.changed.as_deref()), ("well: `x`", Some("it dies")));
        assert_eq!((second.status, second.changes.len(), &*second.request.path), (503, 1, "/a?b"));
        let call =
            "for i in $(seq 7); do curl -i --data-binary @<(printf '\\0\\0\\0\\0\\0') h:1/; done";
        let step = Step::of_command(call);
        assert_eq!((step.times, step.request.body), (7, vec![0; 5]));
    }
}
