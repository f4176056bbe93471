//! `increment.v1.IncrementService`: the rule as each of the four kinds of call. Step 5 of the path of a click. A stream ends
//! when its caller cancels: hyper drops its future.

use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use increment_proto::v1::{
    CountUpRequest, CountUpResponse, IncrementManyRequest, IncrementManyResponse, IncrementRequest,
    IncrementResponse, SumIncrementsRequest, SumIncrementsResponse,
    increment_service_server::IncrementService,
};
use tokio::{
    task::coop::consume_budget,
    time::{Interval, MissedTickBehavior, interval},
};
use tonic::{Request, Response, Status, Streaming, async_trait, codegen::BoxStream};

use super::status::out_of_range;
use crate::rule::{self, Sum};

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
        let result = increment("number", number)?;
        Ok(Response::new(IncrementResponse { number, result }))
    }

    async fn increment_many(
        &self,
        request: Request<Streaming<IncrementManyRequest>>,
    ) -> Result<Response<BoxStream<IncrementManyResponse>>, Status> {
        let responses = request.into_inner().map(|request| {
            let number = request?.number;
            Ok(IncrementManyResponse { number, result: increment("number", number)? })
        });
        Ok(Response::new(responses.boxed()))
    }

    async fn sum_increments(
        &self,
        request: Request<Streaming<SumIncrementsRequest>>,
    ) -> Result<Response<SumIncrementsResponse>, Status> {
        let mut requests = request.into_inner();
        let mut sum = Sum::default();
        while let Some(request) = requests.message().await? {
            sum.add(increment("number", request.number)?);
        }
        let (count, sum) = (sum.count(), sum.total().map_err(|error| out_of_range("number", error))?);
        Ok(Response::new(SumIncrementsResponse { count, sum }))
    }

    async fn count_up(
        &self,
        request: Request<CountUpRequest>,
    ) -> Result<Response<BoxStream<CountUpResponse>>, Status> {
        let CountUpRequest { start, steps, interval_ms } = request.into_inner();
        let values = count_up(start, pace(interval_ms));
        let steps = if steps == 0 { usize::MAX } else { usize::try_from(steps).unwrap_or(usize::MAX) };
        Ok(Response::new(values.take(steps).boxed()))
    }
}

fn increment(field: &str, number: i64) -> Result<i64, Status> {
    rule::increment(number).map_err(|error| out_of_range(field, error))
}

/// The values that follow `start`, as fast as the caller reads or one for each tick of `pace`. Fails with OUT_OF_RANGE after
/// the largest one.
fn count_up(start: i64, pace: Option<Interval>) -> impl Stream<Item = Result<CountUpResponse, Status>> {
    stream::try_unfold((start, pace), |(x, mut pace)| async move {
        match &mut pace {
            Some(interval) => drop(interval.tick().await),
            // Such a stream is always ready: without this it would starve other calls of its thread.
            None => consume_budget().await,
        }
        let result = increment("start", x)?;
        Ok(Some((CountUpResponse { result }, (result, pace))))
    })
}

/// Ticks at once and then every `interval_ms` milliseconds; none for 0.
fn pace(interval_ms: u32) -> Option<Interval> {
    let period = Duration::from_millis(interval_ms.into());
    let mut interval = (!period.is_zero()).then(|| interval(period))?;
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Some(interval)
}
