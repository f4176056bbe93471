//! Responds to requests for the page's files.

use std::{
    path::{Path, PathBuf},
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

/// A page in service, or what is said where there is none.
#[derive(Clone)]
pub(crate) enum Site {
    /// There is no page, which this line says.
    None(Arc<str>),
    /// The files never change.
    Fixed(Content),
    /// The files are read anew when `index.html` has changed.
    Reloaded(Arc<Folder>),
}

/// A folder and what was in it when it was last read.
pub(crate) struct Folder {
    path: PathBuf,
    others: String,
    content: Mutex<Content>,
}

/// The files, with the policy that fits them. A clone is cheap.
#[derive(Clone)]
pub(crate) struct Content {
    files: Arc<Files>,
    policy: HeaderValue,
}

impl Site {
    /// The page in `folder`, which may call `origins` beside its own, and is read again when it has changed where it
    /// `reloads`. IPv6 origins are left out: a policy cannot name them, and browsers log an error for each (W3C CSP Level 3,
    /// `host-source`).
    pub(crate) fn open(folder: &Path, reloads: bool, origins: &[Origin]) -> Result<Self, PageError> {
        let nameable = origins.iter().map(Origin::as_str).filter(|origin| !origin.contains('['));
        let others: String = nameable.map(|origin| format!(" {origin}")).collect();
        let content = Content::new(Arc::new(Files::read(folder)?), &others);
        Ok(if reloads {
            Self::Reloaded(Arc::new(Folder { path: folder.into(), others, content: Mutex::new(content) }))
        } else {
            Self::Fixed(content)
        })
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
    /// What is in the folder now, or what was there before where it cannot be read.
    fn content(&self) -> Content {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        if content.files.have_changed(&self.path) {
            match Files::read(&self.path) {
                Ok(files) => *content = Content::new(Arc::new(files), &self.others),
                Err(error) => tracing::warn!("the page stays as it was: {error}"),
            }
        }
        content.clone()
    }
}

impl Content {
    fn new(files: Arc<Files>, others: &str) -> Self {
        let policy = content_security_policy(&files.index(), others);
        Self { files, policy }
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

/// The file that an address names, below the page's folder. Whatever is no name of a file is not found.
fn file_path(path: &str) -> String {
    match path.strip_prefix('/') {
        Some("") => INDEX.to_owned(),
        Some(path) => percent_decode_str(path).decode_utf8_lossy().into_owned(),
        None => String::new(),
    }
}
