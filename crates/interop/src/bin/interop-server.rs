//! The server that the interop clients of other gRPC implementations call, with TLS. Its one argument is a folder, in which
//! it writes the certificate that clients are to trust as `ca.pem`.

use std::{
    fs,
    io::{Write, stderr, stdout},
    path::PathBuf,
    process::ExitCode,
};

use increment_interop::{
    interop,
    serve::{Error, serve},
};
use oneport::CallLimits;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        let _ = writeln!(stderr(), "error: the folder for the certificate is missing");
        return ExitCode::from(2);
    };
    match run(folder).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(folder: PathBuf) -> Result<(), Error> {
    serve(interop::service(), CallLimits::default(), true, |address, trusted| {
        fs::write(folder.join("ca.pem"), trusted)?;
        writeln!(stdout(), "listening https://{address}")
    })
    .await
}
