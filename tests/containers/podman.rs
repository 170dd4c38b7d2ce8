//! A podman with images, containers and networks of its own.

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Output};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::{env, thread};

use testbed::tools::containers;
use testbed::{poll, tools, workspace};

use crate::PATIENCE;

/// Images with the programs of the official ones, at the places where those have them.
pub const ENVOY: &str = "localhost/envoy";
pub const PROMETHEUS: &str = "localhost/prometheus";
/// The images of `envoy/Dockerfile`, with the Wasm filter and with the dynamic module.
pub const GATE: &str = "localhost/probegate";
pub const GATE_NATIVE: &str = "localhost/probegate-native";

/// Its storage lies below `target/containers`. Dropped, all of it goes.
pub struct Podman {
    folder: PathBuf,
    /// Its state, for which podman allows no long path.
    state: PathBuf,
    /// Goes once all else was taken down.
    whole: Arc<()>,
}

impl Podman {
    /// The one that the tests of this process use, with the images above; it ends with the last of them.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<(Weak<Podman>, Weak<()>)> = Mutex::new((Weak::new(), Weak::new()));
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.0.upgrade().unwrap_or_else(|| {
            poll::until(2 * PATIENCE, "the one before was taken down", || {
                (shared.1.strong_count() == 0).then_some(())
            });
            let podman = Arc::new(Self::start());
            *shared = (Arc::downgrade(&podman), Arc::downgrade(&podman.whole));
            podman
        })
    }

    fn start() -> Self {
        // What is missing is said before there is anything to take down.
        containers::podman().expect("podman");
        sweep();
        let podman = Self::of(&process::id().to_string());
        podman.set_up();
        let debian = containers::debian().expect("a Debian");
        podman.ok(&["import", "--quiet", &debian.display().to_string(), "localhost/debian"]);
        podman.with_program(ENVOY, &tools::envoy_from_env(), "/usr/local/bin/envoy", "");
        let entrypoint = r#"ENTRYPOINT ["/bin/prometheus"]"#;
        podman.with_program(
            PROMETHEUS,
            &tools::prometheus().expect("Prometheus"),
            "/bin/prometheus",
            entrypoint,
        );
        let base = format!("ENVOY_IMAGE={ENVOY}");
        let build = ["build", "--quiet", "--file", "envoy/Dockerfile", "--build-arg", &base];
        // The form that none names, and the other.
        podman.ok(&[&build[..], &["--tag", GATE, "."]].concat());
        let native = ["--build-arg", "FORM=native", "--tag", GATE_NATIVE, "."];
        podman.ok(&[&build[..], &native].concat());
        podman.ok(&["network", "create", &name()]);
        podman
    }

    /// The files of the containers of that process.
    fn of(process: &str) -> Self {
        Self {
            folder: workspace().join("target/containers").join(process),
            state: env::temp_dir().join(format!("probegate-{process}")),
            whole: Arc::default(),
        }
    }

    fn set_up(&self) {
        fs::create_dir_all(&self.folder).expect("make a folder below target/containers");
        fs::create_dir_all(&self.state).expect("make a temporary folder");
        let configuration = self.folder.join("containers.conf");
        fs::write(&configuration, CONFIGURATION.replace("FILES", &most_files())).expect("write it");
        let script = format!(
            "#!/bin/sh\nexport CONTAINERS_CONF='{}'\nexec '{}' --root '{}' --network-config-dir '{}' \
             --runroot '{4}/run' --tmpdir '{4}/tmp' \"$@\"\n",
            configuration.display(),
            containers::podman().expect("podman").display(),
            self.folder.join("storage").display(),
            self.folder.join("networks").display(),
            self.state.display(),
        );
        fs::write(self.program(), script).expect("write a script");
        fs::set_permissions(self.program(), Permissions::from_mode(0o755)).expect("its mode");
    }

    fn with_program(&self, image: &str, program: &Path, place: &str, more: &str) {
        let context = self.folder.join("context");
        fs::create_dir_all(&context).expect("make a folder");
        fs::copy(program, context.join("program")).expect("copy the program");
        let text = format!("FROM localhost/debian\nCOPY --chmod=0755 program {place}\n{more}\n");
        fs::write(context.join("Dockerfile"), text).expect("write a Dockerfile");
        self.ok(&["build", "--quiet", "--tag", image, &context.display().to_string()]);
    }

    /// A podman that knows its own places.
    pub fn program(&self) -> PathBuf {
        self.folder.join("podman")
    }

    pub fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("podman runs")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        // By name of its shell: what has just been written may not be run while another thread forks.
        let mut podman = Command::new("sh");
        podman.arg(self.program()).args(arguments).current_dir(workspace());
        podman
    }

    /// Its output. Panics with its complaint if it fails.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "podman {arguments:?}: {}\n{errors}", output.status);
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// Where a container's port is reached from outside.
    pub fn address(&self, container: &str, port: u16) -> SocketAddr {
        let address = self.ok(&["port", container, &port.to_string()]);
        let address = address.parse().unwrap_or_else(|error| panic!("{address}: {error}"));
        assert_is_ours(address);
        address
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        // Those that others depend on go with a later round.
        poll::within(PATIENCE, || {
            let _ = self.command(&["rm", "--all", "--force", "--depend", "--time", "0"]).output();
            let left = self.command(&["ps", "--all", "--quiet"]).output();
            left.is_ok_and(|left| left.stdout.is_empty()).then_some(())
        });
        let _ = self.command(&["network", "prune", "--force"]).output();
        for folder in [&self.folder, &self.state] {
            let gone = fs::remove_dir_all(folder);
            assert!(gone.is_ok() || thread::panicking(), "{}: {gone:?}", folder.display());
        }
    }
}

const CONFIGURATION: &str = r#"[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
[containers]
default_ulimits = ["nofile=FILES:FILES", "nproc=4096:4096"]
"#;

/// The most files that a process may open: podman wants more, which nobody can give who has not got it.
fn most_files() -> String {
    let limits = fs::read_to_string("/proc/self/limits").expect("Linux");
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    files.and_then(|columns| columns.split_whitespace().nth(1)).expect("a limit").to_owned()
}

/// A name that no other run on this machine has, for what podman keeps outside of its places: networks.
pub fn name() -> String {
    format!("probegate-{}", process::id())
}

/// Panics if another rule forwards that port as well: one of a run that was killed and whose folder is gone, so
/// that [`sweep`] knows nothing of it. Whoever comes there would be sent to a container that is no more.
fn assert_is_ours(address: SocketAddr) {
    let Ok(rules) = Command::new("iptables").args(["-t", "nat", "-S"]).output() else { return };
    let rules = String::from_utf8_lossy(&rules.stdout);
    let port = format!(" --dport {} ", address.port());
    let forwards = |rule: &&str| rule.contains(&port) && rule.contains(" -j DNAT ");
    let all: Vec<&str> = rules.lines().filter(forwards).collect();
    assert!(all.len() < 2, "a rule that was left behind catches {address}: {all:#?}");
}

/// Ends what a run left behind that was killed.
fn sweep() {
    for entry in fs::read_dir(workspace().join("target/containers")).into_iter().flatten() {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        if !Path::new("/proc").join(&name).exists() {
            let left = Podman::of(&name);
            left.set_up();
        }
    }
}

/// A container that runs while the value lives.
pub struct Container {
    name: String,
    podman: Arc<Podman>,
}

impl Container {
    /// `podman run` with these options and, last, the image and its arguments.
    pub fn start(podman: &Arc<Podman>, name: &str, arguments: &[&str]) -> Self {
        let network = self::name();
        let run = ["run", "--detach", "--network", &network, "--name", name];
        podman.ok(&[&run, arguments].concat());
        Self { name: name.to_owned(), podman: podman.clone() }
    }

    pub fn address(&self, port: u16) -> SocketAddr {
        self.podman.address(&self.name, port)
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if thread::panicking() {
            let log = self.podman.command(&["logs", &self.name]).output();
            eprintln!("{}: {log:?}", self.name);
        }
        let _ = self.podman.command(&["rm", "--force", "--time", "0", &self.name]).output();
    }
}
