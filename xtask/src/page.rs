//! `cargo xtask page`: the release page in `dist/`, compressed, what each crate costs, and its size.

pub(crate) mod build;
pub(crate) mod compress;
mod crates;
mod styles;
pub(crate) mod trunk;

use std::path::Path;

use anyhow::{Result, bail};
use xtask::{print, project};

use self::crates::CodeSizes;

/// What a first visit may load, all files together: bytes, compressed with brotli.
const MOST_BYTES: usize = 215_000;

/// Builds the page where it is older than its sources or its tools. Prints what each crate costs, and its size; fails when that
/// is too much.
pub(crate) fn build_and_report() -> Result<()> {
    build::ensure()?;
    report_crates();
    report()
}

/// Without names, or without the files of a build, the page is as good.
fn report_crates() {
    match CodeSizes::of_page() {
        Ok(sizes) => sizes.lines().iter().for_each(|line| print::result(line)),
        Err(reason) => print::progress(&format!("what each crate costs is unknown: {reason:#}")),
    }
}

fn report() -> Result<()> {
    let total = print_sizes(&project::dist())?;
    print::result(&format!("the page loads {total} bytes with brotli, of at most {MOST_BYTES}"));
    if total > MOST_BYTES {
        bail!("the page is {} bytes over its {MOST_BYTES}: make it smaller", total - MOST_BYTES);
    }
    Ok(())
}

/// Prints the sizes of the files of a page; returns all their bytes, compressed with brotli.
pub(crate) fn print_sizes(dist: &Path) -> Result<usize> {
    let sizes = build::files(dist)?.iter().map(|file| compress::sizes(file)).collect::<Result<Vec<_>>>()?;
    print::result(&format!("{:>9} {:>9} {:>9}  bytes", "plain", "gzip", "brotli"));
    for file in &sizes {
        print::result(&format!("{:>9} {:>9} {:>9}  {}", file.plain, file.gzip, file.brotli, file.name));
    }
    Ok(sizes.iter().map(|file| file.brotli).sum())
}
