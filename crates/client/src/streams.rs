//! The streaming calls of `increment.v1.IncrementService`.

use std::convert::Infallible;

use futures_util::{Stream, StreamExt};
use increment_proto::v1::{
    CountUpRequest, CountUpResponse, IncrementManyRequest, IncrementManyResponse, SumIncrementsRequest,
    SumIncrementsResponse,
};
use tokio::{sync::oneshot, time::sleep};

use crate::{
    call::{messages, response},
    client::Client,
    error::ClientError,
    protocol::Protocol,
};

/// A number and its increment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incremented {
    /// The number sent, x.
    pub number: i64,
    /// The result, x+1.
    pub result: i64,
}

/// The summary of a stream of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The number of numbers sent.
    pub count: u64,
    /// The sum of the results, each x+1.
    pub sum: i64,
}

impl Client {
    /// Returns start+1, start+2, and so on: `steps` values (0: unlimited), one every `interval_ms` milliseconds (0: as fast
    /// as the stream is read). An error is the last item of the stream: [`ClientError::Status`] with OUT_OF_RANGE once the
    /// next value does not fit in 64 bits.
    pub async fn count_up(
        &mut self,
        start: i64,
        steps: u64,
        interval_ms: u32,
    ) -> Result<impl Stream<Item = Result<i64, ClientError>> + Send + Unpin + use<>, ClientError> {
        let call = self.increment.count_up(CountUpRequest { start, steps, interval_ms });
        let values =
            messages::<_, CountUpResponse>(&self.url, response(&self.url, self.timeout, call).await?);
        Ok(values.map(|value| Ok(value?.result)))
    }

    /// Increments each of `numbers`, in order, over one bidirectional stream. `numbers` is polled as the flow control of the
    /// connection permits. An error is the last item of the stream, after the responses to the preceding numbers:
    /// [`ClientError::Status`] with OUT_OF_RANGE for 9223372036854775807.
    ///
    /// # Errors
    ///
    /// Returns [`ClientError::NoBidirectionalStreams`] over gRPC-Web, before anything is sent.
    pub async fn increment_many<S>(
        &mut self,
        numbers: S,
    ) -> Result<impl Stream<Item = Result<Incremented, ClientError>> + Send + Unpin + use<S>, ClientError>
    where
        S: Stream<Item = i64> + Send + 'static,
    {
        if self.protocol == Protocol::GrpcWeb {
            return Err(ClientError::NoBidirectionalStreams);
        }
        let requests = numbers.map(|number| IncrementManyRequest { number });
        Ok(messages(
            &self.url,
            response(&self.url, self.timeout, self.increment.increment_many(requests)).await?,
        ))
    }

    /// Increments all of `numbers` and returns their count and the sum of the results. The timeout of the call
    /// ([`Client::with_timeout`]) starts after the last number is sent.
    ///
    /// # Errors
    ///
    /// Returns [`ClientError::Status`] with OUT_OF_RANGE for 9223372036854775807, and if the sum does not fit in 64 bits.
    pub async fn sum_increments(
        &mut self,
        numbers: impl Stream<Item = i64> + Send + 'static,
    ) -> Result<Sum, ClientError> {
        let (unsent, all_sent) = oneshot::channel::<Infallible>();
        let requests = numbers.map(move |number| {
            // Dropped with the stream, after the last number.
            let _unsent = &unsent;
            SumIncrementsRequest { number }
        });
        let deadline = async {
            let _ = all_sent.await;
            sleep(self.timeout).await;
        };
        tokio::select! {
            response = self.increment.sum_increments(requests) => match response {
                Ok(response) => Ok(response.into_inner().into()),
                Err(status) => Err(ClientError::from_status(&self.url, status)),
            },
            () = deadline => Err(ClientError::timeout(&self.url, self.timeout)),
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
