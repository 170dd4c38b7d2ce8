//! The tests of the workspace, as `cargo xtask test` has built them already.

use std::process::Command;

use serde_json::Value;

use crate::{Outcome, command, test};

/// A program of tests.
#[derive(Clone, Debug)]
pub struct Binary {
    /// Its package.
    pub package: String,
    /// `lib`, `test`, …
    pub kind: String,
    pub name: String,
    /// Those that run without being asked for.
    pub tests: Vec<String>,
}

impl Binary {
    /// True if `cargo test` runs it for that package and target: `--lib`, a name below `tests/`, or any.
    pub fn is(&self, package: &str, target: Option<&str>) -> bool {
        let of_target = match target {
            None => true,
            Some("--lib") => self.kind.ends_with("lib"),
            Some(name) => self.kind == "test" && self.name == name,
        };
        self.package == package && of_target
    }
}

/// All of them.
pub fn built() -> Outcome<Vec<Binary>> {
    let words =
        format!("test --quiet {} --features {} --tests --no-run", test::NATIVE, test::FEATURES);
    let mut binaries = Vec::new();
    for message in command::messages(&mut command::cargo(&words))? {
        let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
        let Some(program) = text("/executable").filter(|_| message["profile"]["test"] == true)
        else {
            continue;
        };
        let list = |of: &str| command::output(Command::new(program).args(["--list", of]));
        let (all, ignored) = (list("--include-ignored")?, list("--ignored")?);
        let ignored = names(&ignored);
        binaries.push(Binary {
            package: package(text("/package_id").unwrap_or_default()).to_owned(),
            kind: text("/target/kind/0").unwrap_or_default().to_owned(),
            name: text("/target/name").unwrap_or_default().to_owned(),
            tests: names(&all).into_iter().filter(|name| !ignored.contains(name)).collect(),
        });
    }
    Ok(binaries)
}

/// The name in a package's ID, which has none where it is its folder's.
fn package(id: &str) -> &str {
    let (folder, version) = id.rsplit_once('#').unwrap_or((id, ""));
    let of_folder = folder.rsplit('/').next().unwrap_or(folder);
    version.split_once('@').map_or(of_folder, |(name, _)| name)
}

fn names(list: &str) -> Vec<String> {
    list.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}
