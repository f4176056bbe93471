//! What is wrong between here and the server: each step by itself, from its name to a call, none of which counts as
//! an access. Must not know who is told; the words for a trouble are in `increment-doctor`.

mod calls;
mod cors;
mod finding;
mod way;

use std::{fmt::Display, io, path::PathBuf, time::Duration};

use increment_doctor::Problem;
use tokio::time::timeout;

pub use self::finding::Finding;
use crate::{KeepAlive, Origin, Protocol, Target, TargetError, TlsOptions, place::Place, target::parse};

/// Why a checkup ended before all was found to be well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckupError {
    /// The URL is none of a server.
    #[error(transparent)]
    Url(#[from] TargetError),
    /// Something is wrong on the way.
    #[error(transparent)]
    Found(#[from] Finding),
    /// What went well could not be told.
    #[error(transparent)]
    Tell(#[from] io::Error),
}

/// What to look into.
#[derive(Clone, Debug)]
pub struct Checkup {
    /// The server, as [`Target::new`] takes it.
    pub url: String,
    /// The file with the CA to trust, as [`Target::new`] takes it.
    pub ca: PathBuf,
    /// What its connections with TLS do beside.
    pub tls: TlsOptions,
    /// What has to work: with [`Protocol::GrpcWeb`] that alone, else both.
    pub protocol: Protocol,
    /// Whose pages should be able to call, such as `https://example.org`.
    pub origin: Option<Origin>,
    /// How long each step may take.
    pub limit: Duration,
}

impl Checkup {
    /// Takes one step after the other and tells of each that went well, in a line.
    ///
    /// Fails with [`CheckupError::Found`] at the first that did not.
    pub async fn run(&self, mut tell: impl FnMut(&str) -> io::Result<()>) -> Result<(), CheckupError> {
        let place = Place::of(&parse(&self.url)?);
        let addresses = self.within(Problem::UnknownHost, place.resolve()).await?;
        tell(&way::resolved(&place, &addresses))?;
        let stream =
            self.within(Problem::DeadlineExceeded, place.connect(&addresses, KeepAlive::default())).await?;
        tell(&format!("port {} is open", place.port))?;
        let target = Target::new(&self.url, &self.ca).map_err(Finding::no_ca)?.with_tls(&self.tls);
        if let Some(trust) = target.trust() {
            let shaken = place.shake_hands(way::offering_both(trust), stream);
            let stream = self.within(Problem::DeadlineExceeded, shaken).await?;
            tell(&way::encrypted(&stream, &place, trust))?;
            tell(way::agreed(&stream, &place, self.protocol)?)?;
        } else {
            let greeted = way::greet_in_clear(stream, &place, self.protocol);
            tell(self.within(Problem::DeadlineExceeded, greeted).await?)?;
        }
        if self.protocol == Protocol::Grpc {
            tell(&self.within(Problem::DeadlineExceeded, calls::ask(&target, Protocol::Grpc)).await?)?;
        }
        tell(&self.within(Problem::DeadlineExceeded, calls::ask(&target, Protocol::GrpcWeb)).await?)?;
        if let Some(origin) = &self.origin {
            tell(&self.within(Problem::DeadlineExceeded, cors::ask(&target, origin)).await?)?;
        }
        Ok(())
    }

    /// The step's outcome, or `silence` where it has none in time.
    async fn within<T, E: Into<Finding>>(
        &self,
        silence: Problem,
        step: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Finding> {
        let Ok(outcome) = timeout(self.limit, step).await else {
            return Err(self.silent(silence));
        };
        outcome.map_err(Into::into)
    }

    fn silent(&self, trouble: Problem) -> Finding {
        Finding::new(trouble, format_args!("{}: no answer within {:?}", self.url, self.limit))
    }
}

/// Several of them in a line.
fn list(items: impl IntoIterator<Item: Display>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
