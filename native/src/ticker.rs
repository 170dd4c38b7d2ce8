//! Ticks: Envoy has none for an HTTP filter, so a thread of the module's own asks its main thread for them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::envoy::Config;
use probegate_core::config::Mistake;

/// Ticks until it is dropped, which may be on any thread.
#[derive(Debug)]
pub struct Ticker {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Calls `tick` on a thread of its own, each time that a period is over.
    pub fn start(period: Duration, tick: impl Fn() + Send + 'static) -> io::Result<Self> {
        let ended = Arc::new(AtomicBool::new(false));
        let told = ended.clone();
        let thread = thread::Builder::new().name("probegate".into()).spawn(move || {
            loop {
                // It may also wake for no reason, which is a tick too early and no harm.
                thread::park_timeout(period);
                if told.load(Ordering::Acquire) {
                    return;
                }
                tick();
            }
        })?;
        Ok(Self { ended, thread: Some(thread) })
    }
}

impl Drop for Ticker {
    /// Waits until the thread is gone: what it calls must not outlive the configuration.
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It has no panic to tell of.
            let _ = thread.join();
        }
    }
}

/// The timer of a configuration, with so many milliseconds between ticks.
pub fn ticker(config: &mut Config, tick: u32) -> Result<Ticker, Mistake> {
    let waker = config.waker().ok_or_else(|| Mistake::new("Envoy gave no scheduler"))?;
    Ticker::start(Duration::from_millis(tick.into()), move || waker.wake())
        .map_err(|error| Mistake::new(format!("no thread for the timer: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_ticker_ticks_until_it_is_dropped() {
        let (sender, receiver) = mpsc::channel();
        let ticker = Ticker::start(Duration::from_millis(1), move || {
            let _ = sender.send(());
        })
        .unwrap();
        for _ in 0..3 {
            receiver.recv().unwrap();
        }
        drop(ticker);
        // The thread is gone, and with it the sender: once what was sent is read, there is nobody to wait for.
        assert!(receiver.iter().count() < usize::MAX);
    }

    #[test]
    fn a_ticker_with_a_long_period_ends_at_once() {
        drop(Ticker::start(Duration::from_secs(3600), || {}).unwrap());
    }
}
