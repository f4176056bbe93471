//! The suites' contracts: messages and service traits, generated at build time.

/// gRPC's interop tests, package `grpc.testing`.
pub mod interop {
    pub use generated::*;

    // Generated code is not linted.
    #[allow(clippy::all, missing_docs, unreachable_pub, unused_qualifications)]
    mod generated {
        tonic::include_proto!("grpc.testing");
    }

    /// The contract as an encoded `FileDescriptorSet`.
    pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/interop.bin"));
}

/// Connect's conformance suite, package `connectrpc.conformance.v1`.
pub mod conformance {
    pub use generated::*;

    // Generated code is not linted.
    #[allow(clippy::all, missing_docs, unreachable_pub, unused_qualifications)]
    mod generated {
        tonic::include_proto!("connectrpc.conformance.v1");
    }

    /// The contract as an encoded `FileDescriptorSet`.
    pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/conformance.bin"));
}
