//! A server in a process of its own, whose memory and descriptors are measured: this test program, started again.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write, stderr, stdout},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use super::{
    contract::{self, Calls},
    server::ANY_PORT,
};

/// The test that calls [`serve`]; each program that starts a [`Program`] has it, and ignores it.
const TEST: &str = "server_process";

/// Set where a server is to be served.
const VARIABLE: &str = "ONEPORT_SERVER_PROCESS";

/// A server that is killed at the end of the test.
pub struct Program {
    pub process: Child,
    pub http: SocketAddr,
}

impl Program {
    pub fn start() -> Self {
        Self::run(Command::new(env::current_exe().unwrap()))
    }

    /// Starts a server that may have this many descriptors open, from the start (soft) and at most (hard).
    pub fn with_descriptors(soft: usize, hard: usize) -> Self {
        let shell = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.arg("-c").arg(shell).arg(env::current_exe().unwrap());
        Self::run(command)
    }

    fn run(mut command: Command) -> Self {
        command.args(["--exact", TEST, "--ignored", "--nocapture"]).env(VARIABLE, "1");
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let http = lines.filter_map(|line| line.strip_prefix("listening http://")?.parse().ok()).next();
        let http = http.unwrap_or_else(|| panic!("it does not listen: {:?}", process.wait()));
        Self { process, http }
    }

    /// Kills the server; its standard error.
    pub fn stderr(mut self) -> String {
        self.process.kill().unwrap();
        let mut text = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves the services of the tests without TLS, where this process was started by [`Program`].
pub fn serve() {
    if env::var_os(VARIABLE).is_none() {
        return;
    }
    tracing_subscriber::fmt().with_writer(stderr).with_ansi(false).init();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let bound = contract::builder(&Calls::default()).plaintext_listen(ANY_PORT).bind().await.unwrap();
        let mut out = stdout().lock();
        for url in bound.urls().unwrap() {
            // The test harness has written a line without its end.
            writeln!(out, "\nlistening {url}").unwrap();
        }
        drop(out);
        bound.run(std::future::pending()).await.unwrap();
    });
}
