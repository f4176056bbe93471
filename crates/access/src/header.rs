//! The blocks in front of the database: the header with the file's format, and the committed total.
//!
//! After a crash redb falls back from a torn commit to the one before it. It does the same when the last commit was
//! whole and its bytes were changed later. The committed total tells these apart: it is written after the sync of each
//! commit, without a sync of its own, and the database may never have less.

use std::io;

use crate::{region::Region, storage::Storage};

/// The version of the file's format.
pub(crate) const FORMAT: u32 = 3;

const MAGIC: &[u8; 16] = b"increment ledger";
/// The magic, the version, and the CRC-32 of both.
const HEADER: usize = 16 + 4 + 4;
/// The offset of the committed total. The header has a block of its own, since it is never written again.
const COMMITTED: u64 = 4096;
/// The total, and its CRC-32.
const COMMITTED_BYTES: usize = 8 + 4;
/// The offset of the database.
pub(crate) const DATABASE: u64 = 2 * 4096;

/// The kind of a file, by its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A ledger in this version of the format.
    Ledger(u32),
    /// A ledger whose header is damaged.
    Damaged,
    /// Something else.
    Foreign,
}

/// Reads the kind of a file.
pub(crate) fn read_kind(storage: &dyn Storage) -> io::Result<Kind> {
    let mut header = [0; HEADER];
    let len = usize::try_from(storage.len()?).unwrap_or(HEADER).min(HEADER);
    storage.read(0, &mut header[..len])?;
    let (magic, rest) = header.split_first_chunk::<16>().expect("a header is longer");
    let (version, sum) = rest.split_first_chunk::<4>().expect("a header is longer");
    let is_whole = crc32fast::hash(&header[..20]).to_le_bytes() == *sum;
    Ok(match (magic == MAGIC, is_whole) {
        (true, true) => Kind::Ledger(u32::from_le_bytes(*version)),
        (false, false) if equal_bytes(magic, MAGIC) < MAGIC.len() - 1 => Kind::Foreign,
        _ => Kind::Damaged,
    })
}

fn equal_bytes(one: &[u8], two: &[u8]) -> usize {
    one.iter().zip(two).filter(|(one, two)| one == two).count()
}

/// Writes the header: the last write when a ledger is created.
pub(crate) fn write(storage: &dyn Storage) -> io::Result<()> {
    let mut header = [MAGIC.as_slice(), &FORMAT.to_le_bytes()].concat();
    header.extend(crc32fast::hash(&header).to_le_bytes());
    storage.write(0, &header)
}

/// Writes the committed total, in calls.
pub(crate) fn write_committed(region: &Region, total: u64) -> io::Result<()> {
    let mut bytes = total.to_le_bytes().to_vec();
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    region.write(COMMITTED, &bytes)
}

/// Reads the committed total. Returns 0 where a crash or damage left no valid one.
pub(crate) fn read_committed(storage: &dyn Storage) -> io::Result<u64> {
    let mut bytes = [0; COMMITTED_BYTES];
    storage.read(COMMITTED, &mut bytes)?;
    let (total, sum) = bytes.split_first_chunk::<8>().expect("it is longer");
    let is_whole = crc32fast::hash(total).to_le_bytes() == *sum;
    Ok(if is_whole { u64::from_le_bytes(*total) } else { 0 })
}
