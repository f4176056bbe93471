//! The server's options: parsed and checked here, once.

use std::{net::SocketAddr, path::PathBuf};

use clap::{CommandFactory, Parser, error::ErrorKind};
use http::{HeaderValue, Uri};
use increment_server::tls::Clients;
use tracing_subscriber::filter::LevelFilter;

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

    /// Whether clients have to identify themselves by a certificate (mutual TLS).
    #[arg(long, value_enum, env = "INCREMENT_CLIENT_AUTH", default_value = "off")]
    pub(crate) client_auth: ClientAuth,

    /// The certificates of the CAs from which clients have theirs, PEM; for --client-auth. [default: none]
    #[arg(long, value_name = "FILE", env = "INCREMENT_CLIENT_CA")]
    pub(crate) client_ca: Option<PathBuf>,

    /// A file to which the secrets of each TLS connection are added, so that Wireshark can read the traffic; made with
    /// mode 0600. Whoever can read it can read that too. [default: none]
    #[arg(long, value_name = "FILE", env = "INCREMENT_KEY_LOG")]
    pub(crate) key_log: Option<PathBuf>,

    /// The folder with the page. [default: dist, where there is one]
    #[arg(long, value_name = "DIR", env = "INCREMENT_PAGE")]
    pub(crate) page: Option<PathBuf>,

    /// Another origin whose pages may call, such as https://example.org. May be given several times. [default: none]
    #[arg(long, value_name = "ORIGIN", env = "INCREMENT_CORS_ORIGIN", value_delimiter = ',', value_parser = origin)]
    pub(crate) cors_origin: Vec<HeaderValue>,

    /// Address and port for metrics as Prometheus text, at /metrics and without TLS; port 0 takes a free one.
    /// [default: none]
    #[arg(long, value_name = "ADDR", env = "INCREMENT_METRICS_LISTEN")]
    pub(crate) metrics_listen: Option<SocketAddr>,

    /// What to log on standard error: off, error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", env = "INCREMENT_LOG", default_value = "info")]
    pub(crate) log: LevelFilter,

    /// The folder of the ledger, which keeps the counts of accesses. Made where it is missing.
    #[arg(long, value_name = "DIR", env = "INCREMENT_DATA", default_value = "data")]
    pub(crate) data: PathBuf,

    /// When the answer to a call leaves.
    #[arg(long, value_enum, env = "INCREMENT_DURABILITY", default_value = "strict")]
    pub(crate) durability: Durability,
}

impl Options {
    /// The options given; wrong ones end the program, saying why.
    pub(crate) fn parse_and_check() -> Self {
        let options = Self::parse();
        let wrong = match (options.client_auth, &options.client_ca) {
            (ClientAuth::Off, Some(file)) => {
                Some(format!("--client-ca {} needs --client-auth optional or required", file.display()))
            }
            (ClientAuth::Optional | ClientAuth::Required, None) => {
                Some("--client-auth needs --client-ca with the CA that vouches for clients".to_owned())
            }
            _ => None,
        };
        if let Some(reason) = wrong {
            Self::command().error(ErrorKind::MissingRequiredArgument, reason).exit();
        }
        options
    }

    /// Who may connect with TLS. Fails when the CA's file cannot be used.
    pub(crate) fn clients(&self) -> Result<Clients, String> {
        let Some(file) = &self.client_ca else { return Ok(Clients::Anybody) };
        let roots = increment_certs::read_roots(file).map_err(|error| format!("--client-ca: {error}"))?;
        Ok(match self.client_auth {
            ClientAuth::Off => Clients::Anybody,
            ClientAuth::Optional => Clients::MayIdentify(roots),
            ClientAuth::Required => Clients::MustIdentify(roots),
        })
    }
}

/// Whether clients are asked for a certificate.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum ClientAuth {
    /// They are not asked.
    Off,
    /// They are asked, and may have none; one that they present must be from the CA.
    Optional,
    /// They are asked; without one from the CA they are refused.
    Required,
}

/// When an answer may leave.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Durability {
    /// Once its access is on disk.
    Strict,
    /// At once; a crash loses the accesses of the last 50 ms and those that came during the write in progress.
    Relaxed,
    /// At once, and accesses are not counted: to measure what counting costs.
    #[value(hide = true)]
    Off,
}

/// An origin as a browser sends it: scheme, host and port, and nothing after (RFC 6454, section 6.2).
fn origin(text: &str) -> Result<HeaderValue, String> {
    let wrong =
        || "an origin is a scheme, a host and maybe a port, such as https://example.org:8443".to_owned();
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(wrong()) };
    if text != format!("{scheme}://{authority}") {
        return Err(wrong());
    }
    HeaderValue::from_str(text).map_err(|_| wrong())
}
