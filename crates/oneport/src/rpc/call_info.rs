//! What is known of a call before its service sees it, in the extensions of its request.

use std::sync::Arc;

use http::Version;

use super::entry::MethodName;
use crate::{
    info::{Connection, ConnectionInfo},
    protocol::Protocol,
};

/// A call: its protocol, its method and the connection it came on. Each request that a layer or a service gets has one
/// in its [extensions](http::Request::extensions). A clone is cheap.
///
/// ```
/// fn peer<B>(request: &http::Request<B>) -> Option<std::net::SocketAddr> {
///     let call = request.extensions().get::<oneport::CallInfo>()?;
///     Some(call.connection().peer_address)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct CallInfo {
    pub(super) protocol: Protocol,
    pub(super) http_version: Version,
    pub(super) method: Option<Arc<MethodName>>,
    pub(super) is_cross_site: bool,
    pub(super) connection: Arc<Connection>,
}

impl CallInfo {
    /// The protocol that the caller speaks. The request itself is one of gRPC, whatever it was translated from.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The version of HTTP that the request came in.
    pub fn http_version(&self) -> Version {
        self.http_version
    }

    /// The full name of the service, such as `acme.orders.v1.OrderService`; none where the method is not registered.
    pub fn service(&self) -> Option<&str> {
        self.method.as_deref().map(MethodName::service)
    }

    /// The name of the method, such as `PlaceOrder`; none where it is not registered.
    pub fn method(&self) -> Option<&str> {
        self.method.as_deref().map(MethodName::method)
    }

    /// The connection that the call came on.
    pub fn connection(&self) -> &ConnectionInfo {
        &self.connection.info
    }

    /// Whether a page of another site had a browser send this call with GET, as any page may, with an image's address for
    /// one. Such a call must change nothing, not even a count. Browsers say where a request comes from (W3C Fetch Metadata,
    /// `Sec-Fetch-Site`); older ones name an origin where that is another one.
    pub fn is_cross_site(&self) -> bool {
        self.is_cross_site
    }
}
