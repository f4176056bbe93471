//! Compression of messages: gzip (RFC 1952) and zstd (RFC 8878).

use std::{
    cmp::Reverse,
    io::{self, Read, Write},
};

use bytes::Bytes;
use flate2::{bufread::GzDecoder, write::GzEncoder};

use crate::accept_encoding::{identity, weight};

/// The supported encodings, as headers list them.
pub(crate) const ENCODINGS: &str = "identity,gzip,zstd";

/// The largest window that a zstd frame may ask for, as a power of two: 8 MiB (RFC 8878, section 3.1.1.1.2).
const ZSTD_WINDOW_LOG: u32 = 23;

/// Messages of fewer bytes hardly become smaller: they are compressed only for callers that compress theirs.
pub(crate) const MIN_COMPRESSED_BYTES: usize = 1 << 10;

/// A message may decompress to this many times its bytes, and [`DECOMPRESSION_ALLOWANCE`] on top. Text and numbers become ten
/// to fifty times smaller; a thousand times is what gzip makes of zeros, to do harm.
pub(crate) const MAX_DECOMPRESSION_RATIO: usize = 100;

/// The bytes to which any message may decompress: a millisecond's work, and more than the 200 KiB of zeros that the
/// conformance suite of Connect sends.
pub(crate) const DECOMPRESSION_ALLOWANCE: usize = 224 << 10;

/// The most gzip members or zstd frames of a message. Encoders write one; each costs a decoder.
pub(crate) const MAX_MEMBERS: usize = 16;

/// A compression format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    Zstd,
}

/// Why a message cannot be decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecompressError {
    /// It is not in the encoding's format.
    Malformed,
    /// It exceeds the limit of bytes.
    TooLarge,
    /// It exceeds [`MAX_DECOMPRESSION_RATIO`].
    RatioExceeded,
    /// It has more than [`MAX_MEMBERS`] members or frames.
    TooManyMembers,
}

/// The most bytes to which so many compressed ones may decompress.
pub(crate) fn max_decompressed(compressed: usize) -> usize {
    compressed.saturating_mul(MAX_DECOMPRESSION_RATIO).saturating_add(DECOMPRESSION_ALLOWANCE)
}

impl Encoding {
    /// All, the one that more clients support last.
    const ALL: [Self; 2] = [Self::Zstd, Self::Gzip];

    /// Its name in headers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The encoding of this name; none for `identity`, which is no compression. Fails with an unsupported name.
    pub(crate) fn from_name(name: &str) -> Result<Option<Self>, &str> {
        match name.trim() {
            "" | "identity" => Ok(None),
            "gzip" => Ok(Some(Self::Gzip)),
            "zstd" => Ok(Some(Self::Zstd)),
            unsupported => Err(unsupported),
        }
    }

    /// The encoding that a list gives the most weight; of equals, the first in it (RFC 9110, section 12.5.3). None where all
    /// are excluded, or no compression has more weight.
    pub(crate) fn preferred(list: &str) -> Option<Self> {
        if !list.contains([';', '*']) {
            // Lists of gRPC have no weights.
            return list.split(',').find_map(|name| Self::from_name(name).ok().flatten());
        }
        let weighed = Self::ALL.into_iter().filter_map(|one| Some((weight(list, one.name())?, one)));
        let best = weighed.max_by_key(|(weight, _)| (weight.thousandths, Reverse(weight.position)));
        let (weight, encoding) = best?;
        identity(list).is_none_or(|plain| plain <= weight.thousandths).then_some(encoding)
    }

    /// Decompresses a message. Takes no more memory than `max_bytes` and what the decoder itself needs.
    pub(crate) fn decompress(self, bytes: &[u8], max_bytes: usize) -> Result<Bytes, DecompressError> {
        let max_ratio_bytes = max_decompressed(bytes.len());
        let max = max_bytes.min(max_ratio_bytes);
        let (mut decompressed, mut rest) = (Vec::new(), bytes);
        for _ in 0..MAX_MEMBERS {
            rest = self
                .decompress_member(rest, &mut decompressed, max)
                .map_err(|_| DecompressError::Malformed)?;
            if decompressed.len() > max_bytes {
                return Err(DecompressError::TooLarge);
            }
            if decompressed.len() > max_ratio_bytes {
                return Err(DecompressError::RatioExceeded);
            }
            if rest.is_empty() {
                return Ok(decompressed.into());
            }
        }
        Err(DecompressError::TooManyMembers)
    }

    /// Appends the next gzip member or zstd frame, up to one byte beyond `max`, which shows that there are more. Returns the
    /// bytes after it.
    fn decompress_member<'b>(
        self,
        bytes: &'b [u8],
        decompressed: &mut Vec<u8>,
        max: usize,
    ) -> io::Result<&'b [u8]> {
        let room = (max as u64).saturating_add(1).saturating_sub(decompressed.len() as u64);
        Ok(match self {
            Self::Gzip => {
                let mut decoder = GzDecoder::new(bytes);
                decoder.by_ref().take(room).read_to_end(decompressed)?;
                decoder.into_inner()
            }
            Self::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(bytes)?.single_frame();
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                decoder.by_ref().take(room).read_to_end(decompressed)?;
                decoder.finish()
            }
        })
    }

    /// Compresses a message. Fails when memory is short.
    pub(crate) fn compress(self, message: &[u8]) -> io::Result<Bytes> {
        let compressed = match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(message)?;
                encoder.finish()?
            }
            Self::Zstd => zstd::encode_all(message, zstd::DEFAULT_COMPRESSION_LEVEL)?,
        };
        Ok(compressed.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decompression_reverses_compression() {
        for encoding in Encoding::ALL {
            for message in [vec![], vec![7], vec![0; 100_000]] {
                let encoded = encoding.compress(&message).unwrap();
                assert_eq!(encoding.decompress(&encoded, message.len()).unwrap(), message, "{encoding:?}");
            }
        }
    }

    #[test]
    fn a_message_that_exceeds_the_limit_is_rejected() {
        for encoding in Encoding::ALL {
            let message = encoding.compress(&vec![0; 100_001]).unwrap();
            assert!(message.len() < 1000);
            assert_eq!(
                encoding.decompress(&message, 100_000),
                Err(DecompressError::TooLarge),
                "{encoding:?}"
            );
        }
    }

    #[test]
    fn a_message_that_exceeds_the_ratio_is_rejected_below_the_limit() {
        for encoding in Encoding::ALL {
            let bomb = encoding.compress(&vec![0; 10_000_000]).unwrap();
            assert!(bomb.len() < 50_000);
            assert_eq!(
                encoding.decompress(&bomb, 10_000_000),
                Err(DecompressError::RatioExceeded),
                "{encoding:?}"
            );
            // Rows that differ little are far below the ratio.
            let rows: String =
                (0..20_000).map(|n| format!("service{} method{n} {}\n", n % 7, n * n)).collect();
            let encoded = encoding.compress(rows.as_bytes()).unwrap();
            assert_eq!(encoding.decompress(&encoded, rows.len()).unwrap(), rows, "{encoding:?}");
        }
    }

    #[test]
    fn a_message_of_several_members_is_decompressed_up_to_a_limit() {
        for encoding in Encoding::ALL {
            let (member, empty) = (encoding.compress(b"part").unwrap(), encoding.compress(b"").unwrap());
            let members = [member.repeat(MAX_MEMBERS - 1), empty.repeat(1)].concat();
            assert_eq!(
                encoding.decompress(&members, 1000).unwrap(),
                b"part".repeat(MAX_MEMBERS - 1),
                "{encoding:?}"
            );
            assert_eq!(
                encoding.decompress(&members, 4 * MAX_MEMBERS - 5),
                Err(DecompressError::TooLarge),
                "{encoding:?}"
            );
            for one_more in [&member, &empty] {
                let members = [&members[..], one_more].concat();
                assert_eq!(
                    encoding.decompress(&members, 1000),
                    Err(DecompressError::TooManyMembers),
                    "{encoding:?}"
                );
            }
            let with_garbage = [&member[..], b"x"].concat();
            assert_eq!(
                encoding.decompress(&with_garbage, 1000),
                Err(DecompressError::Malformed),
                "{encoding:?}"
            );
        }
        // A skippable zstd frame (RFC 8878, section 3.1.2).
        let skipped = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7].repeat(MAX_MEMBERS);
        assert!(Encoding::Zstd.decompress(&skipped, 1000).unwrap().is_empty());
        assert_eq!(
            Encoding::Zstd.decompress(&[&skipped[..], &skipped].concat(), 1000),
            Err(DecompressError::TooManyMembers)
        );
    }

    #[test]
    fn malformed_messages_are_rejected() {
        for encoding in Encoding::ALL {
            let encoded = encoding.compress(&[7; 100]).unwrap();
            for malformed in [&b""[..], b"hello", &encoded[..encoded.len() - 1]] {
                assert_eq!(
                    encoding.decompress(malformed, 1000),
                    Err(DecompressError::Malformed),
                    "{encoding:?} {malformed:?}"
                );
            }
        }
    }

    #[test]
    fn the_first_encoding_of_the_most_weight_is_preferred() {
        let cases = [
            ("identity, deflate, gzip", Some(Encoding::Gzip)),
            ("zstd,gzip", Some(Encoding::Zstd)),
            ("br;q=1.0, gzip;q=0, zstd;q=0.5", Some(Encoding::Zstd)),
            ("gzip; q=0.000", None),
            ("identity", None),
            ("", None),
            (",;,", None),
            // Any is acceptable (RFC 9110, section 12.5.3).
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
            assert_eq!(Encoding::preferred(list), encoding, "{list:?}");
        }
    }
}
