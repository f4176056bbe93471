//! The protocols of a call.

/// The protocol of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// gRPC over HTTP/2.
    #[default]
    Grpc,
    /// gRPC-Web, the protocol of browsers, over HTTP/2 or HTTP/1.1.
    GrpcWeb,
}
