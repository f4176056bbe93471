//! How messages are compressed: gzip (RFC 1952) and zstd (RFC 8878). Must not know what they are part of.

use std::{
    cmp::Reverse,
    io::{self, Read, Write},
};

use bytes::Bytes;
use flate2::{Compression, bufread::GzDecoder, write::GzEncoder};

use crate::accept_encoding::{identity, weight};

/// What this server reads and writes, as headers list it.
pub(crate) const ENCODINGS: &str = "identity,gzip,zstd";

/// The largest window that a zstd frame may ask for, as a power of two: 8 MiB (RFC 8878, section 3.1.1.1.2).
const ZSTD_WINDOW_LOG: u32 = 23;

/// Messages of fewer bytes hardly become smaller: they are compressed only for those who compress theirs.
pub(crate) const WORTH_IT: usize = 1 << 10;

/// A message may unpack to this many times its compressed bytes, and [`UNPACKED_BASE`] on top. Text and numbers become ten
/// to fifty times smaller; a thousand times is what gzip makes of zeros, to do harm.
pub(crate) const UNPACKED_RATIO: usize = 100;

/// What a message may unpack to however small it is, in bytes: a millisecond's work, and more than the 200 KiB of zeros that
/// the conformance suite of Connect sends.
pub(crate) const UNPACKED_BASE: usize = 224 << 10;

/// A message may have this many gzip members or zstd frames, one after another. Writers make one; each costs a decoder.
pub(crate) const PARTS: usize = 16;

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
    /// It has more than [`UNPACKED_RATIO`] times its compressed bytes.
    TooDense,
    /// It has more than [`PARTS`] parts.
    TooManyParts,
}

/// The most bytes that so many compressed ones may unpack to.
pub(crate) fn most_unpacked(compressed: usize) -> usize {
    compressed.saturating_mul(UNPACKED_RATIO).saturating_add(UNPACKED_BASE)
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
        let most = most_unpacked(bytes.len());
        let (mut decoded, mut rest) = (Vec::new(), bytes);
        for _ in 0..PARTS {
            rest =
                self.decode_part(rest, &mut decoded, max_bytes.min(most)).map_err(|_| DecodeError::Broken)?;
            if decoded.len() > max_bytes {
                return Err(DecodeError::TooLarge);
            }
            if decoded.len() > most {
                return Err(DecodeError::TooDense);
            }
            if rest.is_empty() {
                return Ok(decoded.into());
            }
        }
        Err(DecodeError::TooManyParts)
    }

    /// Adds the next gzip member or zstd frame to `decoded`, up to one byte more than is allowed, which tells that there
    /// are more. Returns what follows it.
    fn decode_part<'b>(self, bytes: &'b [u8], decoded: &mut Vec<u8>, max: usize) -> io::Result<&'b [u8]> {
        let room = (max as u64).saturating_add(1).saturating_sub(decoded.len() as u64);
        Ok(match self {
            Self::Gzip => {
                let mut decoder = GzDecoder::new(bytes);
                decoder.by_ref().take(room).read_to_end(decoded)?;
                decoder.into_inner()
            }
            Self::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(bytes)?.single_frame();
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                decoder.by_ref().take(room).read_to_end(decoded)?;
                decoder.finish()
            }
        })
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
            let message = encoding.encode(&vec![0; 100_001]).unwrap();
            assert!(message.len() < 1000);
            assert_eq!(encoding.decode(&message, 100_000), Err(DecodeError::TooLarge), "{encoding:?}");
        }
    }

    #[test]
    fn a_message_that_grows_too_much_is_refused_below_its_limit() {
        for encoding in BOTH {
            let bomb = encoding.encode(&vec![0; 10_000_000]).unwrap();
            assert!(bomb.len() < 50_000);
            assert_eq!(encoding.decode(&bomb, 10_000_000), Err(DecodeError::TooDense), "{encoding:?}");
            // What changes little from row to row is nothing like that.
            let rows: String =
                (0..20_000).map(|n| format!("service{} method{n} {}\n", n % 7, n * n)).collect();
            let encoded = encoding.encode(rows.as_bytes()).unwrap();
            assert_eq!(encoding.decode(&encoded, rows.len()).unwrap(), rows, "{encoding:?}");
        }
    }

    #[test]
    fn a_message_in_parts_is_read_and_one_in_too_many_is_refused() {
        for encoding in BOTH {
            let (part, empty) = (encoding.encode(b"part").unwrap(), encoding.encode(b"").unwrap());
            let parts = [part.repeat(PARTS - 1), empty.repeat(1)].concat();
            assert_eq!(encoding.decode(&parts, 1000).unwrap(), b"part".repeat(PARTS - 1), "{encoding:?}");
            assert_eq!(encoding.decode(&parts, 4 * PARTS - 5), Err(DecodeError::TooLarge), "{encoding:?}");
            for one_more in [&part, &empty] {
                let parts = [&parts[..], one_more].concat();
                assert_eq!(encoding.decode(&parts, 1000), Err(DecodeError::TooManyParts), "{encoding:?}");
            }
            let then_garbage = [&part[..], b"x"].concat();
            assert_eq!(encoding.decode(&then_garbage, 1000), Err(DecodeError::Broken), "{encoding:?}");
        }
        // A zstd frame that is to be skipped (RFC 8878, section 3.1.2).
        let skipped = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7].repeat(PARTS);
        assert!(Encoding::Zstd.decode(&skipped, 1000).unwrap().is_empty());
        assert_eq!(
            Encoding::Zstd.decode(&[&skipped[..], &skipped].concat(), 1000),
            Err(DecodeError::TooManyParts)
        );
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
