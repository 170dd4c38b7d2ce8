//! The command line as its users have it: each sub-command a process of its own, its text and its exit code.

// A test that cannot go on says why and ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod check;
mod completions;
mod explain;
mod render;
mod status;
mod token;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The output and the status of a process.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    /// The standard output, of a process that ended with this.
    fn with(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self.out
    }

    /// The reason, of a process that ended with this and has nothing on its standard output.
    fn refused(self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.err);
        self.err
    }

    /// Everything that it wrote.
    fn text(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// Runs it in the folder of [`file`], without a word on its standard input.
fn probegate(arguments: &[&str]) -> Ran {
    run(command(arguments), "")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probegate"));
    command.args(arguments).current_dir(folder()).env_remove("METRICS_BEARER");
    command
}

fn run(mut command: Command, input: &str) -> Ran {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("start probegate");
    // It may end without reading.
    let _ = child.stdin.take().expect("its input").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("wait for probegate");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("an exit code");
    Ran { code, out: text(output.stdout), err: text(output.stderr) }
}

fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cli");
    fs::create_dir_all(&folder).expect("a folder for files");
    folder
}

/// Writes a file that only this test has, and returns its name.
fn file<'a>(name: &'a str, text: &str) -> &'a str {
    fs::write(folder().join(name), text).expect("write a file");
    name
}

/// The number of the line on which that stands.
fn line(text: &str, of: &str) -> usize {
    let found = text.lines().position(|line| line.contains(of));
    found.unwrap_or_else(|| panic!("{of} is not in\n{text}")) + 1
}

/// The page of the command line has every option and every rule that a finding may have.
#[test]
fn the_page_names_every_option_and_rule() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let page = fs::read_to_string(format!("{root}/docs/command-line.md")).expect("the page");
    for verb in ["check", "explain", "render", "token", "status", "completions"] {
        let help = probegate(&[verb, "--help"]).with(0);
        let words = help.split([' ', '\n', '=', '[', ',']).filter(|word| word.starts_with("--"));
        for option in words.filter(|option| option.len() > 2) {
            assert!(page.contains(&format!("`{option}")), "{verb} {option}");
        }
    }
    let mut rules = Vec::new();
    sources(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/check"), &mut rules);
    assert!(rules.len() > 40, "{rules:?}");
    for rule in rules {
        assert!(page.contains(&format!("`{rule}`")), "{rule}");
    }
}

/// The rules of the findings that a folder's files make.
fn sources(folder: &Path, rules: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("sources") {
        let path = entry.expect("a source").path();
        if path.is_dir() {
            sources(&path, rules);
            continue;
        }
        let text = fs::read_to_string(path).expect("a source");
        for call in ["warn(", "refuse(", ".at("] {
            let found = text.split(call).skip(1).filter_map(|rest| {
                let rule = rest.trim_start().strip_prefix('"')?.split('"').next()?;
                Some(rule.to_owned()).filter(|rule| !rule.contains(' '))
            });
            rules.extend(found);
        }
    }
}

/// `--help` names every sub-command, and what is no use of one ends with 2.
#[test]
fn usage_ends_with_2() {
    let help = probegate(&["--help"]).with(0);
    for verb in ["check", "explain", "render", "token", "status", "completions"] {
        assert!(help.contains(&format!("\n  {verb} ")), "{help}");
    }
    for wrong in [
        &[][..],
        &["check"],
        &["chek", "x"],
        &["explain", "/x"],
        &["render"],
        &["render", "--system", "kestra"],
        &["status"],
        &["token", "--diges"],
    ] {
        assert_eq!(probegate(wrong).code, 2, "{wrong:?}");
    }
}
