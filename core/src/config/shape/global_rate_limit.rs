//! The shape of the section `global_rate_limit`.

#[cfg(feature = "schema")]
use schemars::JsonSchema;

use serde::Deserialize;

use super::Span;
#[cfg(feature = "schema")]
use super::schema::Between;

/// One limit over many Envoys, by Envoy's rate limit service protocol. It is asked after all limits of
/// this process, so that a request that these refuse never leaves it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct GlobalRateLimitShape {
    /// The Envoy cluster of the service; it must speak HTTP/2.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 1024)))]
    pub cluster: String,
    /// The domain of the service's configuration. Default `probegate`.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 1024)))]
    pub domain: String,
    /// Timeout of an answer, `5ms` to `1s`. Default `50ms`.
    #[cfg_attr(feature = "schema", schemars(with = "Between<5_000, 1_000_000>"))]
    pub timeout: Span,
    /// The fate of a request that the service does not decide. Default `local`.
    pub on_error: OnErrorShape,
    /// The descriptors of a request, 1 to 16. One of which a part is missing is not sent.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 16)))]
    pub descriptors: Vec<DescriptorShape>,
}

impl Default for GlobalRateLimitShape {
    fn default() -> Self {
        Self {
            cluster: String::new(),
            domain: "probegate".into(),
            timeout: Span(50_000),
            on_error: OnErrorShape::Local,
            descriptors: Vec::new(),
        }
    }
}

/// The fate of a request that the service does not decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename = "OnError", rename_all = "lowercase")]
pub enum OnErrorShape {
    /// The limits of this process alone decide; there must be one.
    #[default]
    Local,
    /// Answer 503.
    Refuse,
    /// Let it pass, though nothing else may limit it.
    Admit,
}

/// One descriptor: its entries stand in this order.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename = "Descriptor", deny_unknown_fields, default)]
pub struct DescriptorShape {
    /// An entry `client`: the address, or SHA-256 of the header that names the client, in hexadecimal digits.
    pub client: bool,
    /// An entry `operation`: the name of the operation; a descriptor for each that matches the request.
    pub operation: bool,
    /// With `operation`: an entry `key`, what the operation is counted by.
    pub key: bool,
}
