//! A real Redis as a value: it runs while the value lives.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

use crate::envoy::process;
use crate::{Port, poll, tools};

/// Time that a start is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running Redis that keeps nothing on disk. Dropped, it is killed.
pub struct Redis {
    child: Child,
    folder: PathBuf,
    port: Port,
}

impl Redis {
    /// On a free port of 127.0.0.1; returns when it answers.
    pub fn start() -> Self {
        let (folder, port) = (process::folder(), Port::hold());
        let address = port.address();
        let log = File::create(folder.join("redis.log")).expect("make a log");
        let command = tools::redis().expect("Redis");
        let (program, arguments) = command.split_first().expect("a command has a program");
        let child = Command::new(program)
            .args(arguments)
            .args(["--bind", "127.0.0.1", "--port", &address.port().to_string()])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("share the log"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start Redis: {error}"));
        let mut redis = Self { child, folder, port };
        let ready = poll::within(PATIENCE, || {
            if let Some(status) = redis.child.try_wait().expect("ask for the process") {
                return Some(Err(format!("Redis ended with {status}")));
            }
            (Connection::open(address).ok()?.ask(&["PING"]).ok()? == "PONG").then_some(Ok(()))
        });
        if let Err(reason) = ready.unwrap_or_else(|| Err("Redis was not ready".to_owned())) {
            let log = fs::read_to_string(redis.folder.join("redis.log")).unwrap_or_default();
            panic!("{reason}:\n{log}");
        }
        redis
    }

    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// A connection to a Redis; only what answers a line.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// The answer to a command: a simple string, or a number in digits.
    pub fn ask(&mut self, command: &[&str]) -> io::Result<String> {
        let mut request = format!("*{}\r\n", command.len());
        for word in command {
            request += &format!("${}\r\n{word}\r\n", word.len());
        }
        self.0.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        match line.trim_end().split_at_checked(1) {
            Some(("+" | ":", answer)) => Ok(answer.to_owned()),
            _ => Err(io::Error::other(format!("Redis says {line:?}"))),
        }
    }
}
