//! Keeps the totals: each group as a record in the log, which costs one sync, and from time to time all of them in the
//! database, a checkpoint. Must not know how that is read and written.
//!
//! After a crash the database goes back to its last whole checkpoint by itself. It does the same where the last one was
//! damaged later; the log therefore keeps the records since the last but one.

use std::{io, sync::Arc};

use redb::Database;

use crate::{
    disk::{Disk, Memory},
    layout::{self, DATABASE, FORMAT, Kind},
    log::Log,
    part::{Failure, Part},
    record::{self, Entry, Record},
    report::TableLimits,
    tables,
    totals::{Change, Totals},
    unsaved::Unsaved,
};

/// Why a disk cannot be used. It was not written to.
#[derive(Debug)]
pub(crate) enum Unfit {
    Foreign,
    /// With the version of its format.
    Older(u32),
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
            Failure::Broken(error) => Self::Io(error),
            Failure::Damaged(reason) => Self::Damaged(reason),
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
    unsaved: Unsaved,
    limits: TableLimits,
}

impl Store {
    /// Makes an empty disk a ledger. What a crash leaves behind is no ledger.
    pub(crate) fn format(disk: &Arc<dyn Disk>) -> io::Result<()> {
        let mut store = Self::on(disk, TableLimits::default());
        store.log.clear()?;
        let made = store.reopen().and_then(|_| store.checkpoint());
        made.map_err(|failure| match failure {
            Failure::Full => io::ErrorKind::StorageFull.into(),
            Failure::Broken(error) => error,
            Failure::Damaged(reason) => io::Error::other(reason),
        })?;
        drop(store);
        layout::write_header(&**disk)?;
        disk.sync()
    }

    /// Opens a ledger and reads its totals. All of it is checked on a copy in memory first.
    pub(crate) fn open(disk: &Arc<dyn Disk>, limits: TableLimits) -> Result<(Self, Totals), Unfit> {
        match layout::kind(&**disk)? {
            Kind::Ledger(version) if version > FORMAT => return Err(Unfit::Newer(version)),
            Kind::Ledger(version) if version < FORMAT => return Err(Unfit::Older(version)),
            // An empty place for it would be taken for a new database.
            Kind::Ledger(_) if disk.len()? <= DATABASE => {
                return Err(Unfit::Damaged("it is cut short".into()));
            }
            Kind::Ledger(_) => {}
            Kind::Damaged => return Err(Unfit::Damaged("its header is damaged".into())),
            Kind::Foreign => return Err(Unfit::Foreign),
        }
        let copy: Arc<dyn Disk> = Arc::new(Memory::copy_of(&**disk)?);
        // Memory does not fail: what cannot be read there is damaged.
        Self::on(&copy, limits).recover().map_err(|failure| Unfit::Damaged(failure.to_string()))?;
        let mut store = Self::on(disk, limits);
        let totals = store.recover()?;
        Ok((store, totals))
    }

    fn on(disk: &Arc<dyn Disk>, limits: TableLimits) -> Self {
        let part = Part::new(Arc::clone(disk));
        let (log, unsaved) = (Log::new(&part), Unsaved::default());
        Self { disk: Arc::clone(disk), part, log, database: None, sequence: 0, unsaved, limits }
    }

    /// Opens the database, takes in the log, and reads the totals.
    fn recover(&mut self) -> Result<Totals, Failure> {
        let totals = self.reopen()?;
        // The log begins anew. Twice, for the database falls back by one checkpoint, and would then need the old log.
        self.checkpoint()?;
        self.checkpoint()?;
        Ok(totals)
    }

    /// Opens the database anew, after a failure or for the first time, and reads what is kept there and in the log.
    fn reopen(&mut self) -> Result<Totals, Failure> {
        // The old one is closed first.
        self.database = None;
        self.unsaved = Unsaved::default();
        self.part = Part::new(Arc::clone(&self.disk));
        self.log.move_to(&self.part);
        let opened = tables::open(self.part.from(DATABASE), self.limits);
        let (database, sequence, mut totals) = opened.map_err(|reason| self.failure(reason))?;
        (self.database, self.sequence) = (Some(database), sequence);
        for record in self.log.read().map_err(|error| self.failure(error.to_string()))? {
            if record.sequence > self.sequence + 1 {
                return Err(Failure::Damaged(format!("of group {} nothing is left", self.sequence + 1)));
            }
            if record.sequence == self.sequence + 1 {
                self.redo(record, &mut totals)?;
            }
        }
        Ok(totals)
    }

    fn redo(&mut self, record: Record, totals: &mut Totals) -> Result<(), Failure> {
        self.sequence = record.sequence;
        for entry in record.entries {
            let change = match entry {
                Entry::Total(origin, row, reported) => totals.load(origin, row, reported).map(Change::Growth),
                Entry::Fold(origin) => totals.fold(&origin).map(Change::Fold),
            };
            let Some(change) = change else {
                return Err(Failure::Damaged(format!("group {} does not follow", self.sequence)));
            };
            self.unsaved.add(&change, self.sequence);
        }
        Ok(())
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
        changes.iter().for_each(|change| self.unsaved.add(change, self.sequence));
        Ok(())
    }

    /// Brings what is in the log into the database.
    pub(crate) fn checkpoint(&mut self) -> Result<(), Failure> {
        let Some(database) = &self.database else {
            return Err(Failure::Damaged("the database is closed".into()));
        };
        if let Err(error) = tables::write(database, self.sequence, &self.unsaved) {
            let failure = self.failure(error.to_string());
            self.database = None;
            return Err(failure);
        }
        self.unsaved = Unsaved::default();
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

    /// How the disk failed, which says more than the database does; else what the database says.
    fn failure(&self, reason: String) -> Failure {
        self.part.take_failure().unwrap_or(Failure::Damaged(reason))
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
