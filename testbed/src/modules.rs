//! Modules that are looked into, or made of others.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use walrus::{ExportItem, FunctionBuilder, Module, ValType};

use crate::{module, workspace};

/// Functions that Envoy calls whatever is allowed, and those that it only looks for.
const ALWAYS: [&str; 3] = ["_initialize", "proxy_abi_version_0_2_1", "proxy_on_memory_allocate"];

/// The functions that Envoy's `capability_restriction_config` can allow a module: the names of all that the module
/// calls of Envoy, and that Envoy calls of the module.
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

/// The file of a module below `target/testbed/`, which each process makes once.
pub fn written(name: &str, make: impl FnOnce() -> Vec<u8>) -> PathBuf {
    static WRITTEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let folder = workspace().join("target/testbed");
    let path = folder.join(format!("{name}-{}.wasm", std::process::id()));
    let mut written = WRITTEN.lock().expect("no module failed before");
    if written.insert(path.clone()) {
        fs::create_dir_all(folder).expect("make target/testbed");
        fs::write(&path, make()).expect("write the module");
    }
    path
}

/// The built module with another callback for a request's trailers, which traps: its VM can be crashed, which the real
/// one's cannot, as far as anybody knows.
pub fn crashing_module() -> PathBuf {
    written("crashing", || {
        let mut module = Module::from_file(module()).expect("a module");
        let parameters = [ValType::I32, ValType::I32];
        let mut function = FunctionBuilder::new(&mut module.types, &parameters, &[ValType::I32]);
        function.func_body().unreachable();
        let arguments = parameters.map(|kind| module.locals.add(kind));
        let function = function.finish(arguments.into(), &mut module.funcs);
        const CALLBACK: &str = "proxy_on_request_trailers";
        module.exports.remove(CALLBACK).expect("the callback");
        module.exports.add(CALLBACK, function);
        module.emit_wasm()
    })
}
