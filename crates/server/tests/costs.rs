//! Attacks on the largest lists and watches: beside each, the calls of another client are fast, and the server takes little
//! memory.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{fs, time::Duration};

use common::{
    ReqBody,
    attack::{MEMORY_KIB, SLOWEST, attackers, calls, cost, open},
    frame, full, post,
    program::{LIST, Program},
    soon,
};
use futures_util::future::join_all;
use http::Request;
use http_body_util::BodyExt;
use increment_access::{NAME_BYTES, ROWS_PER_ORIGIN};
use increment_proto::v1::{AccessRow, ReportAccessesRequest};
use prost::Message;
use tempfile::TempDir;
use tokio::sync::Mutex;

const INCREMENT: &str = "/increment.v1.IncrementService/Increment";
const REPORT: &str = "/increment.v1.AccessService/ReportAccesses";
const WATCH: &str = "/increment.v1.AccessService/WatchAccessCounts";

/// How often an attack is tried: other programs may delay a call.
const TRIES: usize = 3;
/// How many calls an attacker has in flight on each.
const CALLS: usize = 50;

/// A server, and the `authorization` header of reports.
struct Target {
    server: Program,
    authorization: String,
}

impl Target {
    fn report(&self, content_type: &str, body: ReqBody) -> Request<ReqBody> {
        let mut request = post(REPORT, content_type, body);
        request.headers_mut().insert("authorization", self.authorization.parse().unwrap());
        request
    }
}

/// Runs the attack on a server of its own, until the calls of another client are fast enough meanwhile.
async fn survives(prepare: impl AsyncFn(&Target), attack: impl AsyncFn(&Target)) {
    static ONE_BY_ONE: Mutex<()> = Mutex::const_new(());
    let _alone = ONE_BY_ONE.lock().await;
    let mut costs = Vec::new();
    for _ in 0..TRIES {
        let folder = TempDir::new().unwrap();
        // Without waiting for the disk.
        let server = Program::start(folder.path(), &["--log=error", "--durability=relaxed"], &[]);
        let token = fs::read_to_string(folder.path().join("certs/report.token")).unwrap_or_default();
        let server = Target { server, authorization: format!("Bearer {}", token.trim()) };
        prepare(&server).await;
        let attacked = attack(&server);
        let (slowest, grown) =
            cost(server.server.process.id(), server.server.http, INCREMENT, attacked).await;
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

/// Fills the ledger up to the limit of rows in a list.
async fn fill(server: &Target) {
    let connection = [open(server.server.http).await];
    for origin in 0..39 {
        let name = |index: usize| format!("{index:0>NAME_BYTES$}");
        let row =
            |index| AccessRow { service: name(origin), method: name(index), protocol: name(0), count: 1 };
        let rows = (0..ROWS_PER_ORIGIN).map(row).collect();
        let report = ReportAccessesRequest { origin: format!("o{origin}"), rows }.encode_to_vec();
        let report = || server.report("application/grpc", full(&frame(&report)));
        assert_eq!(calls(&connection, 1, report).await[0].headers()["grpc-status"], "0");
    }
}

#[tokio::test]
async fn unread_lists_of_ten_thousand_rows_share_one_message() {
    survives(fill, async |server| {
        let attackers = attackers(server.server.http).await;
        let list = || post(LIST, "application/grpc", full(&frame(&[])));
        let lists = attackers
            .iter()
            .flat_map(|sender| (0..CALLS).map(|_| tokio::spawn(sender.clone().send_request(list()))));
        let unread: Vec<_> = soon(join_all(lists.collect::<Vec<_>>())).await;
        assert!(unread.iter().all(|response| response.as_ref().unwrap().is_ok()));
    })
    .await;
}

#[tokio::test]
async fn watches_in_compressed_json_of_ten_thousand_rows_share_one_message() {
    survives(fill, async |server| {
        let attackers = attackers(server.server.http).await;
        let watch = || {
            let request = post(WATCH, "application/connect+json", full(&frame(b"{}")));
            with(request, "connect-accept-encoding", "gzip")
        };
        let watches = attackers.iter().flat_map(|sender| {
            (0..CALLS).map(|_| {
                let (mut sender, request) = (sender.clone(), watch());
                tokio::spawn(async move {
                    let mut body = sender.send_request(request).await.unwrap().into_body();
                    // The first message arrives, compressed.
                    assert_eq!(body.frame().await.unwrap().unwrap().data_ref().unwrap()[0], 1);
                    body
                })
            })
        });
        let watches = tokio::time::timeout(Duration::from_secs(60), join_all(watches.collect::<Vec<_>>()));
        assert!(watches.await.expect("the server hangs").iter().all(Result::is_ok));
    })
    .await;
}
