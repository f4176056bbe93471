//! A file of the page in the forms in which it can be sent (RFC 9110, section 8).

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use tonic::body::Body;

use crate::accept_encoding::{identity, weight};

/// The least length of the hash in a file's name, in hexadecimal digits.
const HASH_DIGITS: usize = 16;

/// How many bytes of a content's hash are its entity tag.
const TAG_BYTES: usize = 16;

/// How a build compresses files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Brotli,
}

impl Coding {
    /// All of them, the best last.
    pub(super) const ALL: [Self; 2] = [Self::Gzip, Self::Brotli];

    /// How the name of such a file ends.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Brotli => ".br",
        }
    }

    /// Its name in headers (RFC 9110, section 8.4.1; RFC 7932).
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }
}

/// A file, plain and compressed.
#[derive(Debug)]
pub(super) struct PageFile {
    plain: Representation,
    /// The best last.
    compressed: Vec<(Coding, Representation)>,
}

/// One form of a file, with the headers that describe it.
#[derive(Debug)]
struct Representation {
    body: Bytes,
    headers: HeaderMap,
}

impl PageFile {
    pub(super) fn new(path: &str, plain: Bytes, mut forms: Vec<(Coding, Bytes)>) -> Self {
        let mut headers = HeaderMap::new();
        let media_type =
            mime_guess::from_path(Path::new(path)).first_raw().unwrap_or("application/octet-stream");
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        let cache = if has_hashed_name(path) { "public, max-age=31536000, immutable" } else { "no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        forms.sort_by_key(|(coding, _)| Coding::ALL.iter().position(|known| known == coding));
        let compressed = forms.into_iter().map(|(coding, body)| {
            let mut headers = headers.clone();
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
            (coding, Representation::new(body, headers))
        });
        Self { compressed: compressed.collect(), plain: Representation::new(plain, headers) }
    }

    /// The content, not compressed.
    pub(super) fn plain(&self) -> &Bytes {
        &self.plain.body
    }

    /// The file as a client with these headers wants it, or word that the client has it.
    pub(super) fn response(&self, request: &HeaderMap) -> Response<Body> {
        self.best(request.get(header::ACCEPT_ENCODING)).response(request)
    }

    /// The form that a client wants most; of equals, the smallest.
    fn best(&self, accepted: Option<&HeaderValue>) -> &Representation {
        let Some(list) = accepted.and_then(|list| list.to_str().ok()) else { return &self.plain };
        let weighed =
            self.compressed.iter().filter_map(|(coding, form)| Some((weight(list, coding.name())?, form)));
        let best = weighed.max_by_key(|(weight, _)| weight.thousandths);
        let plain = identity(list);
        match best {
            Some((weight, form)) if plain.is_none_or(|plain| plain <= weight.thousandths) => form,
            _ => &self.plain,
        }
    }
}

impl Representation {
    fn new(body: Bytes, mut headers: HeaderMap) -> Self {
        let hash = digest(&SHA256, &body);
        let tag: String = hash.as_ref().iter().take(TAG_BYTES).map(|byte| format!("{byte:02x}")).collect();
        let tag = HeaderValue::try_from(format!("\"{tag}\"")).expect("digits in quotes are visible ASCII");
        headers.insert(header::ETAG, tag);
        Self { body, headers }
    }

    fn response(&self, request: &HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.headers_mut() = self.headers.clone();
        if self.is_known_to(request) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            // They describe a content that is not there (RFC 9110, section 15.4.5).
            response.headers_mut().remove(header::CONTENT_TYPE);
            response.headers_mut().remove(header::CONTENT_ENCODING);
        } else {
            *response.body_mut() = Body::new(Full::new(self.body.clone()));
        }
        response
    }

    /// Whether the client has this form (RFC 9110, section 13.1.2).
    fn is_known_to(&self, request: &HeaderMap) -> bool {
        let tag = self.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
        let lists = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|list| list.to_str().ok());
        let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
        tags.any(|known| known == "*" || Some(known.strip_prefix("W/").unwrap_or(known)) == tag)
    }
}

/// Whether a file's name holds a hash of its content, as the build gives all names but that of the index:
/// `increment-web-0123456789abcdef_bg.wasm`.
fn has_hashed_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split(|character: char| !character.is_ascii_hexdigit()).any(|part| part.len() >= HASH_DIGITS)
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
}
