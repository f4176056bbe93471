//! The server that the interop clients of other gRPC implementations call, with TLS. Its one argument is the folder for
//! its certificate.

use std::{
    io::{Write, stderr, stdout},
    path::PathBuf,
    process::ExitCode,
};

use increment_interop::{
    interop,
    stack::{StackError, Where, serve},
};
use increment_server::CallLimits;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(certs) = std::env::args_os().nth(1).map(PathBuf::from) else {
        let _ = writeln!(stderr(), "error: which folder is for the certificate?");
        return ExitCode::from(2);
    };
    match run(certs).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(certs: PathBuf) -> Result<(), StackError> {
    serve(vec![interop::offer()], CallLimits::default(), Where::Tls, &certs, |address| {
        writeln!(stdout(), "listening https://{address}")
    })
    .await
}
