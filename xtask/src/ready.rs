//! When the demo's programs are ready, and which ports they may have. Must not know how they are started.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use crate::{
    Outcome,
    children::{Children, End, Event, ended_early},
    run,
};

/// How often a program that starts is asked whether it answers.
const ASK: Duration = Duration::from_millis(100);

/// Waits until a program prints a line in which `read` finds something, such as where it listens.
pub(crate) fn wait_for_line<T>(children: &mut Children, read: impl Fn(&str) -> Option<T>) -> Result<T, End> {
    loop {
        match children.next(ASK) {
            Some(Event::Line(line)) => {
                run::note(&line);
                if let Some(found) = read(&line) {
                    return Ok(found);
                }
            }
            event => go_on(event)?,
        }
    }
}

/// The server's port, from the line in which it says where it listens.
pub(crate) fn listening_port(line: &str) -> Option<u16> {
    let (_, port) = line.strip_prefix("listening https://")?.rsplit_once(':')?;
    port.trim().parse().ok()
}

/// Waits until a page can be had on `port`.
pub(crate) fn wait_for_page(port: u16, children: &mut Children) -> Result<(), End> {
    while !answers(port) {
        go_on(children.next(ASK))?;
    }
    Ok(())
}

/// What an event means when nothing else does.
pub(crate) fn go_on(event: Option<Event>) -> Result<(), End> {
    match event {
        Some(Event::Stop) => Err(End::Asked),
        Some(Event::Ended(name, status)) => Err(ended_early(name, status)),
        Some(Event::Line(line)) => {
            run::note(&line);
            Ok(())
        }
        None => Ok(()),
    }
}

/// `port`, or a free one for 0. Fails when somebody listens there.
pub(crate) fn free_port(port: u16) -> Outcome<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    listener.and_then(|listener| listener.local_addr()).map(|address| address.port()).map_err(|error| {
        format!("port {port} for the page: {error}; end what uses it or choose another with --page-port")
    })
}

/// Whether a page can be had on `port`.
fn answers(port: u16) -> bool {
    let ask = || -> io::Result<bool> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, ASK)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"GET / HTTP/1.0\r\nHost: localhost\r\nAccept: text/html\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok(head.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_what_the_server_prints() {
        assert_eq!(listening_port("listening https://127.0.0.1:35001"), Some(35001));
        assert_eq!(listening_port("listening https://[::1]:5000"), Some(5000));
        assert_eq!(listening_port("listening http://127.0.0.1:5000"), None);
    }
}
