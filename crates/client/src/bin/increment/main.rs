//! The `increment` program: calls the server from the command line. Results go to standard output, errors to standard
//! error. Exit codes: 0 success, 1 failure, 2 wrong use.

mod accesses;
mod connection;
mod count_up;
mod doctor;
mod hex;
mod hints;
mod input;
mod many;
mod options;
mod output;
mod send;
mod stream_error;
mod wire;

use std::{
    error::Error,
    io::{self, Write, stderr},
    process::ExitCode,
};

use increment_client::{Client, ClientError, Protocol, Target, TargetError};
use tokio::runtime;

use self::{
    hints::OptionNames,
    input::InputError,
    options::{Command, Options},
};

/// The exit code of wrong use, as for invalid options.
const WRONG_USE: u8 = 2;

fn main() -> ExitCode {
    let (options, names) = Options::parse_or_exit();
    match run(options, &names) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of the results closed the pipe.
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        // The problem has been printed as the result.
        Err(error) if error.is::<doctor::ProblemFound>() => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {}", names.with_hint(&*error));
            if is_wrong_use(&*error) { WRONG_USE.into() } else { ExitCode::FAILURE }
        }
    }
}

fn is_wrong_use(error: &(dyn Error + 'static)) -> bool {
    let is_invalid_input =
        matches!(error.downcast_ref(), Some(InputError::NotANumber { .. } | InputError::TooLong { .. }));
    is_invalid_input || matches!(error.downcast_ref(), Some(ClientError::NoBidirectionalStreams))
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn run(options: Options, names: &OptionNames) -> Result<(), Box<dyn Error>> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(run_command(options, names));
    // Does not wait for a name resolution in progress.
    runtime.shutdown_background();
    result
}

async fn run_command(options: Options, names: &OptionNames) -> Result<(), Box<dyn Error>> {
    let tls = options.tls(names)?;
    let Options { url, ca, protocol, timeout, command, .. } = options;
    let protocol = Protocol::from(protocol);
    let target = || Ok::<_, TargetError>(Target::new(&url, &ca)?.with_tls(&tls));
    let client = || Ok::<_, TargetError>(Client::new(&target()?, protocol).with_timeout(timeout));
    match command {
        Command::Send(options) => send::print(client()?, options).await,
        Command::Many => many::print(client()?).await,
        Command::CountUp(options) => count_up::print(client()?, options).await,
        Command::Accesses(options) => accesses::print(client()?, options).await,
        Command::Connection(options) => connection::print(client()?, options).await,
        Command::Wire(options) => {
            let target = target()?;
            wire::print(|tap| Client::tapped(&target, protocol, tap).with_timeout(timeout), options).await
        }
        Command::Doctor(options) => doctor::print(options.diagnostics(url, ca, tls, protocol), names).await,
    }
}
