//! A page of metrics of which some rise with every scrape.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// Answers every request with its page, until it is dropped. A value there may be written `12+3`: 12 at
/// first, and 3 more with each scrape.
pub struct Exporter {
    address: SocketAddr,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Exporter {
    pub fn start(page: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let ends = Arc::new(AtomicBool::new(false));
        let ended = ends.clone();
        let thread = thread::spawn(move || {
            for (nth, stream) in (0..).zip(listener.incoming()) {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                // Prometheus notes a scrape that broke off as a failed one, for a test to see.
                let _ = stream.and_then(|stream| answer(stream, &risen(page, nth)));
            }
        });
        Self { address, ends, thread: Some(thread) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        // The thread waits for a connection, and looks whether it has ended behind each.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn risen(page: &str, scrapes: u32) -> String {
    let line = |line: &str| match line.rsplit_once(' ').and_then(|(series, value)| {
        let (first, more) = value.split_once('+')?;
        let more: u32 = more.parse().ok()?;
        Some(format!("{series} {}\n", first.parse::<u32>().ok()? + more * scrapes))
    }) {
        Some(risen) => risen,
        None => format!("{line}\n"),
    };
    page.lines().map(line).collect()
}

fn answer(mut stream: TcpStream, page: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let length = page.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{page}"
    )
}
