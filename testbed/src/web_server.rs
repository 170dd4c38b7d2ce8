//! Real web servers, each of which reads a path in its own way.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::envoy::process;
use crate::{Port, poll, tools};

/// Time that a start is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Every server answers `guarded` on `/metrics`, `/env` and whatever is below `/v1/admin`, and
/// anything else in another way.
pub const GUARDED: &[u8] = b"guarded";

/// A running web server. Dropped, it is killed.
pub struct WebServer {
    pub name: &'static str,
    child: Child,
    folder: PathBuf,
    port: Port,
}

impl WebServer {
    /// Merges slashes, decodes once, resolves dots.
    pub fn nginx() -> Self {
        let configuration = include_str!("web_server/nginx.conf");
        let mut nginx = Command::new(tools::nginx().expect("nginx"));
        // Relative to the folder in which it is started.
        nginx.args(["-p", "./", "-e", "stderr", "-c"]);
        Self::start("nginx", "nginx.conf", configuration, nginx)
    }

    /// Starlette, on uvicorn: decodes once, and compares by regular expressions.
    pub fn starlette() -> Self {
        Self::python("Starlette", include_str!("web_server/with_starlette.py"))
    }

    /// Flask, on Werkzeug's server, which stands on that of Python itself: decodes once, and
    /// redirects where slashes are too many.
    pub fn flask() -> Self {
        Self::python("Flask", include_str!("web_server/with_flask.py"))
    }

    /// Flask, on gevent: parts the request line at the white space of Latin-1.
    pub fn gevent() -> Self {
        Self::python("gevent", include_str!("web_server/with_gevent.py"))
    }

    /// Django, on its own server, which stands on wsgiref: ends a pattern before a line break.
    pub fn django() -> Self {
        Self::python("Django", include_str!("web_server/with_django.py"))
    }

    /// Bottle, on wsgiref: drops what is no UTF-8.
    pub fn bottle() -> Self {
        Self::python("Bottle", include_str!("web_server/with_bottle.py"))
    }

    /// Express, on Node: does not mind upper case, nor a slash at the end.
    pub fn express() -> Self {
        let mut node = Command::new(tools::node().expect("Node"));
        node.env("NODE_PATH", tools::express().expect("Express"));
        Self::start("Express", "with_express.js", include_str!("web_server/with_express.js"), node)
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
        let log = File::create(folder.join("server.log")).expect("make a log");
        let child = command
            .arg(&path)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("share the log"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        let mut server = Self { name, child, folder, port };
        let ready = poll::within(PATIENCE, || {
            if let Some(status) = server.child.try_wait().expect("ask for the process") {
                return Some(Err(format!("{name} ended with {status}")));
            }
            TcpStream::connect(address).is_ok().then_some(Ok(()))
        });
        if let Err(reason) = ready.unwrap_or_else(|| Err(format!("{name} was not ready"))) {
            let log = fs::read_to_string(server.folder.join("server.log")).unwrap_or_default();
            panic!("{reason}:\n{log}");
        }
        server
    }

    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
