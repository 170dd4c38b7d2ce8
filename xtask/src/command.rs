//! Other programs, with errors that name the command.

use std::process::{Command, ExitStatus, Stdio};
use std::{io, iter};

use testbed::workspace;

use crate::Outcome;

/// `cargo` with these words, separated by spaces, in the workspace's root.
pub fn cargo(words: &str) -> Command {
    let mut command = Command::new("cargo");
    command.args(words.split_whitespace()).current_dir(workspace());
    command
}

/// Runs it with the terminal's input and output. An error if it does not end with 0.
pub fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| absent(command, &error))?;
    ended(command, status)
}

/// What it prints, without the white space around it. Its errors go to the terminal.
pub fn output(command: &mut Command) -> Outcome<String> {
    let output =
        command.stderr(Stdio::inherit()).output().map_err(|error| absent(command, &error))?;
    let printed = String::from_utf8(output.stdout)?.trim().to_owned();
    // What a failed command had to say must not be lost.
    ended(command, output.status).inspect_err(|_| println!("{printed}"))?;
    Ok(printed)
}

fn ended(command: &Command, status: ExitStatus) -> Outcome {
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{}` ended with {status}", line(command)).into())
    }
}

fn absent(command: &Command, error: &io::Error) -> String {
    format!("cannot run `{}`: {error}", line(command))
}

fn line(command: &Command) -> String {
    let words: Vec<_> = iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect();
    words.join(" ")
}
