//! A plugin that writes what it is told into the values that all plugins of its `vm_id` share.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::{Value, json};
use walrus::ir::{BinaryOp, LoadKind, MemArg, UnaryOp};
use walrus::{FunctionBuilder, InstrSeqBuilder, LocalId, Module, ValType};

use testbed::modules::written;
use testbed::{Client, Request};

/// Sets a shared value, whatever it was, through a listener with the [`filter`]. Returns what the gate says then.
pub fn poison(address: SocketAddr, key: &str, value: &[u8]) -> u16 {
    let mut body = u32::try_from(key.len()).expect("a short key").to_le_bytes().to_vec();
    body.extend_from_slice(key.as_bytes());
    body.extend_from_slice(value);
    // The gate has no such route for a POST, and says so once the body was taken.
    let status = Client::new(address).send(&Request::new("POST", "/-/gate/live").body(body)).status;
    assert!([405, 429].contains(&status), "{key}: {status}");
    status
}

/// For [`Bootstrap::filters_before`](testbed::Bootstrap::filters_before): takes each request that has a body.
pub fn filter() -> Value {
    let types = "type.googleapis.com";
    json!({
        "name": "poison",
        "typed_config": {
            "@type": format!("{types}/envoy.extensions.filters.http.wasm.v3.Wasm"),
            "config": {
                "name": "poison",
                "allow_on_headers_stop_iteration": true,
                "vm_config": {"runtime": "envoy.wasm.runtime.v8", "code": {"local": {"filename": written("poison", build)}}},
            },
        },
    })
}

/// The built module, which logs the key of each shared value that it sets.
pub fn telling_module() -> PathBuf {
    written("telling", || {
        const SET: &str = "proxy_set_shared_data";
        const INFO: i32 = 2;
        let mut module = Module::from_file(testbed::module()).expect("a module");
        let import =
            |module: &Module, name| module.imports.get_func("env", name).expect("an import");
        let (log, replaced) = (import(&module, "proxy_log"), import(&module, SET));
        let kind = module.funcs.get(replaced).ty();
        let set = module.add_import_func("env", SET, kind).0;
        let tell = |(body, arguments): (&mut InstrSeqBuilder<'_>, &Vec<LocalId>)| {
            body.i32_const(INFO).local_get(arguments[0]).local_get(arguments[1]).call(log).drop();
            for argument in arguments {
                body.local_get(*argument);
            }
            body.call(set);
        };
        module.replace_imported_func(replaced, tell).expect("replace an import");
        module
    })
}

/// The buffer to read; where the host writes its address, and a length; and what it is given to write to.
const REQUEST_BODY: i32 = 0;
const ADDRESS: i32 = 0;
const LENGTH: i32 = 4;
const BUFFER: i32 = 1024;

type Body<'a> = InstrSeqBuilder<'a>;

/// Written without an SDK: it takes four callbacks and two host calls.
fn build() -> Module {
    use ValType::I32;
    let mut module = Module::default();
    let memory = module.memories.add_local(false, false, 32, None, None);
    let mut import = |name: &str, parameters: &[ValType]| {
        let kind = module.types.add(parameters, &[I32]);
        module.add_import_func("env", name, kind).0
    };
    let get = import("proxy_get_buffer_bytes", &[I32; 5]);
    let set = import("proxy_set_shared_data", &[I32; 5]);
    module.exports.add("memory", memory);

    let mut callback = |name: &str,
                        parameters: usize,
                        results: &[ValType],
                        body: &dyn Fn(&mut Body<'_>, &[LocalId])| {
        let arguments: Vec<_> = (0..parameters).map(|_| module.locals.add(I32)).collect();
        let kinds = vec![I32; parameters];
        let mut function = FunctionBuilder::new(&mut module.types, &kinds, results);
        body(&mut function.func_body(), &arguments);
        let function = function.finish(arguments, &mut module.funcs);
        module.exports.add(name, function);
    };
    let nothing = |_: &mut Body<'_>, _: &[LocalId]| {};
    let returns = |value| move |body: &mut Body<'_>, _: &[LocalId]| _ = body.i32_const(value);
    callback("proxy_abi_version_0_2_1", 0, &[], &nothing);
    callback("_initialize", 0, &[], &nothing);
    callback("proxy_on_memory_allocate", 1, &[I32], &returns(BUFFER));
    callback("proxy_on_context_create", 2, &[], &nothing);
    callback("proxy_on_vm_start", 2, &[I32], &returns(1));
    callback("proxy_on_configure", 2, &[I32], &returns(1));
    // A request with a body waits for all of it.
    callback("proxy_on_request_headers", 3, &[I32], &|body, arguments| {
        body.local_get(arguments[2]).unop(UnaryOp::I32Eqz);
    });

    let traps_unless_0 = |body: &mut Body<'_>| {
        body.if_else(None, |failed| _ = failed.unreachable(), |_| {});
    };
    let key_length = |body: &mut Body<'_>| {
        let four_bytes = MemArg { align: 4, offset: 0 };
        body.i32_const(BUFFER).load(memory, LoadKind::I32 { atomic: false }, four_bytes);
    };
    let write = |body: &mut Body<'_>, length: LocalId| {
        body.i32_const(REQUEST_BODY).i32_const(0).local_get(length);
        body.i32_const(ADDRESS).i32_const(LENGTH).call(get);
        traps_unless_0(body);
        body.i32_const(BUFFER + 4);
        key_length(body);
        body.i32_const(BUFFER + 4);
        key_length(body);
        body.binop(BinaryOp::I32Add);
        body.local_get(length).i32_const(4).binop(BinaryOp::I32Sub);
        key_length(body);
        // Whatever version there is.
        body.binop(BinaryOp::I32Sub).i32_const(0).call(set);
        traps_unless_0(body);
        body.i32_const(0);
    };
    callback("proxy_on_request_body", 3, &[I32], &|body, arguments| {
        let [_, length, ends] = arguments[..] else { return };
        body.local_get(ends).if_else(I32, |body| write(body, length), |body| _ = body.i32_const(1));
    });
    module
}
