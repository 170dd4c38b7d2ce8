use super::*;

fn binary(package: &str, kind: &str, name: &str, test: &str) -> Binary {
    let text = str::to_owned;
    Binary { package: text(package), kind: text(kind), name: text(name), tests: vec![text(test)] }
}

fn binaries() -> [Binary; 5] {
    [
        binary("probegate-core", "lib", "probegate_core", "route::tests::of_the_root"),
        binary("probegate", "test", "fake_host", "faults::of_the_fake_host"),
        binary("probegate", "test", "envoy", "routes::of_envoy"),
        binary("testbed", "lib", "testbed", "stats::of_the_test_bed"),
        binary("xtask", "bin", "xtask", "sbom::of_xtask"),
    ]
}

#[test]
fn a_command_names_what_it_runs() {
    let lacks = |name| Some(format!("it runs no test that is called {name}"));
    let says = |fault: &str| Some(fault.to_owned());
    for (command, fault) in [
        ("cargo xtask audit", None),
        ("cargo xtask fuzz --seconds 1 paths", None),
        ("cargo xtask nothing", says("there is no such verb")),
        ("cargo xtask test --envoy 1.40.0 routes of_envoy", None),
        ("cargo xtask test --envoy 1.40.0", says("it names no test")),
        ("cargo xtask test --envoy 1.40.0 routes none", lacks("none")),
        ("cargo test --package probegate-core --lib route::tests", None),
        ("cargo test --test fake_host faults::", None),
        ("cargo test of_the_fake_host", None),
        ("cargo test --package xtask of_xtask", None),
        ("cargo test --package testbed --lib stats", None),
        ("cargo test --package probegate-core --lib", says("it names no test")),
        ("cargo test --test fake_host", says("it names no test")),
        ("cargo test --package probegate-core route --test", lacks("route")),
        ("cargo test --package probegate-core --lib route stats", says("cargo takes one name")),
        // Tests of other packages, which the command does not run, or of another kind.
        ("cargo test --package probegate-core --lib stats", lacks("stats")),
        ("cargo test of_xtask", lacks("of_xtask")),
        ("cargo test --package probegate-core --lib faults::", lacks("faults::")),
        ("cargo test --test none route", lacks("route")),
        ("cargo deny check", says("no proof is of this form")),
    ] {
        assert_eq!(missing(command, &binaries()), fault, "{command}");
    }
}

#[test]
fn a_row_of_a_table_of_proofs_has_a_command() {
    let text = "\
| promise | proof |
|---|---|
| one | `cargo test --package probegate-core --lib route` |
| `cargo xtask audit` is no proof here | see above |
| three | `cargo test --package probegate-core --lib none` |
| four | none here: it is Envoy's promise |

| verb | what it does |
|---|---|
| audit | not much |

Elsewhere: `cargo xtask nothing`.
";
    let faults: Vec<(usize, String)> = wrong(text, &binaries());
    let expected = [
        (4, "a promise without a command"),
        (
            5,
            "`cargo test --package probegate-core --lib none`: it runs no test that is called none",
        ),
        (12, "`cargo xtask nothing`: there is no such verb"),
    ];
    assert_eq!(faults, expected.map(|(line, what)| (line, what.to_owned())));
}
