//! What is known of a call before its service is called, in the extensions of its request.

use std::sync::Arc;

use http::Version;

use super::methods::Method;
use crate::{
    info::{Connection, ConnectionInfo},
    protocol::Protocol,
};

/// A call: its protocol, its method and its connection. Each request to a layer or a service has one in its
/// [extensions](http::Request::extensions). A layer that creates a request of its own must copy it: a request without one fails
/// with INTERNAL. A clone is cheap.
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
    pub(super) method: Option<Arc<Method>>,
    pub(super) is_cross_site: bool,
    pub(super) connection: Arc<Connection>,
}

impl CallInfo {
    /// The caller's protocol. The request itself is one of gRPC, whatever it was translated from.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The HTTP version of the request.
    pub fn http_version(&self) -> Version {
        self.http_version
    }

    /// The full name of the service, such as `acme.orders.v1.OrderService`; none where the method is not registered.
    pub fn service(&self) -> Option<&str> {
        self.method.as_deref().map(Method::service_name)
    }

    /// The name of the method, such as `PlaceOrder`; none where it is not registered.
    pub fn method(&self) -> Option<&str> {
        self.method.as_deref().map(Method::name)
    }

    /// The connection of the call.
    pub fn connection(&self) -> &ConnectionInfo {
        &self.connection.info
    }

    /// Whether a page of another site made a browser send this call with GET, as any page can, for example as the address of an
    /// image. Such a call must have no effect, not even on a count. Browsers name the site of a request (W3C Fetch Metadata,
    /// `Sec-Fetch-Site`); older ones send `Origin` where it is another one.
    pub fn is_cross_site(&self) -> bool {
        self.is_cross_site
    }
}
