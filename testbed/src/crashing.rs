//! A module whose VM can be crashed, which the real one's cannot, as far as anybody knows.

use std::fs;
use std::path::PathBuf;
use std::sync::Once;

use walrus::{FunctionBuilder, Module, ValType};

use crate::{module, workspace};

/// The built module with another callback for a request's trailers, which traps.
pub fn crashing_module() -> PathBuf {
    static WRITTEN: Once = Once::new();
    let path = workspace().join(format!("target/testbed/crashing-{}.wasm", std::process::id()));
    WRITTEN.call_once(|| {
        let mut module = Module::from_file(module()).expect("a module");
        let parameters = [ValType::I32, ValType::I32];
        let mut function = FunctionBuilder::new(&mut module.types, &parameters, &[ValType::I32]);
        function.func_body().unreachable();
        let arguments = parameters.map(|kind| module.locals.add(kind));
        let function = function.finish(arguments.into(), &mut module.funcs);
        const CALLBACK: &str = "proxy_on_request_trailers";
        module.exports.remove(CALLBACK).expect("the callback");
        module.exports.add(CALLBACK, function);
        fs::create_dir_all(path.parent().expect("a folder")).expect("make target/testbed");
        module.emit_wasm_file(&path).expect("write the module");
    });
    path
}
