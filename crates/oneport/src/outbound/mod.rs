//! Bounds on responses that a peer does not read: their memory has a budget per connection and one for all connections,
//! and a peer that reads nothing is disconnected. Part of step 4 of the path of a click.
//!
//! Detected in three places: the socket accepts no more bytes ([`WriteTimeout`]), HTTP/2's flow control holds a response
//! back ([`OutboundBody`]), and all connections together hold too much ([`ResponseMemory`]). [`Outbound`] combines them, one
//! for each connection.

mod body;
mod memory;
mod state;
mod write_timeout;

pub(crate) use self::{
    body::OutboundBody, memory::ResponseMemory, state::Outbound, write_timeout::WriteTimeout,
};
