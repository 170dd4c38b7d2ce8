//! Panics that a request asks for with `x-panic`, for a test in a real Envoy. At `request` it has been counted and
//! judged, its worker's lock is held, and the stream is lost.
#![allow(clippy::panic)]

use crate::envoy::{Filter, Map};

/// Panics if the request asks for it at this place.
pub fn at(place: &[u8], filter: &Filter) {
    if filter.header(Map::Request, b"x-panic") == Some(place) {
        panic!("a request asked for it");
    }
}
