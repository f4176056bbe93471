//! The query of a request with GET (Connect's protocol, "Unary-Get-Request").

use std::borrow::Cow;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use http::HeaderValue;
use tonic::Status;

use super::{super::format::parse_encoding, protocol::wrong_version};
use crate::messages::{Codec, EXCERPT_BYTES, Format, Framing, excerpt};

/// URL-safe base64 (RFC 4648, section 5) with optional padding.
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The parameters of a query.
#[derive(Default)]
pub(super) struct Query<'q> {
    message: Option<Cow<'q, str>>,
    codec: Option<Cow<'q, str>>,
    is_base64: bool,
    compression: Option<Cow<'q, str>>,
    version: Option<Cow<'q, str>>,
}

impl<'q> Query<'q> {
    pub(super) fn parse(text: &'q str) -> Self {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            match &*name {
                "message" => query.message = Some(value),
                "encoding" => query.codec = Some(value),
                "base64" => query.is_base64 = value == "1",
                "compression" => query.compression = Some(value),
                "connect" => query.version = Some(value),
                _ => {}
            }
        }
        query
    }

    /// The message and its format. Fails with INVALID_ARGUMENT, naming the parameter that is missing or invalid.
    pub(super) fn format(self) -> Result<(Format, Bytes), Status> {
        let missing = |name: &str| Status::invalid_argument(format!("the query has no {name}=..."));
        if self.version.is_some_and(|version| version != "v1") {
            return Err(wrong_version());
        }
        let codec = match &*self.codec.ok_or_else(|| missing("encoding"))? {
            "json" => Codec::Json,
            "proto" => Codec::Proto,
            other => {
                let other = format!("{other:?}");
                let other = excerpt(&other, EXCERPT_BYTES);
                let message = format!("encoding={other} is not supported; json and proto are");
                return Err(Status::invalid_argument(message));
            }
        };
        let name = HeaderValue::from_str(&self.compression.unwrap_or_default());
        let encoding = parse_encoding(&name.unwrap_or(HeaderValue::from_static("?")))?;
        let message = self.message.ok_or_else(|| missing("message"))?;
        let message = if self.is_base64 {
            let not_base64 = |_| Status::invalid_argument("message=... is not URL-safe base64");
            BASE64_URL.decode(&*message).map_err(not_base64)?
        } else {
            message.into_owned().into_bytes()
        };
        Ok((Format { framing: Framing::Bare, encoding, codec }, message.into()))
    }
}
