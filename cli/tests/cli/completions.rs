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
