//! The document: what a person types at each step, and the results.

use anyhow::Result;

use super::{encrypted, first_call, fixture::Fixture, in_clear};

/// Does every step, in the study's order; the document.
pub(super) fn render(fixture: &Fixture) -> Result<String> {
    let steps = [
        first_call::contract,
        first_call::server,
        first_call::client,
        in_clear::watch,
        encrypted::encrypt,
        encrypted::watch_again,
    ];
    let steps: Vec<_> = steps.iter().map(|step| step(fixture)).collect::<Result<_>>()?;
    Ok(format!("{}\n{}", introduction(), steps.join("\n")))
}

fn introduction() -> &'static str {
    "\
# A tour: from the contract to the encrypted wire

The study that this project grew out of has a practical part: a contract, a server, a client, a look at the traffic,
encryption, and another look. This is the same walk on this system. `cargo xtask tour` does every step for real and
compares what comes of it with this page, as `cargo xtask test` does; `cargo xtask tour --write` writes the page anew.

To walk along, in the project's folder, with tshark, Wireshark's program for the terminal (`apt-get install tshark`):

```sh
cargo build --package increment-server --package increment-client
export PATH=\"$PWD/target/debug:$PATH\" TOUR=\"$(mktemp -d)\"
```

What the tour makes, keys and captures, goes into `$TOUR`, which nobody else can read.
"
}
