//! One connection from its first byte to its last: the TLS handshake, the choice of the HTTP version, and the
//! limits on peers that do nothing. Step 4 of a click's way. Must not know what the requests are about.

use std::{convert::Infallible, io, pin::pin, sync::Arc, time::Duration};

use hyper::{Request, Response, body::Incoming, service::Service};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::Watcher},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, sink},
    net::TcpStream,
    sync::Notify,
    time::{Instant, sleep_until, timeout, timeout_at},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tonic::body::Body;

use crate::{
    app::{Answer, Answers},
    fair::Fair,
    messages::ConnectionShare,
    metrics::ConnectionMetrics,
    peer::{Encryption, Peer},
    serve::Limits,
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

/// How long a peer whose handshake failed may take to see why.
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
    #[error("no request came in time")]
    Silent,
    #[error("the peer does not speak TLS")]
    NotTls,
    #[error("{0}")]
    Http(#[from] Box<dyn std::error::Error + Send + Sync>),
}

/// What serves the connections of one worker.
#[derive(Clone)]
pub(crate) struct Connections {
    answers: Answers,
    limits: Limits,
    http: auto::Builder<TokioExecutor>,
    metrics: Option<ConnectionMetrics>,
}

impl Connections {
    pub(crate) fn new(answers: Answers, limits: &Limits, metrics: Option<ConnectionMetrics>) -> Self {
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
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(MAX_HEADER_BYTES);
        Self { answers, limits: *limits, http, metrics }
    }

    /// Serves the connection until its peer or a shutdown, of which `watcher` tells, ends it.
    pub(crate) async fn serve(
        self,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        watcher: Watcher,
    ) -> Result<(), ConnectionError> {
        let _open = self.metrics.as_ref().map(|metrics| metrics.open(tls.is_some()));
        let deadline = Instant::now() + self.limits.first_request;
        // Without it, Nagle's algorithm and delayed acknowledgements hold small replies back for 40 ms.
        stream.set_nodelay(true)?;
        let address = stream.peer_addr()?;
        let Some(tls) = tls else {
            return self.serve_http(stream, Peer { address, tls: None }, deadline, watcher).await;
        };
        let handshake = timeout_at(deadline, shake_hands(stream, &tls)).await;
        let stream = handshake.unwrap_or(Err(ConnectionError::Silent)).inspect_err(|_| {
            if let Some(metrics) = &self.metrics {
                metrics.handshake_failed();
            }
        })?;
        let peer = Peer { address, tls: Some(Encryption::of(stream.get_ref().1)) };
        self.serve_http(stream, peer, deadline, watcher).await
    }

    /// Speaks the HTTP version agreed on by ALPN, or without it the one in which the peer begins.
    async fn serve_http(
        self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        peer: Peer,
        deadline: Instant,
        watcher: Watcher,
    ) -> Result<(), ConnectionError> {
        let http = match peer.tls.as_ref().map(|tls| tls.alpn.as_str()) {
            Some(H2) => self.http.http2_only(),
            Some(HTTP_1_1) => self.http.http1_only(),
            _ => self.http,
        };
        let requested = Arc::new(Notify::new());
        let peer = Arc::new(peer);
        let share = self.answers.share();
        let service = Requests { answers: self.answers, peer, share, requested: Arc::clone(&requested) };
        let mut serving =
            pin!(watcher.watch(http.serve_connection(TokioIo::new(Fair::new(stream)), service).into_owned()));
        tokio::select! {
            biased;
            ended = &mut serving => return Ok(ended?),
            () = requested.notified() => {}
            () = sleep_until(deadline) => return Err(ConnectionError::Silent),
        }
        Ok(serving.await?)
    }
}

/// Takes the requests of one connection, and tells of each.
struct Requests {
    answers: Answers,
    peer: Arc<Peer>,
    share: ConnectionShare,
    requested: Arc<Notify>,
}

impl Service<Request<Incoming>> for Requests {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, request: Request<Incoming>) -> Answer {
        self.requested.notify_one();
        self.answers.answer(request, &self.peer, &self.share)
    }
}

async fn shake_hands(stream: TcpStream, tls: &TlsAcceptor) -> Result<TlsStream<TcpStream>, ConnectionError> {
    let mut first = [0];
    match stream.peek(&mut first).await? {
        1 if first[0] == TLS_HANDSHAKE => match tls.accept(stream).into_fallible().await {
            Ok(stream) => Ok(stream),
            Err((error, stream)) => {
                let _ = timeout(LINGER, end_refused(stream)).await;
                Err(error.into())
            }
        },
        0 => Err(ConnectionError::Silent),
        _ => Err(refuse_plaintext(stream).await),
    }
}

/// Ends a connection whose handshake failed. With TLS 1.3 a client whose certificate is refused has begun with HTTP by then:
/// what it sent is read, or closing would reset the connection and the client not see the alert that tells why.
async fn end_refused(mut stream: TcpStream) -> io::Result<()> {
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
