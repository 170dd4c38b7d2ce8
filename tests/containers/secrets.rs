//! Secrets from the environment, and a container that cannot have them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use testbed::workspace;

use crate::gate::HARDENED;
use crate::podman::{GATE, Podman};
use crate::secret;

/// Each ends the container before Envoy starts, with one line that names the variable and no secret.
#[test]
fn a_missing_secret_ends_the_container() {
    let podman = Podman::shared();
    let locked = secret("locked", "s3cret");
    fs::set_permissions(&locked, Permissions::from_mode(0o600)).expect("its mode");
    let mount = |file: &Path| format!("--volume={}:/secret:ro", file.display());
    let empty = mount(&secret("empty", "\n"));
    let two = mount(&secret("two", "s3cret\ns3cret\n"));
    let good = mount(&secret("good", "s3cret\n"));
    let locked = mount(&locked);
    let file = "--env=METRICS_BEARER_FILE=/secret";
    let lines = "METRICS_BEARER_FILE: /secret must hold one line of visible ASCII characters";
    let table: [(&[&str], &str); 11] = [
        (&[file], "METRICS_BEARER_FILE: there is no file /secret"),
        (&["--env=METRICS_BEARER_FILE=/run"], "METRICS_BEARER_FILE: there is no file /run"),
        (&["--env=METRICS_BEARER_FILE="], "METRICS_BEARER_FILE: must name a file"),
        (&[file, &empty], "METRICS_BEARER_FILE: /secret is empty"),
        (&[file, &locked], "METRICS_BEARER_FILE: /secret cannot be read by user 65532"),
        (&[file, &two], lines),
        (
            &[file, &good, "--env=METRICS_BEARER=s3cret"],
            "METRICS_BEARER_FILE: give it or METRICS_BEARER, not both",
        ),
        (&["--env=ADMIN_TOKEN_FILE=/secret"], "ADMIN_TOKEN_FILE: there is no file /secret"),
        (
            &["--env=ASTROCYTE_ADMIN_TOKEN_FILE=/secret"],
            "ASTROCYTE_ADMIN_TOKEN_FILE: there is no file /secret",
        ),
        (&["--env=UPSTREAM=api"], "UPSTREAM: must be host:port"),
        (&["--env=UPSTREAM=a\"}]}:80"], "UPSTREAM: must be host:port"),
    ];
    for (options, line) in table {
        let arguments = [&["run", "--rm"], &HARDENED[..], options, &[GATE]].concat();
        let output = podman.output(&arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        let said: Vec<&str> =
            errors.lines().filter(|line| line.starts_with("probegate: ")).collect();
        assert_eq!(said, [format!("probegate: {line}")], "{options:?}: {errors}");
        assert_eq!(output.status.code(), Some(1), "{options:?}");
        assert!(!errors.contains("s3cret") && !errors.contains("[info]"), "{errors}");
    }
}

/// The arguments and variables that the container would start Envoy with, given these variables: in place of Envoy there
/// is a program that shows them.
fn given(variables: &[(&str, &Path)]) -> String {
    let path = format!("{}:/usr/bin:/bin", workspace().join("tests/containers/fake").display());
    let mut entrypoint = Command::new(workspace().join("envoy/entrypoint.sh"));
    entrypoint.args(["--log-level", "debug"]).env_clear().env("PATH", &path);
    entrypoint.envs(variables.iter().copied());
    String::from_utf8(entrypoint.output().expect("it runs").stdout).expect("text")
}

/// Every variable that the gate knows can come from a file, whatever characters are in it.
#[test]
fn each_secret_comes_from_its_file() {
    let odd = r#"s3cret-%s$(id)`id`\'"*"#;
    // What stands around it is no part of it, as in a variable.
    let file = secret("odd", &format!("\n {odd} \t\r\n\n"));
    for name in ["METRICS_BEARER", "ADMIN_TOKEN", "ASTROCYTE_ADMIN_TOKEN"] {
        let given = given(&[(&format!("{name}_FILE"), &file)]);
        let lines: Vec<&str> = given.lines().collect();
        assert_eq!(lines[0], "--disable-hot-restart --log-level debug");
        assert!(lines.contains(&format!("{name}={odd}").as_str()), "{given}");
        assert!(!given.contains("_FILE="), "{given}");
    }
}

/// The dynamic module reads the file itself, and again when it changes: it is told where, and the secret is in no variable.
#[test]
fn the_dynamic_module_is_told_where_its_secret_is() {
    let file = secret("rotated", "s3cret\n");
    let modules = ("ENVOY_DYNAMIC_MODULES_SEARCH_PATH", Path::new("/opt/probegate/dist"));
    let given = given(&[modules, ("METRICS_BEARER_FILE", &file)]);
    assert!(given.contains(&format!("METRICS_BEARER_FILE={}\n", file.display())), "{given}");
    assert!(!given.contains("s3cret"), "{given}");
}
