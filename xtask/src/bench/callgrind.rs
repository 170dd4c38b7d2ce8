//! Instructions a request: counted by callgrind, so that they repeat whatever else the machine does.
//!
//! One worker, one kept-alive connection, direct responses. Only the worker's thread is counted: what
//! others do, once in a second or five, would be the more a request the slower the machine is. What
//! comes before the count runs uninstrumented, which changes nothing that is counted and takes a
//! third of the time.

use std::net::SocketAddr;
use std::path::Path;
use std::{fs, process, thread};

use testbed::callgrind::{instructions, valgrind};
use testbed::{Client, Envoy, Request, tools, workspace};

use super::filter::Modules;
use super::rows::Row;
use crate::Outcome;

/// Until every table is warm; so as many as there are clients, where that is more. V8 has compiled the
/// module before the first request.
const WARM_UP: u32 = 1_000;
/// After the instrumentation began.
const SETTLE: u32 = 200;
const COUNTED: u32 = 1_000;
/// Where nothing is counted.
const CONNECTIONS: u32 = 8;

/// Instructions that Envoy spends on one of the row's requests.
pub fn measure(row: &Row, modules: &Modules) -> Outcome<u64> {
    let folder = workspace().join(format!("target/bench/{}-{}", process::id(), row.name));
    fs::create_dir_all(&folder)?;
    let counted = count(row, modules, &folder);
    fs::remove_dir_all(&folder)?;
    counted
}

fn count(row: &Row, modules: &Modules, folder: &Path) -> Outcome<u64> {
    let out = folder.join("out");
    let bootstrap = row.filter.bootstrap(modules)?.under(valgrind(&out)?);
    let envoy = Envoy::start_with(tools::envoy(tools::NEWEST)?, &bootstrap)?;
    let Row { traffic, .. } = row;
    send_all(envoy.address(), traffic.requests_before(), |nth| traffic.request_before(nth));
    let warm_up = WARM_UP.max(traffic.clients());
    let [warm_up, settle, counted] = [warm_up, SETTLE, COUNTED].map(|usual| usual / traffic.one_in);
    send_all(envoy.address(), warm_up, |nth| traffic.request(nth));
    let mut client = Client::new(envoy.address());
    let mut wrong = 0;
    let spent = instructions(&envoy, folder, [settle, counted], |nth| {
        let status = client.send(&traffic.request(warm_up + nth)).status;
        // What settles may have another one.
        wrong += u32::from(nth >= settle && status != traffic.status);
    })?;
    if wrong > 0 {
        let wanted = traffic.status;
        return Err(format!("{wrong} of {counted} answers were not {wanted}").into());
    }
    Ok(spent)
}

/// Sends so many requests, over several connections; what is answered is of no interest.
pub fn send_all(address: SocketAddr, requests: u32, request: impl Fn(u32) -> Request + Sync) {
    let connection = &|first: u32| {
        let mut client = Client::new(address);
        for nth in (first..requests).step_by(CONNECTIONS as usize) {
            client.send(&request(nth));
        }
    };
    thread::scope(|scope| {
        for first in 0..CONNECTIONS {
            scope.spawn(move || connection(first));
        }
    });
}
