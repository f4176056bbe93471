//! What a request with GET asks for, in its address (Connect's protocol, "Unary-Get-Request").

use std::borrow::Cow;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use http::HeaderValue;
use tonic::Status;

use super::{super::format::parse_encoding, protocol::wrong_version};
use crate::messages::{Codec, ECHO_BYTES, Format, Framing, shortened};

/// Base64 for addresses (RFC 4648, section 5), whose padding may be left out.
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the address says.
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

    /// The message and how it comes. Fails with INVALID_ARGUMENT, naming what is missing or wrong.
    pub(super) fn format(self) -> Result<(Format, Bytes), Status> {
        let missing = |name: &str| Status::invalid_argument(format!("the address has no {name}=..."));
        if self.version.is_some_and(|version| version != "v1") {
            return Err(wrong_version());
        }
        let codec = match &*self.codec.ok_or_else(|| missing("encoding"))? {
            "json" => Codec::Json,
            "proto" => Codec::Proto,
            other => {
                let other = format!("{other:?}");
                let other = shortened(&other, ECHO_BYTES);
                let message = format!("encoding={other} is not known here; json and proto are");
                return Err(Status::invalid_argument(message));
            }
        };
        let name = HeaderValue::from_str(&self.compression.unwrap_or_default());
        let encoding = parse_encoding(&name.unwrap_or(HeaderValue::from_static("?")))?;
        let message = self.message.ok_or_else(|| missing("message"))?;
        let message = if self.is_base64 {
            let not_base64 = |_| Status::invalid_argument("message=... is not base64 for addresses");
            BASE64_URL.decode(&*message).map_err(not_base64)?
        } else {
            message.into_owned().into_bytes()
        };
        Ok((Format { framing: Framing::Bare, encoding, codec }, message.into()))
    }
}
