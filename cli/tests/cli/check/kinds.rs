//! The gate is found in every kind of file.

use super::{checked, in_struct, in_text, in_wasm_plugin};
use crate::{command, line, probegate, run};

const ENVOY_FILTER: &str = r#"apiVersion: v1
kind: Service
metadata: {name: gate}
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: gate}
spec:
  configPatches:
    - applyTo: HTTP_FILTER
      patch:
        operation: INSERT_BEFORE
        value:
          name: probegate
          typedConfig:
            "@type": type.googleapis.com/udpa.type.v1.TypedStruct
            typeUrl: type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
            value:
              config:
                failurePolicy: FAIL_RELOAD
                vmConfig:
                  environmentVariables: {keyValues: {METRICS_BEARER: x}}
                configuration:
                  "@type": type.googleapis.com/google.protobuf.StringValue
                  value: |
                    {"mode": "MODE"}
"#;

#[test]
fn the_gate_is_found_in_every_kind_of_file() {
    let json = |yaml: &str| {
        let value: serde_json::Value = serde_saphyr::from_str(yaml).expect("YAML");
        serde_json::to_string_pretty(&value).expect("JSON")
    };
    let table = [
        ("kind-own.yaml", "mode: MODE".to_owned()),
        ("kind-own.json", r#"{"mode": "MODE"}"#.to_owned()),
        ("kind-struct.yaml", in_struct("mode: MODE")),
        ("kind-struct.json", json(&in_struct("mode: MODE"))),
        ("kind-text.yaml", in_text(r#"{"mode": "MODE"}"#)),
        ("kind-plugin.yaml", in_wasm_plugin("mode: MODE")),
        ("kind-filter.yaml", ENVOY_FILTER.to_owned()),
        (
            "kind-any.yaml",
            "'@type': type.googleapis.com/google.protobuf.Struct\nvalue: {mode: MODE}".to_owned(),
        ),
    ];
    for (name, text) in table {
        let said = checked(name, &text.replace("MODE", "rc"), 0);
        assert_eq!(said.len(), 1, "{name}: {said:?}");
        assert!(
            said[0].ends_with(": good; it takes tokens from METRICS_BEARER"),
            "{name}: {said:?}"
        );
        let said = checked(name, &text, 1);
        assert_eq!(
            said,
            [format!("{}: mode: must be one of stable, rc, dev", line(&text, "MODE"))],
            "{name}"
        );
        let out = run(command(&["check", "-"]), &text).with(1);
        assert!(
            out.starts_with("<stdin>:") && out.contains("mode: must be one of"),
            "{name}: {out}"
        );
    }
}

/// Without a key of its own the gate works, closed.
#[test]
fn an_empty_configuration_is_good() {
    for (name, text) in [
        ("braces.yaml", "{}".to_owned()),
        ("empty-struct.yaml", in_struct("{}")),
        ("empty-text.yaml", in_text("").replace("value: |", "value: ''")),
        ("no-plugin-config.yaml", in_wasm_plugin("{}").replace("  pluginConfig:\n    {}\n", "")),
    ] {
        let said = checked(name, &text, 0);
        assert_eq!(said.len(), 1, "{name}: {said:?}");
        assert!(said[0].contains("good"), "{name}: {said:?}");
    }
}

/// Nothing read is nothing good.
#[test]
fn a_file_with_nothing_in_it_ends_with_2() {
    for (name, text) in [
        ("empty.yaml", ""),
        ("blank.yaml", "\n \n"),
        ("comment.yaml", "# nothing\n"),
        ("documents.yaml", "---\n---\n# nothing\n"),
        ("null.yaml", "~\n"),
    ] {
        for ran in
            [probegate(&["check", crate::file(name, text)]), run(command(&["check", "-"]), text)]
        {
            let err = ran.refused(2);
            assert!(err.contains(":1: the file is empty, so nothing was checked"), "{name}: {err}");
        }
    }
}

/// Of several filters the gate is the one whose name, VM or file says so; of one it need not.
#[test]
fn of_several_filters_the_gate_is_the_one_that_is_called_so() {
    let filter = |file: &str, mode: &str| {
        format!(
            r#"- name: wasm
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
    config:
      failure_policy: FAIL_RELOAD
      vm_config: {{code: {{local: {{filename: {file}}}}}, environment_variables: {{host_env_keys: [METRICS_BEARER]}}}}
      configuration: {{"@type": type.googleapis.com/google.protobuf.Struct, value: {{mode: {mode}}}}}
"#
        )
    };
    let both = filter("other.wasm", "theirs") + &filter("dist/probegate.wasm", "rc");
    assert_eq!(checked("both.yaml", &both, 0).len(), 1);
    let both = filter("other.wasm", "theirs") + &filter("/etc/Probegate-0.1.wasm", "wrong");
    let said = checked("both-wrong.yaml", &both, 1);
    assert_eq!(said, [format!("{}: mode: must be one of stable, rc, dev", line(&both, "wrong"))]);
    let neither = filter("a.wasm", "rc") + &filter("b.wasm", "rc");
    let err = probegate(&["check", crate::file("neither.yaml", &neither)]).refused(2);
    assert!(err.contains("which of the filters of the lines 5, 12 is the gate?"), "{err}");
    assert_eq!(checked("one.yaml", &filter("a.wasm", "rc"), 0).len(), 1);
    let two = filter("probegate.wasm", "wrong") + &filter("probegate.wasm", "wrong");
    assert_eq!(checked("two.yaml", &two, 1).len(), 2, "both are gates");
}

/// Values that Envoy hands to no filter as a configuration of the gate's.
#[test]
fn a_configuration_of_another_type_is_a_mistake() {
    for (name, wrong) in [
        ("bytes.yaml", "google.protobuf.BytesValue"),
        ("typed-struct.yaml", "xds.type.v3.TypedStruct"),
    ] {
        let text = in_struct("{}").replace("google.protobuf.Struct", wrong);
        let said = checked(name, &text, 1);
        assert!(said[0].contains("must be a google.protobuf.Struct or"), "{said:?}");
    }
}

/// Every configuration of this repository is good, and nothing is to be said of it.
#[test]
fn the_repositorys_own_configurations_are_good() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut files = vec![format!("{root}/envoy/envoy.yaml")];
    for example in std::fs::read_dir(format!("{root}/examples")).expect("the examples") {
        let file = example.expect("an example").path().join("envoy.yaml");
        files.extend(file.exists().then(|| file.display().to_string()));
    }
    assert!(files.len() >= 3, "{files:?}");
    let mut arguments = vec!["check"];
    arguments.extend(files.iter().map(String::as_str));
    let out = probegate(&arguments).with(0);
    assert!(files.iter().all(|file| out.contains(file)), "{out}");
    assert!(out.lines().all(|line| line.contains(": good")), "{out}");
}
