//! The `increment-server` program: parses, opens, serves, exits.

mod options;

use std::{
    error::Error,
    io::{IsTerminal, Write, stderr, stdout},
    process::ExitCode,
    time::SystemTime,
};

use increment_access::{Ledger, LedgerMetrics, State};
use increment_certs::{CertificateInfo, CertificateSource, ServerCertificate};
use increment_server::{Demo, counted_methods, run_with_ledger};
use oneport::{BindError, Health};

use self::options::Options;

/// A call makes dozens of short-lived allocations: this allocator takes a tenth off its cost.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let options = Options::parse_or_exit();
    tracing_subscriber::fmt()
        .with_max_level(options.log)
        .with_target(false)
        .with_ansi(stderr().is_terminal())
        .with_writer(stderr)
        .init();
    match serve(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: &Options) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let shutdown = {
        let _entered = runtime.enter();
        oneport::shutdown_signal()?
    };
    if let Some(warning) = options.warning() {
        tracing::warn!("{warning}");
    }
    let client_auth = options.client_auth()?;
    let opened = increment_certs::open(&options.cert, &options.key, SystemTime::now())?;
    log_certificate(options, &opened);
    let report_token = Some(options.report_token()?);
    let metrics = options.metrics_listen.map(|_| LedgerMetrics::default());
    let ledger = open_ledger(options, metrics.as_ref())?;
    let certificate = opened.certified_key.cert.first().and_then(CertificateInfo::parse);
    let tls = oneport::Tls::from(opened.certified_key).client_auth(client_auth);
    let health = Health::default();
    let demo = Demo { ledger: ledger.clone(), report_token, certificate, metrics };
    let builder = options.configure(demo.builder()).tls(options.with_key_log(tls)?).health(health.clone());
    runtime.block_on(async {
        let server = builder.bind().await.map_err(with_hint)?;
        for url in server.urls()? {
            writeln!(stdout(), "listening {url}")?;
        }
        if let Some(url) = server.metrics_url()? {
            writeln!(stdout(), "listening metrics {url}")?;
        }
        let Some(ledger) = ledger else { return Ok(server.run(shutdown).await?) };
        run_with_ledger(server, &ledger, health, shutdown).await?;
        close(&ledger).await
    })
}

fn log_certificate(options: &Options, certificate: &ServerCertificate) {
    match certificate.source {
        CertificateSource::Existing => {}
        CertificateSource::Created => tracing::info!("created the certificate {}", options.cert.display()),
        CertificateSource::Renewed => tracing::info!("renewed the certificate {}", options.cert.display()),
    }
    for warning in &certificate.warnings {
        tracing::warn!("{warning}");
    }
}

fn open_ledger(options: &Options, metrics: Option<&LedgerMetrics>) -> Result<Option<Ledger>, Box<dyn Error>> {
    let Some(durability) = options.durability() else { return Ok(None) };
    let mut opened_with = increment_access::Options::new(counted_methods()?, durability);
    if let Some(metrics) = metrics {
        opened_with = opened_with.on_commit(metrics.on_commit());
    }
    Ok(Some(Ledger::open(&options.data, opened_with)?))
}

/// Says how to make a page where the folder has none.
fn with_hint(error: BindError) -> Box<dyn Error> {
    match error {
        BindError::Page(page) => format!("{page}; `cargo xtask page` makes one in dist/").into(),
        other => other.into(),
    }
}

/// Commits what is counted, and closes the ledger. Fails where accesses of calls that were served are lost.
async fn close(ledger: &Ledger) -> Result<(), Box<dyn Error>> {
    if let State::Failed(reason) = &*ledger.state().borrow() {
        return Err(format!("the ledger's disk failed, and no call is served any more: {reason}").into());
    }
    match ledger.close().await {
        State::Failed(reason) => Err(format!(
            "the ledger could not be closed, and calls with a response may be missing in it: {reason}"
        )
        .into()),
        State::Open | State::Full | State::Closed => Ok(()),
    }
}
