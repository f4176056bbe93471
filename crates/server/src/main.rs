//! The `increment-server` program: parses, opens, serves, exits.

mod descriptors;
mod options;
mod variables;

use std::{
    error::Error,
    io::{IsTerminal, Write, stderr, stdout},
    num::NonZero,
    process::ExitCode,
    thread::available_parallelism,
    time::SystemTime,
};

use increment_access::{Durability, Ledger, State};
use increment_certs::Origin;
use increment_server::{
    App, CallLimits, Limits, Listeners, Metrics, Parts, counted_methods, listen::ListenError, page::Page,
    run, tls,
};

use self::options::Options;

/// A call makes dozens of short-lived allocations: this allocator takes a tenth off its cost.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The port for HTTPS where none is given.
const DEFAULT_PORT: u16 = 5000;

fn main() -> ExitCode {
    let options = Options::parse_and_check();
    tracing_subscriber::fmt()
        .with_max_level(options.log)
        .with_target(false)
        .with_ansi(stderr().is_terminal())
        .with_writer(stderr)
        .init();
    match serve(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: Options) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    ignore_hangups(&runtime)?;
    if let Some(warning) = options.warning() {
        tracing::warn!("{warning}");
    }
    let clients = options.clients()?;
    let opened = increment_certs::open(&options.cert, &options.key, SystemTime::now())?;
    match opened.origin {
        Origin::Found => {}
        Origin::Made => tracing::info!("made the certificate {}", options.cert.display()),
        Origin::Renewed => tracing::info!("renewed the certificate {}", options.cert.display()),
    }
    for warning in &opened.warnings {
        tracing::warn!("{warning}");
    }
    let token = options.report_token()?;
    let page = match &options.page {
        Some(folder) => Page::open(folder)?,
        None => Page::open_default()?,
    };
    if !page.is_there() {
        tracing::warn!(
            "there is no page in dist/: `cargo xtask page` makes it; the services are served without"
        );
    }
    let metrics = options.metrics_listen.map(|_| Metrics::default());
    let ledger = open_ledger(&options, metrics.as_ref())?;
    let listeners = runtime.block_on(bind(&options))?;
    let own = listeners.origins()?;
    let origins = options.cors_origin.iter().chain(&own).cloned().collect();
    let page = page.calling(&own);
    let page = if options.reload_page { page.reloading() } else { page };
    let mut app = App::new(page, CallLimits::default(), ledger.clone())
        .allow_origins(origins)
        .allow_headers(options.cors_header.clone())
        .allow_hosts(options.allowed_host.clone())
        .report_token(token);
    if let Some(metrics) = metrics {
        app = app.measured_by(metrics);
    }
    let mut tls = tls::config_for(clients, &opened.certified_key)?;
    if let (Some(keys), Some(path)) = (options.key_log()?, &options.key_log) {
        tls = tls.logging_keys_to(keys);
        tracing::warn!("{} gets the secrets of all connections", path.display());
    }
    let parts = Parts {
        tls,
        app,
        limits: limits(&options),
        workers: available_parallelism().unwrap_or(NonZero::<usize>::MIN),
    };
    runtime.block_on(async {
        let shutdown = shutdown()?;
        for url in listeners.urls()? {
            writeln!(stdout(), "listening {url}")?;
        }
        if let Some(url) = listeners.metrics_url()? {
            writeln!(stdout(), "listening metrics {url}")?;
        }
        run(listeners, parts, shutdown).await?;
        match ledger {
            Some(ledger) => close(&ledger).await,
            None => Ok(()),
        }
    })
}

/// Writes what is counted and not on disk. Fails where that is not all that is answered.
async fn close(ledger: &Ledger) -> Result<(), Box<dyn Error>> {
    match ledger.close().await {
        State::Failed(reason) => {
            Err(format!("the ledger could not be closed, and answered calls may be missing in it: {reason}")
                .into())
        }
        State::Open | State::Full | State::Closed => Ok(()),
    }
}

/// The bounds of connections, by the options and by what the system allows.
fn limits(options: &Options) -> Limits {
    let wanted =
        Limits { connections_per_address: options.connections_per_address.get(), ..Limits::default() };
    let Some(descriptors) = descriptors::raise_limit() else { return wanted };
    let limits = wanted.within_descriptors(descriptors);
    if limits.connections < wanted.connections {
        tracing::warn!(
            "serving {} connections at most, not {}: this process may have {descriptors} files open (ulimit -Hn)",
            limits.connections,
            wanted.connections
        );
    }
    limits
}

fn open_ledger(options: &Options, metrics: Option<&Metrics>) -> Result<Option<Ledger>, Box<dyn Error>> {
    let durability = match options.durability {
        options::Durability::Strict => Durability::Strict,
        options::Durability::Relaxed => Durability::Relaxed,
        options::Durability::Off => return Ok(None),
    };
    let mut counted = increment_access::Options::new(counted_methods()?, durability);
    if let Some(metrics) = metrics {
        counted = counted.on_commit(metrics.commits());
    }
    Ok(Some(Ledger::open(&options.data, counted)?))
}

async fn bind(options: &Options) -> Result<Listeners, ListenError> {
    let listeners = match &*options.listen {
        [] => Listeners::bind_loopback(DEFAULT_PORT, &options.plaintext_listen).await?,
        addresses => Listeners::bind(addresses, &options.plaintext_listen).await?,
    };
    match options.metrics_listen {
        Some(address) => listeners.and_metrics(address).await,
        None => Ok(listeners),
    }
}

/// Keeps the end of a terminal, or whoever sends SIGHUP to have files read again, from ending the program unannounced.
fn ignore_hangups(runtime: &tokio::runtime::Runtime) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let _entered = runtime.enter();
    let mut hangups = signal(SignalKind::hangup())?;
    runtime.spawn(async move {
        while hangups.recv().await.is_some() {
            tracing::info!("SIGHUP is ignored: restart the server to have it read its files again");
        }
    });
    Ok(())
}

/// Ready when the system asks the program to end.
fn shutdown() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        tracing::info!("shutting down");
    })
}
