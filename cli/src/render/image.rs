//! The reference of an image, and the digest that it is pinned by.

use std::fs;

use serde_json::Value;

/// A reference as a registry takes it, or an address of a file.
pub struct Image(String);

impl Image {
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"\\{}".contains(&byte);
        if text.is_empty() || !text.bytes().all(plain) {
            return Err("--image must be a reference as registry.example/probegate:0.1.0".into());
        }
        Ok(Self(text.into()))
    }

    /// With this digest, or this version's tag, if it has neither a digest nor a tag.
    pub fn pinned(self, digest: Option<&str>) -> Self {
        let name = self.0.rsplit('/').next().unwrap_or_default();
        if self.0.contains("://") && !self.0.starts_with("oci://") || name.contains([':', '@']) {
            return self;
        }
        match digest {
            Some(digest) => Self(format!("{}@{digest}", self.0)),
            None => Self(format!("{}:{}", self.0, env!("CARGO_PKG_VERSION"))),
        }
    }

    /// As Istio takes it, with a scheme.
    pub fn url(&self) -> String {
        if self.0.contains("://") { self.0.clone() } else { format!("oci://{}", self.0) }
    }

    /// As Envoy Gateway and Kubernetes take it, without one.
    pub fn reference(&self) -> String {
        self.0.strip_prefix("oci://").unwrap_or(&self.0).to_owned()
    }
}

/// The digest of the module's image, if `cargo xtask image` wrote one below the current folder.
pub fn written_digest() -> Option<String> {
    let index = fs::read("dist/image/index.json").ok()?;
    let index: Value = serde_json::from_slice(&index).ok()?;
    let digest = index.pointer("/manifests/0/digest")?.as_str()?;
    let hex = digest.strip_prefix("sha256:")?;
    let is_hex = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| digest.to_owned())
}
