//! A stream of answers that a task sends one by one. It ends when the caller goes away.

use std::pin::Pin;

use futures_util::{Stream, stream::poll_fn};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tonic::Status;

/// What a streaming handler answers with.
pub(crate) type Replies<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Where a task puts its answers.
pub(crate) struct Out<T>(Sender<Result<T, Status>>);

/// The caller is not there any more.
pub(crate) struct Gone;

impl<T> Out<T> {
    /// Sends a message once there is room.
    pub(crate) async fn send(&self, message: T) -> Result<(), Gone> {
        self.0.send(Ok(message)).await.map_err(|_| Gone)
    }

    /// Ends the call with this status.
    pub(crate) async fn fail(&self, status: Status) -> Result<(), Gone> {
        self.0.send(Err(status)).await.map_err(|_| Gone)
    }
}

/// Runs a task that answers.
pub(crate) fn replies<T, F>(task: impl FnOnce(Out<T>) -> F) -> Replies<T>
where
    T: Send + 'static,
    F: Future<Output = Result<(), Gone>> + Send + 'static,
{
    let (sender, mut receiver): (_, Receiver<_>) = channel(1);
    let task = task(Out(sender));
    tokio::spawn(async move { drop(task.await) });
    Box::pin(poll_fn(move |context| receiver.poll_recv(context)))
}
