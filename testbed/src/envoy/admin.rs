//! Envoy's admin interface.

use std::net::{IpAddr, SocketAddr};

use serde_json::Value;

use crate::client::{Client, Request};

pub struct Admin(SocketAddr);

impl Admin {
    pub fn new(address: SocketAddr) -> Self {
        Self(address)
    }

    pub fn address(&self) -> SocketAddr {
        self.0
    }

    /// The page's body. Panics if the answer is not a 200.
    pub fn ask(&self, method: &str, path: &str) -> String {
        let response =
            Client::new(self.0).send(&Request::new(method, path).header("connection", "close"));
        let (status, text) = (response.status, response.text());
        assert_eq!(status, 200, "{method} {path} on the admin interface: {text}");
        text
    }

    /// True if every worker has started; `None` while nobody answers: not yet, or never, since Envoy is about to end.
    pub fn live(&self) -> Option<bool> {
        let ready = Request::get("/ready").header("connection", "close");
        let answer = Client::new(self.0).try_send(&ready).ok()??;
        Some(answer.status == 200)
    }

    /// A counter of Envoy's own; 0 until Envoy has made it.
    pub fn counter(&self, name: &str) -> u64 {
        let page = self.ask("GET", &format!("/stats?filter=^{}$", name.replace('.', "\\.")));
        page.trim()
            .rsplit_once(": ")
            .map_or(0, |(_, value)| value.parse().expect("a counter is a whole number"))
    }

    /// Number of times that listeners were refused: as wrong, or as no listeners at all.
    pub fn refusals(&self) -> u64 {
        self.counter("listener_manager.lds.update_rejected")
            + self.counter("listener_manager.lds.update_failure")
    }

    /// Where the listeners listen, in the order of their names.
    pub fn listeners(&self) -> Vec<SocketAddr> {
        let page: Value =
            serde_json::from_str(&self.ask("GET", "/listeners?format=json")).expect("JSON");
        let mut listeners: Vec<(String, SocketAddr)> = page["listener_statuses"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|listener| {
                let name = listener["name"].as_str().expect("a name").to_owned();
                // A pipe has none.
                let address = listener["local_address"].get("socket_address")?;
                Some((name, socket_address(address)))
            })
            .collect();
        listeners.sort();
        listeners.into_iter().map(|(_, address)| address).collect()
    }
}

fn socket_address(page: &Value) -> SocketAddr {
    let ip: Option<IpAddr> = page["address"].as_str().and_then(|text| text.parse().ok());
    let port = page["port_value"].as_u64().and_then(|port| port.try_into().ok());
    ip.zip(port).map(SocketAddr::from).expect("an address and a port")
}
