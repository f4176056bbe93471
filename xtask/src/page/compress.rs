//! Compresses the page's files once, at build time, so that the server never does.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Result;
use fs_err as fs;

/// The kinds of files that compression makes smaller; an image or a font is compressed already.
const TEXT: [&str; 7] = ["css", "html", "js", "json", "svg", "txt", "wasm"];

/// A file of the page with its sizes in bytes.
pub(crate) struct Sizes {
    pub(crate) name: String,
    pub(crate) plain: usize,
    /// What a browser loads: brotli, or the file itself where that is not smaller.
    pub(crate) brotli: usize,
    pub(crate) gzip: usize,
}

/// Writes `FILE.br` (quality 11) and `FILE.gz` (level 9) beside `file` where compression makes it smaller.
pub(crate) fn beside(file: &Path) -> Result<()> {
    if !is_compressible(file) {
        return Ok(());
    }
    let plain = fs::read(file)?;
    fs::write(with_ending(file, "br"), brotli(&plain)?)?;
    fs::write(with_ending(file, "gz"), gzip(&plain)?)?;
    Ok(())
}

/// The sizes of `file` and of what lies compressed beside it.
pub(crate) fn sizes(file: &Path) -> Result<Sizes> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let plain = fs::read(file)?.len();
    if !is_compressible(file) {
        return Ok(Sizes { name, plain, brotli: plain, gzip: plain });
    }
    let brotli = fs::read(with_ending(file, "br"))?.len();
    let gzip = fs::read(with_ending(file, "gz"))?.len();
    Ok(Sizes { name, plain, brotli, gzip })
}

/// Whether `file` is one that lies beside another, compressed.
pub(crate) fn is_compressed(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "br" || ending == "gz")
}

fn is_compressible(file: &Path) -> bool {
    file.extension().is_some_and(|ending| TEXT.iter().any(|text| ending == *text))
}

fn brotli(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: 11, size_hint: plain.len(), ..Default::default() };
    brotli::BrotliCompress(&mut &plain[..], &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain)?;
    encoder.finish()
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn compressed_files_are_smaller_and_decompress() {
        let plain = "increment ".repeat(500).into_bytes();
        let (small, smaller) = (gzip(&plain).unwrap(), brotli(&plain).unwrap());
        let (mut from_gzip, mut from_brotli) = (Vec::new(), Vec::new());
        flate2::read::GzDecoder::new(&small[..]).read_to_end(&mut from_gzip).unwrap();
        brotli::BrotliDecompress(&mut &smaller[..], &mut from_brotli).unwrap();
        assert_eq!((&from_gzip, &from_brotli), (&plain, &plain));
        assert!(smaller.len() < small.len() && small.len() < 100);
    }
}
