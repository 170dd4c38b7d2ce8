//! `cargo xtask demo`: the gate in a real Envoy, in front of services that remember what reached them, and the tour of a
//! README's table.

mod show;

use std::net::TcpListener;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use testbed::system::{Ports, Running, Variables, rows};
use testbed::{Client, System, poll, tools, workspace};

use crate::host::Host;
use crate::system as packages;
use crate::verbs::Demo;
use crate::{Outcome, build};

/// Envoy's admin interface.
const ADMIN: u16 = 9901;

/// The examples that are of no system: they want no more than a service.
fn of_a_service() -> Vec<System> {
    let token: Variables = vec![("METRICS_BEARER", "example-token")];
    vec![
        System::of_a_service("behind-a-proxy", vec![("ADMIN_TOKEN", "example-admin")]),
        System::of_a_service("capabilities", token.clone()),
        System::of_a_service("global-rate-limit", Vec::new()),
        System::of_a_service("operations", Vec::new()),
        System::of_a_service("prometheus", token),
        System::of_a_service("replay", Vec::new()),
        System::of_a_service("rotation", Vec::new()),
    ]
}

fn examples() -> impl Iterator<Item = System> {
    System::all().into_iter().chain(of_a_service())
}

/// The examples that it can show.
pub fn names() -> Vec<&'static str> {
    examples().map(|system| system.name).collect()
}

/// Shows a tour: the plain one, or that of an example.
pub fn run(options: &Demo) -> Outcome {
    show(options.example.as_deref(), options.form.host(), options.once)
}

/// `once`: ends after the tour, with an error unless all was as promised; else stays until Ctrl-C.
pub fn show(example: Option<&str>, host: Host, once: bool) -> Outcome {
    let system = match example {
        Some(name) => examples().find(|system| system.name == name).ok_or("no such example")?,
        None => System::plain(),
    };
    if (system.name, host) == ("capabilities", Host::Native) {
        return Err("leave out --native: it is about what Envoy lets a Wasm module call".into());
    }
    packages::provide(false)?;
    let program = tools::envoy(tools::NEWEST)?;
    build::run(host)?;
    for port in system.listeners.iter().chain(&[ADMIN]) {
        TcpListener::bind(("127.0.0.1", *port))
            .map_err(|error| format!("Envoy needs port {port} of 127.0.0.1: {error}"))?;
    }
    if system.name == "rotation" {
        token_file()?;
    }
    // Made before Envoy starts, so that no signal ends this and leaves Envoy behind.
    let mut interrupts = Signals::new([SIGINT, SIGTERM])?;
    let running = Running::start_as(host, &system, Ports::Named, program, &system.environment)?;
    introduce(&system, host)?;

    let kept = if system.tour.is_empty() {
        reach(&system, &running)
    } else {
        show::tour(&system, &running)
    };
    if once || interrupts.pending().next().is_some() {
        return kept;
    }
    if let Err(error) = kept {
        eprintln!("\n{error}");
    }
    running.restore(&system);
    println!("\nIt all runs until Ctrl-C. Each command above can be pasted.");
    // Afterwards all is dropped, and ends; from a terminal Envoy got the same signal, and may have ended already.
    interrupts.forever().next();
    println!();
    Ok(())
}

fn introduce(system: &System, host: Host) -> Outcome {
    let bootstrap = system.bootstrap(host);
    let bootstrap = bootstrap.strip_prefix(workspace())?.display();
    println!("Envoy {} with two workers and {bootstrap}, with", tools::NEWEST);
    for (variable, value) in &system.environment {
        println!("   {variable}={value}");
    }
    for stand_in in &system.stand_ins {
        println!("in front of a stand-in of {} on port {}", stand_in.name, stand_in.port);
    }
    Ok(())
}

/// Shows what the README says to try, and that a request comes through.
fn reach(system: &System, running: &Running) -> Outcome {
    println!("\nTo try, with what examples/{}/README.md starts besides:", system.name);
    for [command, expected] in rows(&system.readme(), "| try | expect |") {
        println!("   {}\n      {}", command.replace('`', ""), expected.replace('`', ""));
    }
    let mut client = Client::new(running.envoy.address());
    let answered = poll::within(std::time::Duration::from_secs(10), || {
        let reached = || running.stand_in("service").count() > 0;
        (client.get("/health").status == 200 && reached()).then_some(())
    });
    answered.ok_or("GET /health did not come to the service and back")?;
    println!("\nGET /health came to the service and back with 200, as promised.");
    Ok(())
}

/// File in which `rotation` has its token.
fn token_file() -> Outcome {
    let file = std::path::Path::new("/tmp/probegate/metrics.token");
    std::fs::create_dir_all("/tmp/probegate")?;
    if !file.exists() {
        std::fs::write(file, "first\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_example_has_something_to_try_in_its_readme() {
        for example in examples().filter(|example| example.name != "rotation") {
            let (name, readme) = (example.name, example.readme());
            assert!(rows::<2>(&readme, "| try | expect |").len() >= 4, "{name}");
            let command = format!("cargo xtask demo --example {name}");
            assert!(readme.contains(&command), "{name} does not say {command}");
        }
    }

    #[test]
    fn every_folder_of_an_example_has_a_demo() {
        let folders = std::fs::read_dir(workspace().join("examples")).expect("the examples");
        for folder in folders.flatten().filter(|entry| entry.path().is_dir()) {
            let name = folder.file_name().into_string().expect("a name");
            assert!(names().contains(&&*name), "{name}");
        }
    }
}
