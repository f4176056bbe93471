//! What plain curl shows, over Connect: a call is an HTTP request with JSON. Must not give it a contract.

use super::{
    INCREMENT, SERVICE,
    stage::{LIMIT, Stage, ca, output},
    tells,
};
use crate::Outcome;

/// Its answer is JSON without white space, as the server sends it.
pub(super) fn increments(stage: &Stage) -> Outcome {
    let [request, answer] = INCREMENT;
    let method = format!("{SERVICE}/Increment");
    tells(&curl(stage, &method, &["-H", "content-type: application/json", "-d", request])?, answer)
}

pub(super) fn gets_access_counts(stage: &Stage) -> Outcome {
    let table = access_counts(stage)?;
    let is_table = table.starts_with(r#"{"total":""#) && table.contains(SERVICE);
    if is_table { Ok(()) } else { Err(format!("tells `{table}`")) }
}

/// The server's table of accesses, by a GET.
pub(super) fn access_counts(stage: &Stage) -> Outcome<String> {
    let method = "increment.v1.AccessService/ListAccessCounts?encoding=json&message=%7B%7D";
    curl(stage, method, &[])
}

fn curl(stage: &Stage, path: &str, options: &[&str]) -> Outcome<String> {
    let mut curl = stage.command(&stage.tools.curl);
    curl.args(["--silent", "--show-error", "--fail-with-body", "--max-time", LIMIT, "--cacert"]);
    output(curl.arg(ca()).args(options).arg(stage.url(path)))
}
