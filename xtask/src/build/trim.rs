//! What is taken off the module after the compiler.

use std::collections::HashSet;

use walrus::{Module, ModuleConfig, passes};

use crate::Outcome;

/// All that the module may export, and must.
///
/// Envoy calls each callback that is exported, used or not: an empty one costs about 1,500 instructions
/// in every request. So a callback that is to be used is named here, too.
const EXPORTS: [&str; 14] = [
    "memory",
    "_initialize",
    "proxy_abi_version_0_2_1",
    "proxy_on_memory_allocate",
    "proxy_on_context_create",
    "proxy_on_configure",
    "proxy_on_tick",
    "proxy_on_request_headers",
    "proxy_on_request_body",
    "proxy_on_request_trailers",
    "proxy_on_response_headers",
    "proxy_on_response_trailers",
    "proxy_on_delete",
    "proxy_on_http_call_response",
];

/// The module with these exports, without what only the others used, and without its custom sections but, if they are to
/// be kept, the names of its functions. An error if an export is missing.
pub fn trim(bytes: &[u8], names: bool) -> Outcome<Vec<u8>> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(names).generate_producers_section(false);
    let mut module =
        config.parse(bytes).map_err(|error| format!("the compiler's module: {error:#}"))?;

    let mut missing: HashSet<&str> = EXPORTS.into();
    let exports: Vec<_> =
        module.exports.iter().map(|export| (export.id(), export.name.clone())).collect();
    for (id, name) in exports {
        if !missing.remove(name.as_str()) {
            module.exports.delete(id);
        }
    }
    if !missing.is_empty() {
        let mut missing: Vec<_> = missing.into_iter().collect();
        missing.sort_unstable();
        return Err(format!("the module does not export {}", missing.join(", ")).into());
    }
    for id in module.customs.iter().map(|(id, _)| id).collect::<Vec<_>>() {
        module.customs.delete(id);
    }
    passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

/// A module of which Envoy calls nothing once it is loaded: its callbacks have other names.
pub fn mute(bytes: &[u8]) -> Outcome<Vec<u8>> {
    let mut module =
        Module::from_buffer(bytes).map_err(|error| format!("the module: {error:#}"))?;
    for export in module.exports.iter_mut() {
        if export.name.starts_with("proxy_on_") && export.name != "proxy_on_memory_allocate" {
            export.name.insert_str(0, "muted_");
        }
    }
    Ok(module.emit_wasm())
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::{FunctionBuilder, RawCustomSection, ValType};

    fn module_with(exports: &[&str]) -> Vec<u8> {
        let mut module = Module::default();
        let memory = module.memories.add_local(false, false, 1, None, None);
        for name in exports {
            if *name == "memory" {
                module.exports.add(name, memory);
            } else {
                let function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[])
                    .finish(vec![], &mut module.funcs);
                module.exports.add(name, function);
            }
        }
        module.customs.add(RawCustomSection { name: "note".to_owned(), data: vec![1] });
        module.emit_wasm()
    }

    #[test]
    fn exports_that_are_not_named_go_with_their_functions() {
        let mut exports = EXPORTS.to_vec();
        exports.extend(["proxy_on_log", "proxy_on_done"]);
        let trimmed = Module::from_buffer(&trim(&module_with(&exports), false).expect("trimmed"))
            .expect("a module");
        let names: HashSet<_> = trimmed.exports.iter().map(|export| export.name.as_str()).collect();
        assert_eq!(names, EXPORTS.into());
        assert_eq!(trimmed.exports.iter().count(), EXPORTS.len());
        assert_eq!(trimmed.funcs.iter().count(), EXPORTS.len() - 1);
        assert!(trimmed.customs.iter().all(|(_, section)| section.name() == "producers"));
    }

    #[test]
    fn a_missing_export_is_named() {
        let error = trim(&module_with(&EXPORTS[1..]), false).expect_err("no memory").to_string();
        assert_eq!(error, "the module does not export memory");
    }
}
