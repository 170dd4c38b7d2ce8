//! Paths that the gate answers itself, below `own_routes`.

use super::Class;

/// A route of the gate's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `/live`: 200 while the VM answers; open, as a health route is.
    Live,
    /// `/ready`: 200 or 503, and what the services are; open, too.
    Ready,
    /// `/status`: everything that is known of them, behind the metrics tokens.
    Status,
    /// Without a path of its own: the page is meant, which is one segment further; open, too.
    Redirect,
    /// `/`: the page; open, too, since it holds nothing.
    Page,
    /// `/metrics`: what was counted, behind the metrics tokens.
    Metrics,
}

impl Endpoint {
    /// The class of the route, for tokens and limits.
    pub fn class(self) -> Class {
        match self {
            Self::Live | Self::Ready | Self::Redirect | Self::Page => Class::Health,
            Self::Metrics | Self::Status => Class::Metrics,
        }
    }
}

/// The root of the gate's own endpoints: a path such as `/-/gate`, or nowhere.
#[derive(Clone, Debug, Default)]
pub struct Endpoints(Option<Box<[u8]>>);

impl Endpoints {
    /// Answers below this path.
    pub fn below(path: &str) -> Self {
        Self(Some(path.as_bytes().into()))
    }

    /// The route of a request target whose path is, as sent, exactly that route's.
    pub fn find(&self, target: &[u8]) -> Option<Endpoint> {
        let path = target.split(|byte| *byte == b'?').next()?;
        match path.strip_prefix(self.0.as_deref()?)? {
            b"" => Some(Endpoint::Redirect),
            b"/" => Some(Endpoint::Page),
            b"/live" => Some(Endpoint::Live),
            b"/ready" => Some(Endpoint::Ready),
            b"/status" => Some(Endpoint::Status),
            b"/metrics" => Some(Endpoint::Metrics),
            _ => None,
        }
    }

    /// The path of the page.
    pub fn page(&self) -> String {
        let path = self.0.as_deref().unwrap_or_default();
        format!("{}/", String::from_utf8_lossy(path))
    }
}
