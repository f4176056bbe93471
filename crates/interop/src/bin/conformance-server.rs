//! The server under test of Connect's conformance runner, which tells on the standard input what it wants and reads on
//! the standard output where that is. Both are one message of protobuf after its length, four bytes, big-endian.

use std::{
    fs,
    io::{self, Read, Write, stderr, stdin, stdout},
    net::SocketAddr,
    path::Path,
    process::ExitCode,
};

use increment_interop::{
    conformance,
    contracts::conformance::{ServerCompatRequest, ServerCompatResponse},
    stack::{StackError, Where, serve},
};
use increment_server::CallLimits;
use prost::Message;
use tempfile::TempDir;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), StackError> {
    let wanted = read_request()?;
    let certs = TempDir::new()?;
    let mut limits = CallLimits::default();
    if let (1.., Ok(limit)) = (wanted.message_receive_limit, usize::try_from(wanted.message_receive_limit)) {
        limits.message_bytes = limit;
    }
    let place = if wanted.use_tls { Where::Tls } else { Where::Plaintext };
    let ready = |address| write_response(address, place, certs.path());
    serve(vec![conformance::offer()], limits, place, certs.path(), ready).await
}

fn read_request() -> io::Result<ServerCompatRequest> {
    let mut len = [0; 4];
    stdin().read_exact(&mut len)?;
    let mut message = Vec::new();
    stdin().take(u32::from_be_bytes(len).into()).read_to_end(&mut message)?;
    Ok(ServerCompatRequest::decode(message.as_slice())?)
}

fn write_response(address: SocketAddr, place: Where, certs: &Path) -> io::Result<()> {
    let pem_cert = match place {
        Where::Tls => fs::read(certs.join("ca.pem"))?,
        Where::Plaintext => Vec::new(),
    };
    let host = address.ip().to_string();
    let response = ServerCompatResponse { host, port: address.port().into(), pem_cert }.encode_to_vec();
    let len = u32::try_from(response.len()).map_err(io::Error::other)?;
    let mut out = stdout().lock();
    out.write_all(&len.to_be_bytes())?;
    out.write_all(&response)?;
    out.flush()
}
