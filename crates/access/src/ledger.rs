//! The ledger: counts accesses in memory, keeps them on disk, and tells them. Step 7 of a click's way.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    counter::{Counter, Desk, Durability},
    disk::Disk,
    group::NotKept,
    keeper::{Keeper, ORDERS, Observer, Order},
    layout::FORMAT,
    methods::Methods,
    store::{Store, Unfit},
    totals::{Refusal, Report, Totals},
    watch::{Board, Counts, Watch},
};

/// The ledger's file in its folder.
const LEDGER: &str = "ledger";
/// A ledger that is being made.
const NEW_LEDGER: &str = "ledger.new";
/// Locked by the program that uses the folder.
const LOCK: &str = "lock";

/// Why there is no ledger.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or folder cannot be used.
    #[error("cannot use the ledger {}: {source}", path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another program uses the folder.
    #[error("the ledger in {} is used by another program: end it, or choose another folder", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is no ledger of increment: move it away, or choose another folder", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer version made it.
    #[error(
        "the ledger {} has format {found}, and this version knows formats up to {FORMAT}: use the newer version that wrote it",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its format.
        found: u32,
    },
    /// It has been changed by something else than a ledger. It is left as it is.
    #[error("the ledger {} is damaged ({reason}): put a copy of it in its place, or move it away and count from zero", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why a report is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It goes beyond what the ledger takes.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be written.
    #[error(transparent)]
    NotKept(#[from] NotKept),
}

/// Whether the ledger can keep accesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It can.
    Open,
    /// There is no room on the disk; it tries again by itself.
    Full,
    /// The disk failed, for the reason given. Nothing is kept any more: the program is to end.
    Failed(String),
    /// It was closed.
    Closed,
}

/// Something that was written.
#[derive(Clone, Copy, Debug)]
pub struct Commit {
    /// How many calls.
    pub calls: u64,
    /// How long it took.
    pub took: Duration,
}

/// What a ledger is opened with.
pub struct Options {
    methods: Methods,
    durability: Durability,
    observer: Option<Observer>,
}

impl Options {
    /// A ledger that counts calls of these methods.
    pub fn new(methods: Methods, durability: Durability) -> Self {
        Self { methods, durability, observer: None }
    }

    /// Tells of each commit, on the thread that writes.
    #[must_use]
    pub fn observed_by(mut self, observer: impl Fn(Commit) + Send + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }
}

/// The accesses of this service and of those that report to it. A clone is cheap; when the last one is dropped, what
/// was counted is written and the ledger closes.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Handles>);

#[derive(Debug)]
struct Handles {
    desk: Arc<Desk>,
    board: Arc<Board>,
    orders: mpsc::Sender<Order>,
    state: watch::Receiver<State>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// The lock on the folder.
    _lock: Option<File>,
}

impl Ledger {
    /// Opens the ledger in a folder; both are made where they are missing.
    ///
    /// Fails when another program uses it, and when it is damaged, foreign or newer than this version; then it is left
    /// as it is.
    pub fn open(folder: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let folder = folder.as_ref();
        let unusable = |path: &Path| {
            let path = path.to_owned();
            move |source| OpenError::Unusable { path, source }
        };
        fs::create_dir_all(folder).map_err(unusable(folder))?;
        let lock = lock(&folder.join(LOCK)).map_err(unusable(&folder.join(LOCK)))?;
        let lock = lock.ok_or_else(|| OpenError::InUse { path: folder.into() })?;
        let path = folder.join(LEDGER);
        if !path.try_exists().map_err(unusable(&path))? {
            make(folder).map_err(unusable(&path))?;
        }
        let file = File::options().read(true).write(true).open(&path).map_err(unusable(&path))?;
        Self::start(Arc::new(file), &path, options, Some(lock))
    }

    /// Opens the ledger on any other disk, which is made one where it is empty.
    ///
    /// Fails as [`Self::open`] does; errors name the disk `ledger`.
    pub fn open_on(disk: Arc<dyn Disk>, options: Options) -> Result<Self, OpenError> {
        let path = Path::new(LEDGER);
        let formatted =
            disk.is_empty().and_then(|is_empty| if is_empty { Store::format(&disk) } else { Ok(()) });
        formatted.map_err(|source| OpenError::Unusable { path: path.into(), source })?;
        Self::start(disk, path, options, None)
    }

    fn start(
        disk: Arc<dyn Disk>,
        path: &Path,
        options: Options,
        lock: Option<File>,
    ) -> Result<Self, OpenError> {
        let path = path.to_owned();
        let (store, totals) = Store::open(&disk).map_err(|unfit| match unfit {
            Unfit::Foreign => OpenError::Foreign { path: path.clone() },
            Unfit::Newer(found) => OpenError::Newer { path: path.clone(), found },
            Unfit::Damaged(reason) => OpenError::Damaged { path: path.clone(), reason },
            Unfit::Io(source) => OpenError::Unusable { path: path.clone(), source },
        })?;
        Self::run(store, totals, options, lock).map_err(|source| OpenError::Unusable { path, source })
    }

    fn run(store: Store, totals: Totals, options: Options, lock: Option<File>) -> io::Result<Self> {
        let unwritten = vec![0; options.methods.rows().len()];
        let desk = Arc::new(Desk::new(options.methods, options.durability));
        let board = Board::new(totals.sums().clone());
        let (orders, ordered) = mpsc::channel(ORDERS);
        let (state_sender, state) = watch::channel(State::Open);
        let keeper = Keeper {
            desk: Arc::clone(&desk),
            board: Arc::clone(&board),
            orders: ordered,
            state: state_sender,
            observer: options.observer,
            store,
            totals,
            unwritten,
            is_closing: false,
        };
        let teller = Arc::clone(&board);
        let threads = vec![
            thread::Builder::new().name("ledger-tell".into()).spawn(move || teller.tell())?,
            thread::Builder::new().name("ledger-keep".into()).spawn(move || keeper.run())?,
        ];
        let threads = Mutex::new(threads);
        Ok(Self(Arc::new(Handles { desk, board, orders, state, threads, _lock: lock })))
    }

    /// A counter for the calls of one runtime.
    pub fn counter(&self) -> Counter {
        Counter::new(&self.0.desk)
    }

    /// When answers leave.
    pub fn durability(&self) -> Durability {
        self.0.desk.durability
    }

    /// What is kept, with everything that was counted before. A later reading never has a smaller number.
    ///
    /// Fails when that cannot be written.
    pub async fn read(&self) -> Result<Counts, NotKept> {
        if self.durability() == Durability::Relaxed {
            let (done, kept) = oneshot::channel();
            self.order(Order::Flush(done)).await?;
            kept.await.unwrap_or(Err(NotKept::Ended))?;
        }
        Ok(self.0.board.read())
    }

    /// Follows what is kept.
    pub fn watch(&self) -> Watch {
        self.0.board.watch()
    }

    /// Ends all watches, and begins no other.
    pub fn end_watches(&self) {
        self.0.board.close();
    }

    /// Takes the running totals of another service; of each row the larger total is kept. Returns when they are on disk.
    pub async fn report(&self, report: Report) -> Result<(), ReportError> {
        let (done, kept) = oneshot::channel();
        self.order(Order::Report(report, done)).await?;
        kept.await.unwrap_or(Err(NotKept::Ended.into()))
    }

    /// Whether accesses can be kept, and each change of it.
    pub fn state(&self) -> watch::Receiver<State> {
        self.0.state.clone()
    }

    /// Writes what was counted and ends. Calls that are counted from now on are refused.
    pub async fn close(&self) -> State {
        // An error says that it has ended already.
        let _ = self.order(Order::Close).await;
        let mut state = self.state();
        match state.wait_for(|state| matches!(state, State::Failed(_) | State::Closed)).await {
            Ok(state) => state.clone(),
            Err(_) => State::Closed,
        }
    }

    async fn order(&self, order: Order) -> Result<(), NotKept> {
        self.0.orders.send(order).await.map_err(|_| NotKept::Ended)?;
        self.0.desk.hurry();
        Ok(())
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        let mut order = Order::Close;
        // Nobody else gives orders any more, and those given are being carried out.
        while let Err(mpsc::error::TrySendError::Full(again)) = self.orders.try_send(order) {
            order = again;
            thread::yield_now();
        }
        self.desk.hurry();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        // One that panicked has said so.
        threads.into_iter().for_each(|thread| drop(thread.join()));
    }
}

/// Locks a file for this process; none when another one has it.
fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Makes a ledger: under another name, so that what a crash leaves behind is none.
fn make(folder: &Path) -> io::Result<()> {
    let path = folder.join(NEW_LEDGER);
    let file = File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
    let disk: Arc<dyn Disk> = Arc::new(file);
    Store::format(&disk)?;
    fs::rename(path, folder.join(LEDGER))?;
    File::open(folder)?.sync_all()
}
