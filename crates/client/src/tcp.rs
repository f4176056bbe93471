//! Connects to one of the addresses of a host by TCP. Independent of names, TLS and HTTP.

use std::{convert::Infallible, error::Error, io, net::SocketAddr, time::Duration};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::net::TcpStream;
use tower::{ServiceExt, service_fn};

use crate::keep_alive::KeepAlive;

/// The Connection Attempt Delay of RFC 8305, section 5: the time before the second address family is tried as well.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to the first of these addresses that accepts. The addresses of the second family are tried after
/// [`ATTEMPT_DELAY`], or as soon as those of the first family fail (RFC 8305). `timeout` is per address family.
pub(crate) async fn connect(
    url: &Uri,
    addresses: &[SocketAddr],
    keep_alive: KeepAlive,
    timeout: Duration,
) -> io::Result<TcpStream> {
    let addresses = addresses.to_vec();
    let resolver = service_fn(move |_| {
        let addresses = addresses.clone().into_iter();
        async { Ok::<_, Infallible>(addresses) }
    });
    let mut connector = HttpConnector::new_with_resolver(resolver);
    connector.enforce_http(false);
    connector.set_happy_eyeballs_timeout(Some(ATTEMPT_DELAY));
    connector.set_connect_timeout(Some(timeout));
    connector.set_nodelay(true);
    connector.set_keepalive(Some(keep_alive.interval));
    connector.set_keepalive_interval(Some(keep_alive.timeout));
    connector.set_keepalive_retries(Some(1));
    #[cfg(target_os = "linux")]
    connector.set_tcp_user_timeout(Some(keep_alive.interval.saturating_add(keep_alive.timeout)));
    match connector.oneshot(url.clone()).await {
        Ok(stream) => Ok(stream.into_inner()),
        Err(error) => Err(system_error(&error)),
    }
}

/// Returns the error of the operating system among the sources of hyper's error.
fn system_error(error: &(dyn Error + 'static)) -> io::Error {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    let found = chain.filter_map(|error| error.downcast_ref::<io::Error>()).next();
    match found.and_then(io::Error::raw_os_error) {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(found.map_or(io::ErrorKind::Other, io::Error::kind), error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        net::{TcpListener, TcpSocket},
        time::timeout,
    };

    use super::*;

    /// Long enough for a busy machine.
    const PATIENCE: Duration = Duration::from_secs(30);

    /// Returns an address that neither accepts nor rejects connections while the listener lives: its backlog is full, and
    /// Linux drops further SYN segments.
    async fn black_hole() -> (SocketAddr, TcpListener, Vec<TcpStream>) {
        let socket = TcpSocket::new_v6().unwrap();
        socket.bind("[::1]:0".parse().unwrap()).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queue = Vec::new();
        while let Ok(stream) = timeout(Duration::from_millis(500), TcpStream::connect(address)).await {
            queue.push(stream.unwrap());
        }
        (address, listener, queue)
    }

    async fn connect_within(limit: Duration, addresses: &[SocketAddr]) -> io::Result<TcpStream> {
        let url = Uri::from_static("http://localhost");
        timeout(PATIENCE, connect(&url, addresses, KeepAlive::default(), limit)).await.unwrap()
    }

    #[tokio::test]
    async fn an_unresponsive_address_does_not_delay_the_other_family() {
        let (unresponsive, _listener, _queue) = black_hole().await;
        let good = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = good.local_addr().unwrap();
        for addresses in [[unresponsive, good], [good, unresponsive]] {
            // The timeout of the operating system is minutes.
            let stream = connect_within(10 * PATIENCE, &addresses).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), good);
            assert!(stream.nodelay().unwrap());
        }
    }

    #[tokio::test]
    async fn an_unresponsive_address_leaves_time_for_the_next_of_its_family() {
        let (unresponsive, _listener, _queue) = black_hole().await;
        let good = TcpListener::bind("[::1]:0").await.unwrap();
        let good = good.local_addr().unwrap();
        let stream = connect_within(Duration::from_secs(2), &[unresponsive, good]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn keep_alive_probes_are_enabled() {
        let good = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = connect_within(PATIENCE, &[good.local_addr().unwrap()]).await.unwrap();
        let port = format!(":{:04X}", stream.local_addr().unwrap().port());
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let rows = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
        let row = rows.into_iter().find(|row| row[1].ends_with(&port)).unwrap();
        // The sixth column is the timer; 2 stands for keep-alive (proc_net_tcp of the kernel's documentation).
        assert!(row[5].starts_with("02:"), "{row:?}");
    }

    #[tokio::test]
    async fn an_error_is_that_of_the_operating_system() {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let closed_6 = TcpListener::bind("[::1]:0").await.unwrap().local_addr().unwrap();
        let error = connect_within(PATIENCE, &[closed_6, closed]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(error.to_string().starts_with("Connection refused (os error "), "{error}");
        let (unresponsive, _listener, _queue) = black_hole().await;
        let error = connect_within(Duration::from_millis(50), &[unresponsive]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
