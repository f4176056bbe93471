//! Answers requests for the page's files.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use tonic::body::Body;

use super::{
    Page,
    files::{Files, INDEX},
    policy::content_security_policy,
};
use crate::response::{refuse, refuse_method};

/// A page in service, or what is said where there is none.
pub(crate) enum Site {
    /// There is no page.
    None,
    /// The files never change.
    Fixed(Content),
    /// The files are read anew when `index.html` has changed.
    Reloaded(Folder),
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
    pub(crate) fn new(page: Page) -> Self {
        let Page { opened, others, is_reloaded } = page;
        let Some((path, files)) = opened else { return Self::None };
        let content = Content::new(files, &others);
        if is_reloaded {
            Self::Reloaded(Folder { path, others, content: Mutex::new(content) })
        } else {
            Self::Fixed(content)
        }
    }

    /// Answers a request that is none for a service.
    pub(crate) fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        match self {
            Self::None => refuse(
                StatusCode::NOT_FOUND,
                "There is no page here: `cargo xtask page` makes it in dist/. The services answer all the same.",
            ),
            Self::Fixed(content) => content.answer(request),
            Self::Reloaded(folder) => folder.content().answer(request),
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

    fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        let mut response = match self.files.get(&file_path(request.uri().path())) {
            None => refuse(StatusCode::NOT_FOUND, "There is nothing here. The page is at /."),
            Some(file) if matches!(*request.method(), Method::GET | Method::HEAD) => {
                file.answer(request.headers())
            }
            Some(_) => refuse_method("This is a file of the page: it is read with GET.", "GET, HEAD"),
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
