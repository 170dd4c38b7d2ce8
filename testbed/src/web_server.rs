//! Real web servers, each of which reads a path in its own way.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use crate::process::{self, Process};
use crate::{Port, tools};

/// Every server answers `guarded` on `/metrics`, `/env` and whatever is below `/v1/admin`, and
/// anything else in another way.
pub const GUARDED: &[u8] = b"guarded";

/// A running web server. Dropped, it is killed.
pub struct WebServer {
    pub name: &'static str,
    _process: Process,
    port: Port,
}

impl WebServer {
    /// All of them.
    pub fn all() -> [Self; 7] {
        let mut nginx = Command::new(tools::nginx().expect("nginx"));
        // Relative to the folder in which it is started.
        nginx.args(["-p", "./", "-e", "stderr", "-c"]);
        let mut node = Command::new(tools::node().expect("Node"));
        node.env("NODE_PATH", tools::express().expect("Express"));
        [
            // Merges slashes, decodes once, resolves dots.
            Self::start("nginx", "nginx.conf", include_str!("web_server/nginx.conf"), nginx),
            // Starlette, on uvicorn: decodes once, and compares by regular expressions.
            Self::python("Starlette", include_str!("web_server/with_starlette.py")),
            // Flask, on Werkzeug's server, which stands on that of Python itself: decodes once, and redirects where
            // slashes are too many.
            Self::python("Flask", include_str!("web_server/with_flask.py")),
            // Flask, on gevent: parts the request line at the white space of Latin-1.
            Self::python("gevent", include_str!("web_server/with_gevent.py")),
            // Django, on its own server, which stands on wsgiref: ends a pattern before a line break.
            Self::python("Django", include_str!("web_server/with_django.py")),
            // Bottle, on wsgiref: drops what is no UTF-8.
            Self::python("Bottle", include_str!("web_server/with_bottle.py")),
            // Express, on Node: does not mind upper case, nor a slash at the end.
            Self::start("Express", "express.js", include_str!("web_server/with_express.js"), node),
        ]
    }

    fn python(name: &'static str, program: &str) -> Self {
        let mut python = Command::new("python3");
        python.env("PYTHONPATH", tools::python_frameworks().expect("frameworks of Python"));
        Self::start(name, "server.py", program, python)
    }

    /// Runs the command with a file of this text as its last argument, on a free port of 127.0.0.1,
    /// which stands for `PORT` in the text; returns when somebody listens there.
    fn start(name: &'static str, file: &str, text: &str, mut command: Command) -> Self {
        let (folder, port) = (process::folder(), Port::hold());
        let address = port.address();
        let path = folder.join(file);
        fs::write(&path, text.replace("PORT", &address.port().to_string())).expect("write a file");
        let process = Process::start(name, folder.clone(), command.arg(&path).current_dir(folder))
            .ready(|| TcpStream::connect(address).is_ok().then_some(()));
        Self { name, _process: process, port }
    }

    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }
}
