//! The messages of a server-streaming call. Not on the path of a click.

use std::future::Future;

use futures_util::{Stream, TryStreamExt, stream};
use tonic::{Response, Status, Streaming};

use super::{browser::page_context, status::failure};
use crate::model::failure::Failure;

/// Makes a call when the stream is polled first, and returns its messages. The stream ends with the call, after a [`Failure`]
/// if the call failed.
pub(super) fn messages<M: 'static>(
    call: impl Future<Output = Result<Response<Streaming<M>>, Status>>,
) -> impl Stream<Item = Result<M, Failure>> {
    stream::once(call)
        .map_ok(Response::into_inner)
        .try_flatten()
        .map_err(|status| failure(&status, page_context()))
}
