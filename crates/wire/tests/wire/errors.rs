//! Worked examples of malformed bytes.

use crate::explain_all;

#[test]
fn malformed_bytes_are_explained_with_a_reason() {
    for (bytes, line) in [
        (&b"\x18\x01\x18"[..], " | malformed: a varint without an end: its last byte announces another"),
        (b"\x18\xb1", "b1 | malformed: a varint without an end: its last byte announces another"),
        (b"\x98", "98 | malformed: a varint without an end: its last byte announces another"),
        (
            b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
            "ff ff ff ff ff ff ff ff ff 02 | malformed: a varint of more than 64 bits",
        ),
        (b"\xff\xff\xff\xff\x1f\x01", "ff ff ff ff 1f 01 | malformed: a tag of more than 32 bits"),
        (b"\x00\x01", "00 01 | malformed: a tag of field 0: fields are numbered from 1"),
        (b"\x1e\x01", "1e 01 | malformed: a tag of a wire type that does not exist: there are 0 to 5"),
        (b"\x54", "54 | malformed: the end of a group that was not started"),
        (b"\x53\x18\x01", "   | malformed: a group without an end"),
        (b"\x53\x18\x01\x5c", "  5c | malformed: the end of a group that was not started"),
        (b"\x15\x01\x02", "01 02 | malformed: 2 more bytes expected"),
        (b"\x09\x01\x02\x03\x04\x05\x06\x07", "01 02 03 04 05 06 07 | malformed: 1 more byte expected"),
        (b"\x4a\x03a", " | malformed: 2 more bytes expected"),
        (b"\x4a\x02\xc3", " | malformed: 1 more byte expected"),
        (b"\x4a\x01\xc3", "c3 | malformed: a string that is not UTF-8"),
        (
            b"\x5a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x18",
            " | malformed: 18446744073709551614 more bytes expected",
        ),
    ] {
        assert_eq!(explain_all(bytes).pop().unwrap(), line, "{bytes:02x?}");
    }
}

#[test]
fn fields_after_a_malformed_message_are_explained() {
    let lines = explain_all(b"\x5a\x01\0\x18\x01");
    assert_eq!(
        lines[3..],
        [
            "  00 | malformed: a tag of field 0: fields are numbered from 1",
            "18 | field 3 (int64, int64), wire type 0 (varint)",
            "01 | int64 = 1",
        ]
    );
}

#[test]
fn a_truncated_string_is_text() {
    assert_eq!(
        explain_all(b"\x4a\x02\xc3")[2..],
        ["c3 | string = \"\u{fffd}\"", " | malformed: 1 more byte expected",]
    );
}
