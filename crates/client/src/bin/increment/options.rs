//! The program's options, parsed and checked.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::{
    Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum, builder::FalseyValueParser,
    error::ErrorKind, value_parser,
};
use increment_client::{Diagnostics, KeyLogFile, Origin, Protocol, TlsOptions};
use increment_variables::SourceNames;

use crate::hints::OptionNames;

/// Calls an increment server from the command line: sends numbers and prints the results.
#[derive(Debug, Parser)]
#[command(name = "increment", version, next_help_heading = "Global options")]
pub(crate) struct Options {
    /// URL of the server: https://HOST:PORT, or http://HOST:PORT without TLS.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "INCREMENT_URL",
        default_value = "https://localhost:5000"
    )]
    pub(crate) url: String,

    /// CA certificates to trust for https, PEM.
    #[arg(long, global = true, value_name = "FILE", env = "INCREMENT_CA", default_value = "certs/ca.pem")]
    pub(crate) ca: PathBuf,

    /// Client certificate chain for mutual TLS, PEM; requires --key. [default: none]
    #[arg(long, global = true, value_name = "FILE", env = "INCREMENT_CLIENT_CERT")]
    pub(crate) cert: Option<PathBuf>,

    /// Private key of --cert, PEM. [default: none]
    #[arg(long, global = true, value_name = "FILE", env = "INCREMENT_CLIENT_KEY")]
    pub(crate) key: Option<PathBuf>,

    /// File to which the secrets of each TLS connection are appended (SSLKEYLOGFILE), to decrypt the traffic with Wireshark.
    /// Created with mode 0600: its readers can decrypt the traffic. [default: none]
    #[arg(long, global = true, value_name = "FILE", env = "INCREMENT_KEY_LOG")]
    pub(crate) key_log: Option<PathBuf>,

    /// Protocol of the calls.
    #[arg(long, global = true, value_enum, env = "INCREMENT_PROTOCOL", default_value = "grpc")]
    pub(crate) protocol: ProtocolName,

    /// Timeout of a call in seconds, connecting included; of a stream, until it starts.
    ///
    /// A number greater than 0, such as 0.5. Sent to the server as the deadline of calls without streams. doctor has
    /// --limit-ms instead.
    #[arg(long, global = true, value_name = "SECONDS", env = "INCREMENT_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub(crate) timeout: Duration,

    /// The command to run.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The values of `--protocol`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ProtocolName {
    /// gRPC over HTTP/2.
    Grpc,
    /// gRPC-Web, the protocol of browsers.
    GrpcWeb,
}

impl From<ProtocolName> for Protocol {
    fn from(name: ProtocolName) -> Self {
        match name {
            ProtocolName::Grpc => Self::Grpc,
            ProtocolName::GrpcWeb => Self::GrpcWeb,
        }
    }
}

/// Parses a number of seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|time| !time.is_zero()).ok_or_else(|| "expected a number of seconds greater than 0".into())
}

impl Options {
    /// Parses the command line and the environment. Prints an error and exits with code 2 if an option is invalid.
    pub(crate) fn parse_or_exit() -> (Self, OptionNames) {
        let mut command = Self::command();
        let arguments: Vec<_> = std::env::args_os().collect();
        let matches =
            increment_variables::parse(command.clone(), &arguments).unwrap_or_else(|error| error.exit());
        let options =
            Self::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit());
        let names = OptionNames::new(&SourceNames::new(&command, &matches));
        if let Command::Send(send) = &options.command
            && let Some(number) = send.number_out_of_template_range()
        {
            let reason = format!(
                "invalid value '{number}' for '[NUMBER]...': --template requires a number of 32 bits"
            );
            command.error(ErrorKind::ValueValidation, reason).exit();
        }
        if let Some(reason) = options.missing_cert_or_key(&names) {
            command.error(ErrorKind::MissingRequiredArgument, reason).exit();
        }
        (options, names)
    }

    /// Returns an error if only one of `--cert` and `--key` is set. clap's `requires` does not see a global option on the
    /// other side of the command.
    fn missing_cert_or_key(&self, OptionNames { cert, key, .. }: &OptionNames) -> Option<String> {
        match (&self.cert, &self.key) {
            (Some(path), None) => {
                Some(format!("{cert} {} requires {key} with its private key", path.display()))
            }
            (None, Some(path)) => {
                Some(format!("{key} {} requires {cert} with its certificate", path.display()))
            }
            _ => None,
        }
    }

    /// Opens the files of the TLS options. Fails if one cannot be used.
    pub(crate) fn tls(&self, names: &OptionNames) -> Result<TlsOptions, String> {
        let key_log = self.key_log.as_deref().map(KeyLogFile::open).transpose();
        let key_log = key_log.map_err(|error| format!("{}: {error}", names.key_log))?.map(Arc::new);
        let pair = self.cert.as_deref().zip(self.key.as_deref());
        let certificate = pair.map(|(cert, key)| increment_certs::read_certified_key(cert, key)).transpose();
        let certificate =
            certificate.map_err(|error| format!("{} and {}: {error}", names.cert, names.key))?;
        Ok(TlsOptions { key_log, certificate })
    }
}

/// The commands of the program.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Send numbers one after the other; print a line for each: `Send: 5681, Return: 5682`.
    Send(Send),
    /// Send the numbers on standard input over one stream; print a line for each: `Send: 5681, Return: 5682`.
    ///
    /// One whole number of 64 bits per line, of at most 100 bytes; blank lines are ignored. Each response is printed when it
    /// is received. The first line that is not a number ends the command with exit code 2, after the responses to the lines
    /// before it. gRPC-Web does not support bidirectional streams.
    Many,
    /// Count up from a number on the server; print each value when it is received, a line each.
    CountUp(CountUp),
    /// Print how often each method was called, for all services.
    Accesses(Accesses),
    /// Print the connection as the server sees it: address, HTTP version, TLS and certificates.
    Connection(Connection),
    /// Diagnose the connection to the server; print the problem and its remedy.
    ///
    /// Checks name resolution, TCP, TLS, HTTP and calls, one after the other. Prints a line for each step that succeeds, and
    /// ends at the first that fails with exit code 1. Its calls are not counted as accesses. With --protocol grpc-web, gRPC
    /// is not checked.
    Doctor(Doctor),
    /// Send a number; print request and response byte by byte, explained.
    ///
    /// Prints the headers, the size, a hexadecimal dump of the body, the meaning of each byte with its bits in brackets, and
    /// the trailers. The bytes are those of HTTP, before encryption. A response with an error status is printed as well, with
    /// exit code 1.
    Wire(Wire),
}

/// Options of `send`.
#[derive(Debug, Args)]
pub(crate) struct Send {
    /// Whole numbers of 64 bits; without any, a random number from 0 to 9999.
    #[arg(value_name = "NUMBER", allow_negative_numbers = true)]
    pub(crate) numbers: Vec<i64>,

    /// How often to send the numbers, or how many random numbers to send.
    #[arg(long, value_name = "N", env = "INCREMENT_COUNT", default_value_t = 1)]
    pub(crate) count: u64,

    /// Call the endpoint TemplateGRPC, whose numbers have 32 bits.
    #[arg(long, env = "INCREMENT_TEMPLATE", value_parser = FalseyValueParser::new())]
    pub(crate) template: bool,
}

impl Send {
    fn number_out_of_template_range(&self) -> Option<i64> {
        self.numbers.iter().copied().find(|&number| self.template && i32::try_from(number).is_err())
    }
}

/// Options of `count-up`.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct CountUp {
    /// Whole number of 64 bits; the first value is the next one.
    #[arg(value_name = "START", allow_negative_numbers = true)]
    pub(crate) start: i64,

    /// Number of values to print; 0: until Ctrl-C or the largest number of 64 bits.
    #[arg(long, value_name = "N", env = "INCREMENT_STEPS", default_value_t = 0)]
    pub(crate) steps: u64,

    /// Interval between two values, in milliseconds; 0: as fast as they are read.
    #[arg(long, value_name = "N", env = "INCREMENT_INTERVAL_MS", default_value_t = 0)]
    pub(crate) interval_ms: u32,
}

/// Options of `accesses`.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Accesses {
    /// Print the counts after each change, until Ctrl-C or the shutdown of the server.
    #[arg(long, env = "INCREMENT_WATCH", value_parser = FalseyValueParser::new())]
    pub(crate) watch: bool,

    /// Print JSON instead of a table, one line each time, with numbers as strings:
    /// `{"total":"N","rows":[{"service":..,"method":..,"protocol":..,"count":"N"}]}`.
    #[arg(long, env = "INCREMENT_JSON", value_parser = FalseyValueParser::new())]
    pub(crate) json: bool,
}

/// Options of `connection`.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Connection {
    /// Print JSON instead of a table, one line: `increment.v1.DescribeConnectionResponse` as ProtoJSON, without `tls` for a
    /// connection in clear text.
    #[arg(long, env = "INCREMENT_JSON", value_parser = FalseyValueParser::new())]
    pub(crate) json: bool,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Also check that pages of this origin, such as `https://example.org`, may call the server (CORS).
    #[arg(long, value_name = "ORIGIN", env = "INCREMENT_ORIGIN")]
    pub(crate) origin: Option<Origin>,

    /// Timeout of each step, in milliseconds.
    #[arg(long, value_name = "N", env = "INCREMENT_LIMIT_MS", default_value_t = 5000, value_parser = value_parser!(u64).range(1..))]
    pub(crate) limit_ms: u64,
}

impl Doctor {
    pub(crate) fn diagnostics(
        self,
        url: String,
        ca: PathBuf,
        tls: TlsOptions,
        protocol: Protocol,
    ) -> Diagnostics {
        let step_timeout = Duration::from_millis(self.limit_ms);
        Diagnostics { url, ca, tls, protocol, origin: self.origin, step_timeout }
    }
}

/// Options of `wire`.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Wire {
    /// Whole number of 64 bits.
    #[arg(value_name = "NUMBER", allow_negative_numbers = true)]
    pub(crate) number: i64,
}
