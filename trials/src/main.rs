//! Trials that take minutes to hours, of a built module. `cargo xtask` has them as verbs, and starts this.

mod chaos;
mod hostile;
mod report;
mod soak;

use std::error::Error;
use std::process::ExitCode;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["chaos", names @ ..] => chaos::run(names, chaos::PHASE),
        ["chaos-short", names @ ..] => chaos::run(names, chaos::SHORT),
        ["hostile", requests, seed] => hostile(requests, seed),
        ["soak", minutes] => minutes.parse().map_err(Into::into).and_then(soak::run),
        ["memcheck"] => soak::memcheck::run(),
        _ => Err("this is started by `cargo xtask chaos`, `hostile`, `sanitize` and `soak`".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn hostile(requests: &str, seed: &str) -> Outcome {
    hostile::run(requests.parse()?, seed.parse()?)
}
