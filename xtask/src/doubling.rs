//! The doubling service in `clients/python/doubling`: its commands and what it prints.

use std::{net::SocketAddr, process::Command};

use xtask::project;

use crate::setup::python::Python;

/// Its port when the demo is on its default ports.
pub(crate) const DEFAULT_PORT: u16 = 5001;

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

/// The service's address, from the line in which it prints it.
pub(crate) fn address(line: &str) -> Option<SocketAddr> {
    line.strip_prefix("listening ")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_address_differs_from_the_servers() {
        assert_eq!(address("listening 127.0.0.1:5001"), Some(SocketAddr::from(([127, 0, 0, 1], 5001))));
        assert_eq!(address("listening https://127.0.0.1:5000"), None);
    }
}
