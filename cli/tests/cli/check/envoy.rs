//! `check` reads plain words in YAML as a real Envoy does.

use std::process::Command;
use std::thread;

use testbed::{Client, Envoy, Port, Upstream, tools, workspace};

use super::assert_warned;
use crate::{command, file, folder, probegate, render, run};

/// Lines of a configuration, and whether Envoy starts with them.
const TABLE: [(&str, bool); 18] = [
    ("metrics: {buckets: [1, 2]}", true),
    ("metrics: {buckets: [0.5, 2]}", true),
    ("metrics: {buckets: ['1', 2]}", true),
    ("metrics: {buckets: [0x1F, 32]}", true),
    ("metrics: {buckets: [010, 9]}", true),
    ("metrics: {buckets: [1, 0o12]}", false),
    ("metrics: {buckets: [+1, 2]}", true),
    ("requests: 2147483647", true),
    ("requests: 2147483648", false),
    ("metrics_auth: {strip: yes}", true),
    ("metrics_auth: {strip: Y}", true),
    ("metrics_auth: {strip: oN}", false),
    ("metrics_auth: {strip: 'yes'}", false),
    ("log: {access: off}", true),
    ("service: 5", false),
    ("service: !!str 5", false),
    ("service: ~", true),
    ("service: *name\nmode: &name rc", false),
];

#[test]
fn check_agrees_with_a_real_envoy() {
    let template = render::rendered(&["--system", "caracal", "--for", "envoy"]);
    let envoy = tools::envoy_from_env();
    let tried = &|nth: usize, lines: &str| {
        let text = match lines.starts_with("requests: ") {
            true => template.replace("requests: 20", lines),
            false => {
                let lines =
                    format!("system: caracal\n{lines}").replace('\n', &format!("\n{:28}", ""));
                template.replace("system: caracal", &lines)
            }
        };
        assert_ne!(text, template);
        let name = format!("agrees-{nth}.yaml");
        let checked = probegate(&["check", file(&name, &text)]).code;
        let output = Command::new(&envoy)
            .args(["--mode", "validate", "--disable-hot-restart", "--log-level", "error"])
            .arg("--config-path")
            .arg(folder().join(&name))
            .current_dir(workspace())
            .output()
            .expect("run Envoy");
        (checked == 0, output.status.success())
    };
    thread::scope(|scope| {
        let rows = TABLE.iter().enumerate();
        let rows: Vec<_> = rows
            .map(|(nth, (lines, good))| (lines, good, scope.spawn(move || tried(nth, lines))))
            .collect();
        for (lines, good, tried) in rows {
            let (checked, starts) = tried.join().expect("no panic");
            assert_eq!((starts, checked), (*good, *good), "(Envoy, check) for {lines}");
        }
    });
}

/// A real Envoy serves what `check` warns of: the service's metrics, without a token.
#[test]
fn routes_that_check_warns_of_are_open_in_a_real_envoy() {
    let upstream = Upstream::start();
    let to = upstream.address().to_string();
    let good = render::rendered(&["--for", "envoy", "--upstream", &to]);
    let filter = "                  - name: envoy.filters.http.wasm\n";
    let off = "typed_per_filter_config: {envoy.filters.http.wasm: {\"@type\": type.googleapis.com/envoy.config.route.v3.FilterConfig, disabled: true}}";
    let router = "{name: r, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}";
    let table = [
        ("closed", String::new(), String::new(), "", 401),
        (
            "disabled",
            filter.to_owned(),
            format!("{filter}{:20}disabled: true\n", ""),
            "disabled: true",
            200,
        ),
        (
            "route",
            "route: { cluster: service }".to_owned(),
            format!("route: {{ cluster: service }}\n{:26}{off}", ""),
            "typed_per_filter_config",
            200,
        ),
        (
            "dev",
            "request_id:\n".to_owned(),
            format!("mode: dev\n{:28}request_id:\n", ""),
            "mode: dev",
            200,
        ),
        (
            "upgrade",
            "upgrade_type: websocket".to_owned(),
            format!("upgrade_type: websocket\n{:20}filters: [{router}]", ""),
            "filters: [",
            101,
        ),
    ];
    for (name, from, to, place, status) in table {
        let held = Port::hold();
        let text = render::on_free_ports(&good.replacen(&from, &to, 1), &held);
        let name = format!("open-in-envoy-{name}.yaml");
        let path = folder().join(file(&name, &text));
        if !place.is_empty() {
            assert_warned(&text, place, "");
        }
        let token = [("METRICS_BEARER", "example-token")];
        let envoy =
            Envoy::start_file(tools::envoy_from_env(), &path, 1, &token).expect("Envoy starts");
        let mut client = Client::new(envoy.address());
        let upgrade = [("connection", "upgrade"), ("upgrade", "websocket")];
        let headers = if name.contains("upgrade") { &upgrade[..] } else { &[] };
        assert_eq!(client.get_with("/metrics", headers).status, status, "{name}");
    }
}

/// The configuration that a running Envoy shows.
#[test]
fn the_dump_of_a_real_envoy_is_read() {
    let upstream = Upstream::start();
    let to = upstream.address().to_string();
    let good = render::rendered(&["--for", "envoy", "--upstream", &to]);
    let off = good.replace(
        "name: envoy.filters.http.wasm\n",
        &format!("name: envoy.filters.http.wasm\n{:20}disabled: true\n", ""),
    );
    for (text, warnings) in [(&good, 0), (&off, 1)] {
        let held = Port::hold();
        let text = render::on_free_ports(text, &held);
        let path = folder().join(file(&format!("dumped-{warnings}.yaml"), &text));
        let envoy =
            Envoy::start_file(tools::envoy_from_env(), &path, 1, &[]).expect("Envoy starts");
        let dump = envoy.admin("/config_dump");
        let ran = run(command(&["check", "-"]), &dump);
        assert_eq!(ran.code, 0, "{}", ran.text());
        let found = ran.out.lines().filter(|line| line.contains("warning: ")).count();
        assert_eq!((found, ran.out.contains(": good")), (warnings, true), "{}", ran.text());
        assert!(warnings == 0 || ran.out.contains("the filter is switched off"), "{}", ran.out);
    }
}
