//! Who may report accesses: whoever presents the report token (RFC 6750), or a client certificate that was verified in
//! the TLS handshake. Callers are authenticated here, before anything of a message is read; the service only checks.

use http::{HeaderMap, Request, header};
use increment_certs::BearerToken;
use increment_proto::v1::access_service_server::SERVICE_NAME;
use tonic::Status;

use crate::peer::Peer;

/// The scheme of the `authorization` header, in any case (RFC 9110, section 11.1).
const SCHEME: &str = "Bearer";

/// What a caller reads who may not report.
const WANTED: &str = "reports need the server's report token, sent as `authorization: Bearer TOKEN` (the server keeps it \
                      in certs/report.token or the file of --report-token), or a client certificate";

/// Authenticates who reports. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reporters {
    token: Option<BearerToken>,
}

/// In the extensions of a request: its caller may report.
#[derive(Clone, Copy, Debug)]
struct Authenticated;

impl Reporters {
    /// Lets whoever presents this token report; without one, it takes a client certificate.
    pub(crate) fn with_token(token: BearerToken) -> Self {
        Self { token: Some(token) }
    }

    /// Marks a report whose caller may report.
    pub(crate) fn authenticate<B>(&self, request: &mut Request<B>, peer: &Peer) {
        if is_report(request.uri().path()) && (self.is_presented(request.headers()) || peer.is_identified()) {
            request.extensions_mut().insert(Authenticated);
        }
    }

    fn is_presented(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else { return false };
        bearer(headers).is_some_and(|presented| token.matches(presented))
    }
}

/// Whether this is the path of reports.
pub(crate) fn is_report(path: &str) -> bool {
    let method = path.strip_prefix('/').and_then(|path| path.strip_prefix(SERVICE_NAME));
    method == Some("/ReportAccesses")
}

/// Fails with UNAUTHENTICATED, saying what to send, unless [`Reporters::authenticate`] knew the caller.
pub(crate) fn check<B>(request: &Request<B>) -> Result<(), Status> {
    if request.extensions().get::<Authenticated>().is_some() {
        return Ok(());
    }
    Err(Status::unauthenticated(WANTED))
}

/// The token that a request presents (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(SCHEME.len())?;
    let token = token.strip_prefix(b" ")?.trim_ascii();
    scheme.eq_ignore_ascii_case(SCHEME.as_bytes()).then_some(token)
}
