//! The server under test of Connect's conformance runner, which writes the configuration to the standard input and reads
//! the address from the standard output. Both are one protobuf message after its length in four bytes, big-endian.

use std::{
    io::{self, Read, Write, stderr, stdin, stdout},
    net::SocketAddr,
    process::ExitCode,
};

use increment_interop::{
    conformance,
    contracts::conformance::{ServerCompatRequest, ServerCompatResponse},
    serve::{Error, serve},
};
use oneport::CallLimits;
use prost::Message;

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

async fn run() -> Result<(), Error> {
    let configuration = read_request()?;
    let mut limits = CallLimits::default();
    let limit = configuration.message_receive_limit;
    if let (1.., Ok(limit)) = (limit, usize::try_from(limit)) {
        limits.message_bytes = limit;
    }
    serve(conformance::service(), limits, configuration.use_tls, write_response).await
}

fn read_request() -> io::Result<ServerCompatRequest> {
    let mut len = [0; 4];
    stdin().read_exact(&mut len)?;
    let mut message = Vec::new();
    stdin().take(u32::from_be_bytes(len).into()).read_to_end(&mut message)?;
    Ok(ServerCompatRequest::decode(message.as_slice())?)
}

fn write_response(address: SocketAddr, trusted: &str) -> io::Result<()> {
    let (host, port, pem_cert) = (address.ip().to_string(), address.port().into(), trusted.into());
    let response = ServerCompatResponse { host, port, pem_cert }.encode_to_vec();
    let len = u32::try_from(response.len()).map_err(io::Error::other)?;
    let mut out = stdout().lock();
    out.write_all(&len.to_be_bytes())?;
    out.write_all(&response)?;
    out.flush()
}
