//! Requests with a deadline, and responses and messages with their errors as [`ClientError`].

use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt};
use tokio::time::timeout as with_timeout;
use tonic::{Code, Request, Response, Status, Streaming};

use crate::error::ClientError;

/// The longest `grpc-timeout`: eight digits of hours (gRPC's PROTOCOL-HTTP2, Timeout).
const MAX_GRPC_TIMEOUT: Duration = Duration::from_hours(99_999_999);

/// Returns a request that carries its timeout to the server.
pub(crate) fn request<M>(message: M, timeout: Duration) -> Request<M> {
    let mut request = Request::new(message);
    request.set_timeout(timeout.min(MAX_GRPC_TIMEOUT));
    request
}

/// Awaits the response to a call, up to the timeout.
pub(crate) async fn response<T>(
    url: &str,
    timeout: Duration,
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, ClientError> {
    let start = Instant::now();
    match with_timeout(timeout, call).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        // The server may detect the expired deadline first.
        Ok(Err(status)) if status.code() == Code::DeadlineExceeded && start.elapsed() >= timeout => {
            Err(ClientError::timeout(url, timeout))
        }
        Ok(Err(status)) => Err(ClientError::from_status(url, status)),
        Err(_) => Err(ClientError::timeout(url, timeout)),
    }
}

/// Converts the messages of a stream.
pub(crate) fn messages<M, T: From<M>>(
    url: &str,
    messages: Streaming<M>,
) -> impl Stream<Item = Result<T, ClientError>> + Send + Unpin + use<M, T> {
    let url = url.to_owned();
    messages.map(move |message| match message {
        Ok(message) => Ok(message.into()),
        Err(status) => Err(ClientError::from_status(&url, status)),
    })
}
