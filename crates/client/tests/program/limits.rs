//! What ends a call that gets no answer: its limit, and the pings on its connection.

use std::{net::TcpListener, time::Duration};

use futures_util::{StreamExt, stream};
use increment_client::{Client, ClientError, KeepAlive, Protocol, Tap, Target};
use tokio::time::timeout;

use crate::{Server, failure, increment, relay::Relay, streams::wait_for, watch_with};

const PROTOCOLS: [Protocol; 2] = [Protocol::Grpc, Protocol::GrpcWeb];

/// Long enough for a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// Soon, and long enough for a machine that is busy.
const SOON: KeepAlive = KeepAlive { interval: Duration::from_millis(200), timeout: Duration::from_secs(3) };

#[test]
fn a_stream_on_a_connection_that_has_gone_quiet_ends() {
    let server = Server::start();
    // HTTP/2 by prior knowledge, and by ALPN.
    for (url, protocol) in [(1, Protocol::Grpc), (0, Protocol::Grpc), (0, Protocol::GrpcWeb)] {
        let relay = Relay::to(&server.urls[url]);
        let target = Target::new(&relay.url, server.ca()).unwrap().with_keep_alive(SOON);
        wait_for(async {
            let mut watch = Client::new(&target, protocol).watch_access_counts().await.unwrap();
            watch.next().await.unwrap().unwrap();
            relay.silence();
            let end = timeout(PATIENCE, watch.next()).await.unwrap().unwrap();
            assert!(matches!(end, Err(ClientError::Quiet { .. })), "{end:?}");
        });
    }
}

#[test]
fn any_time_can_be_given_for_pings() {
    let server = Server::start();
    for time in [Duration::ZERO, Duration::MAX] {
        let keep_alive = KeepAlive { interval: time, timeout: Duration::MAX };
        let target = Target::new(&server.urls[0], server.ca()).unwrap().with_keep_alive(keep_alive);
        for protocol in PROTOCOLS {
            assert_eq!(wait_for(Client::new(&target, protocol).increment(1)).unwrap(), 2);
        }
    }
}

#[test]
fn a_call_on_a_connection_that_has_gone_quiet_ends_before_a_long_limit() {
    let server = Server::start();
    for protocol in PROTOCOLS {
        let relay = Relay::to(&server.urls[0]);
        let target = Target::new(&relay.url, server.ca()).unwrap().with_keep_alive(SOON);
        wait_for(async {
            let mut client = Client::new(&target, protocol).with_limit(Duration::MAX);
            client.increment(1).await.unwrap();
            relay.silence();
            let end = timeout(PATIENCE, client.increment(2)).await.unwrap();
            assert!(matches!(end, Err(ClientError::Quiet { .. })), "{end:?}");
        });
    }
}

#[test]
fn a_server_puts_up_with_many_pings() {
    let server = Server::start();
    let keep_alive = KeepAlive { interval: Duration::from_millis(20), ..SOON };
    let target = Target::new(&server.urls[0], server.ca()).unwrap().with_keep_alive(keep_alive);
    wait_for(async {
        let mut watch = Client::new(&target, Protocol::Grpc).watch_access_counts().await.unwrap();
        watch.next().await.unwrap().unwrap();
        // About 25 pings later there is still nothing to tell.
        assert!(timeout(Duration::from_millis(500), watch.next()).await.is_err());
        Client::new(&target, Protocol::Grpc).increment(1).await.unwrap();
        assert_eq!(watch.next().await.unwrap().unwrap().total, 1);
    });
}

#[test]
fn a_watch_of_a_server_that_has_gone_quiet_fails_within_half_a_minute() {
    let server = Server::start();
    let relay = Relay::to(&server.urls[0]);
    let options =
        ["--url".to_owned(), relay.url.clone(), "--ca".to_owned(), server.ca().display().to_string()];
    let (child, mut lines) = watch_with(&options, &["--json"]);
    lines.next().unwrap().unwrap();
    relay.silence();
    let output = child.wait_with_output().unwrap();
    let line = format!(
        "error: the watch ended: {}/ has gone quiet: it no longer answers keep-alive pings\n",
        relay.url
    );
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(1), line));
}

#[test]
fn the_limit_of_a_call_can_be_set() {
    // Connections wait in its queue, and nobody accepts them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let limit = Duration::from_millis(50);
    for protocol in PROTOCOLS {
        let mut client = Client::new(&Target::new(&url, "").unwrap(), protocol).with_limit(limit);
        wait_for(async {
            let ends = [
                client.increment(1).await.err(),
                client.template(1).await.err(),
                client.access_counts().await.err(),
                client.watch_access_counts().await.err(),
                client.describe_connection().await.err(),
                client.count_up(1, 1, 0).await.err(),
                client.sum_increments(stream::iter([1])).await.err(),
            ];
            for end in ends {
                let is_limit =
                    matches!(&end, Some(ClientError::NoAnswer { limit: told, .. }) if *told == limit);
                assert!(is_limit, "{end:?}");
                assert!(end.unwrap().to_string().ends_with("did not answer within 50ms"));
            }
        });
    }
    let line = failure(&["--url", &url, "--timeout", "0.05"], &["send", "1"]);
    assert!(line.contains("did not answer within 50ms; --timeout allows more"), "{line}");
    let mut command = increment(&["--url", &url], &["wire", "1"]);
    let stderr = command.env("INCREMENT_TIMEOUT", "0.05").output().unwrap().stderr;
    let line = String::from_utf8(stderr).unwrap();
    assert!(line.contains("did not answer within 50ms; INCREMENT_TIMEOUT allows more"), "{line}");
}

#[test]
fn the_server_is_sent_the_limit_of_a_call_that_is_no_stream() {
    let server = Server::start();
    let target = Target::new(&server.urls[1], "").unwrap();
    for protocol in PROTOCOLS {
        let tap = Tap::default();
        let sent = || tap.exchange().sent.headers.get("grpc-timeout").cloned();
        wait_for(async {
            let mut client = Client::tapped(&target, protocol, &tap);
            client.increment(1).await.unwrap();
            assert_eq!(sent().unwrap(), "10000000u");
            drop(client.watch_access_counts().await.unwrap());
            assert_eq!(sent(), None);
            // The longest that can be written.
            client.with_limit(Duration::MAX).increment(1).await.unwrap();
            assert_eq!(sent().unwrap(), "99999999H");
        });
    }
}
