//! A bearer token in a file (RFC 6750), presented by other services instead of a client certificate. Independent of what
//! the token authorizes.

use std::{fmt, io::ErrorKind::AlreadyExists, path::Path, sync::Arc};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::HEXLOWER;

use crate::{error::CertError, files, random::random};

/// The random bytes of a generated token, written as 64 hexadecimal digits.
const TOKEN_BYTES: usize = 32;

/// The minimum length of a token, in characters: shorter tokens could be guessed.
pub const MIN_TOKEN_CHARS: usize = 32;

/// The maximum length of a token, in characters: longer tokens would not fit into a request's headers.
pub const MAX_TOKEN_CHARS: usize = 1024;

/// A bearer token. Cheap to clone; its `Debug` output does not contain the secret.
#[derive(Clone)]
pub struct BearerToken(Arc<str>);

impl BearerToken {
    /// Reads the token in `path`, trimming white space. Generates a token and writes it with mode 0600 if the file is
    /// missing.
    ///
    /// # Errors
    ///
    /// Returns a [`CertError`] that names the file if it cannot be read or created, if other users can read it, or if it
    /// does not hold a token of [`MIN_TOKEN_CHARS`] to [`MAX_TOKEN_CHARS`] characters.
    pub fn open(path: &Path) -> Result<Self, CertError> {
        if !files::exists(path)? {
            match files::create_secret(path, &format!("{}\n", HEXLOWER.encode(&random::<TOKEN_BYTES>()?))) {
                // Another server created the file in the meantime: its token is used.
                Err(CertError::Unwritable { source, .. }) if source.kind() == AlreadyExists => {}
                created => created?,
            }
        }
        Self::parse(&files::read_secret(path)?).map_err(|reason| CertError::malformed(path, &reason))
    }

    /// Compares in constant time.
    pub fn matches(&self, presented: &[u8]) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), presented).is_ok()
    }

    fn parse(content: &[u8]) -> Result<Self, String> {
        let remedy = "write a token there, or remove the file to have one generated";
        let Some(token) = std::str::from_utf8(content).ok().map(str::trim).filter(|token| is_token(token))
        else {
            return Err(format!(
                "a token consists of letters, digits and -._~+/, with = at its end only; {remedy}"
            ));
        };
        match token.len() {
            0 => Err(format!("it is empty; {remedy}")),
            1..MIN_TOKEN_CHARS => {
                Err(format!("a token of fewer than {MIN_TOKEN_CHARS} characters can be guessed; {remedy}"))
            }
            MIN_TOKEN_CHARS..=MAX_TOKEN_CHARS => Ok(Self(token.into())),
            _ => Err(format!("a token has at most {MAX_TOKEN_CHARS} characters; {remedy}")),
        }
    }
}

/// Returns whether a text consists of token characters (RFC 6750, section 2.1), which holds for an empty text.
fn is_token(text: &str) -> bool {
    text.trim_end_matches('=').bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BearerToken(..)")
    }
}
