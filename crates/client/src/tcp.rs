//! From the addresses of a host to a TCP connection. Independent of names, TLS and HTTP.

use std::{convert::Infallible, error::Error, io, net::SocketAddr, time::Duration};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::net::TcpStream;
use tower::{ServiceExt, service_fn};

use crate::KeepAlive;

/// The Connection Attempt Delay of RFC 8305, section 5: how long the addresses of the one family are tried alone.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to whichever of these addresses accepts first: those of the other family are tried beside those of the
/// first one's after [`ATTEMPT_DELAY`], or at once when these fail (RFC 8305). The addresses of a family share `limit`.
pub(crate) async fn connect(
    url: &Uri,
    addresses: &[SocketAddr],
    keep_alive: KeepAlive,
    limit: Duration,
) -> io::Result<TcpStream> {
    let addresses = addresses.to_vec();
    let resolver = service_fn(move |_| {
        let addresses = addresses.clone().into_iter();
        async { Ok::<_, Infallible>(addresses) }
    });
    let mut connector = HttpConnector::new_with_resolver(resolver);
    connector.enforce_http(false);
    connector.set_happy_eyeballs_timeout(Some(ATTEMPT_DELAY));
    connector.set_connect_timeout(Some(limit));
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

/// What the system said, as far as it can be taken out of the error around it.
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

    /// Long enough for a machine that is busy.
    const PATIENCE: Duration = Duration::from_secs(30);

    /// An address that takes no more connections and refuses none, for as long as what comes with it lives: its queue is
    /// full, and Linux then drops what asks for more.
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
    async fn a_silent_address_of_one_family_does_not_hold_up_the_other() {
        let (silent, _listener, _queue) = black_hole().await;
        let good = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = good.local_addr().unwrap();
        for addresses in [[silent, good], [good, silent]] {
            // With no limit but the system's, which is minutes.
            let stream = connect_within(10 * PATIENCE, &addresses).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), good);
            assert!(stream.nodelay().unwrap());
        }
    }

    #[tokio::test]
    async fn a_silent_address_leaves_time_for_the_next_of_its_family() {
        let (silent, _listener, _queue) = black_hole().await;
        let good = TcpListener::bind("[::1]:0").await.unwrap();
        let good = good.local_addr().unwrap();
        let stream = connect_within(Duration::from_secs(2), &[silent, good]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_connection_on_which_nothing_comes_is_probed() {
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
    async fn a_failure_is_what_the_system_said() {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let closed_6 = TcpListener::bind("[::1]:0").await.unwrap().local_addr().unwrap();
        let error = connect_within(PATIENCE, &[closed_6, closed]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(error.to_string().starts_with("Connection refused (os error "), "{error}");
        let (silent, _listener, _queue) = black_hole().await;
        let error = connect_within(Duration::from_millis(50), &[silent]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
