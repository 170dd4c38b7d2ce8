//! A real Redis as a value: it runs while the value lives.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use crate::poll::PATIENCE;
use crate::process::{self, Process};
use crate::{Port, tools};

/// A running Redis that keeps nothing on disk. Dropped, it is killed.
pub struct Redis {
    _process: Process,
    port: Port,
}

impl Redis {
    /// On a free port of 127.0.0.1; returns when it answers.
    pub fn start() -> Self {
        let (folder, port) = (process::folder(), Port::hold());
        let address = port.address();
        let words = tools::redis().expect("Redis");
        let (program, arguments) = words.split_first().expect("a command has a program");
        let mut command = Command::new(program);
        command
            .args(arguments)
            .args(["--bind", "127.0.0.1", "--port", &address.port().to_string()])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(&folder);
        let process = Process::start("Redis", folder, &mut command).ready(|| {
            (Connection::open(address).ok()?.ask(&["PING"]).ok()? == "PONG").then_some(())
        });
        Self { _process: process, port }
    }

    pub fn address(&self) -> SocketAddr {
        self.port.address()
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
