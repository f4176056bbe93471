//! How messages are compressed: gzip (RFC 1952) and zstd (RFC 8878). Must not know what they are part of.

use std::{
    cmp::Reverse,
    io::{self, Read, Write},
};

use bytes::Bytes;
use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};

use crate::accept_encoding::{identity, weight};

/// What this server reads and writes, as headers list it.
pub(crate) const ENCODINGS: &str = "identity,gzip,zstd";

/// The largest window that a zstd frame may ask for, as a power of two: 8 MiB (RFC 8878, section 3.1.1.1.2).
const ZSTD_WINDOW_LOG: u32 = 23;

/// Messages of fewer bytes hardly become smaller: they are compressed only for those who compress theirs.
pub(crate) const WORTH_IT: usize = 1 << 10;

/// A way to compress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    Zstd,
}

/// Why a message cannot be had from its compressed form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// It is something else.
    Broken,
    /// It has more bytes than it may.
    TooLarge,
}

impl Encoding {
    /// Its name in headers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The encoding of this name. `Ok(None)` is `identity`: no compression. Fails with the name where it is not known.
    pub(crate) fn named(name: &str) -> Result<Option<Self>, &str> {
        match name.trim() {
            "" | "identity" => Ok(None),
            "gzip" => Ok(Some(Self::Gzip)),
            "zstd" => Ok(Some(Self::Zstd)),
            unknown => Err(unknown),
        }
    }

    /// Both, the one that more clients know last.
    const ALL: [Self; 2] = [Self::Zstd, Self::Gzip];

    /// The one that a list gives the most weight; of equals, the first in it (RFC 9110, section 12.5.3). None where all
    /// are refused, or no compression has more weight.
    pub(crate) fn accepted(list: &str) -> Option<Self> {
        if !list.contains([';', '*']) {
            // As gRPC has it, without weights.
            return list.split(',').find_map(|name| Self::named(name).ok().flatten());
        }
        let weighed = Self::ALL.into_iter().filter_map(|one| Some((weight(list, one.name())?, one)));
        let best = weighed.max_by_key(|(weight, _)| (weight.thousandths, Reverse(weight.position)));
        let (weight, encoding) = best?;
        identity(list).is_none_or(|plain| plain <= weight.thousandths).then_some(encoding)
    }

    /// The message in `bytes`. Never takes more memory than `max_bytes` and what the method itself needs.
    pub(crate) fn decode(self, bytes: &[u8], max_bytes: usize) -> Result<Bytes, DecodeError> {
        let decoded = match self {
            Self::Gzip => read(MultiGzDecoder::new(bytes), max_bytes),
            Self::Zstd => zstd::Decoder::new(bytes).and_then(|mut decoder| {
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                read(decoder, max_bytes)
            }),
        };
        let decoded = decoded.map_err(|_| DecodeError::Broken)?;
        if decoded.len() > max_bytes { Err(DecodeError::TooLarge) } else { Ok(decoded.into()) }
    }

    /// Compresses a message. Fails when memory is short.
    pub(crate) fn encode(self, message: &[u8]) -> io::Result<Bytes> {
        let encoded = match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(message)?;
                encoder.finish()?
            }
            Self::Zstd => zstd::encode_all(message, zstd::DEFAULT_COMPRESSION_LEVEL)?,
        };
        Ok(encoded.into())
    }
}

/// Reads up to one byte more than is allowed, which tells that there are more.
fn read(decoder: impl Read, max_bytes: usize) -> io::Result<Vec<u8>> {
    let mut decoded = Vec::new();
    decoder.take((max_bytes as u64).saturating_add(1)).read_to_end(&mut decoded)?;
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Encoding; 2] = [Encoding::Gzip, Encoding::Zstd];

    #[test]
    fn what_is_compressed_comes_back() {
        for encoding in BOTH {
            for message in [vec![], vec![7], vec![0; 100_000]] {
                let encoded = encoding.encode(&message).unwrap();
                assert_eq!(encoding.decode(&encoded, message.len()).unwrap(), message, "{encoding:?}");
            }
        }
    }

    #[test]
    fn a_message_that_grows_beyond_its_limit_is_refused() {
        for encoding in BOTH {
            let bomb = encoding.encode(&vec![0; 10_000_000]).unwrap();
            assert!(bomb.len() < 100_000);
            assert_eq!(encoding.decode(&bomb, 9_999_999), Err(DecodeError::TooLarge), "{encoding:?}");
        }
    }

    #[test]
    fn what_is_not_compressed_is_refused() {
        for encoding in BOTH {
            let encoded = encoding.encode(&[7; 100]).unwrap();
            for broken in [&b""[..], b"hello", &encoded[..encoded.len() - 1]] {
                assert_eq!(
                    encoding.decode(broken, 1000),
                    Err(DecodeError::Broken),
                    "{encoding:?} {broken:?}"
                );
            }
        }
    }

    #[test]
    fn the_first_of_the_encodings_with_the_most_weight_is_taken() {
        let cases = [
            ("identity, deflate, gzip", Some(Encoding::Gzip)),
            ("zstd,gzip", Some(Encoding::Zstd)),
            ("br;q=1.0, gzip;q=0, zstd;q=0.5", Some(Encoding::Zstd)),
            ("gzip; q=0.000", None),
            ("identity", None),
            ("", None),
            (",;,", None),
            // Any will do (RFC 9110, section 12.5.3).
            (",;,*", Some(Encoding::Gzip)),
            ("gzip;q=0, *", Some(Encoding::Zstd)),
            ("*;q=0", None),
            ("gzip;q=0.1, zstd;q=0.2", Some(Encoding::Zstd)),
            ("gzip;q=0.5, zstd;q=0.5", Some(Encoding::Gzip)),
            ("GZIP;Q=0.5", Some(Encoding::Gzip)),
            ("identity, gzip;q=0.5", None),
            ("identity;q=0.5, gzip", Some(Encoding::Gzip)),
            ("identity;q=0, zstd;q=0.001", Some(Encoding::Zstd)),
        ];
        for (list, encoding) in cases {
            assert_eq!(Encoding::accepted(list), encoding, "{list:?}");
        }
    }
}
