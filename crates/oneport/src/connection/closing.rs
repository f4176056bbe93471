//! How this side closes a connection: its peer is told so in the protocol it speaks, and has a moment to act on it.

use std::{io, pin::Pin, time::Duration};

use http::Version;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    time::sleep,
};

use super::{
    requests::Requests,
    transport::{Preface, Transport},
};
use crate::activity::{Activity, CloseReason};

/// How long a peer that was told of the end may take to end the connection itself, and a request to be answered that
/// crossed that notice.
pub(super) const CLOSE_GRACE: Duration = Duration::from_secs(1);

/// SETTINGS, with which a server has to begin, and GOAWAY with NO_ERROR: no request was processed (RFC 9113, sections
/// 3.4 and 6.8). For a peer that has not finished its preface; from then on hyper sends GOAWAY.
const GOAWAY: &[u8] = b"\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// What a client of HTTP/1.1 gets that has not sent a complete request in time (RFC 9110, section 15.5.9). Those that hold
/// idle connections open know that it answers none of their requests.
const REQUEST_TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// A connection that is being served.
pub(super) type Serving<S> = auto::Connection<'static, TokioIo<Transport<S>>, Requests, TokioExecutor>;

/// Serves on until the peer has ended the connection, or has had its time. Requests in flight end first at a shutdown,
/// which has a limit of its own; they are given [`CLOSE_GRACE`] where a newer connection waits, and where responses are not
/// read.
///
/// Returns whether there were none: then the peer awaits no response.
pub(super) async fn wind_down<S>(
    mut serving: Pin<&mut Serving<S>>,
    activity: &Activity,
    reason: CloseReason,
) -> bool
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let was_idle = activity.forget_begun();
    serving.as_mut().graceful_shutdown();
    let has_to_go = reason.aborts_requests();
    loop {
        tokio::select! {
            _ = &mut serving => break,
            () = sleep(CLOSE_GRACE) => {
                if has_to_go || activity.idle_for().is_some_and(|idle| idle >= CLOSE_GRACE) {
                    break;
                }
            }
        }
    }
    was_idle && !activity.has_begun()
}

/// Sends what a peer has to be told that hyper does not tell it, and ends the stream.
pub(super) async fn part_with(mut stream: impl AsyncWrite + Unpin, message: Option<&[u8]>) -> io::Result<()> {
    if let Some(message) = message {
        stream.write_all(message).await?;
    }
    stream.shutdown().await
}

/// What a peer is sent that awaits no response, by the version agreed on and what it has sent.
pub(super) fn last_message(
    agreed: Option<Version>,
    preface: Preface,
    reason: CloseReason,
) -> Option<&'static [u8]> {
    match (preface, agreed) {
        (Preface::Complete, _) => None,
        (Preface::Partial(_), Some(Version::HTTP_2)) | (Preface::Partial(1..), None) => Some(GOAWAY),
        // The end of the connection says it all: it was not the peer's time that was up.
        _ if reason == CloseReason::Shutdown => None,
        _ => Some(REQUEST_TIMEOUT),
    }
}
