//! Messages on the wire: where one ends, how it is compressed, whether it is protobuf or JSON, and how many bytes it may
//! have. Must not know protocols or services.

mod compress;
mod encoding;
mod frames;
mod json;
mod limits;
mod read;

pub use self::limits::CallLimits;
pub(crate) use self::{
    compress::{Compress, GRPC_ACCEPT_ENCODING, GRPC_ENCODING},
    encoding::{ENCODINGS, Encoding},
    frames::{COMPRESSED, Frames, HEAD, framed},
    json::to_json,
    read::{Codec, Format, Framing, Messages, Whole},
};
