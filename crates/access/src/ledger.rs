//! The ledger: counts accesses in memory, keeps them on disk, and tells them. Step 7 of a click's way.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    counter::{Counter, Desk, Durability},
    disk::Disk,
    error::{OpenError, ReportError},
    file::{self, FileError},
    group::NotKept,
    keeper::{Keeper, ORDERS, Observer, Order},
    methods::Methods,
    report::{Report, TableLimits},
    store::{Store, Unfit},
    totals::Totals,
    watch::{Board, Counts, Watch},
};

/// How errors name a disk that is no file.
const DISK: &str = "ledger";

/// Whether the ledger can keep accesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It can.
    Open,
    /// There is no room on the disk; it tries again by itself.
    Full,
    /// The disk failed, for the reason given, or the ledger was closed before all that is answered could be written.
    /// Nothing is kept any more, and no call that is to be counted is answered: the program is to end, with an error.
    /// Whether accesses that were not acknowledged are on the disk, the next one learns when it opens the ledger.
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
    /// How many origins have totals of their own after it.
    pub origins: usize,
    /// How many origins were folded in it; see [`crate::ORIGINS`].
    pub folded: u64,
}

/// What a ledger is opened with.
pub struct Options {
    methods: Methods,
    durability: Durability,
    observer: Option<Observer>,
    limits: TableLimits,
}

impl Options {
    /// A ledger that counts calls of these methods.
    pub fn new(methods: Methods, durability: Durability) -> Self {
        Self { methods, durability, observer: None, limits: TableLimits::default() }
    }

    /// Sets other limits than the usual ones.
    #[must_use]
    pub fn limited_to(mut self, limits: TableLimits) -> Self {
        self.limits = limits;
        self
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
}

impl Ledger {
    /// Opens the ledger in a folder; both are made where they are missing. It is locked until it is closed or has failed;
    /// then it may be opened again.
    ///
    /// Fails when it is open already, and when it is damaged, foreign, older or newer than this version; then it is
    /// left as it is.
    pub fn open(folder: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let folder = folder.as_ref();
        let (disk, path) = file::open(folder).map_err(|error| match error {
            FileError::InUse => OpenError::InUse { path: folder.into() },
            FileError::Unusable(path, source) => OpenError::Unusable { path, source },
        })?;
        Self::start(disk, &path, options)
    }

    /// Opens the ledger on any other disk, which is made one where it is empty.
    ///
    /// Fails as [`Self::open`] does, but does not know whether the disk is used already; errors name it `ledger`.
    pub fn open_on(disk: Arc<dyn Disk>, options: Options) -> Result<Self, OpenError> {
        let path = Path::new(DISK);
        let formatted =
            disk.is_empty().and_then(|is_empty| if is_empty { Store::format(&disk) } else { Ok(()) });
        formatted.map_err(|source| OpenError::Unusable { path: path.into(), source })?;
        Self::start(disk, path, options)
    }

    fn start(disk: Arc<dyn Disk>, path: &Path, options: Options) -> Result<Self, OpenError> {
        let path = path.to_owned();
        let (store, totals) = Store::open(&disk, options.limits).map_err(|unfit| match unfit {
            Unfit::Foreign => OpenError::Foreign { path: path.clone() },
            Unfit::Older(found) => OpenError::Older { path: path.clone(), found },
            Unfit::Newer(found) => OpenError::Newer { path: path.clone(), found },
            Unfit::Damaged(reason) => OpenError::Damaged { path: path.clone(), reason },
            Unfit::Io(source) => OpenError::Unusable { path: path.clone(), source },
        })?;
        Self::run(store, totals, options).map_err(|source| OpenError::Unusable { path, source })
    }

    fn run(store: Store, totals: Totals, options: Options) -> io::Result<Self> {
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
            store: Some(store),
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
        Ok(Self(Arc::new(Handles { desk, board, orders, state, threads })))
    }

    /// A counter for calls of any runtime. Where a runtime has one thread, a counter of its own makes its calls cheaper:
    /// see [`Counter::rest`].
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

    /// How many origins have totals of their own; see [`crate::ORIGINS`].
    pub fn origins(&self) -> usize {
        self.0.board.origins()
    }

    /// Takes the running totals of another service; of each row the larger total is kept. Returns when they are on disk.
    /// Reports that wait together share a write.
    pub async fn report(&self, report: Report) -> Result<(), ReportError> {
        let (done, kept) = oneshot::channel();
        self.order(Order::Report(report, done)).await?;
        kept.await.unwrap_or(Err(NotKept::Ended.into()))
    }

    /// Whether accesses can be kept, and each change of it.
    pub fn state(&self) -> watch::Receiver<State> {
        self.0.state.clone()
    }

    /// Writes what was counted and ends. Calls that are counted from now on are refused. When it returns, the ledger may
    /// be opened again.
    ///
    /// Returns [`State::Failed`] when answered calls could not be written: the program is then to end with an error.
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
