//! Connect's protocol, with plain JSON (connectrpc.com/docs/protocol), translated to gRPC and back for every method of every
//! service. Between steps 4 and 5 of the path of a click.

mod error;
mod handler;
mod metadata;
mod protocol;
mod query;
mod rejection;
mod request;
mod response;
mod stream;

pub(super) use self::handler::Connect;
