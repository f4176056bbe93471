//! A relay between client and server, to break or to silence the connection.

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

/// A relay to a server.
pub(crate) struct Relay {
    pub(crate) url: String,
    streams: mpsc::Receiver<TcpStream>,
    is_silent: Arc<AtomicBool>,
}

impl Relay {
    /// A relay to the server at this URL, whose host is an address.
    pub(crate) fn to(url: &str) -> Self {
        let (scheme, server) = url.split_once("://").unwrap();
        let server = server.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let (sender, streams) = mpsc::channel();
        let is_silent = Arc::new(AtomicBool::new(false));
        let relay = Self { url, streams, is_silent: Arc::clone(&is_silent) };
        thread::spawn(move || {
            for near in listener.incoming() {
                let (near, far) = (near.unwrap(), TcpStream::connect(&server).unwrap());
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let is_silent = Arc::clone(&is_silent);
                    thread::spawn(move || forward(from, to, &is_silent));
                }
                let _ = sender.send(near);
            }
        });
        relay
    }

    /// Cuts the one connection.
    pub(crate) fn cut(self) {
        self.streams.recv().unwrap().shutdown(Shutdown::Both).unwrap();
    }

    /// Passes nothing on any more, and leaves the connections open.
    pub(crate) fn silence(&self) {
        self.is_silent.store(true, Ordering::SeqCst);
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, is_silent: &AtomicBool) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        if !is_silent.load(Ordering::SeqCst) && to.write_all(&bytes[..length]).is_err() {
            return;
        }
    }
}
