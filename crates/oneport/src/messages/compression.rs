//! How the messages of a response are compressed (gRPC's COMPRESSION).

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use tonic::Status;

use super::encoding::{Encoding, MIN_COMPRESSED_BYTES};
use crate::accept_encoding::identity;

/// Names the encoding of compressed messages.
pub(crate) const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

/// Lists the encodings that its sender can decode.
pub(crate) const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// How the messages of a response are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Compression {
    pub(crate) encoding: Encoding,
    /// Messages of fewer bytes are not compressed.
    pub(crate) min_bytes: usize,
}

impl Compression {
    /// Chooses from the encodings that a caller accepts; none where messages are not to be compressed. Messages of any size
    /// are compressed for a caller that compressed its own, or accepts no others.
    pub(crate) fn negotiate(accepted: Option<&HeaderValue>, request: Option<Encoding>) -> Option<Self> {
        let list = accepted.and_then(|list| list.to_str().ok())?;
        let encoding = Encoding::preferred(list)?;
        let is_required = list.contains(';') && identity(list) == Some(0);
        let min_bytes = if is_required || request.is_some() { 0 } else { MIN_COMPRESSED_BYTES };
        Some(Self { encoding, min_bytes })
    }

    /// Compresses a message; none where it has too few bytes.
    pub(crate) fn compress(self, message: &[u8]) -> Result<Option<Bytes>, Status> {
        if message.len() < self.min_bytes {
            return Ok(None);
        }
        let failed = |_| Status::internal("the response cannot be compressed");
        self.encoding.compress(message).map(Some).map_err(failed)
    }
}
