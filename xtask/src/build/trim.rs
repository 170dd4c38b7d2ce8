//! What is taken off the module after the compiler.

use std::collections::HashSet;

use walrus::{Module, ModuleConfig, passes};

use crate::Outcome;

/// All that the module may export, and must.
///
/// The SDK exports every callback there is, and Envoy calls each one that is exported, used or not:
/// an empty one costs about 1,500 instructions in every request. A callback that is to be used is
/// named here.
const EXPORTS: [&str; 12] = [
    "memory",
    "_initialize",
    "proxy_abi_version_0_2_1",
    "proxy_on_memory_allocate",
    "proxy_on_context_create",
    "proxy_on_configure",
    "proxy_on_tick",
    "proxy_on_request_headers",
    "proxy_on_response_headers",
    "proxy_on_response_trailers",
    "proxy_on_delete",
    "proxy_on_http_call_response",
];

/// Callbacks of the module's own, which stand in for the SDK's: theirs, and what they are to be called.
const RENAMED: [(&str, &str); 1] =
    [("probegate_on_http_call_response", "proxy_on_http_call_response")];

/// The module with these exports, without what only the others used, and without its custom sections.
/// An error if an export is missing.
pub fn trim(bytes: &[u8]) -> Outcome<Vec<u8>> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false);
    let mut module =
        config.parse(bytes).map_err(|error| format!("the compiler's module: {error:#}"))?;

    rename(&mut module)?;
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
    drop_custom_sections(&mut module);
    passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

/// Puts the module's own callbacks in the place of the SDK's.
fn rename(module: &mut Module) -> Outcome {
    for (own, name) in RENAMED {
        let find = |module: &Module, name| {
            module.exports.iter().find(|export| export.name == name).map(|export| export.id())
        };
        let id = find(module, own).ok_or_else(|| format!("the module does not export {own}"))?;
        if let Some(replaced) = find(module, name) {
            module.exports.delete(replaced);
        }
        module.exports.get_mut(id).name = name.to_owned();
    }
    Ok(())
}

fn drop_custom_sections(module: &mut Module) {
    let sections: Vec<_> = module.customs.iter().map(|(id, _)| id).collect();
    for id in sections {
        module.customs.delete(id);
    }
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
        exports.extend(["proxy_on_log", "proxy_on_done", RENAMED[0].0]);
        let trimmed =
            Module::from_buffer(&trim(&module_with(&exports)).expect("trimmed")).expect("a module");
        let mut names: Vec<_> = trimmed.exports.iter().map(|export| export.name.as_str()).collect();
        names.sort_unstable();
        let mut wanted = EXPORTS;
        wanted.sort_unstable();
        assert_eq!(names, wanted);
        assert_eq!(trimmed.funcs.iter().count(), EXPORTS.len() - 1);
        assert_eq!(
            trimmed.customs.iter().filter(|(_, section)| section.name() != "producers").count(),
            0
        );
    }

    #[test]
    fn a_missing_export_is_named() {
        let mut exports = EXPORTS[1..].to_vec();
        exports.push(RENAMED[0].0);
        let error = trim(&module_with(&exports)).expect_err("no memory").to_string();
        assert_eq!(error, "the module does not export memory");
        let error = trim(&module_with(&EXPORTS)).expect_err("no callback of its own").to_string();
        assert_eq!(error, format!("the module does not export {}", RENAMED[0].0));
    }

    #[test]
    fn a_callback_of_the_modules_own_takes_the_sdks_place() {
        let (own, name) = RENAMED[0];
        let mut exports = EXPORTS.to_vec();
        exports.push(own);
        let function = |bytes: &[u8], name: &str| {
            let module = Module::from_buffer(bytes).expect("a module");
            let export = module.exports.iter().find(|export| export.name == name);
            export.map(|export| format!("{:?}", export.item))
        };
        let before = module_with(&exports);
        let after = trim(&before).expect("trimmed");
        assert_eq!(function(&after, own), None);
        assert!(function(&after, name).is_some());
        let exported = Module::from_buffer(&after).expect("a module").exports.iter().count();
        assert_eq!(exported, EXPORTS.len(), "the SDK's is gone");
    }
}
