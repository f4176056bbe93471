//! The services: each translates between its contract and what lies below. Step 5 of the path of a click.

mod access;
mod connection;
mod convert;
mod increment;
mod reports;
mod snapshots;
mod status;
mod template;

pub(crate) use self::{
    access::Access, connection::Connection, convert::REPORT_BYTES, increment::Increment, template::Template,
};
