//! `increment.v1.IncrementService`'s streams: many numbers in one call. Must not know where the numbers come from.

use std::convert::Infallible;

use futures_util::{Stream, StreamExt};
use increment_proto::v1::{
    CountUpRequest, CountUpResponse, IncrementManyRequest, IncrementManyResponse, SumIncrementsRequest,
    SumIncrementsResponse,
};
use tokio::{sync::oneshot, time::sleep};

use crate::{Client, ClientError, Protocol, answer, messages};

/// A number and its increment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incremented {
    /// What was sent, x.
    pub number: i64,
    /// The result, x+1.
    pub result: i64,
}

/// The summary of a stream of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// How many numbers were sent.
    pub count: u64,
    /// The sum of the results, each x+1.
    pub sum: i64,
}

impl Client {
    /// Returns start+1, start+2, and so on: `steps` values, 0 means without end; `interval_ms` milliseconds lie between
    /// two of them, 0 means as fast as the stream is read. An error is the stream's last item:
    /// [`ClientError::Refused`] (OUT_OF_RANGE) where the next value does not fit in 64 bits.
    pub async fn count_up(
        &mut self,
        start: i64,
        steps: u64,
        interval_ms: u32,
    ) -> Result<impl Stream<Item = Result<i64, ClientError>> + Send + Unpin + use<>, ClientError> {
        let call = self.increment.count_up(CountUpRequest { start, steps, interval_ms });
        let values = messages::<_, CountUpResponse>(&self.url, answer(&self.url, self.limit, call).await?);
        Ok(values.map(|value| Ok(value?.result)))
    }

    /// Increments each of `numbers` as it comes, in order, over one stream. A number is taken when the connection has
    /// room for it. An error is the stream's last item, after the answers to the numbers before it:
    /// [`ClientError::Refused`] (OUT_OF_RANGE) for 9223372036854775807.
    ///
    /// Fails with [`ClientError::OneWay`] over gRPC-Web, before anything is sent.
    pub async fn increment_many<S>(
        &mut self,
        numbers: S,
    ) -> Result<impl Stream<Item = Result<Incremented, ClientError>> + Send + Unpin + use<S>, ClientError>
    where
        S: Stream<Item = i64> + Send + 'static,
    {
        if self.protocol == Protocol::GrpcWeb {
            return Err(ClientError::OneWay);
        }
        let requests = numbers.map(|number| IncrementManyRequest { number });
        Ok(messages(&self.url, answer(&self.url, self.limit, self.increment.increment_many(requests)).await?))
    }

    /// Increments all of `numbers` and returns how many there were and the sum of the results. The server has
    /// the limit of a call ([`Client::with_limit`]) to answer once the last number was sent.
    ///
    /// Fails with [`ClientError::Refused`] (OUT_OF_RANGE) for 9223372036854775807, and when the sum does not fit in 64
    /// bits.
    pub async fn sum_increments(
        &mut self,
        numbers: impl Stream<Item = i64> + Send + 'static,
    ) -> Result<Sum, ClientError> {
        let (unsent, all_sent) = oneshot::channel::<Infallible>();
        let requests = numbers.map(move |number| {
            // Dropped with the stream: after its last number.
            let _unsent = &unsent;
            SumIncrementsRequest { number }
        });
        let too_late = async {
            let _ = all_sent.await;
            sleep(self.limit).await;
        };
        tokio::select! {
            answered = self.increment.sum_increments(requests) => match answered {
                Ok(response) => Ok(response.into_inner().into()),
                Err(status) => Err(ClientError::of(&self.url, status)),
            },
            () = too_late => Err(ClientError::no_answer(&self.url, self.limit)),
        }
    }
}

impl From<IncrementManyResponse> for Incremented {
    fn from(IncrementManyResponse { number, result }: IncrementManyResponse) -> Self {
        Self { number, result }
    }
}

impl From<SumIncrementsResponse> for Sum {
    fn from(SumIncrementsResponse { count, sum }: SumIncrementsResponse) -> Self {
        Self { count, sum }
    }
}
