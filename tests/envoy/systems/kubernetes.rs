//! The Deployment of the example, held against the bootstrap that it starts.

use testbed::System;

use super::start_with;
use crate::gate::*;

fn yaml(name: &str) -> Value {
    let folder = System::named("kubernetes").expect("a system").folder();
    let text = std::fs::read_to_string(folder.join(name)).expect("a file of the example");
    let first = text.split("\n---\n").next().expect("a document");
    serde_saphyr::from_str(first).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every probe finds an open route that a client over its limit does not shut.
#[test]
fn each_probe_of_the_deployment_is_answered() {
    let running = start_with("kubernetes", &[]);
    let mut client = Client::new(running.address(10000));
    assert!((0..60).any(|_| client.get("/api/v1/items").status == 429), "over the limit");
    testbed::poll::until(PATIENCE, "the service was probed", || {
        (client.get("/-/gate/ready").status == 200).then_some(())
    });
    let deployment = yaml("deployment.yaml");
    let containers = &deployment["spec"]["template"]["spec"]["containers"];
    let mut probes = 0;
    for container in containers.as_array().expect("containers") {
        for kind in ["startupProbe", "livenessProbe", "readinessProbe"] {
            let probe = &container[kind]["httpGet"];
            let port = &probe["port"];
            assert!(*port == 10000 || *port == "http", "{kind} of {}", container["name"]);
            let path = probe["path"].as_str().expect("a path");
            assert_eq!(client.get(path).status, 200, "{path}");
            probes += 1;
        }
    }
    assert_eq!(probes, 6);
}

/// The files, the port and the variables of the container are those that the bootstrap names.
#[test]
fn the_deployment_gives_the_bootstrap_what_it_names() {
    let deployment = yaml("deployment.yaml");
    let pod = &deployment["spec"]["template"]["spec"];
    let gate = &pod["containers"][1];
    let listener = &yaml("envoy.yaml")["static_resources"]["listeners"][0];
    let address = &listener["address"]["socket_address"];
    assert_eq!(address["address"], "0.0.0.0", "the kubelet asks the pod's address");
    assert_eq!(gate["ports"][0]["containerPort"], address["port_value"]);
    let manager = &listener["filter_chains"][0]["filters"][0]["typed_config"];
    let vm = &manager["http_filters"][0]["typed_config"]["config"]["vm_config"];
    let paths: Vec<&Value> = pod["volumes"][0]["configMap"]["items"]
        .as_array()
        .expect("files")
        .iter()
        .map(|item| &item["path"])
        .collect();
    assert_eq!(paths, [&gate["command"][2], &vm["code"]["local"]["filename"]]);
    assert_eq!(gate["workingDir"], gate["volumeMounts"][0]["mountPath"]);
    let variables = vm["environment_variables"]["host_env_keys"].as_array().expect("variables");
    let given: Vec<&Value> =
        gate["env"].as_array().expect("variables").iter().map(|one| &one["name"]).collect();
    assert_eq!(given, variables.iter().collect::<Vec<_>>());
}
