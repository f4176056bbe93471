//! A bearer token in a file (RFC 6750): the secret that other services present instead of a client certificate.
//! Independent of what it allows.

use std::{fmt, io::ErrorKind::AlreadyExists, path::Path, sync::Arc};

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::{CertError, authority::random, files, hex::hex, leaf::malformed};

/// The random bytes of a token made here; in the file they are 64 hexadecimal digits.
const TOKEN_BYTES: usize = 32;

/// The fewest characters of a token: shorter ones could be guessed.
pub const MIN_TOKEN_CHARS: usize = 32;

/// The most characters of a token: longer ones would not fit into a request's headers.
pub const MAX_TOKEN_CHARS: usize = 1024;

/// A bearer token. A clone is cheap; `Debug` does not show it.
#[derive(Clone)]
pub struct BearerToken(Arc<str>);

impl BearerToken {
    /// Reads the token in `path`, without the white space around it; makes one with mode 0600 where the file is missing.
    ///
    /// Fails with a [`CertError`] that names the file when it cannot be read or made, when others can read it, and when
    /// it holds something else than [`MIN_TOKEN_CHARS`] to [`MAX_TOKEN_CHARS`] characters of a token.
    pub fn open(path: &Path) -> Result<Self, CertError> {
        if !files::exists(path)? {
            match files::create_secret(path, &format!("{}\n", hex(&random::<TOKEN_BYTES>()?))) {
                // Another server that starts now was faster: its token is as good.
                Err(CertError::Unwritable { source, .. }) if source.kind() == AlreadyExists => {}
                made => made?,
            }
        }
        Self::parse(&files::read_secret(path)?).map_err(|reason| malformed(path, &reason))
    }

    /// Whether this is the token, in a time that does not depend on where the two differ.
    pub fn matches(&self, presented: &[u8]) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), presented).is_ok()
    }

    fn parse(content: &[u8]) -> Result<Self, String> {
        let remedy = "put a token there, or remove the file to have one made";
        let Some(token) = std::str::from_utf8(content).ok().map(str::trim).filter(|token| is_token(token))
        else {
            return Err(format!("a token has letters, digits and -._~+/ alone, with = at its end; {remedy}"));
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

/// Whether a text has the characters of a token alone (RFC 6750, section 2.1); an empty one has.
fn is_token(text: &str) -> bool {
    text.trim_end_matches('=').bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BearerToken(..)")
    }
}
