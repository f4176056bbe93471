//! A client of increment over gRPC or gRPC-Web. Native clients enter the path of a click at step 4.
//!
//! ```no_run
//! # async fn run() -> Result<(), increment_client::ClientError> {
//! use increment_client::{Client, Protocol, Target};
//!
//! let target = Target::new("https://localhost:5000", "certs/ca.pem")?;
//! let mut client = Client::new(&target, Protocol::Grpc);
//! assert_eq!(client.increment(5681).await?, 5682);
//! # Ok(())
//! # }
//! ```
//!
//! Every call has a timeout ([`Client::with_timeout`]), and a dead connection is closed ([`KeepAlive`]). The default feature
//! `cli` is the `increment` program; without it, the library does not depend on clap.

mod access;
mod alert;
mod alpn;
mod call;
mod causes;
mod client;
mod connect_error;
mod connector;
mod diagnostics;
mod endpoint;
mod error;
mod keep_alive;
mod origin;
mod protocol;
mod response;
mod stream;
mod streams;
mod tap;
mod target;
mod tcp;
mod transport;
mod verifier;

pub use self::{
    access::AccessCounts,
    client::{Client, DEFAULT_TIMEOUT},
    connect_error::{CONNECT_TIMEOUT, ConnectError},
    diagnostics::{Diagnostics, DiagnosticsError, Finding},
    error::ClientError,
    keep_alive::KeepAlive,
    origin::{NotAnOrigin, Origin},
    protocol::Protocol,
    streams::{Incremented, Sum},
    tap::{Exchange, RecordedRequest, RecordedResponse, Tap},
    target::{Target, TargetError, TlsOptions},
};
pub use increment_certs::KeyLogFile;
pub use increment_proto::v1::{AccessRow, Certificate, DescribeConnectionResponse, TlsConnection};

/// Compiles the call in the README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
