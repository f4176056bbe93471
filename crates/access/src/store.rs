//! The totals on a storage: created, checked and opened, and committed.

use std::{io, sync::Arc};

use redb::Database;

use crate::{
    change::Change,
    header::{self, DATABASE, FORMAT, Kind},
    memory::Memory,
    region::{Failure, Region},
    storage::Storage,
    table_limits::TableLimits,
    tables,
    totals::Totals,
};

/// Why a storage cannot be opened. It was not written to.
#[derive(Debug)]
pub(crate) enum RecoveryError {
    Foreign,
    /// With the version of its format.
    Older(u32),
    /// With the version of its format.
    Newer(u32),
    Damaged(String),
    Io(io::Error),
}

impl From<io::Error> for RecoveryError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Failure> for RecoveryError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Damaged(reason) => Self::Damaged(reason),
            Failure::Full | Failure::Broken(_) => Self::Io(failure.into_error()),
        }
    }
}

/// The database on a storage.
#[derive(Debug)]
pub(crate) struct Store {
    storage: Arc<dyn Storage>,
    region: Region,
    /// None after a failure.
    database: Option<Database>,
    limits: TableLimits,
}

impl Store {
    /// Creates a ledger on an empty storage. A crash before the end leaves none.
    pub(crate) fn create(storage: &Arc<dyn Storage>) -> io::Result<()> {
        let mut store = Self::on(storage, TableLimits::default());
        let created = store.reopen().and_then(|_| store.run(tables::create));
        created.map_err(Failure::into_error)?;
        drop(store);
        header::write(&**storage)?;
        storage.sync()
    }

    /// Opens a ledger and reads its totals, after a check of all its bytes on a copy in memory: redb repairs what it
    /// opens, and a damaged ledger is to stay as it is.
    pub(crate) fn open(
        storage: &Arc<dyn Storage>,
        limits: TableLimits,
    ) -> Result<(Self, Totals), RecoveryError> {
        match header::read_kind(&**storage)? {
            Kind::Ledger(version) if version > FORMAT => return Err(RecoveryError::Newer(version)),
            Kind::Ledger(version) if version < FORMAT => return Err(RecoveryError::Older(version)),
            // redb would create a new database in its place.
            Kind::Ledger(_) if storage.len()? <= DATABASE => {
                return Err(RecoveryError::Damaged("it is cut short".into()));
            }
            Kind::Ledger(_) => {}
            Kind::Damaged => return Err(RecoveryError::Damaged("its header is damaged".into())),
            Kind::Foreign => return Err(RecoveryError::Foreign),
        }
        let committed = header::read_committed(&**storage)?;
        let copy: Arc<dyn Storage> = Arc::new(Memory::copy_of(&**storage)?);
        // Memory does not fail: what cannot be read there is damaged.
        let checked = Self::on(&copy, limits).reopen();
        let checked = checked.map_err(|failure| RecoveryError::Damaged(failure.to_string()))?;
        let found = checked.sums().total;
        if found < committed {
            let reason = format!("{committed} calls were committed, and it has {found}");
            return Err(RecoveryError::Damaged(reason));
        }
        let mut store = Self::on(storage, limits);
        let totals = store.reopen()?;
        Ok((store, totals))
    }

    fn on(storage: &Arc<dyn Storage>, limits: TableLimits) -> Self {
        let region = Region::new(Arc::clone(storage));
        Self { storage: Arc::clone(storage), region, database: None, limits }
    }

    /// Opens the database, for the first time or after a failure, and reads the totals.
    pub(crate) fn reopen(&mut self) -> Result<Totals, Failure> {
        // The old one is closed first.
        self.database = None;
        self.region = Region::new(Arc::clone(&self.storage));
        let opened = tables::open(self.region.from(DATABASE), self.limits);
        let (database, totals) = opened.map_err(|reason| self.failure(reason))?;
        self.database = Some(database);
        Ok(totals)
    }

    /// Commits changes, after which all origins together have `total` calls. When it returns, they survive a loss of
    /// power.
    ///
    /// After a failure of any kind nothing can be committed before [`Self::reopen`].
    pub(crate) fn commit(&mut self, changes: &[Change], total: u64) -> Result<(), Failure> {
        self.run(|database| tables::commit(database, changes))?;
        if let Err(error) = header::write_committed(&self.region, total) {
            // The calls are committed all the same. With a lower total, damage to the last commits is not detected.
            tracing::debug!("the committed total was not written: {error}");
            self.region.take_failure();
        }
        Ok(())
    }

    /// Closes the database, so that it opens faster the next time.
    pub(crate) fn close(mut self) -> Result<(), Failure> {
        let closed = self.database.take().map_or(Ok(()), Database::close);
        closed.map_err(|error| self.failure(error.to_string()))
    }

    fn run(&mut self, write: impl FnOnce(&Database) -> Result<(), redb::Error>) -> Result<(), Failure> {
        let Some(database) = &self.database else {
            return Err(Failure::Damaged("the database is closed".into()));
        };
        write(database).map_err(|error| {
            let failure = self.failure(error.to_string());
            self.database = None;
            failure
        })
    }

    /// The failure of the storage, which says more than redb does; otherwise the reason from redb.
    fn failure(&self, reason: String) -> Failure {
        self.region.take_failure().unwrap_or(Failure::Damaged(reason))
    }
}
