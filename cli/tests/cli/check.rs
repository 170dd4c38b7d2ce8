//! `probegate check`.

mod around;
mod envoy;
mod kinds;
mod mistakes;
mod report;
mod secrets;
mod surroundings;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{file, line, probegate};

/// A file's name that no other test has.
fn unused() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("checked-{}.yaml", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Asserts a warning on the line where `place` stands, which makes an exit code of 1 if warnings are denied.
fn assert_warned(text: &str, place: &str, message: &str) {
    let name = unused();
    assert_found(
        &checked(&name, text, 0),
        text,
        &format!("{}: warning: ", line(text, place)),
        message,
    );
    let denied = probegate(&["check", "--deny", "warnings", &name]);
    assert_eq!(denied.code, 1, "{message}: {}", denied.text());
}

fn assert_found(found: &[String], text: &str, begin: &str, message: &str) {
    let is_it = |found: &String| found.starts_with(begin) && found.contains(message);
    assert!(found.iter().any(is_it), "{begin}{message}: {found:#?} in\n{text}");
}

/// The output for a file, without the file's name in front of each line.
fn checked(name: &str, text: &str, code: i32) -> Vec<String> {
    let out = probegate(&["check", file(name, text)]).with(code);
    let front = format!("{name}:");
    let rest = |line: &str| line.strip_prefix(&front).unwrap_or_else(|| panic!("{out}")).to_owned();
    out.lines().map(rest).collect()
}

/// A whole bootstrap with the gate in it, which nothing is to be said of.
fn bootstrap(configuration: &str) -> String {
    format!(
        r#"# A bootstrap
static_resources:
  listeners:
    - address: {{socket_address: {{address: 127.0.0.1, port_value: 10000}}}}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: gate
                generate_request_id: false
                preserve_external_request_id: true
                use_remote_address: true
                normalize_path: true
                common_http_protocol_options: {{headers_with_underscores_action: REJECT_REQUEST}}
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
                        - match: {{prefix: /}}
                          route: {{cluster: service}}
                http_filters:
                  - name: gate
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
                      config:
                        failure_policy: FAIL_RELOAD
                        vm_config:
                          runtime: envoy.wasm.runtime.v8
                          code: {{local: {{filename: dist/probegate.wasm}}}}
                          environment_variables: {{host_env_keys: [METRICS_BEARER]}}
                        configuration:
{configuration}
                  - name: router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
    - name: service
"#
    )
}

/// A bootstrap in three parts: up to its route table, the table, and the rest.
fn around_the_routes(text: &str) -> [&str; 3] {
    let begin = text.find("                route_config:").expect("the table");
    let end = text.find("                http_filters:").expect("the filters");
    [&text[..begin], &text[begin..end], &text[end..]]
}

/// The configuration, so many spaces further in.
fn indented(text: &str, spaces: usize) -> String {
    let lines = text.lines().map(|line| format!("{:spaces$}{line}", ""));
    lines.collect::<Vec<_>>().join("\n")
}

/// The configuration as a `Struct` in YAML.
fn in_struct(yaml: &str) -> String {
    bootstrap(&format!(
        r#"                          "@type": type.googleapis.com/google.protobuf.Struct
                          value:
{}"#,
        indented(yaml, 28)
    ))
}

/// The configuration as JSON text.
fn in_text(json: &str) -> String {
    bootstrap(&format!(
        r#"                          "@type": type.googleapis.com/google.protobuf.StringValue
                          value: |
{}"#,
        indented(json, 28)
    ))
}

/// The configuration in a resource of Istio's.
fn in_wasm_plugin(yaml: &str) -> String {
    format!(
        "apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: {{name: probegate}}
spec:
  url: oci://registry.example/gate:1
  failStrategy: FAIL_RELOAD
  vmConfig:
    env: [{{name: METRICS_BEARER, valueFrom: HOST}}]
  pluginConfig:
{}
",
        indented(yaml, 4)
    )
}
