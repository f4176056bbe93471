//! Asks what a connection is like, the server at its end and the browser at the page's: apart from a click's way.

use increment_proto::v1::{
    Certificate as ToldCertificate, DescribeConnectionRequest, DescribeConnectionResponse, TlsConnection,
};
use js_sys::{Array, Date};
use wasm_bindgen::JsCast;
use web_sys::{Performance, PerformanceResourceTiming};

use super::{
    browser::{own_base, surroundings},
    status::failure,
    streams::answers,
};
use crate::state::{
    connection::{Browser, Certificate, Connection, Opened, Tls},
    failure::Failure,
    response::Took,
};

/// The call's address below the page's base URL.
const DESCRIBE: &str = "/increment.v1.ConnectionService/DescribeConnection";

const SECONDS_OF_A_DAY: i64 = 86_400;

/// Describes the connection that a call of this page comes on; the call is counted like any other.
///
/// Fails with a [`Failure`] that says who failed.
pub async fn describe_connection() -> Result<Connection, Failure> {
    let window = web_sys::window().expect("a page runs in a window");
    let base = own_base(&window);
    let clock = window.performance().expect("every browser with WebAssembly has a clock");
    let mut told = DescribeConnectionResponse::default();
    let asked = answers(&base, DESCRIBE, &DescribeConnectionRequest {}, |answer| told = answer).await;
    asked.map_err(|status| failure(&status, surroundings(&window)))?;
    Ok(Connection {
        peer: told.peer_address,
        http: told.http_version,
        tls: told.tls.map(tls),
        server_version: told.server_version,
        browser: browser(&clock, &(base + DESCRIBE), surroundings(&window).secure),
    })
}

fn tls(told: TlsConnection) -> Tls {
    Tls {
        version: told.version,
        cipher: told.cipher_suite,
        group: told.key_exchange_group,
        alpn: told.alpn,
        server_name: told.server_name,
        is_resumed: told.resumed,
        client: told.client_certificate_subject,
        certificate: certificate(told.server_certificate.unwrap_or_default()),
    }
}

fn certificate(told: ToldCertificate) -> Certificate {
    let now = (Date::now() / 1000.0) as i64;
    let days_left = told.expires.map(|expires| (expires.seconds - now).div_euclid(SECONDS_OF_A_DAY));
    Certificate { subject: told.subject, issuer: told.issuer, days_left }
}

/// What the browser noted of the call, and of what opened the connection: the call, or else the page's own load.
fn browser(clock: &Performance, url: &str, is_secure: bool) -> Browser {
    let call = newest(&clock.get_entries_by_name(url));
    let load = newest(&clock.get_entries_by_type("navigation"));
    let opened =
        [&call, &load].into_iter().flatten().find(|timing| timing.connect_end() > timing.connect_start());
    Browser {
        protocol: call
            .as_ref()
            .or(load.as_ref())
            .map(PerformanceResourceTiming::next_hop_protocol)
            .unwrap_or_default(),
        is_secure,
        opened: opened.map(opening),
        first_byte: call.map(|timing| Took::between(timing.request_start(), timing.response_start())),
    }
}

/// A navigation's entry is a resource's with more in it.
fn newest(entries: &Array) -> Option<PerformanceResourceTiming> {
    entries.pop().dyn_into().ok()
}

/// How TCP and TLS shared the time; without TLS its start is 0.
fn opening(timing: &PerformanceResourceTiming) -> Opened {
    let (start, end) = (timing.connect_start(), timing.connect_end());
    match timing.secure_connection_start() {
        0.0 => Opened { connect: Took::between(start, end), tls: None },
        tls => Opened { connect: Took::between(start, tls), tls: Some(Took::between(tls, end)) },
    }
}
