//! What ends a call that gets no answer: its limit.

use std::{net::TcpListener, time::Duration};

use futures_util::stream;
use increment_client::{Client, ClientError, Protocol, Tap, Target};

use crate::{Server, failure, increment, streams::wait_for};

const PROTOCOLS: [Protocol; 2] = [Protocol::Grpc, Protocol::GrpcWeb];

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
