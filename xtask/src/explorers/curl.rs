//! curl over Connect: a call is an HTTP request with JSON.

use anyhow::{Result, ensure};

use super::{
    expected::{INCREMENT, SERVICE, prints},
    stage::{LIMIT, Stage, ca, output},
};

/// Its response is JSON without white space, as the server sends it.
pub(super) fn increments(stage: &Stage) -> Result<()> {
    let [request, response] = INCREMENT;
    let method = format!("{SERVICE}/Increment");
    prints(&curl(stage, &method, &["-H", "content-type: application/json", "-d", request])?, response)
}

pub(super) fn gets_access_counts(stage: &Stage) -> Result<()> {
    let table = access_counts(stage)?;
    ensure!(table.starts_with(r#"{"total":""#) && table.contains(SERVICE), "prints `{table}`");
    Ok(())
}

/// The server's table of accesses, by a GET.
pub(super) fn access_counts(stage: &Stage) -> Result<String> {
    let method = "increment.v1.AccessService/ListAccessCounts?encoding=json&message=%7B%7D";
    curl(stage, method, &[])
}

fn curl(stage: &Stage, path: &str, options: &[&str]) -> Result<String> {
    let mut curl = stage.command(&stage.tools.curl);
    curl.args(["--silent", "--show-error", "--fail-with-body", "--max-time", LIMIT, "--cacert"]);
    output(curl.arg(ca()).args(options).arg(stage.url(path)))
}
