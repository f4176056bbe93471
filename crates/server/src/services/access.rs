//! `increment.v1.AccessService`: a contract so far; each method answers UNIMPLEMENTED.

use increment_proto::v1::access_service_server::AccessService;

/// Tells and takes access counts.
#[derive(Debug)]
pub(crate) struct Access;

impl AccessService for Access {}
