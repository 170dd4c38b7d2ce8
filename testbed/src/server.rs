//! A server on a thread of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::{self, JoinHandle};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Listens while it lives. Dropped, it ends and closes its connections.
pub struct Server {
    address: SocketAddr,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Server {
    /// Serves each connection to that port of 127.0.0.1, or to any that is free; the error is the system's, if the port is taken for instance.
    pub fn bind<F: Future<Output = ()> + Send + 'static>(
        port: u16,
        serve: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, port)))?;
        let address = listener.local_addr()?;
        let (end, ended) = oneshot::channel();
        let thread = thread::spawn(move || {
            runtime.spawn(async move {
                loop {
                    let Ok((stream, _)) = listener.accept().await else { continue };
                    // An answer that waits for the client's acknowledgement would cost 40 ms.
                    let _ = stream.set_nodelay(true);
                    tokio::spawn(serve(stream));
                }
            });
            // Ended by the message or by the drop of its sender; the connections go with the runtime.
            let _ = runtime.block_on(ended);
        });
        Ok(Self { address, running: Some((end, thread)) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.running.take() {
            // An error means that it has ended already.
            let _ = end.send(());
            let _ = thread.join();
        }
    }
}
