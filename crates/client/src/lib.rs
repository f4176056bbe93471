//! A client of increment, over gRPC or gRPC-Web. A native client joins a click's way at step 4.
//!
//! ```no_run
//! # async fn run() -> Result<(), increment_client::ClientError> {
//! use increment_client::{Client, Protocol, Target};
//!
//! let target = Target::new("https://localhost:5000", "certs/ca.pem")?;
//! let mut client = Client::new(&target, Protocol::Grpc);
//! assert_eq!(client.increment(5681).await?, 5682);
//! # Ok(())
//! # }
//! ```

mod access;
mod alert;
mod checkup;
mod dial;
mod error;
mod numbers;
mod place;
mod stream;
mod tap;
mod target;
mod transport;
mod verifier;

pub use self::{
    access::AccessCounts,
    checkup::{Checkup, CheckupError, Finding},
    dial::{DIAL_LIMIT, DialError},
    error::ClientError,
    numbers::{Incremented, Sum},
    tap::{Answer, Exchange, Sent, Tap},
    target::{Target, TargetError, TlsOptions},
    transport::Protocol,
};
pub use increment_certs::KeyLogFile;
pub use increment_proto::v1::{AccessRow, Certificate, DescribeConnectionResponse, TlsConnection};

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use increment_proto::{
    template::{TemplateGrpcRequest, template_grpc_client::TemplateGrpcClient},
    v1::{
        DescribeConnectionRequest, IncrementRequest, ListAccessCountsRequest, WatchAccessCountsRequest,
        access_service_client::AccessServiceClient, connection_service_client::ConnectionServiceClient,
        increment_service_client::IncrementServiceClient,
    },
};
use tokio::time::timeout;
use tonic::{Response, Status, Streaming};

use self::transport::Transport;

/// How long a call may take, connecting included; of a stream, how long its begin may take.
pub const CALL_LIMIT: Duration = Duration::from_secs(10);

/// Calls the services of one server. Connects at the first call, and again where the connection was lost; a call
/// is never sent twice.
#[derive(Clone, Debug)]
pub struct Client {
    url: String,
    protocol: Protocol,
    access: AccessServiceClient<Transport>,
    connection: ConnectionServiceClient<Transport>,
    increment: IncrementServiceClient<Transport>,
    template: TemplateGrpcClient<Transport>,
}

impl Client {
    /// A client of the server at `target`.
    pub fn new(target: &Target, protocol: Protocol) -> Self {
        Self::over(Transport::new(target, protocol, None), target, protocol)
    }

    /// A client of the server at `target` whose latest call can be read byte by byte from `tap`.
    pub fn tapped(target: &Target, protocol: Protocol, tap: &Tap) -> Self {
        Self::over(Transport::new(target, protocol, Some(tap.clone())), target, protocol)
    }

    fn over(transport: Transport, target: &Target, protocol: Protocol) -> Self {
        Self {
            url: target.url().to_string(),
            protocol,
            access: AccessServiceClient::with_origin(transport.clone(), target.url().clone()),
            connection: ConnectionServiceClient::with_origin(transport.clone(), target.url().clone()),
            increment: IncrementServiceClient::with_origin(transport.clone(), target.url().clone()),
            template: TemplateGrpcClient::with_origin(transport, target.url().clone()),
        }
    }

    /// Returns x+1. Fails with [`ClientError::Refused`] (OUT_OF_RANGE) for 9223372036854775807, and like every call when
    /// the server cannot be reached or does not answer as it should.
    pub async fn increment(&mut self, x: i64) -> Result<i64, ClientError> {
        let answer = answer(&self.url, self.increment.increment(IncrementRequest { number: x })).await?;
        Ok(answer.result)
    }

    /// Returns the study's sentence about `number`, such as `Send: 5681, Return: 5682`.
    pub async fn template(&mut self, number: i32) -> Result<String, ClientError> {
        let request = TemplateGrpcRequest { number };
        Ok(answer(&self.url, self.template.template_grpc_endpoint(request)).await?.reply)
    }

    /// Returns how often each method was called.
    pub async fn access_counts(&mut self) -> Result<AccessCounts, ClientError> {
        let call = self.access.list_access_counts(ListAccessCountsRequest {});
        Ok(answer(&self.url, call).await?.into())
    }

    /// Returns how often each method was called, at once and then after each change, for as long as the stream is
    /// read. An error is the stream's last item.
    pub async fn watch_access_counts(
        &mut self,
    ) -> Result<impl Stream<Item = Result<AccessCounts, ClientError>> + Send + Unpin + use<>, ClientError>
    {
        let call = self.access.watch_access_counts(WatchAccessCountsRequest {});
        Ok(messages(&self.url, answer(&self.url, call).await?))
    }

    /// Returns what the server sees of the connection that carries this call.
    pub async fn describe_connection(&mut self) -> Result<DescribeConnectionResponse, ClientError> {
        let call = self.connection.describe_connection(DescribeConnectionRequest {});
        answer(&self.url, call).await
    }
}

/// A stream's messages, as what they mean.
fn messages<M, T: From<M>>(
    url: &str,
    messages: Streaming<M>,
) -> impl Stream<Item = Result<T, ClientError>> + Send + Unpin + use<M, T> {
    let url = url.to_owned();
    messages.map(move |message| match message {
        Ok(message) => Ok(message.into()),
        Err(status) => Err(ClientError::of(&url, status)),
    })
}

async fn answer<T>(
    url: &str,
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, ClientError> {
    match timeout(CALL_LIMIT, call).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => Err(ClientError::of(url, status)),
        Err(_) => Err(ClientError::NoAnswer { url: url.into() }),
    }
}

/// The README's call compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
