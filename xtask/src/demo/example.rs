//! `cargo xtask demo --example NAME` of an example that is of no system: its Envoy in front of a demo service, and what
//! its README says to try.

use std::fs;
use std::path::Path;

use testbed::{Client, Envoy, Upstream, poll, tools, workspace};

use super::{ADMIN, Interrupts, LISTENER, UPSTREAM, free, ready, taken};
use crate::Outcome;
use crate::host::Host;

/// An example that wants no more than a service on port 8080.
pub struct Example {
    pub name: &'static str,
    /// Below the workspace's root.
    bootstrap: &'static str,
    /// The variables that Envoy is started with.
    environment: &'static [(&'static str, &'static str)],
    /// Why the dynamic module cannot be in its place.
    only_wasm: Option<&'static str>,
    /// What its README starts besides, and this does not.
    besides: Option<&'static str>,
}

const PLAIN: Example =
    Example { name: "", bootstrap: "", environment: &[], only_wasm: None, besides: None };

pub const ALL: [Example; 7] = [
    Example {
        name: "behind-a-proxy",
        bootstrap: "examples/behind-a-proxy/envoy.yaml",
        environment: &[("ADMIN_TOKEN", "example-admin")],
        ..PLAIN
    },
    Example {
        name: "capabilities",
        bootstrap: "examples/capabilities/envoy.yaml",
        environment: &[("METRICS_BEARER", "example-token")],
        only_wasm: Some("it is about what Envoy lets a Wasm module call"),
        ..PLAIN
    },
    Example {
        name: "global-rate-limit",
        bootstrap: "examples/global-rate-limit/envoy.yaml",
        besides: Some(
            "Redis and the rate limit service; until they run, the limits of the process decide",
        ),
        ..PLAIN
    },
    Example { name: "operations", bootstrap: "examples/operations/envoy.yaml", ..PLAIN },
    Example {
        name: "prometheus",
        bootstrap: "envoy/envoy.yaml",
        environment: &[("METRICS_BEARER", "example-token")],
        besides: Some("Prometheus"),
        ..PLAIN
    },
    Example { name: "replay", bootstrap: "examples/replay/envoy.yaml", ..PLAIN },
    Example { name: "rotation", bootstrap: "examples/rotation/envoy.yaml", ..PLAIN },
];

/// Where `rotation` has its token.
const TOKENS: &str = "/tmp/probegate";

impl Example {
    /// As the tour of the demo without a name: `once` ends after one request.
    pub fn run(&self, host: Host, once: bool) -> Outcome {
        if let (Host::Native, Some(why)) = (host, self.only_wasm) {
            return Err(format!("{}: leave out --native: {why}", self.name).into());
        }
        let program = ready(host)?;
        let upstream = Upstream::bind(UPSTREAM)
            .map_err(|error| taken("the demo service", UPSTREAM, &error))?;
        free("Envoy's listener", LISTENER)?;
        free("Envoy's admin interface", ADMIN)?;
        if self.name == "rotation" {
            token_file()?;
        }
        let mut interrupts = Interrupts::new()?;
        let envoy = self.envoy(host, program)?;
        println!("Envoy {} with two workers and {}", tools::NEWEST, self.bootstrap);
        for (variable, value) in self.environment {
            println!("   {variable}={value}");
        }
        println!("in front of a service on port {}", UPSTREAM.port());
        if let Some(besides) = self.besides {
            println!("without {besides}: examples/{}/README.md starts that", self.name);
        }
        println!("\nTo try:");
        for (command, expected) in rows(&self.readme()?) {
            println!("   {command}\n      {expected}");
        }
        let mut client = Client::new(envoy.address());
        let answered = poll::within(std::time::Duration::from_secs(10), || {
            (client.get("/health").status == 200 && upstream.count() > 0).then_some(())
        });
        answered.ok_or("GET /health did not come to the service and back")?;
        println!("\nGET /health came to the service and back with 200, as promised.");
        if once || interrupts.pending() {
            return Ok(());
        }
        println!("It all runs until Ctrl-C.");
        interrupts.wait();
        Ok(())
    }

    fn envoy(&self, host: Host, program: std::path::PathBuf) -> Outcome<Envoy> {
        let text = fs::read_to_string(workspace().join(self.bootstrap))?;
        Envoy::start_text_as(host, program, &text, 2, self.environment)
            .map_err(|failed| format!("Envoy did not start: {failed:?}").into())
    }

    fn readme(&self) -> Outcome<String> {
        Ok(fs::read_to_string(workspace().join("examples").join(self.name).join("README.md"))?)
    }
}

fn token_file() -> Outcome {
    fs::create_dir_all(TOKENS)?;
    let file = Path::new(TOKENS).join("metrics.token");
    if !file.exists() {
        fs::write(file, "first\n")?;
    }
    Ok(())
}

/// What a README's table says to try, and what to expect.
fn rows(readme: &str) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let table = readme.lines().skip_while(|line| !line.starts_with("| try |")).skip(2);
    for line in table.take_while(|line| line.starts_with("| ")) {
        let cells = line.trim_matches('|').rsplit_once(" | ");
        if let Some((command, expected)) = cells {
            rows.push((
                command.replace('`', "").trim().into(),
                expected.replace('`', "").trim().into(),
            ));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_example_has_something_to_try_in_its_readme() {
        for example in ALL.iter().filter(|example| example.name != "rotation") {
            let readme = example.readme().expect("a README");
            assert!(rows(&readme).len() >= 4, "{}", example.name);
            let command = format!("cargo xtask demo --example {}", example.name);
            assert!(readme.contains(&command), "{} does not say {command}", example.name);
        }
    }

    #[test]
    fn every_folder_of_an_example_has_a_demo() {
        let folders = fs::read_dir(workspace().join("examples")).expect("the examples");
        let folders = folders.map(|entry| entry.expect("an entry"));
        for folder in folders.filter(|entry| entry.path().is_dir()) {
            let name = folder.file_name().into_string().expect("a name");
            assert!(super::super::names().contains(&&*name), "{name}");
        }
    }
}
