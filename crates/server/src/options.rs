//! The server's options: parsed and checked here, once.

use std::{
    net::SocketAddr,
    num::NonZero,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{CommandFactory, FromArgMatches, Parser, builder::FalseyValueParser, error::ErrorKind};
use http::HeaderName;
use increment_certs::{BearerToken, CertError, KeyLogFile};
use increment_variables::SourceNames;
use oneport::{HostName, Limits, Origin, Tls};
use tracing_subscriber::filter::LevelFilter;

/// The port for HTTPS where none is given.
const DEFAULT_PORT: u16 = 5000;

/// Where `cargo xtask page` puts the page.
const DEFAULT_PAGE: &str = "dist";

/// Serves increment over HTTPS: the page, gRPC, gRPC-Web and Connect with JSON on one port.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// Address and port for HTTPS; port 0 takes a free one. May be given several times.
    /// [default: 127.0.0.1:5000 and, where this machine has IPv6, [::1]:5000]
    #[arg(long, value_name = "ADDR", env = "INCREMENT_LISTEN", value_delimiter = ',')]
    pub(crate) listen: Vec<SocketAddr>,

    /// Address and port for the same without TLS (h2c and HTTP/1.1), to watch the traffic. May be given several times.
    #[arg(long, value_name = "ADDR", env = "INCREMENT_PLAINTEXT_LISTEN", value_delimiter = ',')]
    pub(crate) plaintext_listen: Vec<SocketAddr>,

    /// The certificate chain, PEM. Made with its key, and a CA beside it, where both are missing.
    #[arg(long, value_name = "FILE", env = "INCREMENT_CERT", default_value = "certs/server.pem")]
    pub(crate) cert: PathBuf,

    /// The certificate's private key, PEM.
    #[arg(long, value_name = "FILE", env = "INCREMENT_KEY", default_value = "certs/server.key")]
    pub(crate) key: PathBuf,

    /// Whether clients are asked for a certificate (mutual TLS).
    #[arg(long, value_enum, env = "INCREMENT_CLIENT_AUTH", default_value = "off")]
    pub(crate) client_auth: ClientAuth,

    /// The certificates of the CAs that issue those of clients, PEM; for --client-auth. [default: none]
    #[arg(long, value_name = "FILE", env = "INCREMENT_CLIENT_CA")]
    pub(crate) client_ca: Option<PathBuf>,

    /// The token that other services present to report their accesses, as `authorization: Bearer ...`; a client certificate
    /// serves as well. Made with mode 0600 where it is missing.
    #[arg(long, value_name = "FILE", env = "INCREMENT_REPORT_TOKEN", default_value = "certs/report.token")]
    report_token: PathBuf,

    /// A file to which the secrets of each TLS connection are added, so that Wireshark can decrypt the traffic; made
    /// with mode 0600. Anyone who can read it can decrypt captured traffic. [default: none]
    #[arg(long, value_name = "FILE", env = "INCREMENT_KEY_LOG")]
    pub(crate) key_log: Option<PathBuf>,

    /// The folder with the page, which is read once, at start. [default: dist, where there is one]
    #[arg(long, value_name = "DIR", env = "INCREMENT_PAGE")]
    pub(crate) page: Option<PathBuf>,

    /// Read the page's files again when its index.html has changed.
    #[arg(long, env = "INCREMENT_RELOAD_PAGE", value_parser = FalseyValueParser::new(), hide = true)]
    pub(crate) reload_page: bool,

    /// Another origin whose pages may call, such as https://example.org. May be given several times. [default: none]
    #[arg(long, value_name = "ORIGIN", env = "INCREMENT_CORS_ORIGIN", value_delimiter = ',')]
    pub(crate) cors_origin: Vec<Origin>,

    /// A header that pages of other origins may send beside those of gRPC-Web and Connect, authorization and traceparent,
    /// such as x-tenant. May be given several times. [default: none]
    #[arg(long, value_name = "NAME", env = "INCREMENT_CORS_HEADER", value_delimiter = ',', value_parser = header_name)]
    pub(crate) cors_header: Vec<HeaderName>,

    /// A name, without a port, by which requests may call loopback addresses without TLS, beside localhost and the addresses
    /// themselves: such as the one under which a proxy on this machine forwards them. Others are rejected with 421, so that no
    /// site whose name leads here can read responses. May be given several times. [default: none]
    #[arg(long, value_name = "NAME", env = "INCREMENT_ALLOWED_HOST", value_delimiter = ',')]
    pub(crate) allowed_host: Vec<HostName>,

    /// Address and port for metrics as Prometheus text, at /metrics and without TLS; port 0 takes a free one.
    /// [default: none]
    #[arg(long, value_name = "ADDR", env = "INCREMENT_METRICS_LISTEN")]
    pub(crate) metrics_listen: Option<SocketAddr>,

    /// The most connections of one client: an IPv4 address or a /64 of IPv6. For another, the client's connection that has
    /// been idle the longest is closed.
    #[arg(long, value_name = "N", env = "INCREMENT_CONNECTIONS_PER_ADDRESS", default_value = "1000")]
    pub(crate) connections_per_address: NonZero<usize>,

    /// What to log on standard error: off, error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", env = "INCREMENT_LOG", default_value = "info")]
    pub(crate) log: LevelFilter,

    /// The folder of the ledger, which stores the counts of accesses. Made where it is missing.
    #[arg(long, value_name = "DIR", env = "INCREMENT_DATA", default_value = "data")]
    pub(crate) data: PathBuf,

    /// When the response to a call is sent.
    #[arg(long, value_enum, env = "INCREMENT_DURABILITY", default_value = "strict")]
    pub(crate) durability: Durability,

    #[arg(skip)]
    names: SourceNames,
}

impl Options {
    /// Parses the command line and the environment. Prints an error and exits with code 2 if an option is invalid.
    pub(crate) fn parse_or_exit() -> Self {
        let (mut command, arguments) = (Self::command(), Vec::from_iter(std::env::args_os()));
        let options = increment_variables::parse(command.clone(), &arguments).and_then(|matches| {
            Ok(Self { names: SourceNames::new(&command, &matches), ..Self::from_arg_matches(&matches)? })
        });
        let options = options.unwrap_or_else(|error| error.exit());
        if let Some(reason) = options.half_of_client_auth() {
            command.error(ErrorKind::MissingRequiredArgument, reason).exit();
        }
        options
    }

    /// What is missing where one of --client-auth and --client-ca has no use for lack of the other.
    fn half_of_client_auth(&self) -> Option<String> {
        let [auth, ca] = ["--client-auth", "--client-ca"].map(|option| self.names.get(option));
        match (self.client_auth, &self.client_ca) {
            (ClientAuth::Off, Some(file)) => {
                Some(format!("{ca} {} needs --client-auth optional or required", file.display()))
            }
            (ClientAuth::Optional | ClientAuth::Required, None) => {
                Some(format!("{auth} needs --client-ca with the CA that vouches for clients"))
            }
            _ => None,
        }
    }

    /// Whether clients are asked for a certificate. Fails when the CA's file cannot be used.
    pub(crate) fn client_auth(&self) -> Result<oneport::ClientAuth, String> {
        let Some(file) = &self.client_ca else { return Ok(oneport::ClientAuth::Off) };
        let roots = increment_certs::read_roots(file).map_err(|error| self.about("--client-ca", error))?;
        Ok(match self.client_auth {
            ClientAuth::Off => oneport::ClientAuth::Off,
            ClientAuth::Optional => oneport::ClientAuth::Optional(roots),
            ClientAuth::Required => oneport::ClientAuth::Required(roots),
        })
    }

    /// The token of services that report accesses. Fails when its file cannot be used.
    pub(crate) fn report_token(&self) -> Result<BearerToken, String> {
        BearerToken::open(&self.report_token).map_err(|error| self.about("--report-token", error))
    }

    /// Logs the secrets of connections where that is asked for. Fails when the file cannot be used.
    pub(crate) fn with_key_log(&self, tls: Tls) -> Result<Tls, String> {
        let Some(path) = &self.key_log else { return Ok(tls) };
        let file = KeyLogFile::open(path).map_err(|error| self.about("--key-log", error))?;
        tracing::warn!("{} gets the secrets of all connections", path.display());
        Ok(tls.key_log(Arc::new(file)))
    }

    /// When a response is sent; none where accesses are not counted.
    pub(crate) fn durability(&self) -> Option<increment_access::Durability> {
        match self.durability {
            Durability::Strict => Some(increment_access::Durability::Strict),
            Durability::Relaxed => Some(increment_access::Durability::Relaxed),
            Durability::Off => None,
        }
    }

    /// Sets the addresses, the page and the limits.
    pub(crate) fn configure(&self, server: oneport::Builder) -> oneport::Builder {
        let limits =
            Limits { connections_per_address: self.connections_per_address.get(), ..Limits::default() };
        let mut server = server
            .cors_origins(self.cors_origin.iter().cloned())
            .cors_headers(self.cors_header.iter().cloned())
            .allow_hosts(self.allowed_host.iter().cloned())
            .cors_own_origins(true)
            .reload_page(self.reload_page)
            .limits(limits);
        server = match &*self.listen {
            [] => server.listen_loopback(DEFAULT_PORT),
            addresses => addresses.iter().fold(server, |server, address| server.listen(*address)),
        };
        let plaintext = self.plaintext_listen.iter();
        server = plaintext.fold(server, |server, address| server.plaintext_listen(*address));
        if let Some(address) = self.metrics_listen {
            server = server.metrics_listen(address);
        }
        match self.page_folder() {
            Some(folder) => server.page(folder),
            None => server,
        }
    }

    /// The folder with the page; none where nothing is said and `dist` has no page.
    fn page_folder(&self) -> Option<&Path> {
        let default = Path::new(DEFAULT_PAGE);
        let folder = self.page.as_deref().or_else(|| default.join("index.html").exists().then_some(default));
        if folder.is_none() {
            tracing::warn!(
                "there is no page in {DEFAULT_PAGE}/: `cargo xtask page` makes it; the services are served without"
            );
        }
        folder
    }

    /// What is questionable about the options together.
    pub(crate) fn warning(&self) -> Option<String> {
        let asks_all = self.client_auth == ClientAuth::Required && !self.plaintext_listen.is_empty();
        asks_all.then(|| {
            let [auth, plaintext] = ["--client-auth", "--plaintext-listen"].map(|option| self.names.get(option));
            format!("{auth} required does not apply to the ports of {plaintext}: clients are not asked for a certificate there")
        })
    }

    fn about(&self, option: &str, error: CertError) -> String {
        format!("{}: {error}", self.names.get(option))
    }
}

/// Whether clients are asked for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ClientAuth {
    /// They are not asked.
    Off,
    /// They are asked, and may have none; one that they present must be from the CA.
    Optional,
    /// They are asked; the handshake fails without one from the CA.
    Required,
}

/// When a response is sent.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Durability {
    /// Once its access is on disk.
    Strict,
    /// Immediately; a crash loses the accesses of the last 50 ms and those counted during the commit in progress.
    Relaxed,
    /// Immediately, and accesses are not counted: to measure what counting costs.
    #[value(hide = true)]
    Off,
}

fn header_name(text: &str) -> Result<HeaderName, String> {
    let name = text.parse().ok().filter(|_| !text.contains('*'));
    name.ok_or_else(|| {
        "a header's name is letters, digits and hyphens, such as x-tenant, and no wildcard".to_owned()
    })
}
