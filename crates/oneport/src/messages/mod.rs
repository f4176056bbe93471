//! Messages on the wire: their framing, compression, codecs (protobuf and JSON) and limits. Independent of protocols and
//! services.

mod budget;
mod compression;
mod elements;
mod encoding;
mod errors;
mod excerpt;
mod format;
mod frame;
mod json;
mod limits;
mod reader;
mod shared;
#[cfg(test)]
mod test_contract;
mod writer;

pub(crate) use self::{
    budget::{Budget, ConnectionShare, ServerBudget},
    compression::{Compression, GRPC_ACCEPT_ENCODING, GRPC_ENCODING},
    encoding::{ENCODINGS, Encoding},
    excerpt::{EXCERPT_BYTES, excerpt},
    format::{Codec, Format, Framing},
    frame::{COMPRESSED, FrameBuffer, PREFIX_BYTES, encode_frame},
    reader::{MessageReader, UnaryRequest},
    writer::{MessageWriter, ResponseMessages},
};
pub use self::{
    limits::CallLimits,
    shared::{SharedMessage, SharedMessages},
};
