//! What `check` says of plain words in YAML is what a real Envoy makes of them.

use std::process::Command;
use std::thread;

use testbed::{tools, workspace};

use crate::{file, folder, probegate, render};

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
