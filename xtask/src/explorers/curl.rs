//! curl over Connect: a call is an HTTP request with JSON.

use anyhow::{Result, ensure};

use super::{
    expected::{INCREMENT, SERVICE, prints},
    fixture::{Fixture, LIMIT, ca, output},
};

/// Its response is JSON without white space, as the server sends it.
pub(super) fn increments(fixture: &Fixture) -> Result<()> {
    let [request, response] = INCREMENT;
    let method = format!("{SERVICE}/Increment");
    prints(&curl(fixture, &method, &["-H", "content-type: application/json", "-d", request])?, response)
}

pub(super) fn gets_access_counts(fixture: &Fixture) -> Result<()> {
    let table = access_counts(fixture)?;
    ensure!(table.starts_with(r#"{"total":""#) && table.contains(SERVICE), "prints `{table}`");
    Ok(())
}

/// The server's table of accesses, by a GET.
pub(super) fn access_counts(fixture: &Fixture) -> Result<String> {
    let method = "increment.v1.AccessService/ListAccessCounts?encoding=json&message=%7B%7D";
    curl(fixture, method, &[])
}

fn curl(fixture: &Fixture, path: &str, options: &[&str]) -> Result<String> {
    let mut curl = fixture.command(&fixture.tools.curl);
    curl.args(["--silent", "--show-error", "--fail-with-body", "--max-time", LIMIT, "--cacert"]);
    output(curl.arg(ca()).args(options).arg(fixture.url(path)))
}
