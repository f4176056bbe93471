//! The bytes of the frame that carries the reply, from tshark's dump of its packet.

use anyhow::{Result, anyhow};

/// The head of the frame, that of the message of gRPC, and that of the text in protobuf.
const HEADS: usize = 9 + 5 + 2;

/// Bytes in a line.
const WIDTH: usize = 16;

/// The frame that carries `text`, as a dump. Fails when `dump`, which `tshark -x` printed, does not hold it.
pub(super) fn of_frame(dump: &str, text: &str) -> Result<String> {
    let bytes: Vec<_> = dump.lines().flat_map(bytes_of_line).collect();
    let begin = bytes.windows(text.len()).position(|window| window == text.as_bytes());
    let frame = begin.and_then(|begin| bytes.get(begin.checked_sub(HEADS)?..begin + text.len()));
    let frame = frame.ok_or_else(|| anyhow!("`{text}` is nowhere in the packet:\n{dump}"))?;
    Ok(frame.chunks(WIDTH).map(line).collect())
}

/// `0010  00 a0 97 ...   text`: the bytes between.
fn bytes_of_line(line: &str) -> Vec<u8> {
    let hex = line.get(6..).map(|rest| rest.split("   ").next().unwrap_or_default()).unwrap_or_default();
    hex.split(' ').map_while(|byte| u8::from_str_radix(byte, 16).ok()).take(WIDTH).collect()
}

fn line(bytes: &[u8]) -> String {
    let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let text = bytes.iter().map(|&byte| if matches!(byte, b' '..=b'~') { char::from(byte) } else { '.' });
    format!("{:<47}  {}\n", hex.join(" "), text.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: &str = "\
0000  de ad 00 00 07 00 00 00 00 00 01 00 00 00 00 04   ................
0010  0a 02 48 69 ff                                    ..Hi.";

    #[test]
    fn the_frame_is_cut_out() {
        let dump = of_frame(PACKET, "Hi").unwrap();
        assert_eq!(
            dump.lines().next(),
            Some("00 00 07 00 00 00 00 00 01 00 00 00 00 04 0a 02  ................")
        );
        assert_eq!(dump.lines().nth(1).map(str::trim_end), Some(format!("{:<47}  Hi", "48 69").as_str()));
        assert!(of_frame(PACKET, "Ho").is_err());
    }
}
