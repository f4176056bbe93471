//! A group's changes as bytes, as the log keeps them. Must not know where they lie.

use crate::{
    name::Name,
    totals::{Change, Origin, Row},
};

/// The most bytes of a record.
pub(crate) const RECORD_BYTES: usize = 64 << 10;

const BEGIN: &[u8; 4] = b"incr";
/// The begin, the sequence number and the length of what follows.
const HEAD: usize = 4 + 8 + 4;
/// CRC-32 of all before.
const SUM: usize = 4;

/// The changes of one group, as absolute totals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Its number; the next group has the next one.
    pub(crate) sequence: u64,
    pub(crate) totals: Vec<(Origin, Row, u64)>,
}

/// How many bytes a change takes in a record.
pub(crate) fn size_of(change: &Change) -> usize {
    let names = [&change.row.service, &change.row.method, &change.row.protocol];
    let names: usize = names.iter().map(|name| 1 + name.as_str().len()).sum();
    1 + origin_text(&change.origin).len() + names + 8
}

/// How many bytes of changes a record has room for.
pub(crate) const ROOM: usize = RECORD_BYTES - HEAD - SUM;

/// Writes changes, which have room in a record, as one.
pub(crate) fn encode(sequence: u64, changes: &[Change]) -> Vec<u8> {
    let mut payload = Vec::new();
    for Change { origin, row, total, .. } in changes {
        for text in [origin_text(origin), row.service.as_str(), row.method.as_str(), row.protocol.as_str()] {
            payload.push(u8::try_from(text.len()).expect("a name has at most 128 bytes"));
            payload.extend(text.as_bytes());
        }
        payload.extend(total.to_le_bytes());
    }
    let len = u32::try_from(payload.len()).expect("what has room in a record is shorter");
    let mut bytes = [BEGIN.as_slice(), &sequence.to_le_bytes(), &len.to_le_bytes(), &payload].concat();
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// Reads a record; none where there is none, or a damaged one.
pub(crate) fn decode(bytes: &[u8]) -> Option<Record> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let (sequence, len) = head.strip_prefix(BEGIN)?.split_first_chunk()?;
    let len = usize::try_from(u32::from_le_bytes(len.try_into().ok()?)).ok()?;
    let (mut payload, sum) = rest.split_at_checked(len)?;
    let sum = u32::from_le_bytes(*sum.first_chunk()?);
    if crc32fast::hash(bytes.get(..HEAD + len)?) != sum {
        return None;
    }
    let mut totals = Vec::new();
    while !payload.is_empty() {
        totals.push(total(&mut payload)?);
    }
    Some(Record { sequence: u64::from_le_bytes(*sequence), totals })
}

fn total(payload: &mut &[u8]) -> Option<(Origin, Row, u64)> {
    let origin = origin(text(payload)?)?;
    let mut name = || Name::parse(text(payload)?).ok();
    let row = Row { service: name()?, method: name()?, protocol: name()? };
    let (total, rest) = payload.split_first_chunk()?;
    *payload = rest;
    Some((origin, row, u64::from_le_bytes(*total)))
}

fn text<'p>(payload: &mut &'p [u8]) -> Option<&'p str> {
    let (&len, rest) = payload.split_first()?;
    let (text, rest) = rest.split_at_checked(len.into())?;
    *payload = rest;
    std::str::from_utf8(text).ok()
}

/// An origin as it is kept: this ledger's own has no name.
pub(crate) fn origin_text(origin: &Origin) -> &str {
    match origin {
        Origin::Here => "",
        Origin::Other(name) => name.as_str(),
    }
}

/// An origin from how it is kept.
pub(crate) fn origin(text: &str) -> Option<Origin> {
    if text.is_empty() { Some(Origin::Here) } else { Name::parse(text).ok().map(Origin::Other) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes() -> Vec<Change> {
        let name = |text: &str| Name::parse(text).unwrap();
        let row =
            |method| Row { service: name("a.v1.Service"), method: name(method), protocol: name("grpc") };
        let here = Change { origin: Origin::Here, row: row("One"), total: 7, growth: 1 };
        let there =
            Change { origin: Origin::Other(name("there")), row: row("Two"), total: u64::MAX, growth: 3 };
        vec![here, there]
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let changes = changes();
        let bytes = encode(41, &changes);
        assert_eq!(bytes.len(), HEAD + changes.iter().map(size_of).sum::<usize>() + SUM);
        let record = decode(&bytes).unwrap();
        assert_eq!(record.sequence, 41);
        let expected: Vec<_> =
            changes.into_iter().map(|change| (change.origin, change.row, change.total)).collect();
        assert_eq!(record.totals, expected);
        assert_eq!(decode(&encode(1, &[])).unwrap().totals, []);
    }

    #[test]
    fn a_record_with_any_byte_changed_or_missing_is_none() {
        let bytes = encode(41, &changes());
        for place in 0..bytes.len() {
            assert_eq!(decode(&bytes[..place]), None, "cut at {place}");
            for flip in [1, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[place] ^= flip;
                assert_eq!(decode(&damaged), None, "byte {place}");
            }
        }
    }
}
