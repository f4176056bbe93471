//! A client that writes each byte itself, of any server. Other crates of this workspace use it by its path.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    reason = "each test program uses a part of it"
)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something fails")]

pub mod attack;
mod body;
mod connection;
pub mod http2;
mod request;
mod target;
mod wire;

pub use self::{
    body::{BodySender, ReqBody, channel, chunked, full, unending},
    connection::{Connection, MessageStream},
    request::{get, post, send, soon},
    target::Target,
    wire::{Wire, frame, in_base64, unbase64},
};
