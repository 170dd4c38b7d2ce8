//! `probegate`: the gate's configuration at the command line, and a running gate's ladders.

mod check;
mod document;
mod explain;
mod find;
mod render;
mod source;
mod status;
mod token;

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

/// Checks, explains and makes configurations of the filter probegate, and asks a running one.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Find every mistake in configurations, and what around the gate goes past it; ends with 1 if there is a mistake,
    /// with 2 if a file could not be read
    Check(check::Order),
    /// Tell what the gate does with a path, and why
    Explain(explain::Question),
    /// Print a whole configuration of Envoy or Istio for a system
    Render(render::Order),
    /// Make a token, and the digest that a configuration holds in its place
    Token {
        /// Read a token from the standard input, and print only its digest
        #[arg(long)]
        digest: bool,
    },
    /// Show what a running gate says of the services behind it; ends with 0 ready, 1 not ready, 2 no answer of a gate
    Status(status::Address),
    /// Print a shell's completions
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or that of a verb
    #[command(hide = true)]
    Man { verb: Option<String> },
}

fn main() -> ExitCode {
    match Arguments::parse().verb {
        Verb::Check(order) => check::run(&order),
        Verb::Explain(question) => explain::run(&question),
        Verb::Render(order) => render::run(&order),
        Verb::Token { digest: false } => token::make(),
        Verb::Token { digest: true } => token::digest(io::stdin()),
        Verb::Status(address) => status::run(&address),
        Verb::Completions { shell } => {
            let mut command = Arguments::command();
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command, "probegate", &mut script);
            print(String::from_utf8_lossy(&script));
            ExitCode::SUCCESS
        }
        Verb::Man { verb } => manual(verb.as_deref()),
    }
}

fn manual(verb: Option<&str>) -> ExitCode {
    let mut command = Arguments::command().name("probegate").disable_help_subcommand(true);
    command.build();
    let command = match verb {
        None => Some(command),
        Some(verb) => command.find_subcommand(verb).cloned(),
    };
    let mut page = Vec::new();
    let written = command.map(|command| clap_mangen::Man::new(command).render(&mut page));
    match written {
        Some(Ok(())) => {
            print(String::from_utf8_lossy(&page));
            ExitCode::SUCCESS
        }
        _ => fail(2, &format!("there is no manual page of {}", verb.unwrap_or("probegate"))),
    }
}

/// Writes lines to the standard output, in colours if that is a terminal. If nobody reads it, all ends.
fn print(text: impl Display) {
    if writeln!(anstream::stdout(), "{}", text.to_string().trim_end()).is_err() {
        std::process::exit(1);
    }
}

/// Writes a line on the standard error.
fn complain(message: impl Display) {
    // Without a standard error the exit code is all that can be said.
    let _ = writeln!(anstream::stderr(), "probegate: {message}");
}

/// Ends with 1, or another number, after a line on the standard error.
fn fail(code: u8, message: &str) -> ExitCode {
    complain(message);
    ExitCode::from(code)
}
