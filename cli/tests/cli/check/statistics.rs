//! Envoy's own choice of statistics.

use super::{assert_good, assert_warned, in_struct};

#[test]
fn a_choice_of_statistics_without_the_gates_is_warned_of() {
    let with =
        |matcher: &str| format!("{}stats_config:\n  stats_matcher: {matcher}\n", in_struct("{}"));
    for matcher in [
        "{inclusion_list: {patterns: [{prefix: cluster.}]}}",
        "{inclusion_list: {patterns: [{prefix: cluster.}, {exact: wasmcustom}]}}",
        "{inclusion_list: {patterns: [{safe_regex: {regex: \"wasmcustom\"}}]}}",
        "{exclusion_list: {patterns: [{prefix: wasm}]}}",
        "{exclusion_list: {patterns: [{contains: WASMCUSTOM, ignore_case: true}]}}",
        "{exclusion_list: {patterns: [{safe_regex: {regex: \".*_gateway_rate_.*\"}}]}}",
        "{reject_all: true}",
    ] {
        assert_warned(
            &with(matcher),
            "stats_matcher",
            "let names that begin with wasmcustom. through",
        );
    }
    for matcher in [
        "{inclusion_list: {patterns: [{prefix: cluster.}, {prefix: wasmcustom.}]}}",
        "{inclusion_list: {patterns: [{safe_regex: {regex: \"wasmcustom.*\"}}]}}",
        "{exclusion_list: {patterns: [{prefix: cluster.}, {suffix: upstream_cx_total}]}}",
        "{reject_all: false}",
    ] {
        assert_good(&with(matcher));
    }
}
