//! Attacks: beside each, the calls of another client are fast, and the server takes little memory.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::io::Write;

use bytes::Bytes;
use common::{
    ReqBody,
    attack::{MEMORY_KIB, SLOWEST, attackers, calls, cost, open},
    chunked,
    contract::{
        ADD_ONE, ADD_ONE_TO_EACH, SEND_ROWS,
        proto::v1::{Row, SendRowsRequest},
    },
    frame, full, post,
    process::{self, Program},
    unending,
};
use futures_util::future::join_all;
use http::{Request, Response};
use prost::Message;
use tokio::sync::Mutex;

/// How often an attack is tried: other programs may delay a call.
const TRIES: usize = 3;
/// How many calls an attacker has in flight on each.
const CALLS: usize = 50;

/// How many empty rows fit in 4 MiB, the default limit of a message.
const ROWS: usize = 1_400_000;

fn gzip(message: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(message).unwrap();
    encoder.finish().unwrap()
}

fn compressed(content: &[u8]) -> Bytes {
    [&[1], &frame(content)[1..]].concat().into()
}

#[test]
#[ignore = "the server of the other tests"]
fn server_process() {
    process::serve();
}

fn send_rows(content_type: &str, body: ReqBody) -> Request<ReqBody> {
    post(SEND_ROWS, content_type, body)
}

/// Runs the attack on a server of its own, until the calls of another client are fast enough meanwhile.
async fn survives(attack: impl AsyncFn(&Program)) {
    static ONE_BY_ONE: Mutex<()> = Mutex::const_new(());
    let _alone = ONE_BY_ONE.lock().await;
    let mut costs = Vec::new();
    for _ in 0..TRIES {
        let server = Program::start();
        let attacked = attack(&server);
        let (slowest, grown) = cost(server.process.id(), server.http, ADD_ONE, attacked).await;
        costs.push((slowest, format!("{} MiB", grown >> 10)));
        if slowest < SLOWEST && grown < MEMORY_KIB {
            return;
        }
    }
    panic!("the slowest call of the other client, and the memory of the attack: {costs:?}");
}

fn with(mut request: Request<ReqBody>, name: &'static str, value: &'static str) -> Request<ReqBody> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

fn assert_exhausted(responses: &[Response<Bytes>]) {
    for response in responses {
        let status = response.headers().get("grpc-status").map(|status| status.to_str().unwrap());
        let body = String::from_utf8_lossy(response.body());
        assert!(status == Some("8") || body.contains("resource_exhausted"), "{status:?} {body}");
    }
}

#[tokio::test]
async fn compressed_json_of_a_million_rows_delays_no_other_client() {
    let rows = "{},".repeat(ROWS - 1);
    let bomb = compressed(&gzip(format!(r#"{{"origin":"o","rows":[{rows}{{}}]}}"#).as_bytes()));
    assert!(bomb.len() < 8 << 10);
    survives(async |server| {
        let bomb = || {
            let request = send_rows("application/connect+json", full(&bomb));
            with(request, "connect-content-encoding", "gzip")
        };
        assert_exhausted(&calls(&attackers(server.http).await, CALLS, bomb).await);
    })
    .await;
}

#[tokio::test]
async fn json_of_empty_rows_up_to_the_limit_delays_no_other_client() {
    // Up to the limit of the method in JSON.
    let rows = "{},".repeat(65_000);
    let json = frame(format!(r#"{{"origin":"o","rows":[{rows}{{}}]}}"#).as_bytes());
    survives(async |server| {
        let json = || send_rows("application/connect+json", full(&json));
        let responses = calls(&attackers(server.http).await, 5, json).await;
        assert!(responses.iter().all(|response| !response.body().is_empty()));
    })
    .await;
}

#[tokio::test]
async fn compressed_protobuf_of_millions_of_rows_delays_no_other_client() {
    let bomb = compressed(&gzip(&[0x12, 0].repeat(2 << 20)));
    assert!(bomb.len() < 8 << 10);
    survives(async |server| {
        let bomb = || with(send_rows("application/grpc", full(&bomb)), "grpc-encoding", "gzip");
        assert_exhausted(&calls(&attackers(server.http).await, CALLS, bomb).await);
    })
    .await;
}

#[tokio::test]
async fn thousands_of_empty_gzip_members_delay_no_other_client() {
    // Up to the limit of the method, and the default limit of a message.
    for bytes in [100 << 10, 4 << 20] {
        let member = gzip(b"");
        let bomb = compressed(&member.repeat(bytes / member.len()));
        survives(async |server| {
            let bomb = || with(send_rows("application/grpc", full(&bomb)), "grpc-encoding", "gzip");
            assert_exhausted(&calls(&attackers(server.http).await, 5, bomb).await);
        })
        .await;
    }
}

#[tokio::test]
async fn announced_large_messages_take_no_memory_from_others() {
    survives(async |server| {
        let attackers = attackers(server.http).await;
        let claims: Vec<_> = attackers
            .iter()
            .flat_map(|sender| (0..CALLS).map(|_| sender.clone()))
            .map(|mut sender| {
                // 4 MiB, the limit of the method, and less than the message that is sent below.
                for claim in [[0, 0, 0x40, 0, 0], [0, 0, 1, 0x90, 0], [0, 0, 0, 0x20, 0]] {
                    let claim = send_rows("application/grpc", unending(&[&claim]));
                    drop(tokio::spawn(sender.send_request(claim)));
                }
                sender
            })
            .collect();
        let mut rows = vec![Row { key: "k".repeat(128), ..Row::default() }; 256];
        rows[7].key.clear();
        let message = SendRowsRequest { origin: "o".into(), rows }.encode_to_vec();
        for _ in 0..10 {
            let send = || send_rows("application/grpc", full(&frame(&message)));
            let rejected = calls(&[open(server.http).await], 1, send).await.remove(0);
            let message = rejected.headers()["grpc-message"].to_str().unwrap();
            assert!(message.starts_with("rows[7].key"), "it is decoded: {message}");
        }
        drop(claims);
    })
    .await;
}

#[tokio::test]
async fn thousands_of_small_messages_delay_no_other_client() {
    survives(async |server| {
        let attackers = attackers(server.http).await;
        let many = || post(ADD_ONE_TO_EACH, "application/grpc", chunked(&vec![&frame(&[8, 41])[..]; 6000]));
        // The responses to these are not read.
        let unread: Vec<_> = attackers
            .iter()
            .flat_map(|sender| (0..2).map(|_| tokio::spawn(sender.clone().send_request(many()))))
            .collect();
        let unread = join_all(unread).await;
        assert!(
            calls(&attackers, 1, many).await.iter().all(|response| response.headers()["grpc-status"] == "0")
        );
        assert!(unread.iter().all(|response| response.as_ref().unwrap().is_ok()));
    })
    .await;
}
