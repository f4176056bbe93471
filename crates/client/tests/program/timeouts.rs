//! Timeouts of calls, and keep-alive pings of connections.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use increment_client::{Client, ClientError, KeepAlive, Protocol, Tap, Target};
use tokio::time::timeout;

use crate::{
    common::{canned, server::Server},
    relay::Relay,
    run::{block_on, failure, increment, watch},
};

const PROTOCOLS: [Protocol; 2] = [Protocol::Grpc, Protocol::GrpcWeb];

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Short, and long enough for a busy machine.
const SHORT: KeepAlive = KeepAlive { interval: Duration::from_millis(200), timeout: Duration::from_secs(3) };

#[test]
fn a_stream_on_a_stalled_connection_fails() {
    let server = Server::start();
    // HTTP/2 with prior knowledge, and negotiated by ALPN.
    for (url, protocol) in [(1, Protocol::Grpc), (0, Protocol::Grpc), (0, Protocol::GrpcWeb)] {
        let relay = Relay::to(&server.urls[url]);
        let target = Target::new(&relay.url, server.ca()).unwrap().with_keep_alive(SHORT);
        block_on(async {
            let mut watch = Client::new(&target, protocol).watch_access_counts().await.unwrap();
            watch.next().await.unwrap().unwrap();
            relay.stall();
            let end = timeout(PATIENCE, watch.next()).await.unwrap().unwrap();
            assert!(matches!(end, Err(ClientError::KeepAliveTimeout { .. })), "{end:?}");
        });
    }
}

#[test]
fn keep_alive_durations_are_clamped() {
    let server = Server::start();
    for interval in [Duration::ZERO, Duration::MAX] {
        let keep_alive = KeepAlive { interval, timeout: Duration::MAX };
        let target = Target::new(&server.urls[0], server.ca()).unwrap().with_keep_alive(keep_alive);
        for protocol in PROTOCOLS {
            assert_eq!(block_on(Client::new(&target, protocol).increment(1)).unwrap(), 2);
        }
    }
}

#[test]
fn a_call_on_a_stalled_connection_fails_before_its_timeout() {
    let server = Server::start();
    for protocol in PROTOCOLS {
        let relay = Relay::to(&server.urls[0]);
        let target = Target::new(&relay.url, server.ca()).unwrap().with_keep_alive(SHORT);
        block_on(async {
            let mut client = Client::new(&target, protocol).with_timeout(Duration::MAX);
            client.increment(1).await.unwrap();
            relay.stall();
            let end = timeout(PATIENCE, client.increment(2)).await.unwrap();
            assert!(matches!(end, Err(ClientError::KeepAliveTimeout { .. })), "{end:?}");
        });
    }
}

#[test]
fn the_server_accepts_frequent_pings() {
    let server = Server::start();
    let keep_alive = KeepAlive { interval: Duration::from_millis(20), ..SHORT };
    let target = Target::new(&server.urls[0], server.ca()).unwrap().with_keep_alive(keep_alive);
    block_on(async {
        let mut watch = Client::new(&target, Protocol::Grpc).watch_access_counts().await.unwrap();
        watch.next().await.unwrap().unwrap();
        // About 25 pings later nothing has changed.
        assert!(timeout(Duration::from_millis(500), watch.next()).await.is_err());
        Client::new(&target, Protocol::Grpc).increment(1).await.unwrap();
        assert_eq!(watch.next().await.unwrap().unwrap().total, 1);
    });
}

#[test]
fn a_watch_on_a_stalled_connection_fails() {
    let server = Server::start();
    let relay = Relay::to(&server.urls[0]);
    let options =
        ["--url".to_owned(), relay.url.clone(), "--ca".to_owned(), server.ca().display().to_string()];
    let (child, mut lines) = watch(&options, &["--json"]);
    lines.next().unwrap().unwrap();
    relay.stall();
    let output = child.wait_with_output().unwrap();
    let line = format!(
        "error: the watch ended: the connection to {}/ timed out: keep-alive pings are not acknowledged\n",
        relay.url
    );
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(1), line));
}

#[test]
fn the_timeout_of_a_call_can_be_set() {
    let listener = canned::unresponsive();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let timeout = Duration::from_millis(50);
    for protocol in PROTOCOLS {
        let mut client = Client::new(&Target::new(&url, "").unwrap(), protocol).with_timeout(timeout);
        block_on(async {
            let errors = [
                client.increment(1).await.err(),
                client.template(1).await.err(),
                client.access_counts().await.err(),
                client.watch_access_counts().await.err(),
                client.describe_connection().await.err(),
                client.count_up(1, 1, 0).await.err(),
                client.sum_increments(stream::iter([1])).await.err(),
            ];
            for error in errors {
                let is_timeout = matches!(&error, Some(ClientError::Timeout { timeout: reported, .. }) if *reported == timeout);
                assert!(is_timeout, "{error:?}");
                assert!(error.unwrap().to_string().ends_with("did not respond within 50ms"));
            }
        });
    }
    let line = failure(&["--url", &url, "--timeout", "0.05"], &["send", "1"]);
    assert!(line.contains("did not respond within 50ms; --timeout sets another timeout"), "{line}");
    let mut command = increment(&["--url", &url], &["wire", "1"]);
    let stderr = command.env("INCREMENT_TIMEOUT", "0.05").output().unwrap().stderr;
    let line = String::from_utf8(stderr).unwrap();
    assert!(line.contains("did not respond within 50ms; INCREMENT_TIMEOUT sets another timeout"), "{line}");
}

#[test]
fn the_deadline_of_a_call_without_streams_is_sent_to_the_server() {
    let server = Server::start();
    let target = Target::new(&server.plaintext_url(), "").unwrap();
    for protocol in PROTOCOLS {
        let tap = Tap::default();
        let sent = || tap.exchange().request.headers.get("grpc-timeout").cloned();
        block_on(async {
            let mut client = Client::tapped(&target, protocol, &tap);
            client.increment(1).await.unwrap();
            assert_eq!(sent().unwrap(), "10000000u");
            drop(client.watch_access_counts().await.unwrap());
            assert_eq!(sent(), None);
            // The longest `grpc-timeout`.
            client.with_timeout(Duration::MAX).increment(1).await.unwrap();
            assert_eq!(sent().unwrap(), "99999999H");
        });
    }
}
