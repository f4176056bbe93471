//! Explains the frames of gRPC (PROTOCOL-HTTP2), gRPC-Web (PROTOCOL-WEB) and Connect streams.

use crate::{error::DecodeError, explainer::Explainer, span::Kind};

/// The flag of a compressed frame.
pub(crate) const COMPRESSED: u8 = 1;
/// Connect's flag of the last frame of a stream, in JSON.
pub(crate) const END_STREAM: u8 = 2;
/// gRPC-Web's flag of the trailers.
pub(crate) const TRAILERS: u8 = 0x80;

/// The length of a frame's length, in bytes.
const LENGTH: u64 = 4;

impl<'a> Explainer<'a> {
    /// Explains the frames up to the end of the body.
    pub(crate) fn frames(&mut self, message: &str) {
        let end = self.body.len();
        while let Some(&flag) = self.remaining(end).first() {
            if self.reached_limit(end) {
                return;
            }
            if !matches!(flag & !COMPRESSED, 0 | END_STREAM | TRAILERS) {
                return self.error(end, DecodeError::UnknownFrameFlag);
            }
            self.leaf(self.at + 1, Kind::Flag(flag));
            let remaining = self.remaining(end);
            let Some(length) = remaining.first_chunk() else {
                return self.error(end, DecodeError::Truncated(LENGTH - remaining.len() as u64));
            };
            let length = u32::from_be_bytes(*length);
            self.leaf(self.at + LENGTH as usize, Kind::FrameLength(length));
            self.frame_payload(flag, length.into(), message);
        }
    }

    /// Explains the payload of a frame, as far as it is present.
    fn frame_payload(&mut self, flag: u8, length: u64, message: &str) {
        let end = self.available(self.body.len(), length);
        let missing = length - (end - self.at) as u64;
        match flag {
            TRAILERS => self.trailers(end),
            END_STREAM => self.leaf(end, Kind::Text { field: None }),
            _ if flag & COMPRESSED != 0 => self.leaf(end, Kind::Compressed),
            _ => self.message(end, message, None),
        }
        self.missing(missing);
    }

    /// Explains the trailers, one a line.
    fn trailers(&mut self, end: usize) {
        self.open(end, Kind::Trailers);
        while self.at < end && !self.reached_limit(end) {
            let remaining = self.remaining(end);
            let length =
                remaining.iter().position(|&byte| byte == b'\n').map_or(remaining.len(), |index| index + 1);
            let is_trailer = remaining.iter().take(length).any(|&byte| byte == b':');
            let kind = if is_trailer { Kind::Trailer } else { Kind::Error(DecodeError::MalformedTrailer) };
            self.leaf(self.at + length, kind);
        }
        self.close();
    }
}
