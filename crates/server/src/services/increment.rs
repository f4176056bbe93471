//! `increment.v1.IncrementService`.

use increment_proto::v1::{IncrementRequest, IncrementResponse, increment_service_server::IncrementService};
use tonic::{Request, Response, Status, async_trait};

use super::out_of_range;
use crate::rule;

/// Adds one to numbers.
#[derive(Debug)]
pub(crate) struct Increment;

#[async_trait]
impl IncrementService for Increment {
    async fn increment(
        &self,
        request: Request<IncrementRequest>,
    ) -> Result<Response<IncrementResponse>, Status> {
        let number = request.into_inner().number;
        let result = rule::increment(number).map_err(|refused| out_of_range("number", refused))?;
        Ok(Response::new(IncrementResponse { number, result }))
    }
}
