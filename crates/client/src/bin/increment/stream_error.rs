//! The error of a stream that ended early.

use increment_client::ClientError;

/// The progress of a stream, and the error that ended it.
#[derive(Debug, thiserror::Error)]
#[error("{progress}: {source}")]
pub(crate) struct StreamError {
    progress: String,
    source: ClientError,
}

impl StreamError {
    pub(crate) fn new(progress: impl Into<String>, source: ClientError) -> Self {
        Self { progress: progress.into(), source }
    }
}
