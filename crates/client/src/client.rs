//! The client: one method per RPC.

use std::time::Duration;

use futures_util::Stream;
use increment_proto::{
    template::{TemplateGrpcRequest, template_grpc_client::TemplateGrpcClient},
    v1::{
        DescribeConnectionRequest, DescribeConnectionResponse, IncrementRequest, ListAccessCountsRequest,
        WatchAccessCountsRequest, access_service_client::AccessServiceClient,
        connection_service_client::ConnectionServiceClient, increment_service_client::IncrementServiceClient,
    },
};

use crate::{
    access::AccessCounts,
    call::{messages, request, response},
    error::ClientError,
    protocol::Protocol,
    tap::Tap,
    target::Target,
    transport::Transport,
};

/// The default timeout of a call, connecting included; of a server stream, until the response headers.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Calls the services of one server. Connects at the first call and reconnects after a lost connection. A call is never
/// sent twice.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) url: String,
    pub(crate) timeout: Duration,
    pub(crate) protocol: Protocol,
    pub(crate) increment: IncrementServiceClient<Transport>,
    access: AccessServiceClient<Transport>,
    connection: ConnectionServiceClient<Transport>,
    template: TemplateGrpcClient<Transport>,
}

impl Client {
    /// Creates a client of the server at `target`. Connects at the first call.
    pub fn new(target: &Target, protocol: Protocol) -> Self {
        Self::with_transport(Transport::new(target, protocol, None), target, protocol)
    }

    /// Creates a client that records the bytes of its latest call in `tap`.
    pub fn tapped(target: &Target, protocol: Protocol, tap: &Tap) -> Self {
        Self::with_transport(Transport::new(target, protocol, Some(tap.clone())), target, protocol)
    }

    /// Sets the timeout of each call in place of [`DEFAULT_TIMEOUT`]. A call that exceeds it fails with
    /// [`ClientError::Timeout`]. The server is sent the same deadline for calls without streams, and cancels them then.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn with_transport(transport: Transport, target: &Target, protocol: Protocol) -> Self {
        Self {
            url: target.url().to_string(),
            timeout: DEFAULT_TIMEOUT,
            protocol,
            access: AccessServiceClient::with_origin(transport.clone(), target.url().clone()),
            connection: ConnectionServiceClient::with_origin(transport.clone(), target.url().clone()),
            increment: IncrementServiceClient::with_origin(transport.clone(), target.url().clone()),
            template: TemplateGrpcClient::with_origin(transport, target.url().clone()),
        }
    }

    /// Returns x+1.
    ///
    /// # Errors
    ///
    /// Returns [`ClientError::Status`] with OUT_OF_RANGE for 9223372036854775807, and like every call another
    /// [`ClientError`] if the server cannot be reached or the response is not one of gRPC.
    pub async fn increment(&mut self, x: i64) -> Result<i64, ClientError> {
        let request = request(IncrementRequest { number: x }, self.timeout);
        Ok(response(&self.url, self.timeout, self.increment.increment(request)).await?.result)
    }

    /// Calls the study's endpoint. Returns its text, such as `Send: 5681, Return: 5682`.
    pub async fn template(&mut self, number: i32) -> Result<String, ClientError> {
        let request = request(TemplateGrpcRequest { number }, self.timeout);
        Ok(response(&self.url, self.timeout, self.template.template_grpc_endpoint(request)).await?.reply)
    }

    /// Returns the access counts of all services.
    pub async fn access_counts(&mut self) -> Result<AccessCounts, ClientError> {
        let call = self.access.list_access_counts(request(ListAccessCountsRequest {}, self.timeout));
        Ok(response(&self.url, self.timeout, call).await?.into())
    }

    /// Returns the access counts of all services, and again after each change, until the stream is dropped. An error is
    /// the last item of the stream.
    pub async fn watch_access_counts(
        &mut self,
    ) -> Result<impl Stream<Item = Result<AccessCounts, ClientError>> + Send + Unpin + use<>, ClientError>
    {
        let call = self.access.watch_access_counts(WatchAccessCountsRequest {});
        Ok(messages(&self.url, response(&self.url, self.timeout, call).await?))
    }

    /// Returns the properties of the connection of this call, as seen by the server.
    pub async fn describe_connection(&mut self) -> Result<DescribeConnectionResponse, ClientError> {
        let call = self.connection.describe_connection(request(DescribeConnectionRequest {}, self.timeout));
        response(&self.url, self.timeout, call).await
    }
}
