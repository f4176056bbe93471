//! Metrics of connections.

use std::time::Duration;

use oneport::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    TEMPLATE,
    common::{Wire, program::Connection, soon},
    measured,
    samples::{Samples, read, until, with_labels},
};

#[tokio::test]
async fn connections_are_counted_by_kind() {
    let server = measured(Limits::default()).await;
    let by_kind = |samples: &Samples, name| {
        ["plaintext", "tls"].map(|kind| with_labels(samples, name)[&format!(r#"kind="{kind}""#)])
    };
    let open = |samples: &Samples| by_kind(samples, "oneport_connections");
    assert_eq!(open(&read(&server).await), [0, 0]);
    let tls = (server.tls(&["h2"]).await, server.tls(&["http/1.1"]).await);
    let plaintext = TcpStream::connect(server.http).await.unwrap();
    until(&server, |samples| open(samples) == [1, 2]).await;
    drop((tls.0, plaintext));
    until(&server, |samples| open(samples) == [0, 1]).await;
    drop(tls.1);
    let samples = until(&server, |samples| open(samples) == [0, 0]).await;
    assert_eq!(by_kind(&samples, "oneport_connections_accepted_total"), [1, 2]);
    assert_eq!(samples["tls_handshakes_failed_total"], 0.0);
}

#[tokio::test]
async fn connections_that_are_closed_are_counted_by_reason() {
    let closed = |samples: &Samples, reason| {
        with_labels(samples, "oneport_connections_closed_total")[&format!(r#"reason="{reason}""#)]
    };
    let limits = Limits {
        idle: Duration::from_millis(200),
        first_request: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = measured(limits).await;
    let silent = TcpStream::connect(server.http).await.unwrap();
    until(&server, |samples| closed(samples, "first_request") == 1).await;
    let mut idle = Connection::open(server.http, Wire::Grpc).await.unwrap();
    soon(idle.call(Wire::Grpc, TEMPLATE, &[8, 41])).await.unwrap().unwrap();
    let samples = until(&server, |samples| closed(samples, "idle") == 1).await;
    assert_eq!(["address_limit", "connection_limit"].map(|reason| closed(&samples, reason)), [0, 0]);
    drop(silent);
    for (limits, reason) in [
        (Limits { connections: 1, ..Limits::default() }, "connection_limit"),
        (Limits { connections_per_address: 1, ..Limits::default() }, "address_limit"),
    ] {
        let server = measured(limits).await;
        let mut open = Vec::new();
        for _ in 0..2 {
            let mut connection = Connection::open(server.http, Wire::Grpc).await.unwrap();
            soon(connection.call(Wire::Grpc, TEMPLATE, &[8, 41])).await.unwrap().unwrap();
            open.push(connection);
        }
        until(&server, |samples| closed(samples, reason) == 1).await;
    }
}

#[tokio::test]
async fn failed_handshakes_are_counted() {
    let limits = Limits { first_request: Duration::from_millis(100), ..Limits::default() };
    let server = measured(limits).await;
    let begins: [(&str, &[u8]); 4] = [
        ("clear text", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("garbage", b"\x16\x03\x01\x00\x05hello"),
        ("half a head", b"\x16\x03"),
        ("nothing", b""),
    ];
    for (failed, (name, begin)) in (1u32..).zip(begins) {
        let mut stream = TcpStream::connect(server.https).await.unwrap();
        stream.write_all(begin).await.unwrap();
        let samples =
            until(&server, |samples| samples["tls_handshakes_failed_total"] > (failed - 1).into()).await;
        assert_eq!(samples["tls_handshakes_failed_total"], f64::from(failed), "{name}");
    }
    // A peer that sends nothing after its handshake, or needs none.
    for mut silent in
        [TcpStream::connect(server.http).await.unwrap(), server.tls(&["h2"]).await.into_inner().0]
    {
        let _ = soon(silent.read_to_end(&mut Vec::new())).await;
    }
    let all_ended =
        |samples: &Samples| with_labels(samples, "oneport_connections").values().sum::<u64>() == 0;
    let samples = until(&server, all_ended).await;
    assert_eq!(samples["tls_handshakes_failed_total"], 4.0);
}
