//! Keeps the totals: each group as a record in the log, which costs one sync, and from time to time all of them in the
//! database, a checkpoint. The one place that knows redb.
//!
//! After a crash the database goes back to its last whole checkpoint by itself. It does the same where the last one was
//! damaged later; the log therefore keeps the records since the last but one.

use std::{collections::BTreeMap, fmt::Debug, io, sync::Arc};

use redb::{Builder, Database, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition};

use crate::{
    disk::{Disk, Memory},
    layout::{self, DATABASE, FORMAT, Kind},
    log::Log,
    name::Name,
    part::{Failure, Part},
    record::{self, Record, origin, origin_text},
    totals::{Change, Origin, Row, Totals},
};

/// Running totals by origin, service, method and protocol; the origin of this ledger is empty.
const TOTALS: TableDefinition<(&str, &str, &str, &str), u64> = TableDefinition::new("totals");
/// The number of the newest group at the checkpoint, under [`GROUP`].
const CHECKPOINT: TableDefinition<&str, u64> = TableDefinition::new("checkpoint");
const GROUP: &str = "group";

/// How much of the database is held in memory, in bytes; all of it, for most.
const CACHE_BYTES: usize = 4 << 20;

/// Why a disk cannot be used. It was not written to.
#[derive(Debug)]
pub(crate) enum Unfit {
    Foreign,
    /// With the version of its format.
    Newer(u32),
    Damaged(String),
    Io(io::Error),
}

impl From<io::Error> for Unfit {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Failure> for Unfit {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Full => Self::Io(io::ErrorKind::StorageFull.into()),
            Failure::Broken(reason) => Self::Damaged(reason),
        }
    }
}

/// The totals on a disk.
#[derive(Debug)]
pub(crate) struct Store {
    disk: Arc<dyn Disk>,
    part: Part,
    log: Log,
    /// None after a failure.
    database: Option<Database>,
    /// The number of the newest group.
    sequence: u64,
    /// What is in the log and not in the database.
    logged: BTreeMap<(Origin, Row), u64>,
}

impl Store {
    /// Makes an empty disk a ledger. What a crash leaves behind is no ledger.
    pub(crate) fn format(disk: &Arc<dyn Disk>) -> io::Result<()> {
        let mut store = Self::on(disk);
        store.log.clear()?;
        let made = store.reopen().and_then(|_| store.checkpoint());
        made.map_err(|failure| match failure {
            Failure::Full => io::ErrorKind::StorageFull.into(),
            Failure::Broken(reason) => io::Error::other(reason),
        })?;
        drop(store);
        layout::write_header(&**disk)?;
        disk.sync()
    }

    /// Opens a ledger and reads its totals. All of it is checked on a copy in memory first.
    pub(crate) fn open(disk: &Arc<dyn Disk>) -> Result<(Self, Totals), Unfit> {
        match layout::kind(&**disk)? {
            Kind::Ledger(version) if version > FORMAT => return Err(Unfit::Newer(version)),
            // An empty place for it would be taken for a new database.
            Kind::Ledger(_) if disk.len()? <= DATABASE => {
                return Err(Unfit::Damaged("it is cut short".into()));
            }
            Kind::Ledger(_) => {}
            Kind::Damaged => return Err(Unfit::Damaged("its header is damaged".into())),
            Kind::Foreign => return Err(Unfit::Foreign),
        }
        let copy: Arc<dyn Disk> = Arc::new(Memory::copy_of(&**disk)?);
        Self::on(&copy).recover()?;
        let mut store = Self::on(disk);
        let totals = store.recover()?;
        Ok((store, totals))
    }

    fn on(disk: &Arc<dyn Disk>) -> Self {
        let part = Part::new(Arc::clone(disk));
        let log = Log::new(&part);
        Self { disk: Arc::clone(disk), part, log, database: None, sequence: 0, logged: BTreeMap::new() }
    }

    /// Opens the database, takes in the log, and reads the totals.
    fn recover(&mut self) -> Result<Totals, Unfit> {
        let mut totals = self.reopen()?;
        for record in self.log.read()? {
            if record.sequence > self.sequence + 1 {
                return Err(Unfit::Damaged(format!("of group {} nothing is left", self.sequence + 1)));
            }
            if record.sequence == self.sequence + 1 {
                self.redo(record, &mut totals)?;
            }
        }
        // The log begins anew. Twice, for the database falls back by one checkpoint, and would then need the old log.
        self.checkpoint()?;
        self.checkpoint()?;
        Ok(totals)
    }

    fn redo(&mut self, record: Record, totals: &mut Totals) -> Result<(), Unfit> {
        self.sequence = record.sequence;
        for (origin, row, total) in record.totals {
            if !totals.load(origin.clone(), row.clone(), total) {
                return Err(Unfit::Damaged("its totals do not fit in 64 bits".into()));
            }
            self.logged.insert((origin, row), total);
        }
        Ok(())
    }

    /// Opens the database anew, after a failure or for the first time, and reads what is kept.
    pub(crate) fn reopen(&mut self) -> Result<Totals, Failure> {
        // The old one is closed first.
        self.database = None;
        self.part = Part::new(Arc::clone(&self.disk));
        self.log.move_to(&self.part);
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true);
        let opened = builder.create_with_backend(self.part.from(DATABASE));
        let read = opened.map_err(|error| error.to_string()).and_then(|database| {
            let (sequence, totals) = read(&database)?;
            Ok((database, sequence, totals))
        });
        let (database, sequence, mut totals) = read.map_err(|reason| self.failure(reason))?;
        self.database = Some(database);
        self.sequence = self.sequence.max(sequence);
        for ((origin, row), total) in &self.logged {
            // They fitted when they were logged.
            totals.load(origin.clone(), row.clone(), *total);
        }
        Ok(totals)
    }

    /// Keeps changes. When it returns, they survive a loss of power.
    ///
    /// After a failure of any kind nothing more can be kept before [`Self::recover_room`].
    pub(crate) fn keep(&mut self, changes: &[Change]) -> Result<(), Failure> {
        let mut rest = changes;
        while !rest.is_empty() {
            let (some, left) = rest.split_at(fitting(rest));
            self.keep_some(some)?;
            rest = left;
        }
        Ok(())
    }

    /// Keeps as many changes as fit into a record.
    fn keep_some(&mut self, changes: &[Change]) -> Result<(), Failure> {
        let record = record::encode(self.sequence + 1, changes);
        if !self.log.has_room(&record) {
            self.checkpoint()?;
            self.log.turn();
        }
        self.log.append(record).map_err(|error| self.failure(error.to_string()))?;
        self.sequence += 1;
        for Change { origin, row, total, .. } in changes {
            self.logged.insert((origin.clone(), row.clone()), *total);
        }
        Ok(())
    }

    /// Brings what is in the log into the database.
    pub(crate) fn checkpoint(&mut self) -> Result<(), Failure> {
        let Some(database) = &self.database else {
            return Err(Failure::Broken("the database is closed".into()));
        };
        if let Err(error) = write(database, self.sequence, &self.logged) {
            let failure = self.failure(error.to_string());
            self.database = None;
            return Err(failure);
        }
        self.logged.clear();
        Ok(())
    }

    /// Tries again, after the disk was full, whether all can be written that is needed; returns what is kept.
    pub(crate) fn recover_room(&mut self) -> Result<Totals, Failure> {
        self.log.erase_rest().map_err(|error| Failure::of(&error))?;
        let totals = self.reopen()?;
        self.checkpoint()?;
        self.log.turn();
        Ok(totals)
    }

    /// Lets go of the disk.
    pub(crate) fn close(&mut self) {
        self.database = None;
    }

    /// How the disk failed, which says more than the database does; else what the database says.
    fn failure(&self, reason: String) -> Failure {
        self.part.take_failure().unwrap_or(Failure::Broken(reason))
    }
}

/// How many changes fit into one record: all of them, but for a great many.
fn fitting(changes: &[Change]) -> usize {
    let mut room = record::ROOM;
    let fits = |change: &&Change| match room.checked_sub(record::size_of(change)) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    changes.iter().take_while(fits).count()
}

fn write(
    database: &Database,
    sequence: u64,
    logged: &BTreeMap<(Origin, Row), u64>,
) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(CHECKPOINT)?.insert(GROUP, sequence)?;
    {
        let mut totals = transaction.open_table(TOTALS)?;
        for ((origin, Row { service, method, protocol }), total) in logged {
            let key = (origin_text(origin), service.as_str(), method.as_str(), protocol.as_str());
            totals.insert(key, total)?;
        }
    }
    Ok(transaction.commit()?)
}

fn read(database: &Database) -> Result<(u64, Totals), String> {
    read_tables(database)
        .map_err(|error| error.to_string())?
        .ok_or_else(|| "it has rows that cannot be".into())
}

fn read_tables(database: &Database) -> Result<Option<(u64, Totals)>, redb::Error> {
    let transaction = database.begin_read()?;
    let checkpoint = match transaction.open_table(CHECKPOINT) {
        // It is being made.
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Some((0, Totals::default()))),
        checkpoint => checkpoint?,
    };
    let Some(sequence) = checkpoint.get(GROUP)?.map(|group| group.value()) else { return Ok(None) };
    let mut totals = Totals::default();
    for entry in transaction.open_table(TOTALS)?.iter()? {
        let (key, total) = entry?;
        let (origin_text, service, method, protocol) = key.value();
        let names = (origin(origin_text), Name::parse(service), Name::parse(method), Name::parse(protocol));
        let (Some(origin), Ok(service), Ok(method), Ok(protocol)) = names else { return Ok(None) };
        if !totals.load(origin, Row { service, method, protocol }, total.value()) {
            return Ok(None);
        }
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
