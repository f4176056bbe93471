//! Length-prefixed messages in a body (gRPC's PROTOCOL-HTTP2, Length-Prefixed-Message; Connect's Enveloped-Message is
//! alike).

use bytes::{BufMut, Bytes, BytesMut};

/// The bytes of a prefix: a flag and the length of the message.
pub(crate) const PREFIX_BYTES: usize = 5;

/// The flag of a compressed message.
pub(crate) const COMPRESSED: u8 = 1;

/// The prefix of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(crate) flag: u8,
    /// Of the message, in bytes.
    pub(crate) len: usize,
}

/// Splits bytes into frames, each a prefix and its message, however they arrive.
#[derive(Debug, Default)]
pub(crate) struct FrameBuffer {
    buffered: Bytes,
}

impl FrameBuffer {
    /// Appends bytes.
    pub(crate) fn push(&mut self, data: Bytes) {
        if self.buffered.is_empty() {
            self.buffered = data;
        } else {
            let mut joined = BytesMut::from(std::mem::take(&mut self.buffered));
            joined.extend_from_slice(&data);
            self.buffered = joined.freeze();
        }
    }

    /// How many bytes have not been taken.
    pub(crate) fn len(&self) -> usize {
        self.buffered.len()
    }

    /// The prefix of the next frame; none until it is complete.
    pub(crate) fn prefix(&self) -> Option<Prefix> {
        let (&[flag, len @ ..], _) = self.buffered.split_first_chunk::<PREFIX_BYTES>()?;
        Some(Prefix { flag, len: usize::try_from(u32::from_be_bytes(len)).unwrap_or(usize::MAX) })
    }

    /// Takes the next frame; none until it is complete.
    pub(crate) fn next(&mut self) -> Option<Bytes> {
        let len = self.prefix()?.len.checked_add(PREFIX_BYTES)?;
        (self.buffered.len() >= len).then(|| self.buffered.split_to(len))
    }

    /// Takes all bytes.
    pub(crate) fn take(&mut self) -> Bytes {
        std::mem::take(&mut self.buffered)
    }
}

/// Encodes the frame of a message, which has less than 4 GiB.
pub(crate) fn encode_frame(flag: u8, message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(PREFIX_BYTES + message.len());
    frame.put_u8(flag);
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(message);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_split_wherever_the_chunks_end() {
        let bytes =
            [encode_frame(0, b"one"), encode_frame(COMPRESSED, b""), encode_frame(2, b"three")].concat();
        for size in 1..=bytes.len() {
            let (mut buffer, mut frames) = (FrameBuffer::default(), Vec::new());
            for chunk in bytes.chunks(size) {
                buffer.push(Bytes::copy_from_slice(chunk));
                frames.extend(std::iter::from_fn(|| buffer.next()));
            }
            assert_eq!(
                frames,
                [encode_frame(0, b"one"), encode_frame(1, b""), encode_frame(2, b"three")],
                "{size}"
            );
            assert_eq!(buffer.len(), 0);
        }
    }

    #[test]
    fn the_length_is_known_before_the_message_arrives() {
        let mut buffer = FrameBuffer::default();
        buffer.push(Bytes::from_static(&[1, 0, 0, 1]));
        assert_eq!(buffer.prefix(), None);
        buffer.push(Bytes::from_static(&[2]));
        assert_eq!(buffer.prefix(), Some(Prefix { flag: 1, len: 258 }));
        assert_eq!((buffer.next(), buffer.len()), (None, 5));
    }
}
