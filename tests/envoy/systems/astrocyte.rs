//! Astrocyte's variables.
