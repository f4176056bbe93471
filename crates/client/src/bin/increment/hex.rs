//! Hexadecimal dumps.

use std::fmt::Write;

/// The bytes per line.
const LINE: usize = 16;

/// Returns bytes separated by spaces: `b1 2c`.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// Returns a line per 16 bytes: offset, bytes, and ASCII text with a dot for other bytes.
pub(crate) fn dump(body: &[u8]) -> String {
    let mut dump = String::new();
    for (index, line) in body.chunks(LINE).enumerate() {
        let text = line.iter().map(|&byte| if matches!(byte, b' '..=b'~') { byte.into() } else { '.' });
        let (hex, text) = (bytes(line), text.collect::<String>());
        let _ = writeln!(dump, "{:04x}  {hex:47}  {text}", index * LINE);
    }
    dump
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_16_bytes_and_their_text() {
        assert_eq!(dump(b""), "");
        let body = b"grpc-status:0\r\n\x80 ~\x7f\xff";
        let lines = "0000  67 72 70 63 2d 73 74 61 74 75 73 3a 30 0d 0a 80  grpc-status:0...\n\
                     0010  20 7e 7f ff                                       ~..\n";
        assert_eq!(dump(body), lines);
    }
}
