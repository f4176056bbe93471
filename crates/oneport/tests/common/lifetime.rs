//! Connections that are closed by the server.

use oneport::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    client::{http2, soon},
    server::{Server, Setup},
};

/// `Formatter/Format` of 41 over HTTP/1.1.
const CALL: &[u8] = b"POST /Formatter/Format HTTP/1.1\r\nHost: localhost\r\n\
    Content-Type: application/grpc-web\r\nContent-Length: 7\r\n\r\n\0\0\0\0\x02\x08\x29";

/// A server with these limits.
pub async fn with_limits(limits: Limits) -> Server {
    Server::with(Setup { limits, ..Setup::default() }).await
}

/// Waits until the server has closed the connection.
pub async fn is_closed(mut stream: impl AsyncReadExt + Unpin) {
    let mut read = Vec::new();
    let _ = soon(stream.read_to_end(&mut read)).await;
}

/// Makes a call on an open HTTP/1.1 connection.
pub async fn call_on(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(CALL).await?;
    let mut response = Vec::new();
    while !response.windows(2).any(|two| two == b"42") {
        if stream.read_buf(&mut response).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    // To the end of the body: the trailers frame and the last chunk.
    while !response.ends_with(b"0\r\n\r\n") {
        stream.read_buf(&mut response).await?;
    }
    Ok(())
}

/// Reads until the server closes the connection; over TLS, a close without close_notify is an error.
pub async fn read_to_end(mut stream: impl AsyncReadExt + Unpin) -> Vec<u8> {
    let mut read = Vec::new();
    soon(stream.read_to_end(&mut read)).await.unwrap();
    read
}

/// Asserts that these are HTTP/2 frames: SETTINGS first, and a GOAWAY with NO_ERROR among them.
pub fn assert_goaway(bytes: &[u8]) {
    let (frames, read) = http2::frames(bytes);
    assert_eq!(read, bytes.len(), "{frames:?}");
    assert_eq!(frames[0].kind, http2::SETTINGS, "{frames:?}");
    let goaway = frames.iter().find(|frame| frame.kind == http2::GOAWAY);
    let error = &goaway.unwrap_or_else(|| panic!("no GOAWAY: {frames:?}")).payload[4..8];
    assert_eq!(error, [0; 4], "NO_ERROR");
}

/// Asserts that this is a response with 408 and `connection: close`.
pub fn assert_timed_out(bytes: &[u8]) {
    let response = String::from_utf8_lossy(bytes);
    assert!(
        response.starts_with("HTTP/1.1 408 ") && response.contains("\r\nconnection: close\r\n"),
        "{response}"
    );
}
