//! A bootstrap that loads the proxy-wasm filter, as one that loads the dynamic module: what the tests in the
//! native host make of each example.

use serde_json::{Value, json};

use super::render::{TYPES, dynamic_module, layered_runtime, merge};

/// The same bootstrap with the dynamic module, as JSON, and the variables that the VM was given beside those
/// of Envoy's process.
pub fn to_native(text: &str) -> (String, Vec<(String, String)>) {
    // Each host has its own key in Envoy's filter state.
    let text = text.replace("FILTER_STATE(wasm.probegate.", "FILTER_STATE(probegate.");
    // A number that Envoy's YAML reads as octal has no such form in JSON.
    let text = text.replace("mode: 0600", "mode: 384");
    let mut bootstrap: Value = serde_saphyr::from_str(&text).expect("the bootstrap is YAML");
    let mut variables = Vec::new();
    convert(&mut bootstrap, &mut variables);
    merge(&mut bootstrap, json!({"layered_runtime": layered_runtime()}));
    (bootstrap.to_string(), variables)
}

fn convert(value: &mut Value, variables: &mut Vec<(String, String)>) {
    let wasm = format!("{TYPES}/envoy.extensions.filters.http.wasm.v3.Wasm");
    if value["typed_config"]["@type"] == wasm {
        let plugin = value["typed_config"]["config"].take();
        let given = plugin["vm_config"]["environment_variables"]["key_values"].as_object().cloned();
        variables.extend(
            given
                .into_iter()
                .flatten()
                .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))),
        );
        let configuration = plugin.get("configuration").cloned();
        *value = dynamic_module(plugin["name"].as_str().unwrap_or_default(), configuration);
        return;
    }
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(|value| convert(value, variables));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| convert(value, variables)),
        _ => {}
    }
}
