//! `probegate completions`.

use crate::{command, probegate, run};

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = probegate(&["completions", shell]).with(0);
        assert!(script.contains("probegate") && script.contains("explain"), "{shell}");
    }
    assert_eq!(probegate(&["completions", "csh"]).code, 2);
}

/// Colours are for a terminal: here there is none, and if one is forced there still are none with NO_COLOR.
#[test]
fn colours_are_for_a_terminal() {
    let plain = probegate(&["check", crate::file("colour.yaml", "mode: x")]);
    assert!(!plain.text().contains('\u{1b}'));
    let mut forced = command(&["check", "colour.yaml"]);
    forced.env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR");
    assert!(run(forced, "").text().contains('\u{1b}'));
    let mut without = command(&["check", "colour.yaml"]);
    without.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1");
    let text = run(without, "").text();
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

/// The option is above what the environment says.
#[test]
fn colours_are_as_the_option_says() {
    let message = |when: &str, variable: (&str, &str)| {
        let mut command =
            command(&["check", "--color", when, crate::file("colour-told.yaml", "mode: x")]);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env(variable.0, variable.1);
        run(command, "").text().contains('\u{1b}')
    };
    assert!(message("always", ("NO_COLOR", "1")));
    assert!(!message("never", ("CLICOLOR_FORCE", "1")));
    assert!(message("auto", ("CLICOLOR_FORCE", "1")));
}

#[test]
fn completions_know_the_systems() {
    for shell in ["bash", "zsh", "fish"] {
        let script = probegate(&["completions", shell]).with(0);
        assert!(script.contains("caracal-core") && script.contains("agent-platform"), "{shell}");
        assert!(script.contains("envoy-gateway") && script.contains("sarif"), "{shell}");
    }
}

#[test]
fn there_is_a_manual_page_for_each_sub_command() {
    let page = probegate(&["man"]).with(0);
    assert!(page.contains(".TH probegate 1") && page.contains("probegate\\-check"), "{page}");
    for verb in ["check", "explain", "render", "token", "status", "completions"] {
        let page = probegate(&["man", verb]).with(0);
        assert!(page.contains(&format!(".TH probegate-{verb} 1")), "{page}");
    }
    assert_eq!(probegate(&["man", "nothing"]).code, 2);
}

#[test]
fn a_mistyped_sub_command_is_told_the_right_one() {
    let ran = probegate(&["chek", "x"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("a similar subcommand exists: 'check'"), "{}", ran.err);
    let version = probegate(&["--version"]).with(0);
    assert!(version.starts_with(concat!("probegate ", env!("CARGO_PKG_VERSION"))), "{version}");
}
