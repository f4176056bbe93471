//! The tables of the database. The one file that uses redb.

use std::io;

use redb::{Builder, Database, ReadableDatabase, ReadableTable, StorageBackend, Table, TableDefinition};

use crate::{
    change::{Change, Fold, Growth, Origin, Total},
    name::Name,
    region::Region,
    row::Row,
    table_limits::TableLimits,
    totals::Totals,
};

/// An origin and the names of a row.
type Key = (&'static str, &'static str, &'static str, &'static str);

/// The total of each row, and whether it is listed under the row's name.
const TOTALS: TableDefinition<Key, (u64, bool)> = TableDefinition::new("totals");
/// The age of each origin that reports.
const AGES: TableDefinition<&str, u64> = TableDefinition::new("ages");
/// The names of folded origins, with their positions.
const FOLDED_NAMES: TableDefinition<&str, u64> = TableDefinition::new("folded names");

/// The key of all folded origins together: no origin has it, for a [`Name`] has no spaces.
const FOLDED: &str = " ";

/// How much of the database is held in memory, in bytes; all of it, for most.
const CACHE_BYTES: usize = 4 << 20;

/// Opens the database, or creates one, and reads the totals. Fails with the reason.
pub(crate) fn open(region: Region, limits: TableLimits) -> Result<(Database, Totals), String> {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true);
    let database = builder.create_with_backend(region).map_err(|error| error.to_string())?;
    let totals = read(&database, limits).map_err(|error| error.to_string())?;
    Ok((database, totals.ok_or("it has rows that cannot be")?))
}

/// Creates the tables.
pub(crate) fn create(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(TOTALS)?;
    transaction.open_table(AGES)?;
    transaction.open_table(FOLDED_NAMES)?;
    Ok(transaction.commit()?)
}

/// Commits changes: all of them, or none.
pub(crate) fn commit(database: &Database, changes: &[Change]) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut totals = transaction.open_table(TOTALS)?;
        for change in changes {
            match change {
                Change::Growth(Growth { origin, row, total, .. }) => {
                    totals.insert(key(origin, row), (total.calls, total.is_listed))?;
                }
                Change::Age(name, age) => {
                    transaction.open_table(AGES)?.insert(name.as_str(), age)?;
                }
                Change::Fold(change) => {
                    let mut folded_names = transaction.open_table(FOLDED_NAMES)?;
                    fold(change, &mut totals, &mut transaction.open_table(AGES)?, &mut folded_names)?;
                }
            }
        }
    }
    Ok(transaction.commit()?)
}

fn fold(
    Fold { origin, order, forgotten, sums }: &Fold,
    totals: &mut Table<'_, Key, (u64, bool)>,
    ages: &mut Table<'_, &str, u64>,
    folded_names: &mut Table<'_, &str, u64>,
) -> Result<(), redb::StorageError> {
    // No name of a row is empty, and the names of other origins sort after this one and a zero.
    let (begin, end) = (origin.as_str(), format!("{origin}\0"));
    totals.retain_in((begin, "", "", "")..(end.as_str(), "", "", ""), |_, _| false)?;
    ages.remove(begin)?;
    folded_names.insert(begin, order)?;
    if let Some(forgotten) = forgotten {
        folded_names.remove(forgotten.as_str())?;
    }
    for (row, calls) in sums {
        totals.insert(key(&Origin::Folded, row), (*calls, true))?;
    }
    Ok(())
}

fn key<'k>(origin: &'k Origin, row: &'k Row) -> (&'k str, &'k str, &'k str, &'k str) {
    let origin = match origin {
        Origin::Here => "",
        Origin::Folded => FOLDED,
        Origin::Other(name) => name.as_str(),
    };
    (origin, row.service.as_str(), row.method.as_str(), row.protocol.as_str())
}

fn parse_origin(text: &str) -> Option<Origin> {
    match text {
        "" => Some(Origin::Here),
        FOLDED => Some(Origin::Folded),
        _ => Name::parse(text).ok().map(Origin::Other),
    }
}

/// Reads all tables. Returns none where their content is invalid.
fn read(database: &Database, limits: TableLimits) -> Result<Option<Totals>, redb::Error> {
    let mut totals = Totals::new(limits);
    let transaction = database.begin_read()?;
    let table = match transaction.open_table(TOTALS) {
        // The ledger is being created.
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Some(totals)),
        table => table?,
    };
    for entry in table.iter()? {
        let (key, total) = entry?;
        let (origin, service, method, protocol) = key.value();
        let names = (parse_origin(origin), Name::parse(service), Name::parse(method), Name::parse(protocol));
        let (Some(origin), Ok(service), Ok(method), Ok(protocol)) = names else { return Ok(None) };
        let (calls, is_listed) = total.value();
        if !totals.load(origin, Row { service, method, protocol }, Total { calls, is_listed }) {
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
    Ok(Some(totals))
}

impl StorageBackend for Region {
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
