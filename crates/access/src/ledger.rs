//! The ledger: counts accesses in memory, commits them to disk, and publishes them. Step 7 of the path of a click.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    command::{COMMANDS, Command},
    committer::Committer,
    error::{CommitError, OpenError, ReportError},
    file::{self, FileError},
    options::{Durability, Options},
    pending::Pending,
    published::{Counts, Published},
    report::Report,
    state::State,
    storage::Storage,
    store::{RecoveryError, Store},
    totals::Totals,
    watch::Watch,
};

/// The path in errors of a storage that is no file.
const STORAGE: &str = "ledger";

/// The accesses to this service and to those that report to it. A clone is cheap; when the last one is dropped, pending
/// accesses are committed and the ledger is closed.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pending: Arc<Pending>,
    published: Arc<Published>,
    commands: mpsc::Sender<Command>,
    state: watch::Receiver<State>,
    committer: Mutex<Option<JoinHandle<()>>>,
}

impl Ledger {
    /// Opens the ledger in a folder; both are created where they are missing. It is locked until it is closed or has
    /// failed; then it may be opened again.
    ///
    /// Fails when it is open already, and when it is damaged, foreign, older or newer than this version; then it is not
    /// changed.
    pub fn open(folder: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let folder = folder.as_ref();
        let (storage, path) = file::open(folder).map_err(|error| match error {
            FileError::InUse => OpenError::InUse { path: folder.into() },
            FileError::Unusable(path, source) => OpenError::Unusable { path, source },
        })?;
        Self::start(storage, &path, options)
    }

    /// Opens the ledger on any other storage; an empty one becomes a ledger.
    ///
    /// Fails as [`Self::open`] does, but does not detect that the storage is in use; errors name it `ledger`.
    pub fn open_on(storage: Arc<dyn Storage>, options: Options) -> Result<Self, OpenError> {
        let path = Path::new(STORAGE);
        let created =
            storage.is_empty().and_then(|is_empty| if is_empty { Store::create(&storage) } else { Ok(()) });
        created.map_err(|source| OpenError::Unusable { path: path.into(), source })?;
        Self::start(storage, path, options)
    }

    fn start(storage: Arc<dyn Storage>, path: &Path, options: Options) -> Result<Self, OpenError> {
        let path = path.to_owned();
        let (store, totals) = Store::open(&storage, options.limits).map_err(|error| match error {
            RecoveryError::Foreign => OpenError::Foreign { path: path.clone() },
            RecoveryError::Older(found) => OpenError::Older { path: path.clone(), found },
            RecoveryError::Newer(found) => OpenError::Newer { path: path.clone(), found },
            RecoveryError::Damaged(reason) => OpenError::Damaged { path: path.clone(), reason },
            RecoveryError::Io(source) => OpenError::Unusable { path: path.clone(), source },
        })?;
        Self::run(store, totals, options).map_err(|source| OpenError::Unusable { path, source })
    }

    fn run(store: Store, totals: Totals, options: Options) -> io::Result<Self> {
        let uncommitted = vec![0; options.methods.rows().len()];
        let pending = Arc::new(Pending::new(options.methods, options.durability));
        let published = Arc::new(Published::new(totals.sums().clone()));
        let (commands, queue) = mpsc::channel(COMMANDS);
        let (state_sender, state) = watch::channel(State::Open);
        let committer = Committer {
            pending: Arc::clone(&pending),
            published: Arc::clone(&published),
            commands: queue,
            state: state_sender,
            observer: options.observer,
            store: Some(store),
            totals,
            uncommitted,
            is_closing: false,
        };
        let committer = thread::Builder::new().name("ledger-commit".into()).spawn(|| committer.run())?;
        let committer = Mutex::new(Some(committer));
        Ok(Self(Arc::new(Inner { pending, published, commands, state, committer })))
    }

    /// The counts that are not committed yet.
    pub(crate) fn pending(&self) -> &Arc<Pending> {
        &self.0.pending
    }

    /// When responses are sent.
    pub fn durability(&self) -> Durability {
        self.0.pending.durability
    }

    /// Returns the committed totals, with every access that was counted before. No number is ever smaller than in an
    /// earlier reading.
    ///
    /// Fails when they cannot be committed.
    pub async fn read(&self) -> Result<Arc<Counts>, CommitError> {
        if self.durability() == Durability::Relaxed {
            let (reply, flushed) = oneshot::channel();
            self.send(Command::Flush(reply)).await?;
            flushed.await.unwrap_or(Err(CommitError::Closed))?;
        }
        Ok(self.0.published.read().counts)
    }

    /// Follows the committed totals.
    pub fn watch(&self) -> Watch {
        Watch::new(&self.0.published)
    }

    /// Closes all watches, and those that are started later.
    pub fn close_watches(&self) {
        self.0.published.close();
    }

    /// The number of origins with totals of their own; see [`crate::ORIGINS`].
    pub fn origins(&self) -> usize {
        self.0.published.origins()
    }

    /// Merges the running totals of another service: of each row the larger total. Returns when they are committed.
    /// Concurrent reports share a commit.
    pub async fn report(&self, report: Report) -> Result<(), ReportError> {
        let (reply, committed) = oneshot::channel();
        self.send(Command::Report(report, reply)).await?;
        committed.await.unwrap_or(Err(CommitError::Closed.into()))
    }

    /// The state of the ledger, and each change of it.
    pub fn state(&self) -> watch::Receiver<State> {
        self.0.state.clone()
    }

    /// Commits what was counted, and closes the ledger: later calls are rejected. When it returns, the ledger may be
    /// opened again.
    ///
    /// Returns [`State::Failed`] when accesses with a response could not be committed: the program should then exit with
    /// an error.
    pub async fn close(&self) -> State {
        // An error says that it is closed already.
        let _ = self.send(Command::Close).await;
        let mut state = self.state();
        match state.wait_for(|state| matches!(state, State::Failed(_) | State::Closed)).await {
            Ok(state) => state.clone(),
            Err(_) => State::Closed,
        }
    }

    async fn send(&self, command: Command) -> Result<(), CommitError> {
        self.0.commands.send(command).await.map_err(|_| CommitError::Closed)?;
        self.0.pending.flush_now();
        Ok(())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let mut command = Command::Close;
        // No other sender is left, and queued commands are being processed.
        while let Err(mpsc::error::TrySendError::Full(again)) = self.commands.try_send(command) {
            command = again;
            thread::yield_now();
        }
        self.pending.flush_now();
        let committer = self.committer.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A panic was reported by the thread itself.
        committer.into_iter().for_each(|thread| drop(thread.join()));
    }
}
