//! The bytes of a dialled connection, encrypted or not. Must not know how it came about.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// How HTTP/2 is called in ALPN (RFC 9113, section 3.1).
pub(crate) const H2: &[u8] = b"h2";

/// A connection, encrypted or not.
pub(crate) struct Stream {
    io: Io,
    end: End,
}

enum Io {
    Plaintext(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Whether the other side, or the system, has ended a connection. A connection that is closed before was closed on
/// this side.
#[derive(Clone, Debug, Default)]
pub(crate) struct End(Arc<AtomicBool>);

impl End {
    pub(crate) fn is_reached(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn reach(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Stream {
    pub(crate) fn plaintext(stream: TcpStream) -> Self {
        Self { io: Io::Plaintext(stream), end: End::default() }
    }

    pub(crate) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self { io: Io::Tls(Box::new(stream)), end: End::default() }
    }

    /// Whether ALPN settled on HTTP/2; in clear nothing is agreed on.
    pub(crate) fn agreed_on_http2(&self) -> bool {
        matches!(&self.io, Io::Tls(stream) if stream.get_ref().1.alpn_protocol() == Some(H2))
    }

    /// The same outcome, noted where it is an error.
    fn noted<T>(&self, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if matches!(outcome, Poll::Ready(Err(_))) {
            self.end.reach();
        }
        outcome
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = Connected::new().extra(self.end.clone());
        if self.agreed_on_http2() { connected.negotiated_h2() } else { connected }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let outcome = match &mut this.io {
            Io::Plaintext(stream) => Pin::new(stream).poll_read(context, buffer),
            Io::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        if outcome.is_ready() && buffer.filled().len() == before && buffer.remaining() > 0 {
            this.end.reach();
        }
        this.noted(outcome)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = match &mut this.io {
            Io::Plaintext(stream) => Pin::new(stream).poll_write(context, bytes),
            Io::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        };
        this.noted(outcome)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let outcome = match &mut this.io {
            Io::Plaintext(stream) => Pin::new(stream).poll_flush(context),
            Io::Tls(stream) => Pin::new(stream).poll_flush(context),
        };
        this.noted(outcome)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().io {
            Io::Plaintext(stream) => Pin::new(stream).poll_shutdown(context),
            Io::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
