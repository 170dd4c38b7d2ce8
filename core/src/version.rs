//! The version of the gate, and the commit that it was built from.

/// The version in the manifest.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that it was built from, if the build was told.
pub const COMMIT: Option<&str> = match option_env!("PROBEGATE_COMMIT") {
    Some(commit) if !commit.is_empty() => Some(commit),
    _ => None,
};

/// The version, with the commit if the build was told one.
pub fn version() -> String {
    match COMMIT {
        Some(commit) => format!("{VERSION} ({commit})"),
        None => VERSION.into(),
    }
}
