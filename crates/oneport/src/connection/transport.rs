//! The bytes of a connection while HTTP is spoken on it. hyper drops what it was given where it gives up on a peer: this
//! comes back instead, so that the peer can be sent a last message and the end of TLS.

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

use super::read_turn::Turn;
use crate::activity::{Activity, Timestamp};

/// What a client of HTTP/2 sends first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream that is lent to hyper, and comes back where this is dropped.
pub(super) struct Transport<S> {
    stream: Option<S>,
    back: Option<oneshot::Sender<(S, Preface)>>,
    activity: Arc<Activity>,
    preface: Preface,
    turn: Turn,
}

/// How much of HTTP/2's preface the peer has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preface {
    /// As many bytes, fewer than it has; 0 where the peer has sent nothing.
    Partial(usize),
    /// All of it.
    Complete,
    /// Something else.
    Other,
}

impl Preface {
    /// What becomes of it with these bytes more.
    fn and(self, bytes: &[u8]) -> Self {
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
    /// Lends a stream; the receiver gets it back.
    pub(super) fn lend(stream: S, activity: &Arc<Activity>) -> (Self, oneshot::Receiver<(S, Preface)>) {
        let (back, returned) = oneshot::channel();
        let activity = Arc::clone(activity);
        let (preface, turn) = (Preface::Partial(0), Turn::default());
        (Self { stream: Some(stream), back: Some(back), activity, preface, turn }, returned)
    }

    fn stream(&mut self) -> Pin<&mut S>
    where
        S: Unpin,
    {
        Pin::new(self.stream.as_mut().expect("it is there until this is dropped"))
    }

    /// Writes with `write`, and notes where bytes have moved.
    fn writing(
        &mut self,
        write: impl FnOnce(Pin<&mut S>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>>
    where
        S: Unpin,
    {
        let begin = Timestamp::now();
        let written = write(self.stream());
        if let Poll::Ready(Ok(1..)) = written {
            self.activity.moved_at(begin);
        }
        written
    }
}

impl<S> Drop for Transport<S> {
    fn drop(&mut self) {
        if let (Some(stream), Some(back)) = (self.stream.take(), self.back.take()) {
            // Nobody waits for it where the connection itself was dropped.
            let _ = back.send((stream, self.preface));
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Transport<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.turn.is_over() {
            // The next turn comes after those who wait for theirs.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = self.stream().poll_read(context, buffer);
        if read.is_pending() {
            self.turn.end();
        }
        let bytes = &buffer.filled()[before..];
        self.turn.note(bytes.len());
        if !bytes.is_empty() {
            self.preface = self.preface.and(bytes);
            self.activity.moved_at(Timestamp::now());
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
        self.writing(|stream| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writing(|stream| stream.poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    /// Only flushes: whoever gets the stream back shuts it down.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preface_is_known_in_any_pieces() {
        for cut in 1..PREFACE.len() {
            let begun = Preface::Partial(0).and(&PREFACE[..cut]);
            assert_eq!(begun, Preface::Partial(cut));
            assert_eq!(begun.and(&PREFACE[cut..]), Preface::Complete);
            assert_eq!(begun.and(b"x"), Preface::Other);
        }
        assert_eq!(Preface::Partial(0).and(&[PREFACE, b"more"].concat()), Preface::Complete);
        assert_eq!(Preface::Partial(0).and(b"POST / HTTP/1.1\r\n"), Preface::Other);
    }
}
