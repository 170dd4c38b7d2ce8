//! Starts and drives the real parts that probegate is tested with.
