//! The TLS handshake, and responses to peers that fail it.

use std::{io, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, sink},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{closing::LINGER, error::ConnectionError};
use crate::outbound::{Outbound, WriteTimeout};

/// The first byte of a TLS connection: a handshake record (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 22;

/// The most bytes that are read from a peer whose handshake failed.
const MAX_LINGERING_BYTES: u64 = 64 << 10;

const PLAINTEXT_RESPONSE: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n\
    This port speaks HTTPS: put https:// before the address.\n";

/// Accepts a TLS connection. The stream is boxed: it is over 1 KB, and moves through several futures that would each reserve
/// that.
pub(super) async fn accept(
    stream: TcpStream,
    outbound: &Arc<Outbound>,
    tls: &TlsAcceptor,
) -> Result<Box<TlsStream<WriteTimeout<TcpStream>>>, ConnectionError> {
    let mut first = [0];
    match stream.peek(&mut first).await? {
        1 if first[0] == TLS_HANDSHAKE => {
            let stream = WriteTimeout::new(stream, Arc::clone(outbound));
            match tls.accept(stream).into_fallible().await {
                Ok(stream) => Ok(Box::new(stream)),
                Err((error, stream)) => {
                    let _ = timeout(LINGER, lingering_close(stream)).await;
                    Err(error.into())
                }
            }
        }
        0 => Err(ConnectionError::NoHandshake),
        _ => {
            reject_plaintext(stream).await;
            Err(ConnectionError::NotTls)
        }
    }
}

/// Closes a connection whose handshake failed. With TLS 1.3, a client whose certificate is rejected has already sent HTTP:
/// that is read first, or the close would reset the connection and the client not receive the alert.
async fn lingering_close(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    stream.shutdown().await?;
    copy(&mut stream.take(MAX_LINGERING_BYTES), &mut sink()).await?;
    Ok(())
}

/// Responds to plaintext HTTP on a port for TLS, as browsers send it for an address without `https://`.
async fn reject_plaintext(mut stream: TcpStream) {
    // Read first, or the close would reset the connection and the peer not receive the response.
    let mut request = [0; 4096];
    let _ = stream.try_read(&mut request);
    let _ = stream.write_all(PLAINTEXT_RESPONSE).await;
    let _ = stream.shutdown().await;
}
