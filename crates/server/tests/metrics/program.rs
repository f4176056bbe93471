//! The program's options for metrics.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::samples::parse;

/// The program as a process, killed with the test.
struct Program(Child);

impl Program {
    /// Starts it in `folder`, and waits for its first lines.
    fn start(
        folder: &Path,
        options: &[&str],
        variables: &[(&str, &str)],
        lines: usize,
    ) -> (Self, Vec<String>) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_increment-server"));
        command.current_dir(folder).args(options).envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, receiver) = mpsc::channel();
        let printed = BufReader::new(child.stdout.take().unwrap()).lines();
        thread::spawn(move || printed.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        // A line that is not printed in time is missing in the result.
        let next = |_| receiver.recv_timeout(Duration::from_secs(20)).ok();
        (Self(child), (0..lines).map_while(next).collect())
    }

    /// On how many sockets it listens.
    fn listening(&self) -> usize {
        let process = format!("/proc/{}", self.0.id());
        let links = fs::read_dir(format!("{process}/fd")).unwrap();
        let links = links.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        let open: BTreeSet<String> = links.filter_map(|link| Some(link.to_str()?.to_owned())).collect();
        let table = fs::read_to_string(format!("{process}/net/tcp")).unwrap();
        let sockets = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
        // The state, 0A while it listens, and the socket's number.
        sockets.filter(|row| row[3] == "0A" && open.contains(&format!("socket:[{}]", row[9]))).count()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_program_prints_the_address_for_metrics() {
    let set = ["--listen=127.0.0.1:0", "--plaintext-listen=127.0.0.1:0"];
    for (options, variables) in [
        ([&set[..], &["--metrics-listen=127.0.0.1:0"]].concat(), &[][..]),
        (set.to_vec(), &[("INCREMENT_METRICS_LISTEN", "127.0.0.1:0")]),
    ] {
        let folder = TempDir::new().unwrap();
        let (program, lines) = Program::start(folder.path(), &options, variables, 3);
        assert_eq!((lines.len(), program.listening()), (3, 3), "{lines:?}");
        assert!(lines[0].starts_with("listening https://") && lines[1].starts_with("listening http://"));
        let address = lines[2].strip_prefix("listening metrics http://").unwrap();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        let samples = parse(response.split_once("\r\n\r\n").unwrap().1);
        assert_eq!(samples["ledger_open"], 1.0);
        let version = env!("CARGO_PKG_VERSION");
        let target = format!(r#"target_info{{service_name="increment-server",service_version="{version}"}}"#);
        assert_eq!(samples[&target], 1.0);
    }
}

#[test]
fn without_an_address_for_metrics_none_are_served() {
    let folder = TempDir::new().unwrap();
    let (program, lines) = Program::start(folder.path(), &["--listen=127.0.0.1:0"], &[], 1);
    assert!(lines[0].starts_with("listening https://"), "{lines:?}");
    assert_eq!(program.listening(), 1);
}

#[test]
fn an_address_for_metrics_that_is_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = TempDir::new().unwrap();
    let options = ["--listen=127.0.0.1:0", "--metrics-listen", &address];
    let (mut program, lines) = Program::start(folder.path(), &options, &[], 1);
    assert_eq!(lines, [""; 0]);
    let mut printed = String::new();
    program.0.stderr.take().unwrap().read_to_string(&mut printed).unwrap();
    let line = printed.lines().last().unwrap();
    assert!(
        line.starts_with("error: ") && line.contains(&address) && line.contains("uses this port"),
        "{line}"
    );
    assert_eq!(program.0.wait().unwrap().code(), Some(1));
}
