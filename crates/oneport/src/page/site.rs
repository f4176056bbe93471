//! Responds to requests for the page's files.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use tonic::body::Body;

use super::{
    error::{INDEX, PageError},
    files::Files,
    policy::content_security_policy,
};
use crate::{
    origin::Origin,
    response::{method_not_allowed, text_response},
};

/// A page whose files have been read.
#[derive(Debug)]
pub(crate) struct Page {
    folder: PathBuf,
    files: Files,
}

impl Page {
    /// Reads the files of a folder.
    pub(crate) fn read(folder: PathBuf) -> Result<Self, PageError> {
        let files = Files::read(&folder)?;
        Ok(Self { folder, files })
    }
}

/// Serves a page, or a text where there is none. A clone is cheap.
#[derive(Clone)]
pub(crate) enum Site {
    /// No page: every path is responded to with 404 and this line.
    None(Arc<str>),
    /// The files as they were read at startup.
    Fixed(Content),
    /// The files are read again when `index.html` was modified.
    Reloaded(Arc<Folder>),
}

/// A folder, and its content when it was last read.
pub(crate) struct Folder {
    path: PathBuf,
    connect_sources: String,
    content: Mutex<Content>,
}

/// The files of a page, with its content security policy. A clone is cheap.
#[derive(Clone)]
pub(crate) struct Content {
    files: Arc<Files>,
    policy: HeaderValue,
}

impl Site {
    /// Serves a page, which may call `origins` beside its own. Where it `reloads`, it is read again when it was modified.
    pub(crate) fn new(page: Page, reloads: bool, origins: &[Origin]) -> Self {
        // Without IPv6 origins: a policy cannot name them, and browsers log an error for each (W3C CSP Level 3, `host-source`).
        let sources = origins.iter().map(Origin::as_str).filter(|origin| !origin.contains('['));
        let connect_sources: String = sources.map(|origin| format!(" {origin}")).collect();
        let content = Content::new(page.files, &connect_sources);
        if reloads {
            let content = Mutex::new(content);
            Self::Reloaded(Arc::new(Folder { path: page.folder, connect_sources, content }))
        } else {
            Self::Fixed(content)
        }
    }

    /// Responds to a request that is not a call.
    pub(crate) fn handle<B>(&self, request: &Request<B>) -> Response<Body> {
        match self {
            Self::None(line) => text_response(StatusCode::NOT_FOUND, line),
            Self::Fixed(content) => content.response(request),
            Self::Reloaded(folder) => folder.content().response(request),
        }
    }
}

impl Folder {
    /// The current content; the previous one where the current one cannot be read.
    fn content(&self) -> Content {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        if content.files.are_stale(&self.path) {
            match Files::read(&self.path) {
                Ok(files) => *content = Content::new(files, &self.connect_sources),
                Err(error) => tracing::warn!("the page is not reloaded: {error}"),
            }
        }
        content.clone()
    }
}

impl Content {
    fn new(files: Files, connect_sources: &str) -> Self {
        let policy = content_security_policy(&files.index(), connect_sources);
        Self { files: Arc::new(files), policy }
    }

    fn response<B>(&self, request: &Request<B>) -> Response<Body> {
        let mut response = match self.files.get(&file_path(request.uri().path())) {
            None => text_response(StatusCode::NOT_FOUND, "There is nothing here. The page is at /."),
            Some(file) if matches!(*request.method(), Method::GET | Method::HEAD) => {
                file.response(request.headers())
            }
            Some(_) => method_not_allowed("This is a file of the page: it is read with GET.", "GET, HEAD"),
        };
        let headers = response.headers_mut();
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        response
    }
}

/// The path of a file, relative to the page's folder, that a request's path names; a path that names no file is looked up in
/// vain.
fn file_path(path: &str) -> String {
    match path.strip_prefix('/') {
        Some("") => INDEX.to_owned(),
        Some(path) => percent_decode_str(path).decode_utf8_lossy().into_owned(),
        None => String::new(),
    }
}
