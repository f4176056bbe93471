//! What the tools call and should print.

use anyhow::{Result, ensure};

/// The service that the tools call.
pub(super) const SERVICE: &str = "increment.v1.IncrementService";

/// A request of `Increment` and its response, without white space.
pub(super) const INCREMENT: [&str; 2] = [r#"{"number":"5681"}"#, r#"{"number":"5681","result":"5682"}"#];

/// A request of `CountUp` and its responses, without white space.
pub(super) const COUNT_UP: [&str; 2] =
    [r#"{"start":"41","steps":"3"}"#, r#"{"result":"42"}{"result":"43"}{"result":"44"}"#];

/// The calls of [`SERVICE`] in all checks, by method and protocol, in the server's order.
pub(super) const CALLS: [(&str, &str, usize); 7] = [
    ("CountUp", "connect", 1),
    ("CountUp", "grpc", 2),
    ("CountUp", "grpc-web", 1),
    ("Increment", "connect", 2),
    ("Increment", "grpc", 3),
    ("Increment", "grpc-web", 1),
    ("IncrementMany", "grpc", 1),
];

/// Compares what a tool printed with what it should print.
pub(super) fn prints(printed: &str, expected: &str) -> Result<()> {
    ensure!(printed == expected, "prints `{printed}`, not `{expected}`");
    Ok(())
}

/// JSON whose values hold no white space, without any: tools indent it differently.
pub(super) fn compact(json: &str) -> String {
    json.split_whitespace().collect()
}
