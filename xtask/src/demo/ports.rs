//! The demo's ports, and what listens there.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use anyhow::{Context, Result};

use super::options::Options;

/// How long a connection on this machine may take.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(100);
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// The demo's ports.
#[derive(Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) server: u16,
    /// That of `trunk serve`.
    pub(crate) page: u16,
}

impl Ports {
    /// The ports in the options, free ones for 0. Fails when one is in use, before anything is built.
    pub(crate) fn of(options: &Options) -> Result<Self> {
        let page = free_port(options.page_port, "--page-port")?;
        Ok(Self { server: free_port(options.listen_port, "--listen-port")?, page })
    }
}

/// `port`, or a free one for 0. Fails when it is in use; `option` chooses another.
pub(crate) fn free_port(port: u16, option: &str) -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let address = listener.and_then(|listener| listener.local_addr()).with_context(|| {
        format!("cannot listen on port {port}; end what uses it or choose another with {option}")
    })?;
    Ok(address.port())
}

/// Whether a GET of the page on `port` succeeds.
pub(crate) fn has_page(port: u16) -> bool {
    let get = || -> io::Result<bool> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)?;
        stream.set_read_timeout(Some(READ_TIMEOUT))?;
        stream.write_all(b"GET / HTTP/1.0\r\nHost: localhost\r\nAccept: text/html\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok(head.ends_with(b" 200"))
    };
    get().unwrap_or(false)
}

/// The server's port, from the line in which it prints its address.
pub(crate) fn listening_port(line: &str) -> Option<u16> {
    let (_, port) = line.strip_prefix("listening https://")?.rsplit_once(':')?;
    port.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_the_servers_line() {
        assert_eq!(listening_port("listening https://127.0.0.1:35001"), Some(35001));
        assert_eq!(listening_port("listening https://[::1]:5000"), Some(5000));
        assert_eq!(listening_port("listening http://127.0.0.1:5000"), None);
    }
}
