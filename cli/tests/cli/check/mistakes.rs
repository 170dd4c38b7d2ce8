//! Every mistake, each with its line.

use super::{checked, in_struct, in_text, in_wasm_plugin};
use crate::{line, probegate};

/// One mistake of each sort, on lines of their own; behind `#` what is said of the line.
const YAML: &str = r#"
mode: stabel                        # mode: must be one of stable, rc, dev
servise: x                          # there is no key `servise`;
routes:
  - paths: [/live]
    class: health
  - class: closed
    paths:
      - /a
      - b                           # routes[1].paths[1]: must start with "/"
      - /c/                         # routes[1].paths[2]: must be in canonical form
      - /live                       # routes[1].paths[3]: is in two classes: health and closed
  - paths: [/root]                  # routes[2]: the key `class` is missing
metrics_auth:
  tokens:
    - env: BEARER
    - sha256: "123"                 # metrics_auth.tokens[1].sha256: must be 64 hexadecimal digits
    - file: x                       # metrics_auth.tokens[2].file:
rate_limit:
  requests: 0                       # rate_limit.requests: must be from 1 to 4294967295
  window: 1d                        # rate_limit.window: must be a whole number and a unit
  client: {header: "a b"}           # rate_limit.client.header: must be the name of a header
probes:
  every: 10s
  targets:
    - service: api
      cluster: service
      rungs:
        - {rung: health, path: health}      # probes.targets[0].rungs[0].path: must start with "/"
        - {rung: ready, path: /ready, grpc: ""}  # probes.targets[0].rungs[1]: must have exactly one of
own_routes: /                       # own_routes: must be a path of its own
"#;

/// The line and the beginning of what is to be said of it.
fn wanted(text: &str) -> Vec<(usize, String)> {
    let said = text.lines().enumerate().filter_map(|(nth, line)| {
        let (_, said) = line.split_once("# ")?;
        Some((nth + 1, said.trim().to_owned()))
    });
    // The bootstrap's first line is a comment of its own.
    said.filter(|(_, said)| said != "A bootstrap").collect()
}

fn assert_said(name: &str, text: &str) {
    let said = checked(name, text, 1);
    let wanted = wanted(text);
    assert_eq!(said.len(), wanted.len(), "{said:#?}");
    for (said, (line, wanted)) in said.iter().zip(wanted) {
        assert!(said.starts_with(&format!("{line}: {wanted}")), "{said}, and not {line}: {wanted}");
    }
}

#[test]
fn every_mistake_is_told_with_its_line() {
    assert_said("mistakes.yaml", YAML);
    assert_said("mistakes-struct.yaml", &in_struct(YAML));
    assert_said("mistakes-plugin.yaml", &in_wasm_plugin(YAML));
}

#[test]
fn in_json_text_the_line_is_the_one_of_the_block() {
    let text = in_text(
        "\n{\n  \"mode\": \"stable\",\n\n  \"servise\": 1, \"routes\": [\n    {\"paths\": [\"a\"], \"class\": \"health\"}\n  ]\n}",
    );
    let said = checked("mistakes-text.yaml", &text, 1);
    let key = format!("{}: there is no key `servise`", line(&text, "servise"));
    assert!(said[0].starts_with(&key), "{said:?}");
    let path = line(&text, r#"["a"]"#);
    assert_eq!(said[1..], [format!(r#"{path}: routes[0].paths[0]: must start with "/""#)]);

    let broken = in_text("{\n  \"mode\": \"stable\",\n  \"routes\": [}\n}");
    let said = checked("broken-text.yaml", &broken, 1);
    let place = format!("{}: the text is not JSON: ", line(&broken, "[}"));
    assert!(said[0].starts_with(&place), "{said:?}");
}

/// On one line the line is all that can be told, and a block that is folded has no lines of its own.
#[test]
fn json_text_in_quotes_is_read() {
    let text = in_text("{}").replace("value: |", r#"value: '{"mode": "x"}'"#).replace("{}\n", "\n");
    let said = checked("quoted-text.yaml", &text, 1);
    assert_eq!(
        said,
        [format!("{}: mode: must be one of stable, rc, dev", line(&text, r#"'{"mode"#))]
    );
}

#[test]
fn a_key_that_stands_twice_is_a_mistake() {
    let said = checked("twice.yaml", "mode: rc\nlog: {access: text}\nmode: stable\n", 1);
    assert_eq!(said, ["3: this key stands twice in its object"]);
}

/// Envoy's reading of YAML counts: of a fraction it makes text, which is no whole number, and
/// is one where fractions are.
#[test]
fn a_number_is_what_envoy_takes_it_for() {
    let said = checked("fraction.yaml", &in_struct("rate_limit: {requests: 2.5}"), 1);
    assert!(said[0].contains("rate_limit.requests: must be "), "{said:?}");
    assert!(said[0].contains("Envoy makes a string of such a number"), "{said:?}");
    let text = in_struct("metrics: {buckets: [1, 2.5]}");
    checked("fractions.yaml", &text, 0);
    checked("fraction-plugin.yaml", &in_wasm_plugin("metrics: {buckets: [1, 2.5]}"), 0);
    checked("fraction-text.yaml", &in_text(r#"{"metrics": {"buckets": [1, 2.5]}}"#), 0);
    // Envoy goes by the file's name: what is JSON by its content is YAML to it all the same.
    let value: serde_json::Value = serde_saphyr::from_str(&text).expect("YAML");
    checked("fraction.json", &value.to_string(), 0);
    checked("fraction-json.yaml", &value.to_string(), 0);
    checked("off.yaml", &in_struct("log: {access: off}\nmetrics_auth: {strip: yes}"), 0);
}

/// Every file is checked, and what cannot be read is said in words.
#[test]
fn unreadable_files_are_refused_with_a_reason() {
    let table = [
        ("tab.yaml", "mode: rc\nroutes:\n\t- x\n", "tab.yaml:3: "),
        ("cut.yaml", "mode: rc\nroutes: [\n", "cut.yaml:"),
        ("cut.json", "{\"mode\":\n\"rc\"", "cut.json:2: not JSON"),
        ("other.yaml", "apiVersion: v1\nkind: Service\n", "other.yaml:1: the gate is not here"),
        ("admin.yaml", "static_resources: {listeners: []}\n", "admin.yaml:1: the gate is not here"),
        ("deep.yaml", &"[".repeat(100_000), "deep.yaml:1: "),
        ("bomb.yaml", &bomb(), "bomb.yaml:"),
    ];
    for (name, text, said) in table {
        let err = probegate(&["check", crate::file(name, text)]).refused(2);
        assert!(err.starts_with(&format!("probegate: {said}")), "{name}: {err}");
        assert_eq!(err.lines().count(), 1, "{err}");
    }
    let said = checked("list.yaml", "- a\n", 1);
    assert!(said[0].starts_with("1: must be an object"), "{said:?}");
    let ran = probegate(&["check", "nowhere.yaml", ".", crate::file("good.yaml", "{}")]);
    assert_eq!(ran.code, 2, "a file that cannot be read is worse than a mistake");
    let lines: Vec<_> = ran.err.lines().collect();
    assert!(lines[0].starts_with("probegate: nowhere.yaml: cannot be read: "), "{lines:?}");
    assert!(lines[1].starts_with("probegate: .: cannot be read: "), "{lines:?}");
    assert!(ran.out.starts_with("good.yaml:1: good"), "{}", ran.out);
}

/// Ten aliases of ten aliases of …
fn bomb() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for nth in 1..12 {
        let aliases = vec![format!("*a{}", nth - 1); 10].join(", ");
        text += &format!("a{nth}: &a{nth} [{aliases}]\n");
    }
    text
}
