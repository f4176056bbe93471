//! Who may report accesses: whoever presents the report token (RFC 6750), or a client certificate that was verified in
//! the TLS handshake. Checked before anything of a message is read.

use http::{HeaderMap, header};
use increment_certs::BearerToken;
use oneport::CallInfo;
use tonic::{Request, Status, service::Interceptor};

/// The scheme of the `authorization` header, in any case (RFC 9110, section 11.1).
const SCHEME: &str = "Bearer";

/// The error of a caller who may not report.
const UNAUTHENTICATED: &str = "reports need the server's report token, sent as `authorization: Bearer TOKEN` (the server \
                               keeps it in certs/report.token or the file of --report-token), or a client certificate";

/// Authenticates callers of `ReportAccesses`; other methods are for everybody.
#[derive(Clone, Debug)]
pub(crate) struct ReportAuth {
    token: Option<BearerToken>,
}

impl ReportAuth {
    /// Accepts this token; without one, client certificates only.
    pub(crate) fn new(token: Option<BearerToken>) -> Self {
        Self { token }
    }

    fn matches(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else { return false };
        bearer_token(headers).is_some_and(|presented| token.matches(presented))
    }
}

impl Interceptor for ReportAuth {
    /// Fails with UNAUTHENTICATED, saying what to send.
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let call = request.extensions().get::<CallInfo>();
        let is_report = call.and_then(CallInfo::method) == Some("ReportAccesses");
        let tls = call.and_then(|call| call.connection().tls.as_ref());
        let has_certificate = tls.is_some_and(|tls| !tls.client_certificates.is_empty());
        if is_report && !has_certificate && !self.matches(request.metadata().as_ref()) {
            return Err(Status::unauthenticated(UNAUTHENTICATED));
        }
        Ok(request)
    }
}

/// The token that a request presents (RFC 6750, section 2.1).
fn bearer_token(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(SCHEME.len())?;
    let token = token.strip_prefix(b" ")?.trim_ascii();
    scheme.eq_ignore_ascii_case(SCHEME.as_bytes()).then_some(token)
}
