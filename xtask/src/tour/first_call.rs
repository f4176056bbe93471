//! The first three steps: the contract, the server, and a call.

use anyhow::Result;

use super::{
    fixture::{CONTRACT, Fixture, SERVE},
    quote,
};

const SERVICE: &str = "crates/server/src/services/template.rs";
const STUDY: &str = "clients/python/study.py";

/// The contract's own text.
pub(super) fn contract(_: &Fixture) -> Result<String> {
    Ok(format!(
        "\
## 1. The contract

One file defines the services and the messages, for all languages. The study's is
[{CONTRACT}](../{CONTRACT}), and is never changed:

```proto
{}```

The code is generated from it: for Rust by `cargo xtask proto`, for Python by `grpc_tools.protoc`.
",
        quote::all(CONTRACT)?
    ))
}

/// How the server handles a call, and how it starts.
pub(super) fn server(fixture: &Fixture) -> Result<String> {
    Ok(format!(
        "\
## 2. The server

Three lines handle a call, in [template.rs](../{SERVICE}):

```rust
{}```

The server runs in a terminal of its own. It speaks TLS; one option adds a port without it, to watch the traffic, and
another one a file with the keys of the connections, to read what is encrypted.

```sh
{SERVE}
```

```text
{}
```
",
        quote::lines(SERVICE, "let number = ", 3)?,
        fixture.listening
    ))
}

/// The same call from Rust and from Python.
pub(super) fn client(fixture: &Fixture) -> Result<String> {
    Ok(format!(
        "\
## 3. The client

`increment` calls the study's endpoint with `--template`; without a number it takes a random one, as the study does.

{}
So does [study.py](../{STUDY}), which makes the call in the study's own words
([how to set up its Python](../clients/python/README.md); `cargo xtask tour` did it in `.tools`):

```python
{}```

{}",
        fixture.shown("increment send 5681 --template")?,
        quote::lines(STUDY, "with grpc.secure_channel", 3)?,
        fixture.shown(&format!(".tools/python/bin/python {STUDY} 5681"))?
    ))
}
