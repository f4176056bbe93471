//! The headers of a request, for its response to echo.

use http::HeaderMap;
use prost_types::Any;
use tonic::Request;

use crate::contracts::conformance::{Header, conformance_payload::RequestInfo};

/// The headers of a call, its deadline among them.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestHeaders {
    headers: HeaderMap,
}

impl RequestHeaders {
    pub(super) fn new<T>(request: &Request<T>) -> Self {
        Self { headers: request.metadata().clone().into_headers() }
    }

    /// The same as a message, with the requests received.
    pub(super) fn to_proto(&self, requests: Vec<Any>) -> RequestInfo {
        RequestInfo {
            request_headers: self.headers.keys().map(|name| self.header(name.as_str())).collect(),
            timeout_ms: self.timeout_ms(),
            requests,
            connect_get_info: None,
        }
    }

    fn header(&self, name: &str) -> Header {
        let values = self.headers.get_all(name).iter();
        let value = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
        Header { name: name.to_owned(), value }
    }

    /// The caller's deadline: gRPC's `grpc-timeout`, or Connect's `connect-timeout-ms`.
    fn timeout_ms(&self) -> Option<i64> {
        let text = |name| self.headers.get(name).and_then(|value| value.to_str().ok());
        let connect = || text("connect-timeout-ms")?.parse().ok();
        text("grpc-timeout").and_then(grpc_timeout_ms).or_else(connect)
    }
}

/// Milliseconds in gRPC's notation (PROTOCOL-HTTP2, Timeout).
fn grpc_timeout_ms(value: &str) -> Option<i64> {
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    let amount: i64 = digits.parse().ok()?;
    Some(match unit {
        "H" => amount * 60 * 60 * 1000,
        "M" => amount * 60 * 1000,
        "S" => amount * 1000,
        "m" => amount,
        "u" => amount / 1000,
        "n" => amount / 1_000_000,
        _ => return None,
    })
}
