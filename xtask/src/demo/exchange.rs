//! How a step of the tour is shown: the request as a command, the answer, and whether it is as promised.

use std::env;
use std::io::{IsTerminal, stdout};

use testbed::{Request, Response};

use crate::Outcome;

/// The headers of an answer that the tour is about.
const SHOWN: [&str; 8] = [
    "x-request-id",
    "www-authenticate",
    "cache-control",
    "retry-after",
    "ratelimit-policy",
    "ratelimit",
    "grpc-status",
    "grpc-message",
];
/// How much of a body is shown.
const BODY: usize = 600;

const GREEN: &str = "\u{1b}[32m";
const RED: &str = "\u{1b}[31m";
const BOLD: &str = "\u{1b}[1m";

/// Prints the tour, and counts the promises that were not kept.
pub struct Show {
    coloured: bool,
    steps: u32,
    broken: u32,
}

impl Show {
    /// Coloured on a terminal only, and not where `NO_COLOR` is set.
    pub fn new() -> Self {
        Self {
            coloured: stdout().is_terminal() && env::var_os("NO_COLOR").is_none(),
            steps: 0,
            broken: 0,
        }
    }

    pub fn step(&mut self, title: &str) {
        self.steps += 1;
        println!("\n{}", self.paint(BOLD, &format!("{}. {title}", self.steps)));
    }

    pub fn command(&self, command: &str) {
        println!("   $ {command}");
    }

    pub fn answer(&self, response: &Response) {
        println!("   HTTP {}", response.status);
        for name in SHOWN {
            for value in response.headers_named(name) {
                println!("   {name}: {}", String::from_utf8_lossy(value));
            }
        }
        for (name, value) in response.trailers.iter() {
            println!("   {name}: {}", String::from_utf8_lossy(value));
        }
        let body = response.text();
        if response.status >= 400 || body.starts_with('{') {
            println!("   {}", shortened(&body));
        }
    }

    pub fn line(&self, line: &str) {
        println!("   {line}");
    }

    /// `promise` says what should be, whether it is or not.
    pub fn promise(&mut self, kept: bool, promise: &str) {
        if kept {
            println!("   {} {promise}", self.paint(GREEN, "as promised:"));
        } else {
            self.broken += 1;
            println!("   {} {promise}", self.paint(RED, "NOT as promised:"));
        }
    }

    /// An error if a promise was not kept.
    pub fn outcome(&self) -> Outcome {
        match self.broken {
            0 => Ok(()),
            broken => Err(format!("{broken} of the tour's promises were not kept").into()),
        }
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.coloured { format!("{colour}{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The command that sends the same request.
pub fn curl(base: &str, request: &Request) -> String {
    let mut command = "curl -i".to_owned();
    for (name, value) in request.headers.iter() {
        command += &format!(" -H '{name}: {}'", String::from_utf8_lossy(value));
    }
    command + &format!(" {base}{}", request.path)
}

fn shortened(body: &str) -> String {
    match body.char_indices().nth(BODY) {
        Some((end, _)) => format!("{} …", &body[..end]),
        None => body.to_owned(),
    }
}
