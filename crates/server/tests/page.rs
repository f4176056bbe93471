//! The page's files as a browser gets them.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::fs;

use bytes::Bytes;
use common::{Server, Setup, get, soon};
use http::{Method, Response, StatusCode, Version};
use increment_server::page::Page;
use tempfile::TempDir;

const INDEX: &str = "<html><script>alert(1)</script></html>";
const WASM: &str = "increment-web-0123456789abcdef_bg.wasm";

async fn server_with_page() -> (Server, TempDir) {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("index.html"), INDEX).unwrap();
    for (ending, content) in [("", "plain"), (".br", "brotli"), (".gz", "gzip")] {
        fs::write(folder.path().join(format!("{WASM}{ending}")), content).unwrap();
    }
    let page = Page::open(folder.path()).unwrap();
    (Server::with(Setup { page, ..Setup::default() }).await, folder)
}

async fn fetch(server: &Server, path: &str, accept_encoding: &str) -> Response<Bytes> {
    let mut request = get(path);
    request.headers_mut().insert("accept-encoding", accept_encoding.parse().unwrap());
    soon(server.send(Version::HTTP_2, request)).await
}

#[tokio::test]
async fn the_index_is_never_cached_and_has_a_strict_policy() {
    let (server, folder) = server_with_page().await;
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let response = soon(server.send(version, get("/"))).await;
        assert_eq!(response.body(), INDEX);
        assert_eq!(response.headers()["content-type"], "text/html");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-bhHHL3z2")
        );
        assert!(!policy.contains("'unsafe-inline'") && !policy.contains("'unsafe-eval'"), "{policy}");
    }
    fs::write(folder.path().join("index.html"), "<html>new</html>").unwrap();
    let response = fetch(&server, "/", "").await;
    assert_eq!(response.body(), "<html>new</html>", "a new build is served without a restart");
    assert!(!response.headers()["content-security-policy"].to_str().unwrap().contains("sha256"));
}

#[tokio::test]
async fn files_come_compressed_as_the_browser_likes() {
    let (server, _folder) = server_with_page().await;
    let path = format!("/{WASM}");
    for (accepted, encoding, body) in
        [("br, gzip", Some("br"), "brotli"), ("gzip", Some("gzip"), "gzip"), ("identity", None, "plain")]
    {
        let response = fetch(&server, &path, accepted).await;
        assert_eq!(response.body(), body);
        assert_eq!(response.headers().get("content-encoding").map(|value| value.to_str().unwrap()), encoding);
        assert_eq!(response.headers()["content-type"], "application/wasm");
        assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(response.headers()["vary"], "accept-encoding");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_not_cached() {
    let (server, _folder) = server_with_page().await;
    for path in
        ["/nothing", "/increment-web-ffffffffffffffff.js", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/a/b/"]
    {
        let response = fetch(&server, path, "").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(response.headers()["cache-control"], "no-cache", "{path}");
    }
}

#[tokio::test]
async fn the_page_is_read_only() {
    let (server, _folder) = server_with_page().await;
    for (method, status) in [(Method::HEAD, StatusCode::OK), (Method::POST, StatusCode::METHOD_NOT_ALLOWED)] {
        let mut request = get("/");
        *request.method_mut() = method;
        assert_eq!(soon(server.send(Version::HTTP_11, request)).await.status(), status);
    }
}

#[tokio::test]
async fn without_a_page_a_visitor_is_told_how_to_make_one() {
    let server = Server::start().await;
    let response = soon(server.send(Version::HTTP_11, get("/"))).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(String::from_utf8_lossy(response.body()).contains("cargo xtask page"));
}

#[test]
fn a_folder_without_an_index_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    for folder in [folder.path().to_owned(), folder.path().join("missing")] {
        let message = Page::open(&folder).unwrap_err().to_string();
        assert!(
            message.contains(&folder.display().to_string()) && message.contains("index.html"),
            "{message}"
        );
    }
}
