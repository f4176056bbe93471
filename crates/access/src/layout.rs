//! The ledger's file: a header that says what it is, the log, then the database. Must not know either.

use std::io;

use crate::disk::Disk;

/// The version of the file's format that is written.
pub(crate) const FORMAT: u32 = 2;

const MAGIC: &[u8; 16] = b"increment ledger";
/// The magic, the format's version, and CRC-32 of both.
const HEADER: usize = 16 + 4 + 4;
/// Where the log begins: the header has a block of its own, since it is never written again.
pub(crate) const LOG: u64 = 4096;
/// How many bytes the log has.
pub(crate) const LOG_BYTES: usize = 256 << 10;
/// Where the database begins.
pub(crate) const DATABASE: u64 = LOG + LOG_BYTES as u64;

/// What a file is, by its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A ledger in this version of the format.
    Ledger(u32),
    /// A ledger whose header is damaged.
    Damaged,
    /// Something else.
    Foreign,
}

/// Tells what a file is.
pub(crate) fn kind(disk: &dyn Disk) -> io::Result<Kind> {
    let mut header = [0; HEADER];
    let len = usize::try_from(disk.len()?).unwrap_or(HEADER).min(HEADER);
    disk.read(0, &mut header[..len])?;
    let (magic, rest) = header.split_first_chunk::<16>().expect("a header is longer");
    let (version, sum) = rest.split_first_chunk::<4>().expect("a header is longer");
    let is_whole = crc32fast::hash(&header[..20]).to_le_bytes() == *sum;
    Ok(match (magic == MAGIC, is_whole) {
        (true, true) => Kind::Ledger(u32::from_le_bytes(*version)),
        (false, false) if same_bytes(magic, MAGIC) < MAGIC.len() - 1 => Kind::Foreign,
        _ => Kind::Damaged,
    })
}

fn same_bytes(one: &[u8], two: &[u8]) -> usize {
    one.iter().zip(two).filter(|(one, two)| one == two).count()
}

/// Makes the file a ledger: the last thing that is written when one is made.
pub(crate) fn write_header(disk: &dyn Disk) -> io::Result<()> {
    let mut header = [MAGIC.as_slice(), &FORMAT.to_le_bytes()].concat();
    header.extend(crc32fast::hash(&header).to_le_bytes());
    disk.write(0, &header)
}
