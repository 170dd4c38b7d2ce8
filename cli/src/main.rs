//! `probegate`: the gate's configuration at the command line, and a running gate's ladders.

mod check;
mod document;
mod explain;
mod find;
mod printable;
mod render;
mod report;
mod source;
mod status;
mod token;

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anstream::ColorChoice;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Checks, explains and makes configurations of the filter probegate, and asks a running one.
#[derive(Parser)]
#[command(name = "probegate", version = probegate_core::version(), arg_required_else_help = true)]
struct Arguments {
    /// When to write in colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
    #[command(subcommand)]
    verb: Verb,
}

/// Use of colours in the output.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Color {
    /// To a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
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
    /// Make a token, on the standard output, and the digest that a configuration holds in its place, on the standard error
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
    /// Print the manual page of the program or of a sub-command, in roff
    #[command(hide = true)]
    Man {
        /// The sub-command
        name: Option<String>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.color {
        // What the environment says holds.
        Color::Auto => {}
        Color::Always => ColorChoice::Always.write_global(),
        Color::Never => ColorChoice::Never.write_global(),
    }
    match arguments.verb {
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
        Verb::Man { name } => manual(name.as_deref()),
    }
}

/// Prints a manual page, as `probegate.1` and `probegate-check.1` are to have it.
fn manual(name: Option<&str>) -> ExitCode {
    let mut command = Arguments::command();
    command.build();
    let named = match name {
        None => Some(command),
        Some(name) => command.find_subcommand(name).map(|verb| {
            let title = format!("probegate-{name}");
            verb.clone().name(title.clone()).display_name(title)
        }),
    };
    let Some(command) = named else { return fail(2, "there is no such sub-command") };
    let mut page = Vec::new();
    match clap_mangen::Man::new(command).render(&mut page) {
        Ok(()) => {
            print(String::from_utf8_lossy(&page));
            ExitCode::SUCCESS
        }
        Err(error) => fail(2, &format!("the manual cannot be written: {error}")),
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
    // Without a standard error the exit code is all that is left.
    // Its own lines are the program's; what else is in it may be anybody's.
    let lines: Vec<_> = message.to_string().lines().map(printable::printable).collect();
    let _ = writeln!(anstream::stderr(), "probegate: {}", lines.join("\n"));
}

/// Ends with 1, or another number, after a line on the standard error.
fn fail(code: u8, message: &str) -> ExitCode {
    complain(message);
    ExitCode::from(code)
}
