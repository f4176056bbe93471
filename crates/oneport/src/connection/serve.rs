//! One connection from its first byte to its last: the TLS handshake, the choice of the HTTP version, and the
//! limits on peers that do nothing. Step 4 of a click's way. Must not know what the requests are about.

use std::{
    io,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use http::Version;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, sink},
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    closing::{Serving, last_message, part_with, wind_down},
    requests::Requests,
    transport::Transport,
};
use crate::{
    activity::{Activity, CloseReason},
    info::{Connection, ConnectionInfo, TlsInfo},
    limits::Limits,
    metrics::ConnectionMetrics,
    outbound::{Outbound, ResponseMemory, WriteGuard},
    router::Router,
    tls::{H2, HTTP_1_1},
};

/// The first byte of a TLS connection: a handshake record (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 22;

/// The most calls at once on one HTTP/2 connection; its client waits with more (RFC 9113, section 5.1.2).
const MAX_STREAMS: u32 = 200;

/// How many bytes of one call's request may have come that nobody has read (RFC 9113, section 6.9.2).
const STREAM_WINDOW: u32 = 64 << 10;

/// The same for all calls of a connection, in bytes; it is never reached, for [`MAX_STREAMS`] windows are less.
///
/// Its size decides how many small DATA frames may be there unread: h2 ends a connection, with all its calls, where these
/// lack more bytes to 256 each than half of this window has (h2 0.4, `proto/streams/counts.rs`). The smallest frames that
/// gRPC clients send are numbers of 2 bytes and their heads of 5, which lack 249 each: 67,000 of them may be there, in a
/// few megabytes, where a window of 1 MiB allows 2,100. Seven calls whose windows are full of them reach that, if no call
/// reads; h2 keeps 300 bytes of each frame, so that this bounds the memory too.
const CONNECTION_WINDOW: u32 = 32 << 20;

/// The most bytes that the headers of a request may have; more are refused with 431.
const MAX_HEADER_BYTES: u32 = 16 << 10;

/// How long a peer may take to be told the end, or to see why its handshake failed.
const LINGER: Duration = Duration::from_secs(1);

/// The most bytes that are read from such a peer.
const MAX_LINGERING_BYTES: u64 = 64 << 10;

const SPEAK_HTTPS: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n\
    This port speaks HTTPS: put https:// before the address.\n";

/// Why a connection ended before its peer was done with it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("closed: {0}")]
    Closed(CloseReason),
    #[error("the peer ended it before its TLS handshake")]
    Ended,
    #[error("the peer does not speak TLS")]
    NotTls,
    #[error("{0}")]
    Http(HttpError),
}

type HttpError = Box<dyn std::error::Error + Send + Sync>;

impl ConnectionError {
    /// Why hyper ended a connection: its time-out for the headers of a request is one for idleness too.
    fn of_http(error: HttpError, activity: &Activity) -> Self {
        let is_timeout = error.downcast_ref().is_some_and(hyper::Error::is_timeout);
        match activity.has_begun() {
            _ if !is_timeout => Self::Http(error),
            true => Self::Closed(CloseReason::Idle),
            false => Self::Closed(CloseReason::Silent),
        }
    }
}

/// What serves the connections of one worker.
pub(crate) struct Connections {
    router: Router,
    limits: Limits,
    http: auto::Builder<TokioExecutor>,
    metrics: Option<ConnectionMetrics>,
    responses: Arc<ResponseMemory>,
}

impl Connections {
    pub(crate) fn new(
        router: Router,
        limits: &Limits,
        metrics: Option<ConnectionMetrics>,
        responses: Arc<ResponseMemory>,
    ) -> Self {
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
            // As many as may be open: a client may cancel all its calls at once. A flood of calls that are begun and
            // cancelled (CVE-2023-44487) costs more than that at once, and its connection.
            .max_pending_accept_reset_streams(MAX_STREAMS as usize)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(MAX_HEADER_BYTES);
        Self { router, limits: *limits, http, metrics, responses }
    }

    /// Serves the connection until its peer ends it, or it has to close.
    pub(crate) async fn serve(
        &self,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        activity: &Arc<Activity>,
    ) -> Result<(), ConnectionError> {
        let _open = self.metrics.as_ref().map(|metrics| metrics.open(tls.is_some()));
        let served = self.serve_tcp(stream, tls, activity).await;
        if let (Some(metrics), Err(ConnectionError::Closed(reason))) = (&self.metrics, &served) {
            metrics.closed(*reason);
        }
        served
    }

    async fn serve_tcp(
        &self,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        activity: &Arc<Activity>,
    ) -> Result<(), ConnectionError> {
        // Without it, Nagle's algorithm and delayed acknowledgements hold small replies back for 40 ms.
        stream.set_nodelay(true)?;
        let (peer_address, local_address) = (stream.peer_addr()?, stream.local_addr()?);
        let outbound = Outbound::new(&self.limits, &self.responses, activity);
        let Some(tls) = tls else {
            let stream = WriteGuard::new(stream, Arc::clone(&outbound));
            let info = ConnectionInfo { peer_address, local_address, tls: None };
            return self.serve_http(stream, info, outbound, activity).await;
        };
        let handshake = tokio::select! {
            // Boxed, or each connection would be larger by this for as long as it is open.
            done = timeout(self.limits.first_request, Box::pin(shake_hands(stream, &outbound, &tls))) => {
                done.unwrap_or(Err(ConnectionError::Closed(CloseReason::Silent)))
            }
            reason = activity.closed() => Err(ConnectionError::Closed(reason)),
        };
        let stream = handshake.inspect_err(|_| {
            if let Some(metrics) = &self.metrics {
                metrics.handshake_failed();
            }
        })?;
        let tls = Some(TlsInfo::from_handshake(stream.get_ref().1));
        let info = ConnectionInfo { peer_address, local_address, tls };
        self.serve_http(stream, info, outbound, activity).await
    }

    /// Speaks the HTTP version agreed on by ALPN, or without it the one in which the peer begins.
    async fn serve_http<S>(
        &self,
        stream: S,
        info: ConnectionInfo,
        outbound: Arc<Outbound>,
        activity: &Arc<Activity>,
    ) -> Result<(), ConnectionError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (http, agreed) = match info.tls.as_ref().map(|tls| tls.alpn.as_str()) {
            Some(H2) => (self.http.clone().http2_only(), Some(Version::HTTP_2)),
            Some(HTTP_1_1) => (self.http.clone().http1_only(), Some(Version::HTTP_11)),
            _ => (self.http.clone(), None),
        };
        let (transport, returned) = Transport::lend(stream, activity);
        let share = self.router.connection_share();
        let requests = Requests {
            router: self.router.clone(),
            activity: Arc::clone(activity),
            connection: Arc::new(Connection { info, outbound: Arc::clone(&outbound), share }),
        };
        let mut serving = Box::pin(http.serve_connection(TokioIo::new(transport), requests).into_owned());
        let ended = until_closed(serving.as_mut(), activity, &outbound, &self.limits).await;
        let has_ended = ended.is_ok();
        let served = match ended {
            Ok(ended) => ended.map_err(|error| ConnectionError::of_http(error, activity)),
            Err(reason) => Err(ConnectionError::Closed(reason)),
        };
        let reason = match served {
            Err(ConnectionError::Closed(reason)) => Some(reason),
            _ => None,
        };
        let end = async {
            let is_quiet = match reason {
                Some(reason) if !has_ended => wind_down(serving.as_mut(), activity, reason).await,
                _ => true,
            };
            // With it the stream comes back.
            drop(serving);
            let Ok((stream, preface)) = returned.await else { return };
            let message =
                reason.filter(|_| is_quiet).and_then(|reason| last_message(agreed, preface, reason));
            // Whether the peer takes it or not, this is the end.
            let _ = timeout(LINGER, part_with(stream, message)).await;
        };
        tokio::select! {
            () = end => {}
            () = activity.was_cut() => {}
        }
        served
    }
}

/// Serves until the connection ends by itself, or has to close: because it is idle or not read, at a limit or for the
/// shutdown.
async fn until_closed<S>(
    mut serving: Pin<&mut Serving<S>>,
    activity: &Activity,
    outbound: &Outbound,
    limits: &Limits,
) -> Result<Result<(), HttpError>, CloseReason>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let mut stalled = pin!(outbound.stalled());
    loop {
        let left = until_idle(limits, activity)?;
        tokio::select! {
            biased;
            ended = &mut serving => return Ok(ended),
            reason = activity.closed() => return Err(reason),
            () = &mut stalled => return Err(CloseReason::ResponseStall),
            // One timer a connection: requests leave it alone.
            () = sleep(left) => {}
        }
    }
}

/// How long until a connection may be idle for too long, or why it has to close now.
fn until_idle(limits: &Limits, activity: &Activity) -> Result<Duration, CloseReason> {
    let Some(idle) = activity.idle_for() else { return Ok(limits.idle) };
    let (allowed, reason) = match activity.has_begun() {
        true => (limits.idle, CloseReason::Idle),
        false => (limits.first_request, CloseReason::Silent),
    };
    let left = allowed.saturating_sub(idle);
    // A first request may come and end before the time for it is up.
    if left.is_zero() { Err(reason) } else { Ok(left.min(limits.idle)) }
}

/// Shakes hands. The stream is boxed: it is over 1 KB, and moves through several futures that would all have room for it.
async fn shake_hands(
    stream: TcpStream,
    outbound: &Arc<Outbound>,
    tls: &TlsAcceptor,
) -> Result<Box<TlsStream<WriteGuard<TcpStream>>>, ConnectionError> {
    let mut first = [0];
    match stream.peek(&mut first).await? {
        1 if first[0] == TLS_HANDSHAKE => {
            let stream = WriteGuard::new(stream, Arc::clone(outbound));
            match tls.accept(stream).into_fallible().await {
                Ok(stream) => Ok(Box::new(stream)),
                Err((error, stream)) => {
                    let _ = timeout(LINGER, end_refused(stream)).await;
                    Err(error.into())
                }
            }
        }
        0 => Err(ConnectionError::Ended),
        _ => Err(refuse_plaintext(stream).await),
    }
}

/// Ends a connection whose handshake failed. With TLS 1.3 a client whose certificate is refused has begun with HTTP by then:
/// what it sent is read, or closing would reset the connection and the client not see the alert that tells why.
async fn end_refused(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    stream.shutdown().await?;
    copy(&mut stream.take(MAX_LINGERING_BYTES), &mut sink()).await?;
    Ok(())
}

/// Tells a peer that speaks clear text where TLS is spoken, as a browser does for an address without `https://`.
async fn refuse_plaintext(mut stream: TcpStream) -> ConnectionError {
    // What the peer sent is read, or closing would reset the connection and the peer not see the answer.
    let mut request = [0; 4096];
    let _ = stream.try_read(&mut request);
    let _ = stream.write_all(SPEAK_HTTPS).await;
    let _ = stream.shutdown().await;
    ConnectionError::NotTls
}
