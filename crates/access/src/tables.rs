//! The tables of the database. The one place that knows redb.

use std::io;

use redb::{Builder, Database, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition};

use crate::{
    name::Name,
    origins::Reported,
    part::Part,
    record::{origin, origin_text},
    report::TableLimits,
    totals::{Row, Totals},
    unsaved::Unsaved,
};

/// Running totals by origin, service, method and protocol, and whether they are told under the row's name. The origin of
/// this ledger is empty; that of all folded ones is a space.
const TOTALS: TableDefinition<(&str, &str, &str, &str), (u64, bool)> = TableDefinition::new("totals");
/// By origin that reports, the number of the group in which it grew last.
const AGES: TableDefinition<&str, u64> = TableDefinition::new("ages");
/// The names of folded origins, in the order in which they were.
const FOLDED_NAMES: TableDefinition<&str, u64> = TableDefinition::new("folded names");
/// The number of the newest group at the checkpoint, under [`GROUP`].
const CHECKPOINT: TableDefinition<&str, u64> = TableDefinition::new("checkpoint");
const GROUP: &str = "group";

/// How much of the database is held in memory, in bytes; all of it, for most.
const CACHE_BYTES: usize = 4 << 20;

/// Opens the database, or makes one; and reads the number of the newest group and the totals. Fails with the reason.
pub(crate) fn open(part: Part, limits: TableLimits) -> Result<(Database, u64, Totals), String> {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true);
    let database = builder.create_with_backend(part).map_err(|error| error.to_string())?;
    let read = read(&database, limits).map_err(|error| error.to_string())?;
    let (sequence, totals) = read.ok_or("it has rows that cannot be")?;
    Ok((database, sequence, totals))
}

/// Writes the difference, all of it or nothing.
pub(crate) fn write(database: &Database, sequence: u64, unsaved: &Unsaved) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(CHECKPOINT)?.insert(GROUP, sequence)?;
    {
        let mut totals = transaction.open_table(TOTALS)?;
        let mut ages = transaction.open_table(AGES)?;
        let mut folded_names = transaction.open_table(FOLDED_NAMES)?;
        for name in &unsaved.gone {
            // The names of a row sort after nothing, and those of another origin after this one's and a zero.
            let (begin, end) = (name.as_str(), format!("{name}\0"));
            totals.retain_in((begin, "", "", "")..(end.as_str(), "", "", ""), |_, _| false)?;
            ages.remove(begin)?;
        }
        for (name, order) in &unsaved.folded_names {
            match order {
                Some(order) => drop(folded_names.insert(name.as_str(), order)?),
                None => drop(folded_names.remove(name.as_str())?),
            }
        }
        for (origin, rows) in &unsaved.totals {
            for (Row { service, method, protocol }, Reported { total, is_named }) in rows {
                let key = (origin_text(origin), service.as_str(), method.as_str(), protocol.as_str());
                totals.insert(key, (*total, *is_named))?;
            }
        }
        for (name, age) in &unsaved.ages {
            ages.insert(name.as_str(), age)?;
        }
    }
    Ok(transaction.commit()?)
}

/// None where what is there cannot be.
fn read(database: &Database, limits: TableLimits) -> Result<Option<(u64, Totals)>, redb::Error> {
    let mut totals = Totals::new(limits);
    let transaction = database.begin_read()?;
    let checkpoint = match transaction.open_table(CHECKPOINT) {
        // It is being made.
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Some((0, totals))),
        checkpoint => checkpoint?,
    };
    let Some(sequence) = checkpoint.get(GROUP)?.map(|group| group.value()) else { return Ok(None) };
    for entry in transaction.open_table(TOTALS)?.iter()? {
        let (key, reported) = entry?;
        let (origin_text, service, method, protocol) = key.value();
        let names = (origin(origin_text), Name::parse(service), Name::parse(method), Name::parse(protocol));
        let (Some(origin), Ok(service), Ok(method), Ok(protocol)) = names else { return Ok(None) };
        let (total, is_named) = reported.value();
        if totals.load(origin, Row { service, method, protocol }, Reported { total, is_named }).is_none() {
            return Ok(None);
        }
    }
    for entry in transaction.open_table(AGES)?.iter()? {
        let (name, age) = entry?;
        let Ok(name) = Name::parse(name.value()) else { return Ok(None) };
        if !totals.load_age(&name, age.value()) {
            return Ok(None);
        }
    }
    for entry in transaction.open_table(FOLDED_NAMES)?.iter()? {
        let (name, order) = entry?;
        let Ok(name) = Name::parse(name.value()) else { return Ok(None) };
        totals.load_folded(name, order.value());
    }
    Ok(Some((sequence, totals)))
}

impl StorageBackend for Part {
    fn len(&self) -> io::Result<u64> {
        self.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.write(offset, data)
    }
}
