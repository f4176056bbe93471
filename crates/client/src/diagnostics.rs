//! Diagnoses what is wrong between this machine and a server: name resolution, TCP, TLS, HTTP, calls and CORS, step by
//! step. None of its calls is counted as an access. The texts are those of `increment-doctor`.

mod cors;
mod finding;
mod health;
mod network;

use std::{io, path::PathBuf, time::Duration};

use increment_doctor::Problem;
use tokio::time::timeout;

pub use self::finding::Finding;
use crate::{
    endpoint::Endpoint,
    keep_alive::KeepAlive,
    origin::Origin,
    protocol::Protocol,
    target::{Target, TargetError, TlsOptions, parse_url},
};

/// Why a run of [`Diagnostics`] ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiagnosticsError {
    /// The URL is invalid.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A step failed.
    #[error(transparent)]
    Finding(#[from] Finding),
    /// The result of a step could not be reported.
    #[error(transparent)]
    Report(#[from] io::Error),
}

/// What to diagnose.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    /// The server, as for [`Target::new`].
    pub url: String,
    /// The file of the CA to trust, as for [`Target::new`].
    pub ca: PathBuf,
    /// Optional settings of the TLS connections.
    pub tls: TlsOptions,
    /// The protocol that has to work: gRPC-Web alone for [`Protocol::GrpcWeb`], else both.
    pub protocol: Protocol,
    /// The origin of the pages that have to be able to call, such as `https://example.org`.
    pub origin: Option<Origin>,
    /// The timeout of each step.
    pub step_timeout: Duration,
}

impl Diagnostics {
    /// Runs the steps in order. Passes a line to `report` for each that succeeds.
    ///
    /// # Errors
    ///
    /// Returns [`DiagnosticsError::Finding`] at the first step that fails.
    pub async fn run(&self, mut report: impl FnMut(&str) -> io::Result<()>) -> Result<(), DiagnosticsError> {
        let endpoint = Endpoint::from(&parse_url(&self.url)?);
        let addresses = self.step(Problem::UnknownHost, endpoint.resolve()).await?;
        report(&network::describe_addresses(&endpoint, &addresses))?;
        let connect = endpoint.connect(&addresses, KeepAlive::default());
        let stream = self.step(Problem::DeadlineExceeded, connect).await?;
        report(&format!("port {} is open", endpoint.port))?;
        let target = Target::new(&self.url, &self.ca).map_err(Finding::from_target)?.with_tls(&self.tls);
        if let Some(tls) = target.tls() {
            let handshake = endpoint.handshake(network::with_both_http_versions(tls), stream);
            let stream = self.step(Problem::DeadlineExceeded, handshake).await?;
            report(&network::describe_tls(&stream, &endpoint, tls))?;
            report(network::negotiated_http_version(&stream, &endpoint, self.protocol)?)?;
        } else {
            let version = network::detect_http_version(stream, &endpoint, self.protocol);
            report(self.step(Problem::DeadlineExceeded, version).await?)?;
        }
        if self.protocol == Protocol::Grpc {
            report(&self.step(Problem::DeadlineExceeded, health::check(&target, Protocol::Grpc)).await?)?;
        }
        report(&self.step(Problem::DeadlineExceeded, health::check(&target, Protocol::GrpcWeb)).await?)?;
        if let Some(origin) = &self.origin {
            report(&self.step(Problem::DeadlineExceeded, cors::check(&target, origin)).await?)?;
        }
        Ok(())
    }

    /// Awaits a step, up to the timeout, for which the finding is `on_timeout`.
    async fn step<T, E: Into<Finding>>(
        &self,
        on_timeout: Problem,
        step: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Finding> {
        match timeout(self.step_timeout, step).await {
            Ok(result) => result.map_err(Into::into),
            Err(_) => {
                let observed = format_args!("{}: no response within {:?}", self.url, self.step_timeout);
                Err(Finding::new(on_timeout, observed))
            }
        }
    }
}
