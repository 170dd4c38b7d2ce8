//! The ways in which an Envoy is started.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::admin::Admin;
use super::process::{self, Process};
use super::{CREATED, Envoy, Failed, PATIENCE, listeners_file, write_listeners};
use crate::bootstrap::{Bootstrap, DRAIN, to_native};
use crate::{Host, poll, tools};

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

        let mut command = bootstrap.wrapper.clone();
        command.push(program.into());
        let (workers, drain) = (bootstrap.concurrency, bootstrap.drain);
        let environment = bootstrap.process_environment();
        let environment: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let process = Process::spawn(&command, folder, &file, workers, drain, &environment);
        let patience = if bootstrap.wrapper.is_empty() { PATIENCE } else { PATIENCE * 10 };
        let workers = u64::from(bootstrap.concurrency);
        let wanted = workers * listeners.len() as u64;
        Self::started(process, patience, |admin| admin.counter(CREATED) >= wanted)
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
        if loads_other_form(Host::from_env(), &text) {
            return Self::start_text(program, &text, workers, environment);
        }
        Self::start_command(&[program.into()], bootstrap, workers, environment)
    }

    /// The same with arguments behind the program.
    pub fn start_command(
        command: &[OsString],
        bootstrap: &Path,
        workers: u32,
        environment: &[(&str, &str)],
    ) -> Result<Self, Failed> {
        let process =
            Process::spawn(command, process::folder(), bootstrap, workers, DRAIN, environment);
        Self::started(process, PATIENCE, all_started)
    }

    /// As `start_file`, with the bootstrap's text.
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
        let (text, variables) = match loads_other_form(host, text) {
            true => to_native(text),
            false => (text.to_owned(), Vec::new()),
        };
        fs::write(&file, text).expect("write the bootstrap");
        let mut variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        variables.extend(environment);
        let process = Process::spawn(&[program.into()], folder, &file, workers, DRAIN, &variables);
        Self::started(process, PATIENCE, all_started)
    }

    fn started(
        mut process: Process,
        patience: Duration,
        listens: impl Fn(&Admin) -> bool,
    ) -> Result<Self, Failed> {
        let started = poll::within(patience, || {
            if let Some(status) = process.ended() {
                return Some(Err(format!("Envoy ended with {status}")));
            }
            let admin = process.admin_address().map(Admin::new)?;
            if admin.try_refusals()? > 0 {
                return Some(Err("Envoy refused the listeners".to_owned()));
            }
            (listens(&admin) && admin.live()).then_some(Ok(admin))
        });
        match started.unwrap_or_else(|| Err(format!("Envoy was not ready after {patience:?}"))) {
            Ok(admin) => {
                let addresses = admin.listeners();
                Ok(Self {
                    process,
                    admin,
                    addresses,
                    workers: 0,
                    listeners: Vec::new(),
                    version: 0,
                })
            }
            Err(reason) => Err(Failed { reason, log: process.log() }),
        }
    }
}

/// The bootstrap loads the proxy-wasm filter, and the dynamic module is wanted.
fn loads_other_form(host: Host, text: &str) -> bool {
    host == Host::Native && text.contains("envoy.extensions.filters.http.wasm.v3.Wasm")
}

fn all_started(admin: &Admin) -> bool {
    admin.counter("listener_manager.workers_started") == 1
}
