//! A TCP relay between client and server, to close or to stall a connection.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

/// A TCP relay to a server.
pub(crate) struct Relay {
    pub(crate) url: String,
    streams: mpsc::Receiver<TcpStream>,
    is_stalled: Arc<AtomicBool>,
}

impl Relay {
    /// Starts a relay to the server at this URL, whose host is an address.
    pub(crate) fn to(url: &str) -> Self {
        let (scheme, server) = url.split_once("://").unwrap();
        let server = server.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let (sender, streams) = mpsc::channel();
        let is_stalled = Arc::new(AtomicBool::new(false));
        let relay = Self { url, streams, is_stalled: Arc::clone(&is_stalled) };
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, upstream) = (client.unwrap(), TcpStream::connect(&server).unwrap());
                for (from, to) in [(&client, &upstream), (&upstream, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let is_stalled = Arc::clone(&is_stalled);
                    thread::spawn(move || forward(from, to, &is_stalled));
                }
                let _ = sender.send(client);
            }
        });
        relay
    }

    /// Closes the first connection.
    pub(crate) fn close(self) {
        self.streams.recv().unwrap().shutdown(Shutdown::Both).unwrap();
    }

    /// Stops forwarding, without closing the connections.
    pub(crate) fn stall(&self) {
        self.is_stalled.store(true, Ordering::SeqCst);
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, is_stalled: &AtomicBool) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        if !is_stalled.load(Ordering::SeqCst) && to.write_all(&bytes[..length]).is_err() {
            return;
        }
    }
}
