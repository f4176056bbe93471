//! Messages on the wire: where one ends, how it is compressed, whether it is protobuf or JSON, and how many bytes it may
//! have. Must not know protocols or services.

mod budget;
mod compress;
mod echo;
mod elements;
mod encoding;
mod format;
mod frames;
mod json;
mod limits;
mod read;
mod shared;
mod write;

pub(crate) use self::{
    budget::{Budget, ConnectionShare},
    compress::{Compress, GRPC_ACCEPT_ENCODING, GRPC_ENCODING},
    echo::{ECHO_BYTES, shortened},
    encoding::{ENCODINGS, Encoding},
    format::{Codec, Format, Framing},
    frames::{COMPRESSED, Frames, HEAD, framed},
    read::{Messages, Whole},
    write::{Writer, Written},
};
pub use self::{
    limits::CallLimits,
    shared::{SharedMessage, SharedMessages},
};
