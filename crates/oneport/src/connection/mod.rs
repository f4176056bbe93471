//! One connection from its first byte to its last: TLS, HTTP, its limits and its end. Step 4 of the path of a click.

mod closing;
mod read_turn;
mod registry;
mod requests;
mod serve;
mod transport;

pub(crate) use self::{
    registry::{Admitted, Registry},
    serve::Connections,
};
