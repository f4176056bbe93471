//! Whether and how the messages of an answer are compressed (gRPC's COMPRESSION). Must not know protocols.

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use tonic::Status;

use super::encoding::{Encoding, WORTH_IT};
use crate::accept_encoding::identity;

/// The header that says how messages are compressed.
pub(crate) const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

/// The header that lists what its sender can read.
pub(crate) const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// How the messages of an answer are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Compress {
    pub(crate) encoding: Encoding,
    /// Messages of fewer bytes are left alone.
    pub(crate) from_bytes: usize,
}

impl Compress {
    /// By what a caller reads, and whether it reads nothing else or compressed its own messages: then it wants that of
    /// any size.
    pub(crate) fn new(accepted: Option<&HeaderValue>, sent: Option<Encoding>) -> Option<Self> {
        let list = accepted.and_then(|list| list.to_str().ok())?;
        let encoding = Encoding::accepted(list)?;
        let only_compressed = list.contains(';') && identity(list) == Some(0);
        let from_bytes = if only_compressed || sent.is_some() { 0 } else { WORTH_IT };
        Some(Self { encoding, from_bytes })
    }

    /// The message, compressed where that is asked for.
    pub(crate) fn message(self, message: &[u8]) -> Result<Option<Bytes>, Status> {
        if message.len() < self.from_bytes {
            return Ok(None);
        }
        let failed = |_| Status::internal("the answer cannot be compressed");
        self.encoding.encode(message).map(Some).map_err(failed)
    }
}
