//! Serves tonic services over gRPC, gRPC-Web and Connect, with a page's files, on one TLS port.
#![deny(missing_docs)]

mod bind;
mod bound;
mod builder;
mod error;
mod settings;

mod serve;

mod connection;

mod cors;
mod router;

mod page;
mod rpc;
mod standard;

mod messages;
mod metrics;
mod outbound;
mod probes;

mod accept_encoding;
mod activity;
mod close_reason;
mod drain;
mod health;
mod host;
mod info;
mod limits;
mod origin;
mod protocol;
mod response;
mod status_code;
mod timestamp;
mod tls;

pub use self::{
    bound::BoundServer,
    builder::{Builder, Server},
    error::{BindError, ListenError, ServeError, TlsError},
    health::{Health, HealthState},
    host::{HostName, InvalidHostName},
    info::{ConnectionInfo, TlsInfo},
    limits::Limits,
    messages::{CallLimits, SharedMessage, SharedMessages},
    origin::{InvalidOrigin, Origin},
    page::{MAX_PAGE_BYTES, MAX_PAGE_FILES, PageError},
    protocol::Protocol,
    rpc::{CallInfo, CallService, DescriptorError, ServiceEntry},
    serve::shutdown_signal,
    standard::STANDARD_DESCRIPTOR_SETS,
    tls::{ClientAuth, Tls},
};
