//! Servers with a fixed behavior, for responses that increment's own server never sends.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

/// A server that responds to whatever it receives with these bytes and closes the connection. Returns its `http` URL.
pub fn respond(response: &'static [u8]) -> String {
    serve(move |mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(response);
    })
}

/// A server that handles one connection after the other. Returns its `http` URL.
pub fn serve(handle: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || listener.incoming().for_each(|stream| handle(stream.unwrap())));
    url
}

/// A listener that accepts no connection: they wait in its backlog.
pub fn unresponsive() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}
