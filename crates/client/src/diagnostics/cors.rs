//! Checks that a browser lets pages of another origin call, by a preflight request
//! (<https://fetch.spec.whatwg.org/#cors-preflight-fetch>).

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};
use hyper_util::{client::legacy, rt::TokioExecutor};
use increment_doctor::Problem;
use tonic::body::Body;

use super::finding::Finding;
use crate::{causes, connector::Connector, origin::Origin, target::Target};

/// The method that a page calls.
const METHOD: &str = "increment.v1.IncrementService/Increment";

/// The headers of gRPC-Web that require a preflight.
const HEADERS: [&str; 2] = ["content-type", "x-grpc-web"];

/// Sends the preflight of a gRPC-Web call from a page of this origin.
pub(super) async fn check(target: &Target, origin: &Origin) -> Result<String, Finding> {
    let name = origin.as_str();
    if target.url().to_string().trim_end_matches('/').parse().as_ref() == Ok(origin) {
        return Ok(format!("{name} is the server's own origin: its pages may call"));
    }
    let http = legacy::Client::builder(TokioExecutor::new()).build::<_, Body>(Connector::new(target, false));
    let response = http.request(preflight(target, origin)).await;
    let response =
        response.map_err(|error| Finding::new(Problem::IncompleteResponse, causes::messages(&error)))?;
    match rejection(&response, origin) {
        None => Ok(format!("pages of {name} may call (CORS)")),
        Some(reason) => Err(Finding::new(
            Problem::BlockedByCors,
            format_args!("the response to the preflight from {name} is HTTP {}, {reason}", response.status()),
        )),
    }
}

fn preflight(target: &Target, origin: &Origin) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::OPTIONS;
    *request.uri_mut() =
        format!("{}{METHOD}", target.url()).parse().expect("a path is appended to a bare URL");
    let headers = HeaderValue::from_str(&HEADERS.join(",")).expect("names of headers are text");
    request.headers_mut().extend([
        (header::ORIGIN, origin.value()),
        (header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST")),
        (header::ACCESS_CONTROL_REQUEST_HEADERS, headers),
    ]);
    request
}

/// Returns why a browser blocks the call after this response to the preflight.
fn rejection<B>(response: &Response<B>, origin: &Origin) -> Option<String> {
    let allowed = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    if !allowed.is_some_and(|allowed| allowed == origin.as_str() || allowed == "*") {
        return Some(format!("without {} for it", header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }
    let names = header::ACCESS_CONTROL_ALLOW_HEADERS;
    let missing = HEADERS.into_iter().find(|header| !contains(response.headers(), &names, header));
    let missing = missing.map(|header| format!("without {header} in {names}"));
    missing.or_else(|| (!response.status().is_success()).then(|| "which is not a success".to_owned()))
}

/// Returns whether the list of names in a header contains this one, or the wildcard.
fn contains(headers: &HeaderMap, name: &HeaderName, item: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let mut items = values.flat_map(|value| value.split(',')).map(str::trim);
    items.any(|listed| listed == "*" || listed.eq_ignore_ascii_case(item))
}
