//! A stream that ended with an error. Independent of what was on it.

use increment_client::ClientError;

/// How far a stream came, and the error that ended it.
#[derive(Debug, thiserror::Error)]
#[error("{so_far}: {source}")]
pub(crate) struct Ended {
    so_far: String,
    source: ClientError,
}

impl Ended {
    pub(crate) fn new(so_far: impl Into<String>, source: ClientError) -> Self {
        Self { so_far: so_far.into(), source }
    }
}
