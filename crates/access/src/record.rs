//! A group's changes as bytes, as the log keeps them. Must not know where they lie.

use crate::{
    name::Name,
    origins::Reported,
    totals::{Change, Growth, Origin, Row},
};

/// The most bytes of a record.
pub(crate) const RECORD_BYTES: usize = 64 << 10;

const BEGIN: &[u8; 4] = b"incr";
/// The begin, the sequence number and the length of what follows.
const HEAD: usize = 4 + 8 + 4;
/// CRC-32 of all before.
const SUM: usize = 4;

/// What an entry is: the total of a row that is told under its name, of another one, or an origin that was folded.
const NAMED: u8 = 0;
const UNNAMED: u8 = 1;
const FOLD: u8 = 2;

/// The changes of one group, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Its number; the next group has the next one.
    pub(crate) sequence: u64,
    pub(crate) entries: Vec<Entry>,
}

/// A change as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A row's new total.
    Total(Origin, Row, Reported),
    /// An origin that was folded; its totals are those of the entries before.
    Fold(Name),
}

/// How many bytes a change takes in a record.
pub(crate) fn size_of(change: &Change) -> usize {
    let texts = |texts: &[&str]| texts.iter().map(|text| 1 + text.len()).sum::<usize>();
    1 + match change {
        Change::Growth(growth) => texts(&texts_of(growth)) + 8,
        Change::Fold(fold) => texts(&[fold.origin.as_str()]),
    }
}

/// How many bytes of changes a record has room for.
pub(crate) const ROOM: usize = RECORD_BYTES - HEAD - SUM;

/// Writes changes, which have room in a record, as one.
pub(crate) fn encode(sequence: u64, changes: &[Change]) -> Vec<u8> {
    let mut payload = Vec::new();
    for change in changes {
        match change {
            Change::Growth(growth) => {
                payload.push(if growth.is_named { NAMED } else { UNNAMED });
                texts_of(growth).into_iter().for_each(|text| push(&mut payload, text));
                payload.extend(growth.total.to_le_bytes());
            }
            Change::Fold(fold) => {
                payload.push(FOLD);
                push(&mut payload, fold.origin.as_str());
            }
        }
    }
    let len = u32::try_from(payload.len()).expect("what has room in a record is shorter");
    let mut bytes = [BEGIN.as_slice(), &sequence.to_le_bytes(), &len.to_le_bytes(), &payload].concat();
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

fn texts_of(Growth { origin, row, .. }: &Growth) -> [&str; 4] {
    [origin_text(origin), row.service.as_str(), row.method.as_str(), row.protocol.as_str()]
}

fn push(payload: &mut Vec<u8>, text: &str) {
    payload.push(u8::try_from(text.len()).expect("a name has at most 128 bytes"));
    payload.extend(text.as_bytes());
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
    let mut entries = Vec::new();
    while !payload.is_empty() {
        entries.push(entry(&mut payload)?);
    }
    Some(Record { sequence: u64::from_le_bytes(*sequence), entries })
}

fn entry(payload: &mut &[u8]) -> Option<Entry> {
    let (&kind, rest) = payload.split_first()?;
    *payload = rest;
    let is_named = match kind {
        NAMED => true,
        UNNAMED => false,
        FOLD => return Name::parse(text(payload)?).ok().map(Entry::Fold),
        _ => return None,
    };
    let origin = origin(text(payload)?)?;
    let mut name = || Name::parse(text(payload)?).ok();
    let row = Row { service: name()?, method: name()?, protocol: name()? };
    let (total, rest) = payload.split_first_chunk()?;
    *payload = rest;
    Some(Entry::Total(origin, row, Reported { total: u64::from_le_bytes(*total), is_named }))
}

fn text<'p>(payload: &mut &'p [u8]) -> Option<&'p str> {
    let (&len, rest) = payload.split_first()?;
    let (text, rest) = rest.split_at_checked(len.into())?;
    *payload = rest;
    std::str::from_utf8(text).ok()
}

/// How the folded origins together are kept: no origin has this name, for a [`Name`] has no spaces.
const FOLDED: &str = " ";

/// An origin as it is kept: this ledger's own has no name.
pub(crate) fn origin_text(origin: &Origin) -> &str {
    match origin {
        Origin::Here => "",
        Origin::Folded => FOLDED,
        Origin::Other(name) => name.as_str(),
    }
}

/// An origin from how it is kept.
pub(crate) fn origin(text: &str) -> Option<Origin> {
    match text {
        "" => Some(Origin::Here),
        FOLDED => Some(Origin::Folded),
        _ => Name::parse(text).ok().map(Origin::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::totals::Fold;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn changes() -> Vec<Change> {
        let row =
            |method| Row { service: name("a.v1.Service"), method: name(method), protocol: name("grpc") };
        let growth = |origin, method, total, is_named| {
            Change::Growth(Growth { origin, row: row(method), total, growth: 1, is_named })
        };
        let fold = Fold { origin: name("there"), order: 3, forgotten: None, sums: vec![(row("Two"), 9)] };
        vec![
            growth(Origin::Here, "One", 7, true),
            growth(Origin::Other(name("there")), "Two", u64::MAX, false),
            Change::Fold(fold),
            growth(Origin::Folded, "Two", 9, true),
        ]
    }

    fn entry_of(change: Change) -> Entry {
        match change {
            Change::Growth(Growth { origin, row, total, is_named, .. }) => {
                Entry::Total(origin, row, Reported { total, is_named })
            }
            Change::Fold(fold) => Entry::Fold(fold.origin),
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let changes = changes();
        let bytes = encode(41, &changes);
        assert_eq!(bytes.len(), HEAD + changes.iter().map(size_of).sum::<usize>() + SUM);
        let record = decode(&bytes).unwrap();
        assert_eq!(record.sequence, 41);
        let expected: Vec<_> = changes.into_iter().map(entry_of).collect();
        assert_eq!(record.entries, expected);
        assert_eq!(decode(&encode(1, &[])).unwrap().entries, []);
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
