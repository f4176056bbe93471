//! The program's options: parsed and checked here, once.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::{
    Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum, builder::FalseyValueParser,
    error::ErrorKind, value_parser,
};
use increment_client::{Checkup, KeyLogFile, Origin, Protocol, TlsOptions};

use crate::{hints::Names, variables};

/// Calls an increment server: sends numbers and prints what comes back.
#[derive(Debug, Parser)]
#[command(name = "increment", version)]
pub(crate) struct Options {
    /// The server; http:// calls it without TLS.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "INCREMENT_URL",
        default_value = "https://localhost:5000"
    )]
    pub(crate) url: String,

    /// The certificates of the CAs to trust, PEM.
    #[arg(long, global = true, value_name = "FILE", env = "INCREMENT_CA", default_value = "certs/ca.pem")]
    pub(crate) ca: PathBuf,

    /// The certificate chain to present to a server that asks for one (mutual TLS), PEM; with --key. [default: none]
    #[arg(long, global = true, value_name = "FILE", env = "INCREMENT_CLIENT_CERT")]
    pub(crate) cert: Option<PathBuf>,

    /// The private key of --cert, PEM. [default: none]
    #[arg(long, global = true, value_name = "FILE", env = "INCREMENT_CLIENT_KEY")]
    pub(crate) key: Option<PathBuf>,

    /// A file to which the secrets of each TLS connection are added, so that Wireshark can read the traffic; made with
    /// mode 0600. Whoever can read it can read that too. [default: none]
    #[arg(long, global = true, value_name = "FILE", env = "INCREMENT_KEY_LOG")]
    pub(crate) key_log: Option<PathBuf>,

    /// The protocol of the calls.
    #[arg(long, global = true, value_enum, env = "INCREMENT_PROTOCOL", default_value = "grpc")]
    pub(crate) protocol: ProtocolName,

    /// How long a call may take, in seconds, connecting included; of a stream, how long its begin may take.
    ///
    /// More than 0, whole or not. The server is told, and stops working on a call that is no stream after the same time.
    /// doctor has --limit-ms instead.
    #[arg(long, global = true, value_name = "SECONDS", env = "INCREMENT_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub(crate) timeout: Duration,

    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// [`Protocol`], as the command line has it.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ProtocolName {
    /// gRPC over HTTP/2.
    Grpc,
    /// gRPC-Web, as a browser does it.
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

/// A time in seconds, whole or not.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|time| !time.is_zero()).ok_or_else(|| "a time is a number of seconds, more than 0".into())
}

impl Options {
    /// The options given, and how they were given; a wrong one ends the program, saying why.
    pub(crate) fn parse_and_check() -> (Self, Names) {
        let mut command = Self::command();
        let arguments: Vec<_> = std::env::args_os().collect();
        let matches = variables::parse(command.clone(), &arguments).unwrap_or_else(|error| error.exit());
        let options =
            Self::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit());
        let names = Names::of(|id| variables::given_by(&command, &matches, id));
        if let Command::Send(send) = &options.command
            && let Some(number) = send.too_large_for_template()
        {
            let reason =
                format!("invalid value '{number}' for '[NUMBER]...': --template takes numbers of 32 bits");
            command.error(ErrorKind::ValueValidation, reason).exit();
        }
        if let Some(reason) = options.half_a_pair(&names) {
            command.error(ErrorKind::MissingRequiredArgument, reason).exit();
        }
        (options, names)
    }

    /// What is missing where a certificate has no key, or a key no certificate. clap would look for the two on the same
    /// side of the command.
    fn half_a_pair(&self, Names { cert, key, .. }: &Names) -> Option<String> {
        match (&self.cert, &self.key) {
            (Some(path), None) => Some(format!("{cert} {} needs {key} with its key", path.display())),
            (None, Some(path)) => Some(format!("{key} {} needs {cert} with its certificate", path.display())),
            _ => None,
        }
    }

    /// What the options ask of connections with TLS. Fails when a file cannot be used.
    pub(crate) fn tls(&self, names: &Names) -> Result<TlsOptions, String> {
        let key_log = self.key_log.as_deref().map(KeyLogFile::open).transpose();
        let key_log = key_log.map_err(|error| format!("{}: {error}", names.key_log))?.map(Arc::new);
        let pair = self.cert.as_deref().zip(self.key.as_deref());
        let certificate = pair.map(|(cert, key)| increment_certs::read_certified_key(cert, key)).transpose();
        let certificate =
            certificate.map_err(|error| format!("{} and {}: {error}", names.cert, names.key))?;
        Ok(TlsOptions { key_log, certificate })
    }
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sends numbers one after the other; prints a line each: `Send: 5681, Return: 5682`.
    Send(Send),
    /// Sends numbers from standard input over one stream; prints a line each: `Send: 5681, Return: 5682`.
    ///
    /// The numbers have 64 bits and a line each, of at most 100 bytes; blank lines are skipped. Each answer is printed when
    /// it comes. The first line that is something else ends it with exit code 2, after the answers to the lines before it.
    /// gRPC-Web carries no such stream.
    Many,
    /// Lets the server count up from a number; prints each value when it comes, a line each.
    CountUp(CountUp),
    /// Prints how often each method was called, across all the services.
    Accesses(Accesses),
    /// Prints what the server sees of the connection: addresses, HTTP, encryption and certificates.
    Connection(Connection),
    /// Tells what is wrong between here and the server, and the remedy.
    ///
    /// Takes each step from the name to a call by itself, prints a line for each that goes well, and ends at the first that
    /// does not, with exit code 1. None of its calls counts as an access. With --protocol grpc-web, gRPC need not work.
    Doctor(Doctor),
    /// Sends a number and prints what travels, both ways, byte by byte and explained.
    ///
    /// First what was sent, then the answer: headers, size, all bytes of the body (16 a line after their offset in hexadecimal,
    /// with the text they are), what each of them means with its bits in brackets, and trailers. The bytes are those that HTTP
    /// carried, before encryption. An answer that refuses the number is printed too, with exit code 1.
    Wire(Wire),
}

/// Which numbers to send, and how.
#[derive(Debug, Args)]
pub(crate) struct Send {
    /// Whole numbers of 64 bits; without one, a random one of 0..=9999.
    #[arg(value_name = "NUMBER", allow_negative_numbers = true)]
    pub(crate) numbers: Vec<i64>,

    /// How often to send them, or how many random ones.
    #[arg(long, value_name = "N", env = "INCREMENT_COUNT", default_value_t = 1)]
    pub(crate) count: u64,

    /// Call the study's endpoint, whose numbers have 32 bits.
    #[arg(long, env = "INCREMENT_TEMPLATE", value_parser = FalseyValueParser::new())]
    pub(crate) template: bool,
}

impl Send {
    fn too_large_for_template(&self) -> Option<i64> {
        self.numbers.iter().copied().find(|&number| self.template && i32::try_from(number).is_err())
    }
}

/// Where to start counting, how far and how fast.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct CountUp {
    /// The whole number of 64 bits before the first value.
    #[arg(value_name = "START", allow_negative_numbers = true)]
    pub(crate) start: i64,

    /// How many values to print; 0: without end, until Ctrl-C or the largest number of 64 bits.
    #[arg(long, value_name = "N", env = "INCREMENT_STEPS", default_value_t = 0)]
    pub(crate) steps: u64,

    /// The time between two values, in milliseconds; 0: as fast as they are read.
    #[arg(long, value_name = "N", env = "INCREMENT_INTERVAL_MS", default_value_t = 0)]
    pub(crate) interval_ms: u32,
}

/// How to print the accesses.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Accesses {
    /// Print them again after each change, until Ctrl-C or the server's end.
    #[arg(long, env = "INCREMENT_WATCH", value_parser = FalseyValueParser::new())]
    pub(crate) watch: bool,

    /// Print JSON instead of a table, a line each time, its numbers as strings:
    /// `{"total":"N","rows":[{"service":..,"method":..,"protocol":..,"count":"N"}]}`.
    #[arg(long, env = "INCREMENT_JSON", value_parser = FalseyValueParser::new())]
    pub(crate) json: bool,
}

/// How to print the connection.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Connection {
    /// Print JSON instead of a table, in one line: `increment.v1.DescribeConnectionResponse` by proto3's JSON names, with
    /// times in UTC; `tls` is left out in clear text.
    #[arg(long, env = "INCREMENT_JSON", value_parser = FalseyValueParser::new())]
    pub(crate) json: bool,
}

/// What to look into, and for how long.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Whose pages should be able to call, such as `https://example.org`: asks as a browser would (CORS).
    #[arg(long, value_name = "ORIGIN", env = "INCREMENT_ORIGIN")]
    pub(crate) origin: Option<Origin>,

    /// How long each step may take, in milliseconds.
    #[arg(long, value_name = "N", env = "INCREMENT_LIMIT_MS", default_value_t = 5000, value_parser = value_parser!(u64).range(1..))]
    pub(crate) limit_ms: u64,
}

impl Doctor {
    pub(crate) fn checkup(self, url: String, ca: PathBuf, tls: TlsOptions, protocol: Protocol) -> Checkup {
        Checkup { url, ca, tls, protocol, origin: self.origin, limit: Duration::from_millis(self.limit_ms) }
    }
}

/// What to send.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Wire {
    /// A whole number of 64 bits.
    #[arg(value_name = "NUMBER", allow_negative_numbers = true)]
    pub(crate) number: i64,
}
