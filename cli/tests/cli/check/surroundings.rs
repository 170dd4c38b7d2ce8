//! Surroundings of the gate: two tables of edits, each with what is said of it.

use super::{in_struct, in_wasm_plugin, indented, unused};
use crate::{file, line, probegate};

const TABLES: [&str; 2] =
    [include_str!("surroundings/envoy.txt"), include_str!("surroundings/others.txt")];

/// Beginning of a line below an edit that is no finding.
const KEYS: [&str; 2] = ["good", "not"];

/// The files of a kind that have this configuration.
fn files(kind: &str, configuration: &str) -> Vec<String> {
    let peers = ["rate_limit: {requests: 5}", PER_PEER];
    match kind {
        "plain" => vec![configuration.into()],
        "bootstrap" => vec![in_struct(configuration)],
        "peers" => peers.map(in_struct).into(),
        "module" => vec![in_module(configuration)],
        "plugin" => vec![in_wasm_plugin(configuration)],
        "policy" => vec![in_extension_policy(configuration)],
        "patch" => vec![PATCH.into()],
        "proxy" => vec![in_proxy(configuration)],
        "any" => {
            vec![configuration.into(), in_struct(configuration), in_wasm_plugin(configuration)]
        }
        "istio" => vec![in_wasm_plugin(configuration), in_traffic_extension(configuration)],
        "resources" => {
            let policy = in_extension_policy(configuration);
            vec![in_wasm_plugin(configuration), in_traffic_extension(configuration), policy]
        }
        "listed" => files("resources", configuration).iter().map(|text| in_list(text)).collect(),
        other => panic!("no file is called {other}"),
    }
}

fn in_list(resource: &str) -> String {
    format!("apiVersion: v1\nkind: List\nitems:\n- {}", resource.replace('\n', "\n  "))
}

const PER_PEER: &str = "operations: [{name: a, paths: [/a], requests: 1, per: 1s}]";

/// The bootstrap with the module in place of the Wasm filter.
fn in_module(configuration: &str) -> String {
    let text = in_struct("{}");
    let begin = text.find("                      \"@type\": type.googleapis.com/envoy.extensions.filters.http.wasm").expect("the filter");
    let end = text.find("                  - name: router").expect("the router");
    format!(
        r#"{}                      "@type": type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter
                      filter_name: probegate
                      dynamic_module_config:
                        name: probegate
                        do_not_close: true
                      filter_config:
                        "@type": type.googleapis.com/google.protobuf.Struct
                        value:
{}
{}"#,
        &text[..begin],
        indented(configuration, 26),
        &text[end..]
    )
}

fn in_traffic_extension(yaml: &str) -> String {
    let text = in_wasm_plugin(yaml).replace("WasmPlugin", "TrafficExtension");
    let (head, spec) = text.split_once("spec:\n").expect("a spec");
    let spec: Vec<_> = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!("{head}spec:\n  wasm:\n{}", spec.concat())
}

const POLICY: &str = "apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyExtensionPolicy
metadata: {name: gate}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}]
";

fn in_extension_policy(yaml: &str) -> String {
    let yaml = indented(yaml, 8);
    format!(
        "{POLICY}  wasm:
    - name: probegate
      rootID: probegate
      failOpen: false
      code: {{type: Image, image: {{url: registry.example/gate:1}}}}
      env: {{hostKeys: [METRICS_BEARER]}}
      config:
{yaml}
"
    )
}

/// A policy with the `EnvoyProxy` that loads its module.
fn in_proxy(configuration: &str) -> String {
    format!(
        "{POLICY}  dynamicModule:
    - name: probegate
      filterName: probegate
      config: {{{configuration}}}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {{name: gate}}
spec:
  dynamicModules:
    - name: other
    - name: probegate # of the proxy
      doNotClose: true
"
    )
}

const PATCH: &str = r#"apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: gate}
spec:
  configPatches:
    - applyTo: HTTP_FILTER
      match:
        context: SIDECAR_INBOUND
      patch:
        operation: INSERT_FIRST
        value:
          name: probegate
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
            config:
              failure_policy: FAIL_RELOAD
              vm_config: {environment_variables: {host_env_keys: [METRICS_BEARER]}}"#;

/// The file with something else in place of the first `from`.
pub fn edit(text: &str, from: &str, to: &str) -> String {
    let at = text.find(from).unwrap_or_else(|| panic!("{from} is not in\n{text}"));
    let margin = text[..at].rsplit('\n').next().map_or(0, str::len);
    let to = to.replace("\\n", &format!("\n{:margin$}", ""));
    format!("{}{to}{}", &text[..at], &text[at + from.len()..])
}

/// Asserts that these are all findings of a file: `place -> warning`, or `place !> mistake`.
fn assert_findings(text: &str, expected: &[String]) {
    let ran = probegate(&["check", "--deny", "warnings", file(&unused(), text)]);
    let found: Vec<&str> = ran.out.lines().filter(|line| !line.contains(": good")).collect();
    let is_found = |(found, expected): (&&str, &String)| {
        let warned = expected.split_once(" -> ");
        let told = warned.or_else(|| expected.split_once(" !> "));
        let (place, said) = told.expect("a place and what is said");
        found.contains(&format!(":{}: ", line(text, place)))
            && found.contains(": warning: ") == warned.is_some()
            && found.contains(said)
    };
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(is_found),
        "{expected:?}, but it is\n{}\nof\n{text}",
        ran.text()
    );
    assert_eq!(ran.code, i32::from(!expected.is_empty()), "{}", ran.text());
}

#[test]
fn each_edit_is_told_of_by_its_line() {
    let mut lines = TABLES.into_iter().flat_map(str::lines).peekable();
    let mut base = Vec::new();
    let (mut edits, mut told) = (Vec::new(), Vec::new());
    while let Some(line) = lines.next() {
        match line.strip_prefix("    ") {
            Some(said) => told.push(said),
            None if line.is_empty() || line.starts_with('#') => {}
            None => match line.strip_prefix('[').and_then(|line| line.split_once(']')) {
                Some((kind, configuration)) if !line.contains("=>") => {
                    base = files(kind, configuration.trim())
                }
                _ => edits.extend(line.split_once(" =>").map(|(from, to)| (from, to.trim_start()))),
            },
        }
        let ends = !told.is_empty() && lines.peek().is_none_or(|next| !next.starts_with("    "));
        if ends {
            base.iter().for_each(|file| assert_case(file, &edits, &told));
            (edits, told) = (Vec::new(), Vec::new());
        }
    }
}

/// Makes the edits with each of the values, and asserts what is told.
fn assert_case(file: &str, edits: &[(&str, &str)], told: &[&str]) {
    let values = |key: &str| -> Vec<&str> {
        let lists = told.iter().filter_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        lists.flat_map(|list| list.split(" | ")).map(str::trim).collect()
    };
    let findings = told.iter().filter(|line| !KEYS.iter().any(|key| line.starts_with(key)));
    let findings: Vec<&str> = findings.copied().collect();
    let with = |value: &str| {
        let mut text = file.to_owned();
        for (from, to) in edits {
            text = edit(&text, from, &to.replace('$', value));
        }
        text
    };
    let found =
        |value: &str| findings.iter().map(|line| line.replace('$', value)).collect::<Vec<_>>();
    let (good, not) = (values("good"), values("not"));
    good.iter().for_each(|value| assert_findings(&with(value), &[]));
    not.iter().for_each(|value| assert_findings(&with(value), &found(value)));
    if good.is_empty() && not.is_empty() {
        assert_findings(&with(""), &found(""));
    }
}
