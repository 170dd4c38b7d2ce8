//! Imports of the SDK that the gate has no use for. Envoy would serve them; here they are refused,
//! so a gate that comes to need one fails a test until it stands in `imports`.

use crate::envoy::Status;

macro_rules! unimplemented {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name($($argument: $type),*) -> u32 {
            Status::Unimplemented as u32
        }
    )*};
}

type In = *const u8;
type Out = *mut u8;

unimplemented! {
    proxy_set_buffer_bytes(_buffer: u32, _start: usize, _old: usize, _data: In, _size: usize);
    proxy_set_header_map_pairs(_map: u32, _data: In, _size: usize);
    proxy_set_property(_path: In, _path_size: usize, _value: In, _value_size: usize);
    proxy_register_shared_queue(_name: In, _name_size: usize, _id: Out);
    proxy_resolve_shared_queue(_vm: In, _vm_size: usize, _name: In, _name_size: usize, _id: Out);
    proxy_dequeue_shared_queue(_id: u32, _data: Out, _size: Out);
    proxy_enqueue_shared_queue(_id: u32, _value: In, _value_size: usize);
    proxy_continue_stream(_kind: u32);
    proxy_close_stream(_kind: u32);
    proxy_http_call(
        _upstream: In, _upstream_size: usize, _headers: In, _headers_size: usize, _body: In,
        _body_size: usize, _trailers: In, _trailers_size: usize, _timeout: u32, _token: Out
    );
    proxy_grpc_call(
        _upstream: In, _upstream_size: usize, _service: In, _service_size: usize, _method: In,
        _method_size: usize, _metadata: In, _metadata_size: usize, _message: In,
        _message_size: usize, _timeout: u32, _id: Out
    );
    proxy_grpc_stream(
        _upstream: In, _upstream_size: usize, _service: In, _service_size: usize, _method: In,
        _method_size: usize, _metadata: In, _metadata_size: usize, _id: Out
    );
    proxy_grpc_send(_id: u32, _message: In, _message_size: usize, _end: bool);
    proxy_grpc_cancel(_id: u32);
    proxy_grpc_close(_id: u32);
    proxy_get_status(_code: Out, _message: Out, _message_size: Out);
    proxy_call_foreign_function(
        _name: In, _name_size: usize, _arguments: In, _arguments_size: usize, _results: Out,
        _results_size: Out
    );
    proxy_done();
}
