//! The functions that Envoy's `capability_restriction_config` can allow a module.

use std::collections::BTreeSet;
use std::path::Path;

use walrus::{ExportItem, Module};

/// Functions that Envoy calls whatever is allowed, and those that it only looks for.
const ALWAYS: [&str; 3] = ["_initialize", "proxy_abi_version_0_2_1", "proxy_on_memory_allocate"];

/// The names of all functions that the module calls of Envoy, and that Envoy calls of the module.
pub fn capabilities(module: &Path) -> BTreeSet<String> {
    let module = Module::from_file(module).expect("a module");
    let imports = module.imports.iter().map(|import| import.name.clone());
    let exports = module
        .exports
        .iter()
        .filter(|export| matches!(export.item, ExportItem::Function(_)))
        .map(|export| export.name.clone());
    imports.chain(exports).filter(|name| !ALWAYS.contains(&name.as_str())).collect()
}
