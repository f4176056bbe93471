//! gRPC's interop test cases, by the clients of other implementations, over TLS: a process for each.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};
use xtask::{
    print,
    program::Program,
    run::{self, Captured},
};

use super::programs::Programs;
use crate::{counts::Counts, server::temporary_folder};

/// All of gRPC's cases that need nothing but a server: neither a cloud's credentials, nor a load balancer, nor a client
/// that makes a server's compression a part of its messages.
const CASES: [&str; 14] = [
    "empty_unary",
    "large_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
];

/// How long a case may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The password of a file in which there is nothing secret.
const TRUST_PASSWORD: &str = "nothing secret";

/// The command of a client for a case.
type Client = fn(&Programs, &Target, case: &str) -> Command;

/// The clients' names, in the order of the document.
pub(super) const CLIENT_NAMES: [&str; 2] = [CLIENTS[0].0, CLIENTS[1].0];

const CLIENTS: [(&str, Client); 2] = [("grpc-go", go), ("grpc-java", java)];

/// Of each case, whether it passed with each client.
pub(super) struct Cases(pub(super) Vec<(&'static str, [bool; CLIENTS.len()])>);

impl Cases {
    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for passed in self.0.iter().flat_map(|(_, passed)| passed) {
            counts += Counts { passed: u32::from(*passed), failed: u32::from(!passed) };
        }
        counts
    }
}

/// The server under test and its CA.
struct Target {
    port: u16,
    ca: PathBuf,
    /// The CA in the format of Java.
    trust: PathBuf,
}

/// Runs all cases with each client.
pub(super) fn run(programs: &Programs) -> Result<Cases> {
    let certs = temporary_folder()?;
    let mut server = Command::new(&programs.interop_server);
    server.arg(certs.path());
    let server = Program::start(server)?;
    let port = server.wait_for("where it listens", |line| {
        line.strip_prefix("listening https://127.0.0.1:")?.parse().ok()
    })?;
    let target = Target { port, ca: certs.path().join("ca.pem"), trust: java_trust(certs.path())? };
    Ok(Cases(
        CASES
            .iter()
            .map(|case| (*case, CLIENTS.map(|client| passes(programs, &target, client, case))))
            .collect(),
    ))
}

fn passes(programs: &Programs, target: &Target, (name, client): (&str, Client), case: &str) -> bool {
    let captured = run::capture(LIMIT, &mut client(programs, target, case), "");
    let outcome = captured.and_then(Captured::success);
    match &outcome {
        Ok(_) => print::result(&format!("ok: {case} with {name}")),
        Err(reason) => print::progress(&format!("failed: {case} with {name}: {reason:#}")),
    }
    outcome.is_ok()
}

fn go(programs: &Programs, target: &Target, case: &str) -> Command {
    let mut client = Command::new(&programs.go_client);
    client.args(["-use_tls", "-use_test_ca", "-server_host=127.0.0.1", "-server_host_override=localhost"]);
    client.arg(format!("-ca_file={}", target.ca.display()));
    client.arg(format!("-server_port={}", target.port)).arg(format!("-test_case={case}"));
    client
}

fn java(programs: &Programs, target: &Target, case: &str) -> Command {
    let mut client = Command::new("java");
    // It lives for a second: the thorough compiler and collector would take longer than they save.
    client.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]);
    client.arg(format!("-Djavax.net.ssl.trustStore={}", target.trust.display()));
    client.arg(format!("-Djavax.net.ssl.trustStorePassword={TRUST_PASSWORD}"));
    client.args(["-cp", &programs.java_classpath, "io.grpc.testing.integration.TestServiceClient"]);
    client.args(["--server_host=127.0.0.1", "--server_host_override=localhost"]);
    client.arg(format!("--server_port={}", target.port)).arg(format!("--test_case={case}"));
    client
}

/// Writes the CA as a key store of Java.
fn java_trust(certs: &Path) -> Result<PathBuf> {
    let trust = certs.join("trust.p12");
    let mut keytool = Command::new("keytool");
    keytool.args(["-importcert", "-noprompt", "-storetype", "PKCS12", "-storepass", TRUST_PASSWORD, "-file"]);
    keytool.arg(certs.join("ca.pem")).arg("-keystore").arg(&trust);
    run::capture(LIMIT, &mut keytool, "")?.success().context("keytool")?;
    Ok(trust)
}
