//! Sends a number to increment and prints the result; `count-up START STEPS` prints a stream of results.

use std::{env, fs, io::Write, process::ExitCode, time::Duration};

use anyhow::{Context, Result, bail};
use heck::ToShoutySnakeCase;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};

use api::{CountUpRequest, IncrementRequest, increment_service_client::IncrementServiceClient};

mod api {
    tonic::include_proto!("increment.v1");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = run().await else { return ExitCode::SUCCESS };
    match error.downcast_ref::<Status>().map(|status| (format!("{:?}", status.code()), status.message())) {
        Some((code, message)) => eprintln!("{}: {message}", code.to_shouty_snake_case()),
        None => eprintln!("{error:#}"),
    }
    ExitCode::FAILURE
}

async fn run() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => increment(fastrand::i64(0..10_000)).await,
        [number] => increment(number.parse()?).await,
        ["count-up", start, steps] => count_up(start.parse()?, steps.parse()?).await,
        _ => bail!("usage: increment-rust [NUMBER | count-up START STEPS]"),
    }
}

async fn increment(number: i64) -> Result<()> {
    let mut request = Request::new(IncrementRequest { number });
    request.set_timeout(Duration::from_secs(10));
    let response = connect().await?.increment(request).await?.into_inner();
    println!("Send: {}, Return: {}", response.number, response.result);
    Ok(())
}

async fn count_up(start: i64, steps: u64) -> Result<()> {
    let mut responses =
        connect().await?.count_up(CountUpRequest { start, steps, interval_ms: 0 }).await?.into_inner();
    while let Some(response) = responses.message().await? {
        writeln!(std::io::stdout(), "{}", response.result)?;
    }
    Ok(())
}

async fn connect() -> Result<IncrementServiceClient<Channel>> {
    let ca = variable("INCREMENT_CA").unwrap_or_else(|| "../../certs/ca.pem".into());
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(fs::read(&ca).context(ca)?));
    let address = variable("INCREMENT_ADDRESS").unwrap_or_else(|| "localhost:5000".into());
    let endpoint = Endpoint::from_shared(format!("https://{address}"))?.tls_config(tls)?;
    Ok(IncrementServiceClient::new(endpoint.connect().await?))
}

/// Returns an environment variable, unless it is unset or empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
