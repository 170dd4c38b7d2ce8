//! Whatever bytes come, no VM fails, no guard opens, and every answer has one ID: the small edition of
//! `cargo xtask hostile`.

use testbed::hostile;

#[test]
fn no_bytes_break_the_gate() {
    let report = hostile::run(10_000, 1, |_, _| {});
    assert!(report.broken.is_empty(), "{report}");
}
