//! Other programs, with errors that name the command.

use std::io::Write as _;
use std::process::{Command, ExitStatus, Stdio};
use std::{io, iter};

use serde_json::Value;
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

/// Runs it with that input: true if it ended with 0, and all that it printed, errors as well.
pub fn fed(command: &mut Command, input: &[u8]) -> Outcome<(bool, String)> {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().map_err(|error| absent(piped, &error))?;
    child.stdin.take().ok_or("it has no input")?.write_all(input)?;
    let output = child.wait_with_output()?;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8_lossy(&said).trim().to_owned()))
}

/// The packages of the workspace, as `cargo metadata` has them.
pub fn packages() -> Outcome<Vec<Value>> {
    let words = "metadata --no-deps --locked --offline --format-version 1";
    let metadata: Value = serde_json::from_str(&output(&mut cargo(words))?)?;
    Ok(metadata["packages"].as_array().cloned().unwrap_or_default())
}

/// The messages of a build.
pub fn messages(cargo: &mut Command) -> Outcome<Vec<Value>> {
    let said = output(cargo.args(["--message-format", "json"]))?;
    Ok(said.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
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
