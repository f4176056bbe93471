//! The page's files: caching, encodings, policy, limits.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{fs, path::Path};

use bytes::Bytes;
use common::{ANY_PORT, Server, Setup, Wire, full, get, post, soon};
use http::{Method, Response, StatusCode, Version};
use oneport::{BindError, MAX_PAGE_BYTES, MAX_PAGE_FILES};
use tempfile::TempDir;
use tonic::Code;

const BOTH: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

const INDEX: &str = "<html><script>alert(1)</script></html>";
const WASM: &str = "page-0123456789abcdef_bg.wasm";

/// A folder with a page.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("index.html"), INDEX).unwrap();
    for (ending, content) in [("", "plain"), (".br", "brotli"), (".gz", "gzip")] {
        fs::write(folder.path().join(format!("{WASM}{ending}")), content).unwrap();
    }
    folder
}

async fn serving(folder: &TempDir) -> Server {
    Server::with(Setup { page: Some(folder.path().into()), ..Setup::default() }).await
}

/// The error of a page that cannot be served.
async fn page_error(folder: &Path) -> String {
    let error = oneport::Server::builder().plaintext_listen(ANY_PORT).page(folder).bind().await.unwrap_err();
    assert!(matches!(error, BindError::Page(_)), "{error}");
    error.to_string()
}

async fn server_with_page() -> (Server, TempDir) {
    let folder = folder();
    (serving(&folder).await, folder)
}

async fn fetch(server: &Server, path: &str, accept_encoding: &str) -> Response<Bytes> {
    let mut request = get(path);
    request.headers_mut().insert("accept-encoding", accept_encoding.parse().unwrap());
    soon(server.send(Version::HTTP_2, request)).await
}

#[tokio::test]
async fn the_index_is_never_cached_and_has_a_strict_policy() {
    let (server, _folder) = server_with_page().await;
    for version in BOTH {
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
}

#[tokio::test]
async fn the_files_are_served_from_memory() {
    let (server, folder) = server_with_page().await;
    folder.close().unwrap();
    assert_eq!(fetch(&server, "/", "").await.body(), INDEX);
    assert_eq!(fetch(&server, &format!("/{WASM}"), "br").await.body(), "brotli");
}

#[tokio::test]
async fn a_changed_folder_is_reloaded_only_where_configured() {
    let (fixed, fixed_folder) = server_with_page().await;
    let folder = folder();
    let reloading =
        Server::with(Setup { page: Some(folder.path().into()), reloads_page: true, ..Setup::default() })
            .await;
    for (server, folder, expected) in
        [(&fixed, &fixed_folder, INDEX), (&reloading, &folder, "<html>new</html>")]
    {
        let tag = fetch(server, "/", "").await.headers()["etag"].clone();
        fs::write(folder.path().join("new.css"), "p {}").unwrap();
        fs::write(folder.path().join("index.html"), "<html>new</html>").unwrap();
        let response = fetch(server, "/", "").await;
        assert_eq!(response.body(), expected);
        assert_eq!(response.headers()["etag"] == tag, expected == INDEX);
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert_eq!(policy.contains("sha256"), expected == INDEX, "the policy is that of the index");
        let is_new = fetch(server, "/new.css", "").await.status() == StatusCode::OK;
        assert_eq!(is_new, expected != INDEX);
    }
    // A folder that cannot be read keeps the page.
    fs::remove_file(folder.path().join("index.html")).unwrap();
    assert_eq!(fetch(&reloading, "/", "").await.body(), "<html>new</html>");
}

#[tokio::test]
async fn each_encoding_of_a_file_has_its_own_strong_etag() {
    let (server, _folder) = server_with_page().await;
    let path = format!("/{WASM}");
    let mut tags = Vec::new();
    for accepted in ["identity", "gzip", "br"] {
        let response = fetch(&server, &path, accepted).await;
        let tag = response.headers()["etag"].clone();
        assert!(tag.to_str().unwrap().starts_with('"'), "{tag:?}");
        for known in ["*", tag.to_str().unwrap(), &format!("\"other\", W/{}", tag.to_str().unwrap())] {
            let mut request = get(&path);
            request.headers_mut().insert("accept-encoding", accepted.parse().unwrap());
            request.headers_mut().insert("if-none-match", known.parse().unwrap());
            let unchanged = soon(server.send(Version::HTTP_2, request)).await;
            assert_eq!(unchanged.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert!(unchanged.body().is_empty());
            for name in ["etag", "cache-control", "vary"] {
                assert_eq!(unchanged.headers()[name], response.headers()[name], "{name}");
            }
        }
        let mut request = get(&path);
        request.headers_mut().insert("if-none-match", "\"other\"".parse().unwrap());
        assert_eq!(soon(server.send(Version::HTTP_2, request)).await.status(), StatusCode::OK);
        assert!(!tags.contains(&tag), "{tag:?}");
        tags.push(tag);
    }
}

#[tokio::test]
async fn the_encoding_of_a_file_is_negotiated() {
    let (server, _folder) = server_with_page().await;
    let path = format!("/{WASM}");
    for (accepted, encoding, body) in [
        ("br, gzip", Some("br"), "brotli"),
        ("gzip, deflate, br, zstd", Some("br"), "brotli"),
        ("gzip", Some("gzip"), "gzip"),
        ("br;q=0.5, gzip", Some("gzip"), "gzip"),
        ("br;q=0, *", Some("gzip"), "gzip"),
        ("identity;q=0, gzip;q=0.1", Some("gzip"), "gzip"),
        ("identity", None, "plain"),
        ("identity, br;q=0.9", None, "plain"),
        ("*;q=0", None, "plain"),
        ("", None, "plain"),
    ] {
        let response = fetch(&server, &path, accepted).await;
        assert_eq!(response.body(), body);
        assert_eq!(response.headers().get("content-encoding").map(|value| value.to_str().unwrap()), encoding);
        assert_eq!(response.headers()["content-type"], "application/wasm");
        assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(response.headers()["vary"], "accept-encoding");
    }
}

#[tokio::test]
async fn a_missing_file_is_not_found_and_not_cached() {
    let (server, _folder) = server_with_page().await;
    let long = format!("/{}", "a".repeat(256));
    let very_long = format!("/{}", "a".repeat(8000));
    for path in [
        "/nothing",
        "/page-ffffffffffffffff.js",
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/a/b/",
        "//index.html",
        "/%",
        "/%ff",
        &long,
        &very_long,
    ] {
        let response = fetch(&server, path, "").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(response.headers()["cache-control"], "no-cache", "{path}");
    }
}

#[tokio::test]
async fn the_page_is_read_only() {
    let (server, _folder) = server_with_page().await;
    for version in BOTH {
        for (method, path, status) in [
            (Method::HEAD, "/", StatusCode::OK),
            (Method::POST, "/", StatusCode::METHOD_NOT_ALLOWED),
            (Method::POST, "/nothing", StatusCode::NOT_FOUND),
            (Method::HEAD, "/nothing", StatusCode::NOT_FOUND),
        ] {
            let mut request = get(path);
            *request.method_mut() = method.clone();
            let response = soon(server.send(version, request)).await;
            assert_eq!(response.status(), status, "{method} {path}");
            assert_eq!(response.body().is_empty(), method == Method::HEAD, "{method} {path}");
            if status == StatusCode::METHOD_NOT_ALLOWED {
                assert_eq!(response.headers()["allow"], "GET, HEAD");
            }
        }
        let mut request = get("/");
        *request.method_mut() = Method::HEAD;
        let head = soon(server.send(version, request)).await;
        assert_eq!(head.headers()["content-length"], INDEX.len().to_string());
        let whole = soon(server.send(version, get("/"))).await;
        for name in ["etag", "content-type", "cache-control", "content-security-policy"] {
            assert_eq!(head.headers()[name], whole.headers()[name], "{name}");
        }
    }
}

#[tokio::test]
async fn a_call_to_an_unknown_service_is_not_found_with_and_without_a_page() {
    let (with_page, _folder) = server_with_page().await;
    let without_page = Server::start().await;
    for server in [&with_page, &without_page] {
        for version in BOTH {
            for path in ["/no.such.Service/Method", "//Formatter/Format", "/api/S/M"] {
                for content_type in ["application/json", "application/proto", "application/connect+json"] {
                    let response = soon(server.send(version, post(path, content_type, full(b"{}")))).await;
                    assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path} {content_type}");
                }
            }
        }
        for wire in [Wire::Grpc, Wire::GrpcWebHttp1] {
            let status = soon(server.call(wire, "/no.such.Service/Method", &[])).await.unwrap_err();
            assert_eq!(status.code(), Code::Unimplemented, "{wire:?}");
        }
    }
}

#[tokio::test]
async fn subfolders_and_links_are_served_and_hidden_files_are_not() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("a b/c")).unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for path in ["a b/c/é.txt", "secret", ".env", ".git/config"] {
        fs::write(folder.path().join(path), path).unwrap();
    }
    std::os::unix::fs::symlink("secret", folder.path().join("link.json")).unwrap();
    std::os::unix::fs::symlink("..", folder.path().join("a b/round")).unwrap();
    let server = serving(&folder).await;
    for (path, content_type) in [("/a%20b/c/%C3%A9.txt", "text/plain"), ("/link.json", "application/json")] {
        let response = fetch(&server, path, "").await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["content-type"], content_type);
    }
    for path in ["/.env", "/.git/config", "/a%20b/round/index.html"] {
        assert_eq!(fetch(&server, path, "").await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn without_a_page_the_configured_text_is_served() {
    let server = Server::start().await;
    let response = soon(server.send(Version::HTTP_11, get("/"))).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(String::from_utf8_lossy(response.body()).contains("There is no page here."));
}

#[tokio::test]
async fn a_folder_without_an_index_is_rejected_with_its_path() {
    let folder = TempDir::new().unwrap();
    for folder in [folder.path().to_owned(), folder.path().join("missing")] {
        let message = page_error(&folder).await;
        assert!(
            message.contains(&folder.display().to_string()) && message.contains("index.html"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_folder_over_the_limits_is_rejected_with_its_path() {
    let large = folder();
    fs::File::create(large.path().join("large.bin")).unwrap().set_len(MAX_PAGE_BYTES).unwrap();
    let many = folder();
    for number in 0..MAX_PAGE_FILES {
        fs::write(many.path().join(number.to_string()), "").unwrap();
    }
    for folder in [large, many] {
        let message = page_error(folder.path()).await;
        assert!(message.contains(&folder.path().display().to_string()), "{message}");
        assert!(message.contains("64 MiB in 4000 files"), "{message}");
    }
}
