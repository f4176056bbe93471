//! The representations of a file, plain and compressed, and their negotiation (RFC 9110, sections 8 and 12).

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use tonic::body::Body;

use crate::accept_encoding::{identity, weight};

/// The least length of a hash in a file name, in hexadecimal digits.
const MIN_HASH_DIGITS: usize = 16;

/// The length of an entity tag: this many bytes of the content's SHA-256.
const ETAG_BYTES: usize = 16;

/// The content coding of a precompressed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Brotli,
}

impl Coding {
    /// All codings, by preference, the most preferred last.
    pub(super) const ALL: [Self; 2] = [Self::Gzip, Self::Brotli];

    /// The extension of such a file's name.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Brotli => ".br",
        }
    }

    /// The name in headers (RFC 9110, section 8.4.1; RFC 7932).
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }
}

/// A file of the page.
#[derive(Debug)]
pub(super) struct PageFile {
    plain: Representation,
    /// By preference, the most preferred last.
    compressed: Vec<(Coding, Representation)>,
}

/// One representation of a file, with the headers that describe it.
#[derive(Debug)]
struct Representation {
    body: Bytes,
    headers: HeaderMap,
}

impl PageFile {
    pub(super) fn new(path: &str, plain: Bytes, mut encodings: Vec<(Coding, Bytes)>) -> Self {
        let mut headers = HeaderMap::new();
        let media_type =
            mime_guess::from_path(Path::new(path)).first_raw().unwrap_or("application/octet-stream");
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        let cache = if is_immutable(path) { "public, max-age=31536000, immutable" } else { "no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        encodings.sort_by_key(|(coding, _)| Coding::ALL.iter().position(|known| known == coding));
        let compressed = encodings.into_iter().map(|(coding, body)| {
            let mut headers = headers.clone();
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
            (coding, Representation::new(body, headers))
        });
        Self { compressed: compressed.collect(), plain: Representation::new(plain, headers) }
    }

    /// The content without a coding.
    pub(super) fn plain(&self) -> &Bytes {
        &self.plain.body
    }

    /// The response to a request with these headers: the preferred representation, or 304.
    pub(super) fn response(&self, request: &HeaderMap) -> Response<Body> {
        self.negotiate(request.get(header::ACCEPT_ENCODING)).response(request)
    }

    /// The representation with the greatest weight in `accept-encoding`; among equals, the one preferred here.
    fn negotiate(&self, accepted: Option<&HeaderValue>) -> &Representation {
        let Some(list) = accepted.and_then(|list| list.to_str().ok()) else { return &self.plain };
        let weighed = self
            .compressed
            .iter()
            .filter_map(|(coding, encoded)| Some((weight(list, coding.name())?, encoded)));
        let best = weighed.max_by_key(|(weight, _)| weight.thousandths);
        let plain = identity(list);
        match best {
            Some((weight, encoded)) if plain.is_none_or(|plain| plain <= weight.thousandths) => encoded,
            _ => &self.plain,
        }
    }
}

impl Representation {
    fn new(body: Bytes, mut headers: HeaderMap) -> Self {
        let hash = digest(&SHA256, &body);
        let tag: String = hash.as_ref().iter().take(ETAG_BYTES).map(|byte| format!("{byte:02x}")).collect();
        let tag = HeaderValue::try_from(format!("\"{tag}\"")).expect("digits in quotes are visible ASCII");
        headers.insert(header::ETAG, tag);
        Self { body, headers }
    }

    fn response(&self, request: &HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.headers_mut() = self.headers.clone();
        if self.matches_if_none_match(request) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            // These describe a content that is not sent (RFC 9110, section 15.4.5).
            response.headers_mut().remove(header::CONTENT_TYPE);
            response.headers_mut().remove(header::CONTENT_ENCODING);
        } else {
            *response.body_mut() = Body::new(Full::new(self.body.clone()));
        }
        response
    }

    /// Whether `if-none-match` lists this representation (RFC 9110, section 13.1.2).
    fn matches_if_none_match(&self, request: &HeaderMap) -> bool {
        let tag = self.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
        let lists = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|list| list.to_str().ok());
        let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
        tags.any(|known| known == "*" || Some(known.strip_prefix("W/").unwrap_or(known)) == tag)
    }
}

/// Whether a file's name has a hash of its content, as bundlers add it: `app-0123456789abcdef_bg.wasm`.
fn is_immutable(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split(|character: char| !character.is_ascii_hexdigit()).any(|part| part.len() >= MIN_HASH_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_immutable() {
        for path in
            ["/app-0123456789abcdef.js", "/a-0123456789abcdef_bg.wasm", "/x/style-fedcba9876543210.css"]
        {
            assert!(is_immutable(path), "{path}");
        }
        for path in ["/", "/index.html", "/favicon.svg", "/0123456789abcdef/index.html", "/reload.js"] {
            assert!(!is_immutable(path), "{path}");
        }
    }
}
