//! Shared values by their names, in memory.

use std::collections::BTreeMap;

use crate::probe::Store;
use crate::rate_limit::{Unavailable, Version};

#[derive(Debug, Default)]
pub struct Memory {
    pub values: BTreeMap<String, (Vec<u8>, u32)>,
    pub broken: bool,
}

impl Store for Memory {
    fn read(&mut self, key: &str, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        if self.broken {
            return Err(Unavailable);
        }
        value.clear();
        let Some((held, version)) = self.values.get(key) else { return Ok(Version(u32::MAX)) };
        value.extend_from_slice(held);
        Ok(Version(*version))
    }

    fn swap(&mut self, key: &str, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        if self.broken {
            return Err(Unavailable);
        }
        let next = self.values.get(key).map_or(1, |(_, held)| held + 1);
        if self.values.get(key).is_some_and(|(_, held)| *held != version.0) {
            return Ok(false);
        }
        self.values.insert(key.into(), (value.into(), next));
        Ok(true)
    }
}
