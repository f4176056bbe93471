//! A stream of responses that a task sends one by one. It ends when the call is cancelled.

use std::pin::Pin;

use futures_util::{Stream, stream::poll_fn};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tonic::Status;

/// The response of a streaming handler.
pub(crate) type ResponseStream<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Sends the messages of a response.
pub(crate) struct ResponseSender<T>(Sender<Result<T, Status>>);

/// The call was cancelled.
pub(crate) struct Cancelled;

impl<T> ResponseSender<T> {
    /// Sends a message once the one before it was taken.
    pub(crate) async fn send(&self, message: T) -> Result<(), Cancelled> {
        self.0.send(Ok(message)).await.map_err(|_| Cancelled)
    }

    /// Ends the call with this status.
    pub(crate) async fn fail(&self, status: Status) -> Result<(), Cancelled> {
        self.0.send(Err(status)).await.map_err(|_| Cancelled)
    }
}

/// Spawns a task that sends a response.
pub(crate) fn response_stream<T, F>(task: impl FnOnce(ResponseSender<T>) -> F) -> ResponseStream<T>
where
    T: Send + 'static,
    F: Future<Output = Result<(), Cancelled>> + Send + 'static,
{
    let (sender, mut receiver): (_, Receiver<_>) = channel(1);
    let task = task(ResponseSender(sender));
    tokio::spawn(async move { drop(task.await) });
    Box::pin(poll_fn(move |context| receiver.poll_recv(context)))
}
