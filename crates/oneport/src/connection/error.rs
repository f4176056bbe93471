//! Why a connection ended.

use std::io;

use crate::{activity::Activity, close_reason::CloseReason};

/// The error of hyper-util's connections.
pub(super) type HttpError = Box<dyn std::error::Error + Send + Sync>;

/// Why a connection ended before its peer closed it in order.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("closed by the server: {0}")]
    Closed(CloseReason),
    #[error("closed by the peer before its TLS handshake")]
    NoHandshake,
    #[error("the peer does not use TLS")]
    NotTls,
    #[error("{0}")]
    Http(HttpError),
}

impl ConnectionError {
    /// Converts an error of hyper, whose timeout for the headers of a request is one for idle connections too.
    pub(super) fn from_http(error: HttpError, activity: &Activity) -> Self {
        let is_timeout = error.downcast_ref().is_some_and(hyper::Error::is_timeout);
        match activity.has_received_request() {
            _ if !is_timeout => Self::Http(error),
            true => Self::Closed(CloseReason::Idle),
            false => Self::Closed(CloseReason::FirstRequest),
        }
    }

    /// Why the server closed the connection; none where it did not.
    pub(super) fn close_reason(&self) -> Option<CloseReason> {
        if let Self::Closed(reason) = self { Some(*reason) } else { None }
    }
}
