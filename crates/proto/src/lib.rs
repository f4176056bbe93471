//! The messages, clients and service traits of the contracts in `proto/`, without logic: the clients of step 3 of the path
//! of a click, and the traits of step 5. Clients are generic over their transport, native or the browser's `fetch`.
//!
//! The code under `gen/` is generated and committed, so that a build needs no protobuf compiler. `cargo xtask proto`
//! generates it, and a test fails if it differs from the contracts.

/// The study's contract, which has no package.
pub mod template {
    pub use generated::*;

    // Generated code is not linted.
    #[allow(clippy::all, missing_docs, unreachable_pub, unused_qualifications)]
    mod generated {
        include!("gen/_.rs");
    }
}

/// The package `increment.v1`.
pub mod v1 {
    pub use generated::*;

    // Generated code is not linted.
    #[allow(clippy::all, missing_docs, unreachable_pub, unused_qualifications)]
    mod generated {
        include!("gen/increment.v1.rs");
    }
}

/// All contracts as an encoded `google.protobuf.FileDescriptorSet`, including comments.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("gen/descriptors.bin");
