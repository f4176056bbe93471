//! grpc-web-text requests: base64 to bytes as they come. A client may encode each frame by itself, so padding
//! can stand between any two groups of four characters, where decoders at large expect it at the end only.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use tonic::Status;

/// The characters of a group: three bytes, or fewer where they end in padding (RFC 4648, section 4).
const GROUP: usize = 4;

/// A body of base64, read as what it encodes.
pub(crate) struct TextBody {
    encoded: tonic::body::Body,
    /// The begin of a group whose end has not come; shorter than a group.
    rest: BytesMut,
}

impl TextBody {
    pub(crate) fn new(encoded: tonic::body::Body) -> Self {
        Self { encoded, rest: BytesMut::new() }
    }

    /// Decodes the whole groups there are.
    fn decode(&mut self, data: &[u8]) -> Result<Bytes, Status> {
        self.rest.extend_from_slice(data);
        let groups = self.rest.split_to(self.rest.len() / GROUP * GROUP);
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
                let cut_short = (!self.rest.is_empty()).then(|| Err(not_base64()));
                self.rest.clear();
                return Poll::Ready(cut_short);
            };
            let Ok(data) = frame.into_data() else { continue };
            let decoded = self.decode(&data)?;
            if !decoded.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(decoded))));
            }
        }
    }
}

/// Splits whole groups after each that ends in padding.
fn pieces(groups: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut left = groups;
    std::iter::from_fn(move || {
        let padded = left.chunks(GROUP).position(|group| group.ends_with(b"="));
        let (piece, rest) = left.split_at(padded.map_or(left.len(), |index| (index + 1) * GROUP));
        left = rest;
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
        assert!(body.rest.len() < GROUP);
        Ok(decoded)
    }

    #[test]
    fn groups_are_decoded_wherever_the_chunks_are_cut() {
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
    fn other_characters_and_misplaced_padding_are_refused() {
        for text in ["!!!!", "AA=A", "=AAA", "A===", "aGVs\nbG8=", "aGVsbG8-"] {
            assert_eq!(decode(&[text]).unwrap_err().code(), tonic::Code::Internal, "{text:?}");
        }
    }
}
