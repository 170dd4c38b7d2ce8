//! Routes of Envoy's that take the gate away.

use super::{assert_good, assert_warned, in_struct};

const OFF: &str =
    "\"@type\": type.googleapis.com/envoy.config.route.v3.FilterConfig, disabled: true";

/// The bootstrap with a configuration for the filter at each level of a route table.
fn levels(name: &str, config: &str) -> [String; 4] {
    let good = in_struct("{}");
    let per_filter = |margin: usize| {
        format!("{:margin$}typed_per_filter_config: {{{name}: {{{config}}}}}\n", "")
    };
    let at = |before: &str, margin: usize| {
        good.replacen(before, &format!("{}{before}", per_filter(margin)), 1)
    };
    let share = good.replacen(
        "route: {cluster: service}",
        &format!(
            "route: {{weighted_clusters: {{clusters: [{{name: service, weight: 1,\n{}{:26}}}]}}}}",
            per_filter(26),
            ""
        ),
        1,
    );
    [
        at("                  virtual_hosts:", 18),
        at("                      domains:", 22),
        at("                          route:", 26),
        share,
    ]
}

#[test]
fn a_route_that_switches_the_gate_off_is_warned_of() {
    for text in levels("gate", OFF) {
        assert_warned(&text, "disabled: true", "the gate is switched off for these requests");
    }
    for text in levels("other", OFF) {
        assert_good(&text);
    }
    for text in levels("gate", &OFF.replace("true", "false")) {
        assert_good(&text);
    }
}

/// A table that comes by RDS is found if the file has it.
#[test]
fn a_table_beside_the_listener_is_read() {
    let inline = &levels("gate", OFF)[2];
    let begin = inline.find("                route_config:").expect("the table");
    let end = inline.find("                http_filters:").expect("the filters");
    let table = inline[begin..end]
        .replace(&format!("\n{:16}", ""), "\n")
        .replace("                route_config:", "name: main");
    let table = table.replacen("\n  virtual_hosts", "\nvirtual_hosts", 1);
    let text = format!(
        "{}                rds: {{route_config_name: main}}\n{}---\n{table}",
        &inline[..begin],
        &inline[end..]
    );
    assert_warned(&text, "disabled: true", "the gate is switched off for these requests");
}

#[test]
fn a_tunnel_is_warned_of() {
    let text = in_struct("{}").replace("match: {prefix: /}", "match: {connect_matcher: {}}");
    assert_warned(
        &text,
        "connect_matcher",
        "the gate judges the CONNECT request and nothing that goes through its tunnel",
    );
}
