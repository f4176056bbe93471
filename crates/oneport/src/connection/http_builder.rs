//! The configuration of HTTP/1.1 and HTTP/2.

use http::Version;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};

use super::{service::ConnectionService, transport::Transport};
use crate::{
    limits::Limits,
    tls::{H2, HTTP_1_1},
};

/// The most concurrent calls on one HTTP/2 connection; the client waits with further ones (RFC 9113, section 5.1.2).
const MAX_STREAMS: u32 = 200;

/// The flow-control window of one call's request, in bytes (RFC 9113, section 6.9.2).
const STREAM_WINDOW: u32 = 64 << 10;

/// The flow-control window of a connection, in bytes. Never used up: the windows of [`MAX_STREAMS`] calls are less.
///
/// Its size decides how many small DATA frames may be unread: h2 closes a connection, with all its calls, where the sum of
/// what these frames lack to 256 bytes each exceeds half of this window (h2 0.4, `proto/streams/counts.rs`). The smallest
/// frames that gRPC clients send are numbers of 2 bytes with their prefix of 5, which lack 249 each: 67,000 of them may be
/// unread, in a few megabytes, where a window of 1 MiB allows 2,100. Seven calls whose windows are full of them reach that,
/// if no call reads; h2 holds 300 bytes per frame, so that this bounds the memory too.
const CONNECTION_WINDOW: u32 = 32 << 20;

/// The most bytes of a request's headers; more are rejected with 431.
const MAX_HEADER_BYTES: u32 = 16 << 10;

/// Serves HTTP on a connection.
pub(super) type HttpBuilder = auto::Builder<TokioExecutor>;

/// A connection on which HTTP is served.
pub(super) type HttpConnection<S> =
    auto::Connection<'static, TokioIo<Transport<S>>, ConnectionService, TokioExecutor>;

/// HTTP/1.1 and HTTP/2 within these limits.
pub(super) fn http_builder(limits: &Limits) -> HttpBuilder {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.http1_idle)
        .max_buf_size(MAX_HEADER_BYTES as usize);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.http2_ping)
        .keep_alive_timeout(limits.http2_pong)
        .max_concurrent_streams(MAX_STREAMS)
        // A client may cancel all its calls at once. More calls that are cancelled before they are accepted
        // (CVE-2023-44487) close the connection.
        .max_pending_accept_reset_streams(MAX_STREAMS as usize)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(MAX_HEADER_BYTES);
    http
}

/// Restricts HTTP to the version that ALPN negotiated, and returns that; without ALPN, the peer's first bytes decide.
pub(super) fn negotiated(http: HttpBuilder, alpn: Option<&str>) -> (HttpBuilder, Option<Version>) {
    match alpn {
        Some(H2) => (http.http2_only(), Some(Version::HTTP_2)),
        Some(HTTP_1_1) => (http.http1_only(), Some(Version::HTTP_11)),
        _ => (http, None),
    }
}
