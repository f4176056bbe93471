//! The services of the tests. Their code is generated from the contracts in `tests/proto`.

mod formatter;
mod number;
pub mod proto;
mod row;

use oneport::{Builder, ServiceEntry};

pub use self::row::Calls;
use self::{
    formatter::FormatterService,
    number::Numbers,
    proto::{
        formatter::formatter_server::FormatterServer,
        v1::{number_service_server::NumberServiceServer, row_service_server},
    },
    row::Rows,
};

/// All contracts as an encoded `google.protobuf.FileDescriptorSet`.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("gen/descriptors.bin");

pub const FORMAT: &str = "/Formatter/Format";
pub const ADD_ONE: &str = "/test.v1.NumberService/AddOne";
pub const ADD_ONE_TO_EACH: &str = "/test.v1.NumberService/AddOneToEach";
pub const SUM: &str = "/test.v1.NumberService/Sum";
pub const COUNT_UP: &str = "/test.v1.NumberService/CountUp";
pub const LIST_ROWS: &str = "/test.v1.RowService/ListRows";
pub const WATCH_CALLS: &str = "/test.v1.RowService/WatchCalls";
pub const SEND_ROWS: &str = "/test.v1.RowService/SendRows";

/// The largest request of all methods but `SendRows`, in bytes.
pub const REQUEST_BYTES: usize = 4 << 10;

/// The largest message of `SendRows`, in bytes.
pub const SEND_ROWS_BYTES: usize = 100 << 10;

/// A server with the services of the tests, whose calls are counted in `calls`.
pub fn builder(calls: &Calls) -> Builder {
    let rows = row_service_server::RowServiceServer::new(Rows::new(calls.clone()));
    let services = [
        ServiceEntry::new(FormatterServer::new(FormatterService), FILE_DESCRIPTOR_SET),
        ServiceEntry::new(NumberServiceServer::new(Numbers), FILE_DESCRIPTOR_SET),
        ServiceEntry::new(row::WithSharedLists::new(rows), FILE_DESCRIPTOR_SET)
            .method_request_bytes("SendRows", SEND_ROWS_BYTES),
    ];
    services
        .into_iter()
        .fold(oneport::Server::builder(), |builder, entry| {
            builder.register(entry.request_bytes(REQUEST_BYTES))
        })
        .layer(calls.clone())
}
