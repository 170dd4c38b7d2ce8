//! Shared data with Envoy's semantics (proxy-wasm-cpp-host, `src/shared_data.cc`).

use std::collections::{BTreeSet, HashMap};

use super::Status;

/// The shared values of one `vm_id`.
#[derive(Debug)]
pub struct SharedData {
    values: HashMap<Vec<u8>, (Vec<u8>, u32)>,
    /// The version of the next value, whichever key it has.
    next: u32,
}

impl Default for SharedData {
    fn default() -> Self {
        Self { values: HashMap::new(), next: 1 }
    }
}

impl SharedData {
    pub fn get(&self, key: &[u8]) -> Result<(Vec<u8>, u32), Status> {
        self.values.get(key).cloned().ok_or(Status::NotFound)
    }

    /// Sets a value. The version 0 matches any, and a missing key has no version to mismatch.
    pub fn set(&mut self, key: Vec<u8>, value: Vec<u8>, version: u32) -> Result<(), Status> {
        if let Some((_, held)) = self.values.get(&key)
            && version != 0
            && version != *held
        {
            return Err(Status::CasMismatch);
        }
        self.values.insert(key, (value, self.next));
        self.next = self.next.wrapping_add(1).max(1);
        Ok(())
    }

    /// All keys: none can ever be freed.
    pub fn keys(&self) -> BTreeSet<Vec<u8>> {
        self.values.keys().cloned().collect()
    }
}
