//! Random bytes from the cryptography provider.

use rustls::crypto::aws_lc_rs;

use crate::error::CertError;

pub(crate) fn random<const N: usize>() -> Result<[u8; N], CertError> {
    let mut bytes = [0; N];
    let provider = aws_lc_rs::default_provider();
    provider.secure_random.fill(&mut bytes).map_err(|_| rcgen::Error::RingUnspecified)?;
    Ok(bytes)
}
