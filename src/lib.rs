//! probegate
