//! Handles requests of Connect as calls of gRPC.

use http::{Method as HttpMethod, Request, header};
use tonic::body::Body;
use tower::Service;

use super::{protocol::is_connect, request::ConnectCall};
use crate::{
    response::{ResponseFuture, immediate},
    rpc::{call_info::CallInfo, calls::Calls, measure::Stack},
};

/// All registered services, over Connect.
pub(crate) struct Connect {
    calls: Calls,
    service: Stack,
}

impl Connect {
    pub(crate) fn new(service: Stack, calls: Calls) -> Self {
        Self { calls, service }
    }

    /// Whether a request that is not gRPC is a call: by its content type, or else by its path.
    pub(crate) fn matches<B>(&self, request: &Request<B>) -> bool {
        self.calls.methods().is_registered(request.uri().path()) || is_connect(request.headers())
    }

    /// Handles a call, or rejects the attempt at one.
    pub(crate) fn handle(&self, request: Request<Body>, info: CallInfo) -> ResponseFuture {
        let budget = self.calls.budget(&info.connection);
        let (call, mut request) = match ConnectCall::from_request(request, info.method.as_deref(), budget) {
            Ok(translated) => translated,
            Err(rejection) => return immediate(rejection.into_response()),
        };
        request.extensions_mut().insert(info);
        let response = self.service.clone().call(request);
        Box::pin(async { Ok(call.translate_response(response.await?).await) })
    }

    /// Whether a page of another site made a browser send this request: see
    /// [`CallInfo::is_cross_site`](crate::CallInfo::is_cross_site).
    pub(crate) fn is_cross_site<B>(request: &Request<B>) -> bool {
        if !matches!(*request.method(), HttpMethod::GET | HttpMethod::HEAD) {
            return false;
        }
        match request.headers().get("sec-fetch-site") {
            Some(site) => site != "same-origin" && site != "none",
            None => request.headers().contains_key(header::ORIGIN),
        }
    }
}
