//! Describes the connection as seen by the server and by the browser. Not on the path of a click.

use increment_proto::v1::{
    Certificate as CertificateMessage, DescribeConnectionRequest, TlsConnection,
    connection_service_client::ConnectionServiceClient,
};
use js_sys::{Array, Date};
use tonic_web_wasm_client::Client;
use wasm_bindgen::JsCast;
use web_sys::PerformanceResourceTiming;

use super::{
    browser::{own_base_url, page_context, performance},
    status::failure,
};
use crate::model::{
    connection::{Browser, Certificate, ConnectTiming, Connection, Tls},
    failure::Failure,
    response::Elapsed,
};

/// The path of the method, relative to the base URL.
const DESCRIBE: &str = "/increment.v1.ConnectionService/DescribeConnection";

const SECONDS_PER_DAY: i64 = 86_400;

/// Describes the connection of a call of this page. The call is counted like any other.
///
/// Fails with a [`Failure`].
pub async fn describe_connection() -> Result<Connection, Failure> {
    let base = own_base_url();
    let mut client = ConnectionServiceClient::new(Client::new(base.clone()));
    let response = client.describe_connection(DescribeConnectionRequest {}).await;
    let response = response.map_err(|status| failure(&status, page_context()))?.into_inner();
    Ok(Connection {
        peer: response.peer_address,
        http: response.http_version,
        tls: response.tls.map(tls),
        server_version: response.server_version,
        browser: browser(&(base + DESCRIBE)),
    })
}

fn tls(message: TlsConnection) -> Tls {
    Tls {
        version: message.version,
        cipher: message.cipher_suite,
        group: message.key_exchange_group,
        alpn: message.alpn,
        server_name: message.server_name,
        is_resumed: message.resumed,
        client: message.client_certificate_subject,
        certificate: certificate(message.server_certificate.unwrap_or_default()),
    }
}

fn certificate(message: CertificateMessage) -> Certificate {
    let now = (Date::now() / 1000.0) as i64;
    let days_left = message.expires.map(|expires| (expires.seconds - now).div_euclid(SECONDS_PER_DAY));
    Certificate { subject: message.subject, issuer: message.issuer, days_left }
}

/// Returns the browser's timings of the call, and of the opening of the connection by the call or the page load.
fn browser(url: &str) -> Browser {
    let clock = performance();
    let call = newest(&clock.get_entries_by_name(url));
    let load = newest(&clock.get_entries_by_type("navigation"));
    let connect_timing =
        [&call, &load].into_iter().flatten().find(|timing| timing.connect_end() > timing.connect_start());
    Browser {
        protocol: call
            .as_ref()
            .or(load.as_ref())
            .map(PerformanceResourceTiming::next_hop_protocol)
            .unwrap_or_default(),
        is_secure: page_context().secure,
        connect_timing: connect_timing.map(self::connect_timing),
        first_byte: call.map(|timing| Elapsed::between(timing.request_start(), timing.response_start())),
    }
}

/// Returns the newest entry: that of a navigation is a resource's, too.
fn newest(entries: &Array) -> Option<PerformanceResourceTiming> {
    entries.pop().dyn_into().ok()
}

/// Returns the times of the TCP and TLS handshakes; the start of TLS is 0 in plaintext.
fn connect_timing(timing: &PerformanceResourceTiming) -> ConnectTiming {
    let (start, end) = (timing.connect_start(), timing.connect_end());
    match timing.secure_connection_start() {
        0.0 => ConnectTiming { connect: Elapsed::between(start, end), tls: None },
        tls => ConnectTiming { connect: Elapsed::between(start, tls), tls: Some(Elapsed::between(tls, end)) },
    }
}
