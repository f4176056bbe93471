//! Frames of gRPC (gRPC's PROTOCOL-HTTP2), gRPC-Web (PROTOCOL-WEB) and Connect's streams. Must not know what messages
//! are made of.

use crate::{Fault, Kind, explainer::Explainer};

/// A frame's flags.
pub(crate) const COMPRESSED: u8 = 1;
/// Connect's: the stream's end, in JSON.
pub(crate) const END: u8 = 2;
/// gRPC-Web's: trailers.
pub(crate) const TRAILERS: u8 = 0x80;

/// The bytes of a frame's length.
const LENGTH: u64 = 4;

impl<'a> Explainer<'a> {
    /// The frames from here to the body's end.
    pub(crate) fn frames(&mut self, message: &str) {
        let end = self.body.len();
        while let Some(&flag) = self.rest(end).first() {
            if self.is_full(end) {
                return;
            }
            if !matches!(flag & !COMPRESSED, 0 | END | TRAILERS) {
                return self.fault(end, Fault::Flag);
            }
            self.leaf(self.at + 1, Kind::Flag(flag));
            let rest = self.rest(end);
            let Some(length) = rest.first_chunk() else {
                return self.fault(end, Fault::Missing(LENGTH - rest.len() as u64));
            };
            let length = u32::from_be_bytes(*length);
            self.leaf(self.at + LENGTH as usize, Kind::FrameLength(length));
            self.payload_of_frame(flag, length.into(), message);
        }
    }

    /// As much of it as there is.
    fn payload_of_frame(&mut self, flag: u8, length: u64, message: &str) {
        let end = self.available(self.body.len(), length);
        let missing = length - (end - self.at) as u64;
        match flag {
            TRAILERS => self.trailers(end),
            END => self.leaf(end, Kind::Text { field: None }),
            _ if flag & COMPRESSED != 0 => self.leaf(end, Kind::Compressed),
            _ => self.message(end, message, None),
        }
        self.missing(missing);
    }

    /// Lines, each with its end.
    fn trailers(&mut self, end: usize) {
        self.open(end, Kind::Trailers);
        while self.at < end && !self.is_full(end) {
            let rest = self.rest(end);
            let length = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |index| index + 1);
            let is_trailer = rest.iter().take(length).any(|&byte| byte == b':');
            let kind = if is_trailer { Kind::Trailer } else { Kind::Fault(Fault::Trailer) };
            self.leaf(self.at + length, kind);
        }
        self.close();
    }
}
