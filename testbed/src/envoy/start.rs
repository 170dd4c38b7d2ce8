//! The ways in which an Envoy is started.

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::admin::Admin;
use super::{CREATED, Envoy, Failed, listeners_file, write_listeners};
use crate::bootstrap::{Bootstrap, DRAIN, to_native};
use crate::poll::PATIENCE;
use crate::process::{self, Process};
use crate::{Host, tools, workspace};

impl Envoy {
    /// Starts the Envoy of `PROBEGATE_ENVOY` (or the newest) and returns when every worker listens.
    pub fn start(bootstrap: &Bootstrap) -> Result<Self, Failed> {
        Self::start_with(tools::envoy_from_env(), bootstrap)
    }

    /// The same with another binary.
    pub fn start_with(program: PathBuf, bootstrap: &Bootstrap) -> Result<Self, Failed> {
        let folder = process::folder();
        let listeners = bootstrap.listeners();
        write_listeners(&folder, 0, &listeners);
        let file = folder.join("bootstrap.json");
        fs::write(&file, bootstrap.bootstrap(&listeners_file(&folder)).to_string())
            .expect("write the bootstrap");

        let mut words = bootstrap.wrapper.clone();
        words.push(program.into());
        let mut command = command(&words, &file, bootstrap.concurrency, bootstrap.drain);
        command.envs(bootstrap.process_environment());
        let patience = if bootstrap.wrapper.is_empty() { PATIENCE } else { PATIENCE * 10 };
        let workers = u64::from(bootstrap.concurrency);
        let wanted = workers * listeners.len() as u64;
        Self::started(command, folder, patience, |admin| admin.counter(CREATED) >= wanted)
            .map(|envoy| Self { workers, listeners, ..envoy })
    }

    /// Starts Envoy with a bootstrap of one's own, in the workspace's root and with these variables.
    /// It cannot be reconfigured.
    pub fn start_file(
        program: PathBuf,
        bootstrap: &Path,
        workers: u32,
        environment: &[(&str, &str)],
    ) -> Result<Self, Failed> {
        let text = fs::read_to_string(bootstrap).expect("the bootstrap");
        Self::start_text(program, &text, workers, environment)
    }

    /// The same with the bootstrap's text.
    pub fn start_text(
        program: PathBuf,
        text: &str,
        workers: u32,
        environment: &[(&str, &str)],
    ) -> Result<Self, Failed> {
        Self::start_text_as(Host::from_env(), program, text, workers, environment)
    }

    /// The same with the gate in this form.
    pub fn start_text_as(
        host: Host,
        program: PathBuf,
        text: &str,
        workers: u32,
        environment: &[(&str, &str)],
    ) -> Result<Self, Failed> {
        let folder = process::folder();
        let file = folder.join("bootstrap.yaml");
        let loads_other_form =
            host == Host::Native && text.contains("envoy.extensions.filters.http.wasm.v3.Wasm");
        let (text, variables) =
            if loads_other_form { to_native(text) } else { (text.to_owned(), Vec::new()) };
        fs::write(&file, text).expect("write the bootstrap");
        let mut command = command(&[program.into()], &file, workers, DRAIN);
        command.envs(variables).envs(environment.iter().copied());
        Self::started(command, folder, PATIENCE, all_started)
    }

    /// Starts a program and its first arguments with the bootstrap in that file, as it is.
    pub fn start_command(
        words: &[OsString],
        bootstrap: &Path,
        workers: u32,
        environment: &[(&str, &str)],
    ) -> Result<Self, Failed> {
        let mut command = command(words, bootstrap, workers, DRAIN);
        command.envs(environment.iter().copied());
        Self::started(command, process::folder(), PATIENCE, all_started)
    }

    fn started(
        mut command: Command,
        folder: PathBuf,
        patience: Duration,
        listens: impl Fn(&Admin) -> bool,
    ) -> Result<Self, Failed> {
        let address = folder.join("admin.address");
        command.arg("--admin-address-path").arg(&address);
        let mut process = Process::start("Envoy", folder, &mut command);
        // None while nobody says so: not yet, or never, since Envoy is about to end.
        let started = process.until_ready(patience, |_| {
            let address: SocketAddr = fs::read_to_string(&address).ok()?.trim().parse().ok()?;
            let admin = Admin::new(address);
            let live = admin.live()?;
            if admin.refusals() > 0 {
                return Some(Err("Envoy refused the listeners".to_owned()));
            }
            (live && listens(&admin)).then_some(Ok(admin))
        });
        let admin = started.flatten().map_err(|reason| Failed { reason, log: process.log() })?;
        let addresses = admin.listeners();
        Ok(Self { process, admin, addresses, workers: 0, listeners: Vec::new(), version: 0 })
    }
}

/// A program and its first arguments, in the workspace's root, so that a bootstrap may name files relative to it.
fn command(words: &[OsString], bootstrap: &Path, workers: u32, drain: Duration) -> Command {
    let (program, arguments) = words.split_first().expect("a command has a program");
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(workspace())
        // Where Envoy looks for a dynamic module; it may be told another place.
        .env("ENVOY_DYNAMIC_MODULES_SEARCH_PATH", workspace().join("dist"))
        .arg("--config-path")
        .arg(bootstrap)
        .args(["--concurrency", &workers.to_string()])
        // Several run side by side, and share no memory.
        .arg("--disable-hot-restart")
        .args(["--drain-time-s", &drain.as_secs().to_string()])
        .args(["--drain-strategy", "immediate"])
        // What an access log has is in the log at once.
        .args(["--file-flush-interval-msec", "50"])
        .args(["--log-level", "warning"])
        .args(["--component-log-level", "wasm:info,dynamic_modules:info"]);
    command
}

fn all_started(admin: &Admin) -> bool {
    admin.counter("listener_manager.workers_started") == 1
}
