//! Decodes the base64 of grpc-web-text requests as it arrives. A client may encode each frame by itself: padding may follow
//! any group of four characters, where other decoders expect it at the end only.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use tonic::Status;

/// The characters of a group, which encodes three bytes, or fewer where it ends in padding (RFC 4648, section 4).
const GROUP: usize = 4;

/// The decoded body of a request in base64.
pub(crate) struct TextBody {
    encoded: tonic::body::Body,
    /// An incomplete group.
    partial: BytesMut,
}

impl TextBody {
    pub(crate) fn new(encoded: tonic::body::Body) -> Self {
        Self { encoded, partial: BytesMut::new() }
    }

    /// Decodes all complete groups.
    fn decode(&mut self, data: &[u8]) -> Result<Bytes, Status> {
        self.partial.extend_from_slice(data);
        let groups = self.partial.split_to(self.partial.len() / GROUP * GROUP);
        let mut decoded = Vec::with_capacity(groups.len() / GROUP * 3);
        for piece in pieces(&groups) {
            BASE64_STANDARD.decode_vec(piece, &mut decoded).map_err(|_| not_base64())?;
        }
        Ok(decoded.into())
    }
}

impl Body for TextBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            let Some(frame) = ready!(Pin::new(&mut self.encoded).poll_frame(context)?) else {
                let truncated = (!self.partial.is_empty()).then(|| Err(not_base64()));
                self.partial.clear();
                return Poll::Ready(truncated);
            };
            let Ok(data) = frame.into_data() else { continue };
            let decoded = self.decode(&data)?;
            if !decoded.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(decoded))));
            }
        }
    }
}

/// Splits complete groups after each that ends in padding.
fn pieces(groups: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut remaining = groups;
    std::iter::from_fn(move || {
        let padded = remaining.chunks(GROUP).position(|group| group.ends_with(b"="));
        let end = padded.map_or(remaining.len(), |index| (index + 1) * GROUP);
        let (piece, rest) = remaining.split_at(end);
        remaining = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

fn not_base64() -> Status {
    Status::internal("the body of a grpc-web-text request is not base64")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(chunks: &[&str]) -> Result<Vec<u8>, Status> {
        let mut body = TextBody::new(tonic::body::Body::empty());
        let mut decoded = Vec::new();
        for chunk in chunks {
            decoded.extend(body.decode(chunk.as_bytes())?);
        }
        assert!(body.partial.len() < GROUP);
        Ok(decoded)
    }

    #[test]
    fn groups_are_decoded_wherever_the_chunks_end() {
        for chunks in [
            &["aGVsbG8="][..],
            &["a", "GVs", "bG8", "="],
            &["aGVs", "bG8="],
            &["aA==", "ZWxsbw=="],
            &["aA==ZWxsbw=="],
        ] {
            assert_eq!(decode(chunks).unwrap(), b"hello", "{chunks:?}");
        }
    }

    #[test]
    fn other_characters_and_misplaced_padding_are_rejected() {
        for text in ["!!!!", "AA=A", "=AAA", "A===", "aGVs\nbG8=", "aGVsbG8-"] {
            assert_eq!(decode(&[text]).unwrap_err().code(), tonic::Code::Internal, "{text:?}");
        }
    }
}
