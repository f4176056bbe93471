//! The `increment` program: calls the server from the command line. Results go to standard output, all else to
//! standard error; exits with 0 when done, 1 when a call failed, 2 when used wrongly.

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
mod stream_error;
mod variables;
mod wire;

use std::{
    error::Error,
    io::{self, Write, stderr},
    process::ExitCode,
};

use increment_client::{Client, ClientError, Protocol, Target, TargetError};

use tokio::runtime;

use self::{
    hints::Names,
    input::InputError,
    options::{Command, Options, Send},
};

/// The exit code of wrong use, as with options that are wrong.
const WRONG_USE: u8 = 2;

/// The random numbers sent are below this, as in the study.
const RANDOM_BELOW: i32 = 10_000;

fn main() -> ExitCode {
    let (options, names) = Options::parse_and_check();
    match run(options, &names) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the results has had enough.
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        // It has been printed: it is the result.
        Err(error) if error.is::<doctor::Found>() => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {}", names.explain(&*error));
            if is_wrong_use(&*error) { WRONG_USE.into() } else { ExitCode::FAILURE }
        }
    }
}

fn is_wrong_use(error: &(dyn Error + 'static)) -> bool {
    let is_wrong_input =
        matches!(error.downcast_ref(), Some(InputError::NotANumber { .. } | InputError::TooLong { .. }));
    is_wrong_input || matches!(error.downcast_ref(), Some(ClientError::OneWay))
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Runs the command.
fn run(options: Options, names: &Names) -> Result<(), Box<dyn Error>> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(perform(options, names));
    // A name that is still being looked up would hold up the end.
    runtime.shutdown_background();
    done
}

async fn perform(options: Options, names: &Names) -> Result<(), Box<dyn Error>> {
    let tls = options.tls(names)?;
    let Options { url, ca, protocol, timeout, command, .. } = options;
    let protocol = Protocol::from(protocol);
    let target = || Ok::<_, TargetError>(Target::new(&url, &ca)?.with_tls(&tls));
    let client = || Ok::<_, TargetError>(Client::new(&target()?, protocol).with_limit(timeout));
    match command {
        Command::Send(options) => send(client()?, options).await,
        Command::Many => many::print(client()?).await,
        Command::CountUp(options) => count_up::print(client()?, options).await,
        Command::Accesses(options) => accesses::print(client()?, options).await,
        Command::Connection(options) => connection::print(client()?, options).await,
        Command::Wire(options) => {
            let target = target()?;
            wire::print(|tap| Client::tapped(&target, protocol, tap).with_limit(timeout), options).await
        }
        Command::Doctor(options) => doctor::print(options.checkup(url, ca, tls, protocol), names).await,
    }
}

async fn send(mut client: Client, Send { numbers, count, template }: Send) -> Result<(), Box<dyn Error>> {
    for _ in 0..count {
        if numbers.is_empty() {
            send_one(&mut client, fastrand::i32(0..RANDOM_BELOW).into(), template).await?;
        }
        for &number in &numbers {
            send_one(&mut client, number, template).await?;
        }
    }
    Ok(())
}

async fn send_one(client: &mut Client, number: i64, template: bool) -> Result<(), Box<dyn Error>> {
    let line = if template {
        client.template(number.try_into()?).await?
    } else {
        format!("Send: {number}, Return: {}", client.increment(number).await?)
    };
    Ok(output::print(line).await?)
}
