//! Whether a browser would let pages of another origin call: asks as it would, before a call and without one
//! (<https://fetch.spec.whatwg.org/#cors-preflight-fetch>).

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};
use hyper_util::{client::legacy, rt::TokioExecutor};
use increment_doctor::Problem;
use tonic::body::Body;

use super::Finding;
use crate::{Origin, Target, dial::Dialer, error::causes};

/// What a page calls.
const METHOD: &str = "increment.v1.IncrementService/Increment";

/// What gRPC-Web sends that a page may not send unasked.
const HEADERS: [&str; 2] = ["content-type", "x-grpc-web"];

/// Sends the preflight of a gRPC-Web call; says that pages of this origin may call.
pub(super) async fn ask(target: &Target, origin: &Origin) -> Result<String, Finding> {
    let name = origin.name();
    if target.url().to_string().trim_end_matches('/').parse().as_ref() == Ok(origin) {
        return Ok(format!("{name} is the server's own origin, whose pages may call"));
    }
    let http = legacy::Client::builder(TokioExecutor::new()).build::<_, Body>(Dialer::new(target, false));
    let response = http.request(preflight(target, origin)).await;
    let response = response.map_err(|error| Finding::new(Problem::IncompleteResponse, causes(&error)))?;
    match refusal(&response, origin) {
        None => Ok(format!("pages of {name} may call (CORS)")),
        Some(reason) => Err(Finding::new(
            Problem::BlockedByCors,
            format_args!("the preflight from {name} was answered HTTP {}, {reason}", response.status()),
        )),
    }
}

fn preflight(target: &Target, origin: &Origin) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::OPTIONS;
    *request.uri_mut() = format!("{}{METHOD}", target.url()).parse().expect("a path was added to a bare URL");
    let wanted = HeaderValue::from_str(&HEADERS.join(",")).expect("names of headers are text");
    request.headers_mut().extend([
        (header::ORIGIN, origin.value()),
        (header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST")),
        (header::ACCESS_CONTROL_REQUEST_HEADERS, wanted),
    ]);
    request
}

/// Why a browser would not call after this answer.
fn refusal<B>(response: &Response<B>, origin: &Origin) -> Option<String> {
    let allowed = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    if !allowed.is_some_and(|allowed| allowed == origin.name() || allowed == "*") {
        return Some(format!("without {} for it", header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }
    let names = header::ACCESS_CONTROL_ALLOW_HEADERS;
    let missing = HEADERS.into_iter().find(|header| !lists(response.headers(), &names, header));
    let missing = missing.map(|header| format!("without {header} in {names}"));
    missing.or_else(|| (!response.status().is_success()).then(|| "which is no success".to_owned()))
}

/// Whether a list of names has this one, or stands for all.
fn lists(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let mut listed = values.flat_map(|value| value.split(',')).map(str::trim);
    listed.any(|listed| listed == "*" || listed.eq_ignore_ascii_case(wanted))
}
