//! Compresses the page's files once, at build time, so that the server never does. Must not know where
//! they come from.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::Outcome;

/// What shrinks; an image or a font is compressed already.
const TEXT: [&str; 7] = ["css", "html", "js", "json", "svg", "txt", "wasm"];

/// A file of the page with its sizes in bytes.
pub(crate) struct Sizes {
    pub(crate) name: String,
    pub(crate) plain: usize,
    /// What a browser loads: brotli, or the file itself where that does not shrink.
    pub(crate) brotli: usize,
    pub(crate) gzip: usize,
}

/// Writes `FILE.br` (quality 11) and `FILE.gz` (level 9) beside `file` where its kind shrinks.
pub(crate) fn beside(file: &Path) -> Outcome {
    if !shrinks(file) {
        return Ok(());
    }
    let plain = read(file)?;
    write(&with_ending(file, "br"), &brotli(&plain).map_err(|error| failed(file, &error))?)?;
    write(&with_ending(file, "gz"), &gzip(&plain).map_err(|error| failed(file, &error))?)
}

/// The sizes of `file` and of what lies compressed beside it.
pub(crate) fn sizes(file: &Path) -> Outcome<Sizes> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let plain = read(file)?.len();
    if !shrinks(file) {
        return Ok(Sizes { name, plain, brotli: plain, gzip: plain });
    }
    let brotli = read(&with_ending(file, "br"))?.len();
    let gzip = read(&with_ending(file, "gz"))?.len();
    Ok(Sizes { name, plain, brotli, gzip })
}

/// Whether `file` is one that lies beside another, compressed.
pub(crate) fn is_compressed(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "br" || ending == "gz")
}

fn shrinks(file: &Path) -> bool {
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

fn read(file: &Path) -> Outcome<Vec<u8>> {
    fs::read(file).map_err(|error| failed(file, &error))
}

fn write(file: &Path, content: &[u8]) -> Outcome {
    fs::write(file, content).map_err(|error| failed(file, &error))
}

fn failed(file: &Path, error: &io::Error) -> String {
    format!("{}: {error}", file.display())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_is_compressed_reads_back_and_is_smaller() {
        let plain = "increment ".repeat(500).into_bytes();
        let (small, smaller) = (gzip(&plain).unwrap(), brotli(&plain).unwrap());
        let (mut from_gzip, mut from_brotli) = (Vec::new(), Vec::new());
        flate2::read::GzDecoder::new(&small[..]).read_to_end(&mut from_gzip).unwrap();
        brotli::BrotliDecompress(&mut &smaller[..], &mut from_brotli).unwrap();
        assert_eq!((&from_gzip, &from_brotli), (&plain, &plain));
        assert!(smaller.len() < small.len() && small.len() < 100);
    }
}
