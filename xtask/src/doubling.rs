//! The doubling service in `clients/python/doubling`: how it is started and called, and what it prints. Must
//! not know what it does with a number.

use std::{net::SocketAddr, process::Command};

use crate::{project, python::Python};

/// Where it listens when the demo is on its usual ports.
pub(crate) const USUAL_PORT: u16 = 5001;

/// Its name for a person.
pub(crate) const NAME: &str = "the doubling service";

/// The service on `port`, 0 for a free one, which reports its accesses to the server on `server_port`.
pub(crate) fn serve(python: &Python, port: u16, server_port: u16) -> Command {
    let mut service = python.command("doubling/serve.py");
    service.args(["--port", &port.to_string(), "--report-to", &format!("localhost:{server_port}")]);
    service.arg("--report-token").arg(project::report_token());
    service
}

/// Calls the service, once for each number.
pub(crate) fn call(python: &Python, address: SocketAddr, numbers: &[&str]) -> Command {
    let mut client = python.command("doubling/call.py");
    client.args(["--address", &address.to_string()]).args(numbers);
    client
}

/// Where the service listens, from the line in which it says so.
pub(crate) fn address(line: &str) -> Option<SocketAddr> {
    line.strip_prefix("listening ")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_address_is_told_from_the_server_s() {
        assert_eq!(address("listening 127.0.0.1:5001"), Some(SocketAddr::from(([127, 0, 0, 1], 5001))));
        assert_eq!(address("listening https://127.0.0.1:5000"), None);
    }
}
