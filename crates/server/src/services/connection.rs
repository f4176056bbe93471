//! `increment.v1.ConnectionService`: a contract so far; its method answers UNIMPLEMENTED.

use increment_proto::v1::connection_service_server::ConnectionService;

/// Describes the connection a call came on.
#[derive(Debug)]
pub(crate) struct Connection;

impl ConnectionService for Connection {}
