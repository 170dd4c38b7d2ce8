//! Where a module is built: its sources, what the compiler writes, and cargo's own folder. None of
//! them can be seen in the module.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use testbed::workspace;

use super::hints::hint;
use super::order::{Ordered, order};
use super::trim;
use crate::{Outcome, command};

/// Between flags of the compiler in `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: &str = "\u{1f}";

pub struct Place {
    pub root: PathBuf,
    pub target: PathBuf,
    /// `CARGO_HOME`: where the sources of the dependencies lie.
    pub home: PathBuf,
    /// What the sources are of, if that is known.
    pub commit: Option<String>,
}

impl Place {
    /// The workspace. Its own target folder, since the flags are others than those of the tests.
    pub fn here() -> Outcome<Self> {
        let root = workspace().to_owned();
        let commit = commit(&root);
        Ok(Self { target: root.join("target/module"), root, home: cargo_home()?, commit })
    }

    /// The bytes of the module, the same for the same sources in whatever place.
    pub fn module(&self) -> Outcome<Vec<u8>> {
        let Ordered { module, first, missing } = order(&trim(&self.compile("probegate")?, true)?)?;
        for name in missing {
            eprintln!(
                "xtask/src/build/order.txt names {name}, and the module has no such function"
            );
        }
        hint(&module, &first)
    }

    /// The bytes of the command line for this machine, the same for the same sources in whatever place.
    pub fn command_line(&self) -> Outcome<Vec<u8>> {
        self.of_this_machine("probegate-cli", "release", "probegate")
    }

    /// The bytes of the dynamic module, likewise.
    pub fn native(&self) -> Outcome<Vec<u8>> {
        self.of_this_machine("probegate-native", "native", "libprobegate_native.so")
    }

    fn of_this_machine(&self, package: &str, profile: &str, file: &str) -> Outcome<Vec<u8>> {
        let words = format!("--profile {profile} --package {package}");
        command::run(&mut self.compiler("", &words)?)?;
        Ok(fs::read(self.target.join(profile).join(file))?)
    }

    /// What the compiler makes of a package of the workspace, as a module.
    pub fn compile(&self, package: &str) -> Outcome<Vec<u8>> {
        command::run(&mut self.module_compiler(package)?)?;
        Ok(fs::read(self.target.join(format!("wasm32-wasip1/release/{package}.wasm")))?)
    }

    /// The crates that the compiler is given for such a module beside its own, as `name@version`.
    pub fn linked(&self, package: &str) -> Outcome<BTreeSet<String>> {
        let mut linked = BTreeSet::new();
        for message in command::messages(&mut self.module_compiler(package)?)? {
            // Macros and build scripts are made for this machine, and lie elsewhere.
            let made_for_it = message["filenames"][0]
                .as_str()
                .is_some_and(|path| path.contains("/wasm32-wasip1/release/"));
            if made_for_it && message["target"]["name"] != package {
                let id = message["package_id"].as_str().and_then(|id| id.rsplit_once('#'));
                linked.insert(id.ok_or("an artifact without a package")?.1.to_owned());
            }
        }
        Ok(linked)
    }

    fn module_compiler(&self, package: &str) -> Outcome<Command> {
        let words = format!("--release --lib --package {package}");
        let mut cargo = self.compiler("--target wasm32-wasip1", &words)?;
        // Names tell which functions are to stand together.
        cargo.env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo");
        Ok(cargo)
    }

    fn compiler(&self, target: &str, words: &str) -> Outcome<Command> {
        // The folders of the dependencies must be there before they can be named.
        command::run(&mut self.cargo(&format!("fetch --locked {target}")))?;
        let mut cargo = self.cargo(&format!("build --locked {target} {words} --target-dir"));
        let flags = self.remapped()?.join(SEPARATOR);
        cargo.arg(&self.target).env("CARGO_ENCODED_RUSTFLAGS", flags);
        Ok(cargo)
    }

    fn cargo(&self, words: &str) -> Command {
        let mut cargo = command::cargo(words);
        cargo.current_dir(&self.root).env("CARGO_HOME", &self.home);
        match &self.commit {
            Some(commit) => cargo.env("PROBEGATE_COMMIT", commit),
            None => cargo.env_remove("PROBEGATE_COMMIT"),
        };
        cargo
    }

    /// Panic messages name source files: the folders of this machine are taken out of them.
    fn remapped(&self) -> Outcome<Vec<String>> {
        let rustc = |words: &[&str]| {
            command::output(Command::new("rustc").args(words).current_dir(&self.root))
        };
        let library = PathBuf::from(rustc(&["--print", "sysroot"])?).join("lib/rustlib/src/rust");
        let version = rustc(&["--version", "--verbose"])?;
        let commit =
            version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or_default();
        let mut folders = vec![
            (self.root.canonicalize()?, "/probegate".to_owned()),
            // What the standard library is called where its sources are not installed.
            (library, format!("/rustc/{commit}")),
        ];
        // Where cargo keeps the sources of the dependencies: a folder for each registry.
        for registry in fs::read_dir(self.home.join("registry/src"))? {
            folders.push((registry?.path(), "/crates".to_owned()));
        }
        let flags = folders
            .iter()
            .map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()));
        Ok(flags.collect())
    }
}

/// The commit that is checked out there; with `-dirty` if what is there differs from it. Sources that were unpacked
/// are of the commit that the caller names, if any.
fn commit(root: &Path) -> Option<String> {
    if !root.join(".git").exists() {
        return env::var("PROBEGATE_COMMIT").ok().filter(|commit| !commit.is_empty());
    }
    let git =
        |words: &[&str]| command::output(Command::new("git").current_dir(root).args(words)).ok();
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]);
    let mark = if changed.is_none_or(|changed| changed.is_empty()) { "" } else { "-dirty" };
    Some(format!("{commit}{mark}"))
}

fn cargo_home() -> Outcome<PathBuf> {
    env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")))
        .ok_or_else(|| "neither CARGO_HOME nor a home folder is set".into())
}
