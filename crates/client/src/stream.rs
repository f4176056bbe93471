//! An established connection, with or without TLS, as hyper's client uses it.

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

use crate::alpn::H2;

/// A connection, with or without TLS.
pub(crate) struct Stream {
    io: Io,
    peer_closed: PeerClosed,
}

enum Io {
    Plaintext(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Whether the peer, or the operating system, closed a connection. Not set for a connection that this side closed.
#[derive(Clone, Debug, Default)]
pub(crate) struct PeerClosed(Arc<AtomicBool>);

impl PeerClosed {
    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn set(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Stream {
    pub(crate) fn plaintext(stream: TcpStream) -> Self {
        Self { io: Io::Plaintext(stream), peer_closed: PeerClosed::default() }
    }

    pub(crate) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self { io: Io::Tls(Box::new(stream)), peer_closed: PeerClosed::default() }
    }

    /// Returns whether HTTP/2 was negotiated by ALPN. Without TLS, nothing is negotiated.
    pub(crate) fn is_http2_negotiated(&self) -> bool {
        matches!(&self.io, Io::Tls(stream) if stream.get_ref().1.alpn_protocol() == Some(H2))
    }

    /// Sets [`PeerClosed`] if the result is an error.
    fn record_error<T>(&self, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if matches!(result, Poll::Ready(Err(_))) {
            self.peer_closed.set();
        }
        result
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = Connected::new().extra(self.peer_closed.clone());
        if self.is_http2_negotiated() { connected.negotiated_h2() } else { connected }
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
        let result = match &mut this.io {
            Io::Plaintext(stream) => Pin::new(stream).poll_read(context, buffer),
            Io::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        if result.is_ready() && buffer.filled().len() == before && buffer.remaining() > 0 {
            this.peer_closed.set();
        }
        this.record_error(result)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = match &mut this.io {
            Io::Plaintext(stream) => Pin::new(stream).poll_write(context, bytes),
            Io::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        };
        this.record_error(result)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = match &mut this.io {
            Io::Plaintext(stream) => Pin::new(stream).poll_flush(context),
            Io::Tls(stream) => Pin::new(stream).poll_flush(context),
        };
        this.record_error(result)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().io {
            Io::Plaintext(stream) => Pin::new(stream).poll_shutdown(context),
            Io::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
