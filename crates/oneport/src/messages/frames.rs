//! Messages in a body, each after a flag and its length (gRPC's PROTOCOL-HTTP2, Length-Prefixed-Message; Connect's
//! Enveloped-Message is alike). Must not know what the messages are.

use bytes::{BufMut, Bytes, BytesMut};

/// The flag and the length before each message, in bytes.
pub(crate) const HEAD: usize = 5;

/// The flag of a message that is compressed.
pub(crate) const COMPRESSED: u8 = 1;

/// What a frame's head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) flag: u8,
    /// Of the message, in bytes.
    pub(crate) len: usize,
}

/// Cuts bytes into frames, however they come.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    read: Bytes,
}

impl Frames {
    /// Takes the bytes that follow.
    pub(crate) fn push(&mut self, data: Bytes) {
        if self.read.is_empty() {
            self.read = data;
        } else {
            let mut joined = BytesMut::from(std::mem::take(&mut self.read));
            joined.extend_from_slice(&data);
            self.read = joined.freeze();
        }
    }

    /// How many bytes wait for the rest of their frame, or to be taken.
    pub(crate) fn len(&self) -> usize {
        self.read.len()
    }

    /// The head of the next frame, once it is there.
    pub(crate) fn head(&self) -> Option<Head> {
        let (&[flag, len @ ..], _) = self.read.split_first_chunk::<HEAD>()?;
        Some(Head { flag, len: usize::try_from(u32::from_be_bytes(len)).unwrap_or(usize::MAX) })
    }

    /// Takes the next frame with its head, once it is whole.
    pub(crate) fn next(&mut self) -> Option<Bytes> {
        let len = self.head()?.len.checked_add(HEAD)?;
        (self.read.len() >= len).then(|| self.read.split_to(len))
    }

    /// Takes all there is.
    pub(crate) fn rest(&mut self) -> Bytes {
        std::mem::take(&mut self.read)
    }
}

/// A frame of this message. A message has less than 4 GiB.
pub(crate) fn framed(flag: u8, message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(HEAD + message.len());
    frame.put_u8(flag);
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(message);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_cut_wherever_the_chunks_end() {
        let bytes = [framed(0, b"one"), framed(COMPRESSED, b""), framed(2, b"three")].concat();
        for size in 1..=bytes.len() {
            let (mut frames, mut cut) = (Frames::default(), Vec::new());
            for chunk in bytes.chunks(size) {
                frames.push(Bytes::copy_from_slice(chunk));
                cut.extend(std::iter::from_fn(|| frames.next()));
            }
            assert_eq!(cut, [framed(0, b"one"), framed(1, b""), framed(2, b"three")], "{size}");
            assert_eq!(frames.len(), 0);
        }
    }

    #[test]
    fn a_head_tells_the_length_before_the_message_comes() {
        let mut frames = Frames::default();
        frames.push(Bytes::from_static(&[1, 0, 0, 1]));
        assert_eq!(frames.head(), None);
        frames.push(Bytes::from_static(&[2]));
        assert_eq!(frames.head(), Some(Head { flag: 1, len: 258 }));
        assert_eq!((frames.next(), frames.len()), (None, 5));
    }
}
