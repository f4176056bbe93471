//! Calls from pages of other origins (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>).

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use common::{ReqBody, Server, Setup, contract::FORMAT, frame, full, get, post, soon};
use http::{Method, Request, StatusCode, Version};

fn preflight(origin: &str) -> Request<ReqBody> {
    let mut request = get(FORMAT);
    *request.method_mut() = Method::OPTIONS;
    for (name, value) in [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type,x-grpc-web,x-user-agent,grpc-timeout"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn pages_of_configured_origins_may_call_and_others_may_not() {
    let server = Server::with(Setup { origins: vec!["https://a.example"], ..Setup::default() }).await;
    let headers =
        soon(server.send(Version::HTTP_2, preflight("https://a.example"))).await.into_parts().0.headers;
    assert_eq!(headers["access-control-allow-origin"], "https://a.example");
    let allowed = headers["access-control-allow-headers"].to_str().unwrap();
    for name in [
        "content-type",
        "x-grpc-web",
        "x-user-agent",
        "grpc-timeout",
        "connect-protocol-version",
        "connect-timeout-ms",
        "authorization",
        "traceparent",
    ] {
        assert!(allowed.split(',').any(|allowed| allowed == name), "{name}: {allowed}");
    }
    assert_eq!(headers["access-control-max-age"], "7200");
    let mut request = post(FORMAT, "application/grpc-web", full(&frame(&[8, 41])));
    request.headers_mut().insert("origin", "https://a.example".parse().unwrap());
    let headers = soon(server.send(Version::HTTP_2, request)).await.into_parts().0.headers;
    assert!(headers["access-control-expose-headers"].to_str().unwrap().contains("grpc-status"));
    assert_eq!(headers["timing-allow-origin"], "https://a.example");

    let headers =
        soon(server.send(Version::HTTP_2, preflight("https://evil.example"))).await.into_parts().0.headers;
    assert!(!headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn no_origin_may_call_by_default() {
    let server = Server::start().await;
    let response = soon(server.send(Version::HTTP_2, preflight("https://a.example"))).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(!response.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn an_origin_is_normalized_as_browsers_do() {
    let server = Server::with(Setup { origins: vec!["https://A.Example:443"], ..Setup::default() }).await;
    let headers =
        soon(server.send(Version::HTTP_2, preflight("https://a.example"))).await.into_parts().0.headers;
    assert_eq!(headers["access-control-allow-origin"], "https://a.example");
}

#[tokio::test]
async fn pages_may_send_the_configured_headers() {
    let setup =
        Setup { origins: vec!["https://a.example"], cors_headers: vec!["X-Tenant"], ..Setup::default() };
    let server = Server::with(setup).await;
    let headers =
        soon(server.send(Version::HTTP_2, preflight("https://a.example"))).await.into_parts().0.headers;
    let allowed = headers["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.contains("x-tenant") && allowed.contains("x-grpc-web"), "{allowed}");
}
