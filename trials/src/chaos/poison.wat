;; A plugin that writes what it is told into the values that all plugins of its `vm_id` share. A request's body is the
;; length of a key in four bytes, the key, and its new value. Without such a key it traps, and Envoy answers 503.
(module
  (import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_shared_data" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_shared_data" (func $set (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 32)
  (global $free (mut i32) (i32.const 1024))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "_initialize"))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (i32.const 1))
  (func (export "proxy_on_configure") (param i32 i32) (result i32) (i32.const 1))
  ;; What Envoy hands over is never given back: a request's begins where the last one's did.
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get $size))))
  ;; A request with a body waits for all of it.
  (func (export "proxy_on_request_headers") (param i32 i32) (param $ends i32) (result i32)
    (global.set $free (i32.const 1024))
    (i32.eqz (local.get $ends)))
  (func (export "proxy_on_request_body") (param i32) (param $length i32) (param $ends i32) (result i32)
    (local $body i32) (local $key i32) (local $key_length i32) (local $value i32)
    (if (i32.eqz (local.get $ends)) (then (return (i32.const 1))))
    ;; 0 is a request's body; the host writes at 0 where it put something, and at 4 how long that is.
    (if (call $buffer (i32.const 0) (i32.const 0) (local.get $length) (i32.const 0) (i32.const 4)) (then (unreachable)))
    (local.set $body (i32.load (i32.const 0)))
    (local.set $key (i32.add (local.get $body) (i32.const 4)))
    (local.set $key_length (i32.load (local.get $body)))
    (local.set $value (i32.add (local.get $key) (local.get $key_length)))
    (if (call $get (local.get $key) (local.get $key_length) (i32.const 0) (i32.const 4) (i32.const 8)) (then (unreachable)))
    ;; Whatever version there is.
    (if (call $set (local.get $key) (local.get $key_length) (local.get $value)
          (i32.sub (i32.add (local.get $body) (local.get $length)) (local.get $value)) (i32.const 0))
      (then (unreachable)))
    (i32.const 0)))
