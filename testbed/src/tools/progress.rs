//! Signs of life on the standard error, of what takes long.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use walkdir::WalkDir;

/// Between two lines.
const EVERY: Duration = Duration::from_secs(5);

/// Does the work; meanwhile a line comes every five seconds, with how long it has taken and how far it has come.
pub fn watched<T>(name: &str, state: impl Fn() -> String + Send, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let (done, wait) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            while wait.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                eprintln!("      {name}: {}, {} s", state(), begin.elapsed().as_secs());
            }
        });
        let made = work();
        drop(done);
        made
    })
}

/// The size of a file, or of all files in a folder, as a reader likes it; a file that goes away meanwhile counts nothing.
pub fn size(path: &Path) -> String {
    let files =
        WalkDir::new(path).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    let bytes: u64 = files.flat_map(|file| file.metadata()).map(|file| file.len()).sum();
    if bytes < 1 << 20 { format!("{} KB", bytes >> 10) } else { format!("{} MB", bytes >> 20) }
}
