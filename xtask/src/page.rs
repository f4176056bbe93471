//! `cargo xtask page`: the release page in `dist/`, compressed, and its size.

pub(crate) mod build;
pub(crate) mod compress;
pub(crate) mod sources;
pub(crate) mod trunk;

use anyhow::{Result, bail};
use xtask::print;

/// What a first visit may load, all files together: bytes, compressed with brotli.
const MOST_BYTES: usize = 122_000;

/// Builds the page where it is older than its sources or its tools, and prints its size. Fails when that is too much.
pub(crate) fn build_and_report() -> Result<()> {
    build::ensure()?;
    report()
}

fn report() -> Result<()> {
    let sizes = build::files()?.iter().map(|file| compress::sizes(file)).collect::<Result<Vec<_>>>()?;
    print::result(&format!("{:>9} {:>9} {:>9}  bytes", "plain", "gzip", "brotli"));
    for file in &sizes {
        print::result(&format!("{:>9} {:>9} {:>9}  {}", file.plain, file.gzip, file.brotli, file.name));
    }
    let total: usize = sizes.iter().map(|file| file.brotli).sum();
    print::result(&format!("the page loads {total} bytes with brotli, of at most {MOST_BYTES}"));
    if total > MOST_BYTES {
        bail!("the page is {} bytes over its {MOST_BYTES}: make it smaller", total - MOST_BYTES);
    }
    Ok(())
}
