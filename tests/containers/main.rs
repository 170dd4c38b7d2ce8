//! The shipped containers, built and run by podman as a user would, without a registry.

// A test that cannot go on says why and ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod compose;
mod gate;
mod module;
mod podman;
mod secrets;

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, process};

use serde_json::Value;
use testbed::{Client, Response, poll, workspace};

/// Time that a container or a service in it is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A YAML file of this repository.
fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(workspace().join(path)).expect(path);
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A file that every user may read, as a secret is mounted.
fn secret(name: &str, text: &str) -> PathBuf {
    let name = format!("{}-{name}", process::id());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("write the secret");
    path
}

/// Waits until somebody answers there with this status.
fn answered(address: SocketAddr, path: &str, status: u16) -> Response {
    poll::until(PATIENCE, &format!("{path} is answered with {status}"), || {
        TcpStream::connect(address).ok()?;
        Some(Client::new(address).get(path)).filter(|answer| answer.status == status)
    })
}

fn bearer(token: &str) -> [(&'static str, String); 1] {
    [("authorization", format!("Bearer {token}"))]
}
