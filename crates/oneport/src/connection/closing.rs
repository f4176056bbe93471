//! Closing a connection: the peer is notified in the protocol it uses, and has a moment to act on that.

use std::{pin::Pin, time::Duration};

use http::Version;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::oneshot,
    time::{sleep, timeout},
};

use super::{
    http_builder::HttpConnection,
    transport::{Preface, Returned},
};
use crate::{activity::Activity, close_reason::CloseReason};

/// How long a notified peer may take to close the connection itself, and requests that crossed the notice to complete.
const CLOSE_GRACE: Duration = Duration::from_secs(1);

/// How long a peer may take to accept the last bytes, and to read why its handshake failed.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// SETTINGS, which a server sends first, and GOAWAY with NO_ERROR: no request was processed (RFC 9113, sections 3.4 and
/// 6.8). For a peer that has not completed its preface; after that, hyper sends GOAWAY.
const GOAWAY: &[u8] = b"\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// Sent to an HTTP/1.1 client that has not sent a complete request in time (RFC 9110, section 15.5.9). Clients with pools of
/// idle connections do not take it for the response to their next request.
const REQUEST_TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Shuts HTTP down, and serves until the peer has closed the connection or its time is up. For a peer that has to make way,
/// or that does not read, that is [`CLOSE_GRACE`]; else requests in flight complete first, within the limits of a shutdown.
///
/// Returns whether no request was in flight or received: the peer then expects no response.
pub(super) async fn drain<S>(
    mut connection: Pin<&mut HttpConnection<S>>,
    activity: &Activity,
    reason: CloseReason,
) -> bool
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    activity.reset_received();
    let was_idle = activity.in_flight() == 0;
    connection.as_mut().graceful_shutdown();
    loop {
        tokio::select! {
            _ = &mut connection => break,
            () = sleep(CLOSE_GRACE) => {
                let is_idle = activity.idle_time().is_some_and(|idle| idle >= CLOSE_GRACE);
                if reason.aborts_requests() || is_idle {
                    break;
                }
            }
        }
    }
    was_idle && !activity.has_received_request()
}

/// Closes the stream that hyper has returned, after the notice that hyper itself does not send: where there is a `notice`, for
/// its reason.
pub(super) async fn close<S>(
    returned: oneshot::Receiver<Returned<S>>,
    version: Option<Version>,
    notice: Option<CloseReason>,
) where
    S: AsyncWrite + Unpin,
{
    let Ok(Returned { mut stream, preface }) = returned.await else { return };
    let message = notice.and_then(|reason| notice_message(version, preface, reason));
    let write = async {
        if let Some(message) = message {
            stream.write_all(message).await?;
        }
        stream.shutdown().await
    };
    // The connection is closed, whether the peer accepts it or not.
    let _ = timeout(LINGER, write).await;
}

/// The notice for a peer that expects no response, by the version that was negotiated and what it has sent.
fn notice_message(version: Option<Version>, preface: Preface, reason: CloseReason) -> Option<&'static [u8]> {
    match (preface, version) {
        (Preface::Complete, _) => None,
        (Preface::Partial(_), Some(Version::HTTP_2)) | (Preface::Partial(1..), None) => Some(GOAWAY),
        // The peer has exceeded no timeout.
        _ if reason == CloseReason::Shutdown => None,
        _ => Some(REQUEST_TIMEOUT),
    }
}
