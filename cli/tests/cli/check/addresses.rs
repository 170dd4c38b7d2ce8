//! Addresses that the gate counts by, and Envoy's changes to a request before the gate.

use super::{assert_good, assert_warned, in_struct};

fn with(configuration: &str, from: &str, to: &str) -> String {
    let text = in_struct(configuration);
    let changed = text.replacen(from, to, 1);
    assert_ne!(text, changed);
    changed
}

#[test]
fn an_address_that_is_not_the_peers_is_warned_of() {
    let manager = "                use_remote_address: true\n";
    let more = |line: &str| format!("{manager}                {line}\n");
    let proxy = "listener_filters: [{name: p, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol}}]";
    let peer =
        ["rate_limit: {requests: 5}", "operations: [{name: a, paths: [/a], requests: 1, per: 1s}]"];
    for configuration in peer {
        for (from, to, place) in [
            (manager, more("xff_num_trusted_hops: 1"), "xff_num_trusted_hops"),
            (
                manager,
                more("original_ip_detection_extensions: [{name: x}]"),
                "original_ip_detection",
            ),
            ("    - address:", format!("    - {proxy}\n      address:"), "listener_filters"),
            (
                "use_remote_address: true",
                "use_remote_address: false".to_owned(),
                "use_remote_address",
            ),
        ] {
            let text = with(configuration, from, &to);
            assert_warned(&text, place, "rate_limit.client: remote_address");
        }
    }
    let forwarded = "rate_limit: {requests: 5, client: {forwarded_for: {}}}";
    assert_good(&in_struct(forwarded));
    for (to, place) in [
        (more("skip_xff_append: true"), "skip_xff_append"),
        ("                use_remote_address: false\n".to_owned(), "use_remote_address"),
    ] {
        let text = with(forwarded, manager, &to);
        assert_warned(&text, place, "Envoy does not append its peer's address");
    }
    let determined = "rate_limit: {requests: 5, client: remote_address}";
    assert_good(&with(determined, manager, &more("xff_num_trusted_hops: 1")));
    let last = "Envoy takes the last address of x-forwarded-for";
    let off = "                use_remote_address: false\n";
    assert_warned(&with(determined, manager, off), "use_remote_address", last);
    let detected =
        format!("{off}                original_ip_detection_extensions: [{{name: x}}]\n");
    assert_good(&with(determined, manager, &detected));
    assert_good(&with("{}", manager, &more("xff_num_trusted_hops: 1")));
}

#[test]
fn forwarded_paths_as_sent_are_a_warning() {
    let manager = "HttpConnectionManager";
    let text = with("{}", "normalize_path: true", "normalize_path: false");
    assert_warned(&text, "normalize_path", "set normalize_path: true");
    let text = with("{}", "                normalize_path: true\n", "");
    assert_warned(&text, manager, "set normalize_path: true");
    let text = with("{}", "REJECT_REQUEST", "ALLOW");
    assert_warned(&text, "ALLOW", "headers_with_underscores_action: REJECT_REQUEST");
    assert_good(&with("{}", "REJECT_REQUEST", "DROP_HEADER"));
}

/// Beyond the connection's buffer Envoy answers for itself.
#[test]
fn a_buffer_that_is_too_small_for_a_key_is_warned_of() {
    let body = "operations: [{name: a, paths: [/a], key: {json: /a}, requests: 1, per: 1s}]";
    let with = |configuration: &str, bytes: u32| {
        let text = with(
            configuration,
            "    - address:",
            &format!("    - per_connection_buffer_limit_bytes: {bytes}\n      address:"),
        );
        text.replace(
            "failure_policy",
            &format!("allow_on_headers_stop_iteration: true\n{:24}failure_policy", ""),
        )
    };
    assert_warned(&with(body, 32768), "32768", "Envoy answers 413 to a larger body");
    assert_good(&with(body, 65536));
    assert_good(&with("{}", 32768));
}
