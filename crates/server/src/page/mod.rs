//! The page's files over plain HTTP: compressed when the build made them so, hashed names cached for ever,
//! `index.html` never, under a strict Content-Security-Policy. Must not know the services.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderValue, Request, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use tower_http::services::ServeDir;

const INDEX: &str = "index.html";

/// Where `cargo xtask page` puts the page.
const DEFAULT_FOLDER: &str = "dist";

/// The least length of the hash in a file's name, in hexadecimal digits.
const HASH_DIGITS: usize = 16;

/// Why a folder cannot be served as the page.
#[derive(Debug, thiserror::Error)]
#[error("{} is not a page: cannot read {INDEX} there: {source}; `cargo xtask page` makes one in dist/", folder.display())]
pub struct PageError {
    /// The folder asked for.
    pub folder: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// The page: a folder with `index.html`, or none.
#[derive(Clone, Debug, Default)]
pub struct Page {
    folder: Option<PathBuf>,
    /// What it may call beside its own origin, each after a space.
    others: String,
}

impl Page {
    /// The page in `folder`. Fails when there is no readable `index.html`.
    pub fn open(folder: &Path) -> Result<Self, PageError> {
        match std::fs::read(folder.join(INDEX)) {
            Ok(_) => Ok(Self { folder: Some(folder.into()), ..Self::default() }),
            Err(source) => Err(PageError { folder: folder.into(), source }),
        }
    }

    /// The page in `dist`, or none: then a visitor is told how to make one.
    pub fn open_default() -> Self {
        Self::open(Path::new(DEFAULT_FOLDER)).unwrap_or_default()
    }

    /// No page.
    pub fn none() -> Self {
        Self::default()
    }

    /// Lets it call these origins beside its own, each as `http://localhost:5080`.
    #[must_use]
    pub fn calling(mut self, origins: &[String]) -> Self {
        self.others = origins.iter().map(|origin| format!(" {origin}")).collect();
        self
    }

    /// Whether there is a page.
    pub fn is_there(&self) -> bool {
        self.folder.is_some()
    }

    pub(crate) fn into_router(self) -> Router {
        let Some(folder) = &self.folder else { return Router::new().fallback(not_built) };
        let files = ServeDir::new(folder).precompressed_br().precompressed_gzip();
        let not_found = || async { (StatusCode::NOT_FOUND, "There is nothing here. The page is at /.\n") };
        Router::new()
            .fallback_service(files.fallback(axum::routing::any(not_found)))
            .layer(from_fn_with_state(Arc::new(self), with_page_headers))
    }
}

async fn not_built() -> impl IntoResponse {
    let line =
        "There is no page here: `cargo xtask page` makes it in dist/. The services answer all the same.\n";
    (StatusCode::NOT_FOUND, line)
}

async fn with_page_headers(State(page): State<Arc<Page>>, request: Request<Body>, next: Next) -> Response {
    let is_hashed = has_hashed_name(request.uri().path());
    let mut response = next.run(request).await;
    let cache = match response.status() {
        StatusCode::OK | StatusCode::NOT_MODIFIED if is_hashed => "public, max-age=31536000, immutable",
        _ => "no-cache",
    };
    let index = page.folder.as_deref().unwrap_or(Path::new("")).join(INDEX);
    let index = tokio::fs::read_to_string(index).await.unwrap_or_default();
    let policy = content_security_policy(&index, &page.others);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Whether a file's name holds a hash of its content, as the build gives all names but that of the index:
/// `increment-web-0123456789abcdef_bg.wasm`.
fn has_hashed_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split(|character: char| !character.is_ascii_hexdigit()).any(|part| part.len() >= HASH_DIGITS)
}

/// A policy that allows what this page needs and nothing else: its own files, WebAssembly, calls to its own
/// origin and the others, and the inline scripts that the build put into the index, by their hashes (W3C CSP Level 3).
fn content_security_policy(index: &str, others: &str) -> HeaderValue {
    let hashes: String = inline_scripts(index)
        .map(|script| format!(" 'sha256-{}'", BASE64_STANDARD.encode(digest(&SHA256, script.as_bytes()))))
        .collect();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; img-src 'self'; \
         connect-src 'self'{others}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("base64, origins and these words are visible ASCII")
}

/// The contents of the scripts without a `src`.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|after| {
        let (attributes, rest) = after.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!attributes.contains(" src=")).then_some(script)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_hashed() {
        for path in [
            "/increment-web-0123456789abcdef.js",
            "/a-0123456789abcdef_bg.wasm",
            "/x/style-fedcba9876543210.css",
        ] {
            assert!(has_hashed_name(path), "{path}");
        }
        for path in ["/", "/index.html", "/favicon.svg", "/0123456789abcdef/index.html", "/reload.js"] {
            assert!(!has_hashed_name(path), "{path}");
        }
    }

    #[test]
    fn inline_scripts_are_allowed_by_hash_and_others_are_not() {
        let index = r#"<script type="module" src="/a.js"></script><script type="module">alert(1)</script>"#;
        let policy = content_security_policy(index, "");
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
        let allowed =
            "script-src 'self' 'wasm-unsafe-eval' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=';";
        assert!(policy.to_str().unwrap().contains(allowed), "{policy:?}");
        assert!(!content_security_policy("<p>", "").to_str().unwrap().contains("sha256"));
    }
}
