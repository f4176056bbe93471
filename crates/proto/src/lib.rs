//! The messages, clients and service traits of the contracts in `proto/`; no logic. Step 3 of a click's
//! way takes the clients from here, step 5 the traits. Must not know who carries the bytes: a client is
//! generic over its transport, a native channel or the browser's `fetch`.
//!
//! The code under `gen/` is generated and committed, so that nobody needs a compiler for protobuf;
//! `cargo xtask proto` writes it anew and a test fails when it differs from the contracts.

/// The study's contract, which has no package.
pub mod template {
    pub use generated::*;

    // Lints are for what people write.
    #[allow(clippy::all, missing_docs, unreachable_pub, unused_qualifications)]
    mod generated {
        include!("gen/_.rs");
    }
}

/// The package `increment.v1`.
pub mod v1 {
    pub use generated::*;

    // Lints are for what people write.
    #[allow(clippy::all, missing_docs, unreachable_pub, unused_qualifications)]
    mod generated {
        include!("gen/increment.v1.rs");
    }
}

/// All contracts as an encoded `google.protobuf.FileDescriptorSet`, with their comments.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("gen/descriptors.bin");
