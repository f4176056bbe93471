//! The service with each of the four kinds of call.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::{task::coop::consume_budget, time::sleep};
use tonic::{Code, Request, Response, Status, Streaming, async_trait, codegen::BoxStream};
use tonic_types::{ErrorDetails, StatusExt};

use super::proto::v1::{
    AddOneRequest, AddOneResponse, AddOneToEachRequest, AddOneToEachResponse, CountUpRequest,
    CountUpResponse, SumRequest, SumResponse, number_service_server::NumberService,
};

pub(super) struct Numbers;

#[async_trait]
impl NumberService for Numbers {
    async fn add_one(&self, request: Request<AddOneRequest>) -> Result<Response<AddOneResponse>, Status> {
        let number = request.into_inner().number;
        Ok(Response::new(AddOneResponse { number, result: add_one("number", number)? }))
    }

    async fn add_one_to_each(
        &self,
        request: Request<Streaming<AddOneToEachRequest>>,
    ) -> Result<Response<BoxStream<AddOneToEachResponse>>, Status> {
        let responses = request.into_inner().map(|request| {
            let number = request?.number;
            Ok(AddOneToEachResponse { number, result: add_one("number", number)? })
        });
        Ok(Response::new(responses.boxed()))
    }

    async fn sum(&self, request: Request<Streaming<SumRequest>>) -> Result<Response<SumResponse>, Status> {
        let mut requests = request.into_inner();
        let (mut count, mut sum) = (0, 0i128);
        while let Some(request) = requests.message().await? {
            count += 1;
            sum += i128::from(add_one("number", request.number)?);
        }
        let sum = i64::try_from(sum).map_err(|_| out_of_range("number", "the sum"))?;
        Ok(Response::new(SumResponse { count, sum }))
    }

    async fn count_up(
        &self,
        request: Request<CountUpRequest>,
    ) -> Result<Response<BoxStream<CountUpResponse>>, Status> {
        let CountUpRequest { start, steps, interval_ms } = request.into_inner();
        let steps = if steps == 0 { usize::MAX } else { usize::try_from(steps).unwrap() };
        let values = stream::try_unfold((start, true), move |(number, is_first)| async move {
            match interval_ms {
                // A stream that is always ready yields to others.
                0 => consume_budget().await,
                _ if is_first => {}
                _ => sleep(Duration::from_millis(interval_ms.into())).await,
            }
            let result = add_one("start", number)?;
            Ok(Some((CountUpResponse { result }, (result, false))))
        });
        Ok(Response::new(values.take(steps).boxed()))
    }
}

fn add_one(field: &str, number: i64) -> Result<i64, Status> {
    number.checked_add(1).ok_or_else(|| out_of_range(field, number))
}

fn out_of_range(field: &str, number: impl std::fmt::Display) -> Status {
    let reason = format!("{number} has no next number in 64 bits");
    let details = ErrorDetails::with_bad_request_violation(field, reason.clone());
    Status::with_error_details(Code::OutOfRange, format!("{field}: {reason}"), details)
}
