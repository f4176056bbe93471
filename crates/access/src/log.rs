//! The log: what was written since the database's last checkpoint, a record for each group. Every record is there twice:
//! one that is damaged is then told from one that was never finished. Must not know the database.

use std::{collections::BTreeMap, io};

use crate::{
    layout::{LOG, LOG_BYTES},
    part::Part,
    record::{self, RECORD_BYTES, Record},
};

/// Two areas take turns, checkpoint by checkpoint.
const AREA_BYTES: usize = LOG_BYTES / 2;
/// Records begin at multiples of this; so a damaged one does not hide those behind it.
const ALIGNMENT: usize = 64;
const _: () =
    assert!(2 * RECORD_BYTES.next_multiple_of(ALIGNMENT) <= AREA_BYTES, "an empty area takes any record");

/// Where the next record goes.
#[derive(Debug)]
pub(crate) struct Log {
    part: Part,
    area: usize,
    used: usize,
}

impl Log {
    /// A log whose next record goes to the begin of the first area.
    pub(crate) fn new(disk: &Part) -> Self {
        Self { part: disk.from(LOG), area: 0, used: 0 }
    }

    /// The same log, after its disk was opened anew.
    pub(crate) fn move_to(&mut self, disk: &Part) {
        self.part = disk.from(LOG);
    }

    /// Takes the room for all records, so that a full disk cannot refuse it later.
    pub(crate) fn clear(&self) -> io::Result<()> {
        self.part.write(0, &vec![0; LOG_BYTES])
    }

    /// Whether there is room for this record before the next checkpoint.
    pub(crate) fn has_room(&self, record: &[u8]) -> bool {
        self.used + 2 * record.len().next_multiple_of(ALIGNMENT) <= AREA_BYTES
    }

    /// Begins the other area: what is in it is older than the last checkpoint but one.
    pub(crate) fn turn(&mut self) {
        *self = Self { part: self.part.clone(), area: 1 - self.area, used: 0 };
    }

    /// Writes a record for which there is room, and returns when it survives a loss of power. The two lie side by side:
    /// one write for the disk.
    pub(crate) fn append(&mut self, mut record: Vec<u8>) -> io::Result<()> {
        record.resize(record.len().next_multiple_of(ALIGNMENT), 0);
        let twice = record.repeat(2);
        self.part.write((self.area * AREA_BYTES + self.used) as u64, &twice)?;
        self.part.sync()?;
        self.used += twice.len();
        Ok(())
    }

    /// Makes sure that a record that could not be appended is not read as one.
    pub(crate) fn erase_rest(&self) -> io::Result<()> {
        let begin = self.area * AREA_BYTES + self.used;
        self.part.write(begin as u64, &vec![0; AREA_BYTES - self.used])
    }

    /// All records there are, in order, each once.
    pub(crate) fn read(&self) -> io::Result<impl Iterator<Item = Record> + use<>> {
        let mut bytes = vec![0; LOG_BYTES];
        self.part.read(0, &mut bytes)?;
        let places = (0..LOG_BYTES).step_by(ALIGNMENT);
        let records = places.filter_map(|place| record::decode(&bytes[place..]));
        Ok(records.map(|record| (record.sequence, record)).collect::<BTreeMap<_, _>>().into_values())
    }
}
