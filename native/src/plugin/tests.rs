use super::*;
use probegate_core::warnings::Warning;

#[test]
fn what_a_worker_finds_is_in_the_scrape_and_the_status() {
    let configuration = br#"{"metrics": {"namespace": "warned"}}"#;
    let plugin = Plugin::compile(&mut Config::none(), "warned", configuration).unwrap();
    let line =
        |value| format!("probegate_configuration_warnings{{kind=\"peer_unknown\"}} {value}\n");
    plugin.warn();
    let text = plugin.expose(Format::Text);
    assert!(text.contains(&line(0)), "{text}");
    locked(plugin.worker(0)).gate.warnings.insert(Warning::PeerUnknown);
    plugin.warn();
    let text = plugin.expose(Format::Text);
    assert!(text.contains(&line(1)), "{text}");
    assert!(plugin.warnings().contains(Warning::PeerUnknown));
}
