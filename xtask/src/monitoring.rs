//! `cargo xtask kubernetes`: rules and dashboard, as resources and for other names.

use std::fs;
use std::path::Path;

use probegate_monitoring::{
    Names, alerting_rules, dashboard, dashboard_config_map, prometheus_rule, recording_rules,
};

use crate::Outcome;
use crate::verbs::Kubernetes;

/// Without a folder the resources in `envoy/kubernetes/`; with one all files, below it.
pub fn run(options: &Kubernetes) -> Outcome {
    let mut names = Names::default();
    if let Some(namespace) = &options.namespace {
        names = names.namespace(namespace)?;
    }
    if let Some(job) = &options.job {
        names = names.job(job)?;
    }
    if let Some(runbooks) = &options.runbooks {
        names = names.runbooks(runbooks)?;
    }
    let resources = [
        ("prometheusrule.yaml", prometheus_rule(&names)),
        ("dashboard.yaml", dashboard_config_map(&names)),
    ];
    let Some(folder) = &options.into else {
        return write(&testbed::workspace().join("envoy/kubernetes"), &resources).and(copies());
    };
    write(folder, &resources)?;
    let files = [
        ("recording.rules.yml", recording_rules(&names)),
        ("alerts.rules.yml", alerting_rules(&names)),
        ("gateway.json", dashboard(&names)),
    ];
    write(folder, &files)
}

/// What kustomize and Helm read of other folders, which both of them do not.
const COPIES: [(&str, &str); 5] = [
    ("container.yaml", "kustomize/base/envoy.yaml"),
    ("container.yaml", "helm/probegate/files/envoy.yaml"),
    ("prometheus/recording.rules.yml", "helm/probegate/files/recording.rules.yml"),
    ("prometheus/alerts.rules.yml", "helm/probegate/files/alerts.rules.yml"),
    ("grafana/gateway.json", "helm/probegate/files/gateway.json"),
];

fn copies() -> Outcome {
    let folder = testbed::workspace().join("envoy");
    for (from, to) in COPIES {
        fs::copy(folder.join(from), folder.join(to))?;
        println!("{}", folder.join(to).display());
    }
    Ok(())
}

fn write(folder: &Path, files: &[(&str, String)]) -> Outcome {
    fs::create_dir_all(folder)?;
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text)?;
        println!("{}", path.display());
    }
    Ok(())
}
