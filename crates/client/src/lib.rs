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
//!
//! A call has a limit ([`Client::with_limit`]), and a connection that has gone quiet is closed ([`KeepAlive`]), so that
//! nothing waits for ever. The feature `cli`, on by default, is the `increment` program; without it, the library does not
//! depend on clap.

mod access;
mod alert;
mod connector;
mod diagnostics;
mod endpoint;
mod error;
mod keep_alive;
mod origin;
mod stream;
mod streams;
mod tap;
mod target;
mod tcp;
mod transport;
mod verifier;

pub use self::{
    access::AccessCounts,
    connector::{DIAL_LIMIT, DialError},
    diagnostics::{Checkup, CheckupError, Finding},
    error::ClientError,
    keep_alive::KeepAlive,
    origin::{NotAnOrigin, Origin},
    streams::{Incremented, Sum},
    tap::{Answer, Exchange, Sent, Tap},
    target::{Target, TargetError, TlsOptions},
    transport::Protocol,
};
pub use increment_certs::KeyLogFile;
pub use increment_proto::v1::{AccessRow, Certificate, DescribeConnectionResponse, TlsConnection};

use std::time::{Duration, Instant};

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
use tonic::{Code, Request, Response, Status, Streaming};

use self::transport::Transport;

/// How long a call may take unless [`Client::with_limit`] sets another time, connecting included; of a stream, how long
/// its begin may take.
pub const CALL_LIMIT: Duration = Duration::from_secs(10);

/// The longest `grpc-timeout` that can be written: eight digits of hours (gRPC's PROTOCOL-HTTP2, Timeout).
const LONGEST_TIMEOUT: Duration = Duration::from_hours(99_999_999);

/// Calls the services of one server. Connects at the first call, and again where the connection was lost; a call
/// is never sent twice.
#[derive(Clone, Debug)]
pub struct Client {
    url: String,
    limit: Duration,
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

    /// The same, with another limit than [`CALL_LIMIT`] for each call: a call then fails with [`ClientError::NoAnswer`],
    /// and the server, which is sent the limit of those that are no streams, stops working on it.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    fn over(transport: Transport, target: &Target, protocol: Protocol) -> Self {
        Self {
            url: target.url().to_string(),
            limit: CALL_LIMIT,
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
        let request = limited(IncrementRequest { number: x }, self.limit);
        Ok(answer(&self.url, self.limit, self.increment.increment(request)).await?.result)
    }

    /// Returns the study's sentence about `number`, such as `Send: 5681, Return: 5682`.
    pub async fn template(&mut self, number: i32) -> Result<String, ClientError> {
        let request = limited(TemplateGrpcRequest { number }, self.limit);
        Ok(answer(&self.url, self.limit, self.template.template_grpc_endpoint(request)).await?.reply)
    }

    /// Returns how often each method was called.
    pub async fn access_counts(&mut self) -> Result<AccessCounts, ClientError> {
        let call = self.access.list_access_counts(limited(ListAccessCountsRequest {}, self.limit));
        Ok(answer(&self.url, self.limit, call).await?.into())
    }

    /// Returns how often each method was called, at once and then after each change, for as long as the stream is
    /// read. An error is the stream's last item.
    pub async fn watch_access_counts(
        &mut self,
    ) -> Result<impl Stream<Item = Result<AccessCounts, ClientError>> + Send + Unpin + use<>, ClientError>
    {
        let call = self.access.watch_access_counts(WatchAccessCountsRequest {});
        Ok(messages(&self.url, answer(&self.url, self.limit, call).await?))
    }

    /// Returns what the server sees of the connection that carries this call.
    pub async fn describe_connection(&mut self) -> Result<DescribeConnectionResponse, ClientError> {
        let call = self.connection.describe_connection(limited(DescribeConnectionRequest {}, self.limit));
        answer(&self.url, self.limit, call).await
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

/// A request whose limit the server knows as well.
fn limited<M>(message: M, limit: Duration) -> Request<M> {
    let mut request = Request::new(message);
    request.set_timeout(limit.min(LONGEST_TIMEOUT));
    request
}

async fn answer<T>(
    url: &str,
    limit: Duration,
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, ClientError> {
    let start = Instant::now();
    match timeout(limit, call).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        // The server may be the first to find that the limit has passed.
        Ok(Err(status)) if status.code() == Code::DeadlineExceeded && start.elapsed() >= limit => {
            Err(ClientError::no_answer(url, limit))
        }
        Ok(Err(status)) => Err(ClientError::of(url, status)),
        Err(_) => Err(ClientError::no_answer(url, limit)),
    }
}

/// The README's call compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
