//! The stream that hyper reads and writes. It is returned where hyper drops it, so that the peer can be sent a notice and the
//! close_notify of TLS (RFC 8446, section 6.1).

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::oneshot,
};

use super::read_budget::ReadBudget;
use crate::{activity::Activity, timestamp::Timestamp};

/// The connection preface of an HTTP/2 client (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream that is returned when this is dropped.
pub(super) struct Transport<S> {
    stream: Option<S>,
    returned: Option<oneshot::Sender<Returned<S>>>,
    activity: Arc<Activity>,
    preface: Preface,
    budget: ReadBudget,
}

/// The stream of a [`Transport`] that was dropped.
pub(super) struct Returned<S> {
    pub(super) stream: S,
    pub(super) preface: Preface,
}

/// How much of HTTP/2's preface the peer has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preface {
    /// This many bytes, but not all; 0 where the peer has sent nothing.
    Partial(usize),
    /// The whole preface.
    Complete,
    /// Something else.
    Other,
}

impl Preface {
    /// The state after these further bytes.
    fn advance(self, bytes: &[u8]) -> Self {
        let Self::Partial(read) = self else { return self };
        let expected = &PREFACE[read..];
        let compared = bytes.len().min(expected.len());
        match read + compared {
            _ if bytes[..compared] != expected[..compared] => Self::Other,
            all if all == PREFACE.len() => Self::Complete,
            part => Self::Partial(part),
        }
    }
}

impl<S> Transport<S> {
    /// A transport over this stream, and the receiver to which the stream is returned.
    pub(super) fn new(stream: S, activity: &Arc<Activity>) -> (Self, oneshot::Receiver<Returned<S>>) {
        let (returned, receiver) = oneshot::channel();
        let transport = Self {
            stream: Some(stream),
            returned: Some(returned),
            activity: Arc::clone(activity),
            preface: Preface::Partial(0),
            budget: ReadBudget::default(),
        };
        (transport, receiver)
    }

    fn stream(&mut self) -> Pin<&mut S>
    where
        S: Unpin,
    {
        Pin::new(self.stream.as_mut().expect("it is taken by drop alone"))
    }

    /// Calls `write`, and records the time where bytes were written.
    fn write_with(
        &mut self,
        write: impl FnOnce(Pin<&mut S>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>>
    where
        S: Unpin,
    {
        let begin = Timestamp::now();
        let written = write(self.stream());
        if let Poll::Ready(Ok(1..)) = written {
            self.activity.record_io(begin);
        }
        written
    }
}

impl<S> Drop for Transport<S> {
    fn drop(&mut self) {
        if let (Some(stream), Some(returned)) = (self.stream.take(), self.returned.take()) {
            // Fails where the whole connection is dropped, which needs no notice.
            let _ = returned.send(Returned { stream, preface: self.preface });
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Transport<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.budget.must_yield() {
            // Polled again after the tasks that are ready now.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = self.stream().poll_read(context, buffer);
        if read.is_pending() {
            self.budget.reset();
        }
        let bytes = &buffer.filled()[before..];
        self.budget.consume(bytes.len());
        if !bytes.is_empty() {
            self.preface = self.preface.advance(bytes);
            self.activity.record_io(Timestamp::now());
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Transport<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write_with(|stream| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write_with(|stream| stream.poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    /// Flushes alone: the stream is shut down after it was returned.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preface_is_recognized_in_any_segments() {
        for cut in 1..PREFACE.len() {
            let partial = Preface::Partial(0).advance(&PREFACE[..cut]);
            assert_eq!(partial, Preface::Partial(cut));
            assert_eq!(partial.advance(&PREFACE[cut..]), Preface::Complete);
            assert_eq!(partial.advance(b"x"), Preface::Other);
        }
        assert_eq!(Preface::Partial(0).advance(&[PREFACE, b"more"].concat()), Preface::Complete);
        assert_eq!(Preface::Partial(0).advance(b"POST / HTTP/1.1\r\n"), Preface::Other);
    }
}
