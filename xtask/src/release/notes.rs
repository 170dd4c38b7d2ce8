//! The part of the changelog that tells of one version.

use crate::Outcome;

/// The text below the heading of that version, without the heading.
pub fn section(changelog: &str, version: &str) -> Outcome<String> {
    let mut parts = changelog.split("\n## ").skip(1);
    let part = parts
        .find(|part| part.split_whitespace().next() == Some(version))
        .ok_or_else(|| format!("CHANGELOG.md has no section \"## {version}\""))?;
    let (_, text) = part.split_once('\n').unwrap_or_default();
    Ok(format!("{}\n", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::section;

    #[test]
    fn a_section_is_that_of_its_version() {
        let changelog = "# Changelog\n\n## 0.2.0 (unreleased)\n\n- new\n\n## 0.2.0-rc.1 (2026-01-02)\n\n- old\n";
        assert_eq!(section(changelog, "0.2.0").expect("a section"), "- new\n");
        assert_eq!(section(changelog, "0.2.0-rc.1").expect("a section"), "- old\n");
        let error = section(changelog, "0.3.0").expect_err("no section").to_string();
        assert_eq!(error, "CHANGELOG.md has no section \"## 0.3.0\"");
    }
}
