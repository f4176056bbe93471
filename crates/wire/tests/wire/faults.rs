//! Worked examples of bytes that break.

use crate::all;

#[test]
fn it_is_told_where_bytes_break() {
    for (bytes, line) in [
        (
            &b"\x18\x01\x18"[..],
            " | it breaks here: the varint does not end: the last byte says that another one follows",
        ),
        (
            b"\x18\xb1",
            "b1 | it breaks here: the varint does not end: the last byte says that another one follows",
        ),
        (
            b"\x98",
            "98 | it breaks here: the varint does not end: the last byte says that another one follows",
        ),
        (
            b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
            "ff ff ff ff ff ff ff ff ff 02 | it breaks here: a varint of more than 64 bits",
        ),
        (b"\xff\xff\xff\xff\x1f\x01", "ff ff ff ff 1f 01 | it breaks here: a tag of more than 32 bits"),
        (b"\x00\x01", "00 01 | it breaks here: a tag of field 0: fields are numbered from 1"),
        (b"\x1e\x01", "1e 01 | it breaks here: a tag of a wire type that does not exist: there are 0 to 5"),
        (b"\x54", "54 | it breaks here: the end of a group that did not start"),
        (b"\x53\x18\x01", "   | it breaks here: the group does not end"),
        (b"\x53\x18\x01\x5c", "  5c | it breaks here: the end of a group that did not start"),
        (b"\x15\x01\x02", "01 02 | it breaks here: 2 more bytes were to follow, and do not"),
        (
            b"\x09\x01\x02\x03\x04\x05\x06\x07",
            "01 02 03 04 05 06 07 | it breaks here: 1 more byte was to follow, and does not",
        ),
        (b"\x4a\x03a", " | it breaks here: 2 more bytes were to follow, and do not"),
        (b"\x4a\x02\xc3", " | it breaks here: 1 more byte was to follow, and does not"),
        (b"\x4a\x01\xc3", "c3 | it breaks here: a string has to be UTF-8, and this is not"),
        (
            b"\x5a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x18",
            " | it breaks here: 18446744073709551614 more bytes were to follow, and do not",
        ),
    ] {
        assert_eq!(all(bytes).pop().unwrap(), line, "{bytes:02x?}");
    }
}

#[test]
fn what_follows_a_broken_message_is_explained_again() {
    let lines = all(b"\x5a\x01\0\x18\x01");
    assert_eq!(
        lines[3..],
        [
            "  00 | it breaks here: a tag of field 0: fields are numbered from 1",
            "18 | field 3 (int64, int64), wire type 0 (varint)",
            "01 | int64 = 1",
        ]
    );
}

#[test]
fn a_text_that_is_cut_is_still_text() {
    assert_eq!(
        all(b"\x4a\x02\xc3")[2..],
        ["c3 | string = \"\u{fffd}\"", " | it breaks here: 1 more byte was to follow, and does not",]
    );
}
