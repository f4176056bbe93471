//! MessageStream and service traits, generated from the contracts.

/// The contract without a package.
pub mod formatter {
    pub use generated::*;

    // Generated code is not linted.
    #[allow(clippy::all, missing_docs, unreachable_pub, unused_qualifications, dead_code)]
    mod generated {
        include!("gen/_.rs");
    }
}

/// The package `test.v1`.
pub mod v1 {
    pub use generated::*;

    // Generated code is not linted.
    #[allow(clippy::all, missing_docs, unreachable_pub, unused_qualifications, dead_code)]
    mod generated {
        include!("gen/test.v1.rs");
    }
}
