//! `envoy/compose.yaml`: the gate, a service and a Prometheus that find each other by their names.

use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use testbed::tools::containers;
use testbed::{Client, Port, poll, workspace};

use crate::podman::{self, ENVOY, PROMETHEUS, Podman};
use crate::{PATIENCE, answered, bearer, secret};

/// The services of the file, while the value lives.
struct Project {
    podman: Arc<Podman>,
    environment: Vec<(&'static str, String)>,
}

impl Project {
    fn up(podman: Arc<Podman>, environment: Vec<(&'static str, String)>) -> Self {
        let project = Self { podman, environment };
        let output = project.compose(&["up", "--detach", "--build"]).output().expect("it runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "podman-compose: {}\n{errors}", output.status);
        project
    }

    fn compose(&self, arguments: &[&str]) -> Command {
        let mut compose = containers::podman_compose().expect("podman-compose");
        compose.arg("--podman-path").arg(self.podman.program());
        compose
            .args(["--project-name", &podman::name(), "--file", "envoy/compose.yaml"])
            .args(arguments);
        compose.envs(self.environment.iter().map(|(name, value)| (name, value)));
        compose.current_dir(workspace());
        compose
    }

    fn inspect(&self, service: &str) -> Value {
        let page = self.podman.ok(&["inspect", &container(service)]);
        serde_json::from_str::<Value>(&page).expect("JSON")[0].clone()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = self.compose(&["down", "--timeout", "0"]).output();
    }
}

/// The container of a service.
fn container(service: &str) -> String {
    format!("{}_{service}_1", podman::name())
}

#[test]
fn prometheus_scrapes_the_gate_that_guards_the_service() {
    let token = secret("compose", "the-token\n");
    let ports = [(); 2].map(|()| Port::hold());
    let [gate, prometheus] = ports.each_ref().map(|port| port.address().port().to_string());
    let project = Project::up(
        Podman::shared(),
        vec![
            ("ENVOY_IMAGE", ENVOY.into()),
            ("PROMETHEUS_IMAGE", PROMETHEUS.into()),
            ("METRICS_TOKEN", token.display().to_string()),
            ("GATE_PORT", gate),
            ("PROMETHEUS_PORT", prometheus),
        ],
    );
    let address = |service: &str, port| project.podman.address(&container(service), port);
    let gate = address("gate", 10000);
    // A health route: until the service is there, the asking itself would come to the limit.
    let service = answered(gate, "/health", 200);
    assert!(service.text().contains("from the demo service"));
    assert_eq!(Client::new(gate).get("/metrics").status, 401);
    assert_eq!(Client::new(gate).get_with("/metrics", &bearer("the-token")).status, 200);

    let prometheus = address("prometheus", 9090);
    answered(prometheus, "/-/ready", 200);
    let counted = "/api/v1/query?query=%7B__name__%3D~%22.%2B_gateway_requests_total%22%2Cjob%3D%22probegate%22%7D";
    poll::until(PATIENCE, "Prometheus has what the gate counts", || {
        let found = Client::new(prometheus).get(counted).json();
        found["data"]["result"][0]["metric"]["status_code"].is_string().then_some(())
    });
    let rules = Client::new(prometheus).get("/api/v1/rules").json();
    assert!(rules["data"]["groups"].as_array().is_some_and(|groups| groups.len() > 3), "{rules}");

    for service in ["gate", "demo", "prometheus"] {
        let container = project.inspect(service);
        let host = &container["HostConfig"];
        assert_eq!(container["Config"]["User"], "65532:65532", "{service}");
        assert_eq!(host["ReadonlyRootfs"], true, "{service}");
        assert_eq!(container["EffectiveCaps"].as_array().map(Vec::len).unwrap_or_default(), 0);
        assert_eq!(host["SecurityOpt"][0], "no-new-privileges", "{service}");
    }
}
