//! Worked examples of fields: bytes and their explanations.

use crate::{explain_all, explained, framed};

#[test]
fn a_field_is_explained_by_its_type() {
    for (bytes, lines) in [
        (
            &b"\x18\xb1\x2c"[..],
            &[
                "18 | field 3 (int64, int64), wire type 0 (varint)",
                "b1 2c | int64 = 5681: 7 bits of each byte, least significant first",
            ][..],
        ),
        (
            b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            &[
                "18 | field 3 (int64, int64), wire type 0 (varint)",
                "ff ff ff ff ff ff ff ff ff 01 | int64 = -1: two's complement of 64 bits, hence 10 bytes, least significant 7 bits first",
            ],
        ),
        (
            b"\x28\x80\x80\x80\x80\xf8\xff\xff\xff\xff\x01",
            &[
                "28 | field 5 (int32, int32), wire type 0 (varint)",
                "80 80 80 80 f8 ff ff ff ff 01 | int32 = -2147483648: two's complement of 64 bits, hence 10 bytes, least significant 7 bits first",
            ],
        ),
        (
            b"\x68\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            &[
                "68 | field 13 (uint32, uint32), wire type 0 (varint)",
                "ff ff ff ff ff ff ff ff ff 01 | uint32 = 4294967295: 7 bits of each byte, least significant first",
            ],
        ),
        (
            b"\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            &[
                "20 | field 4 (uint64, uint64), wire type 0 (varint)",
                "ff ff ff ff ff ff ff ff ff 01 | uint64 = 18446744073709551615: 7 bits of each byte, least significant first",
            ],
        ),
        (b"\x40\x01", &["40 | field 8 (bool, bool), wire type 0 (varint)", "01 | bool = true"]),
        (b"\x70\x02", &["70 | field 14 (enum, enum), wire type 0 (varint)", "02 | enum = 2 (GLAD)"]),
        (b"\x70\x03", &["70 | field 14 (enum, enum), wire type 0 (varint)", "03 | enum = 3"]),
        (
            b"\x88\x01\x03",
            &[
                "88 01 | field 17 (sint32, sint32), wire type 0 (varint)",
                "03 | sint32 = -2: zigzag of 3, where 0, -1, 1, -2 are 0, 1, 2, 3",
            ],
        ),
        (
            b"\x7d\xfe\xff\xff\xff",
            &[
                "7d | field 15 (sfixed32, sfixed32), wire type 5 (4 bytes)",
                "fe ff ff ff | sfixed32 = -2: 4 bytes, least significant first",
            ],
        ),
        (
            b"\x31\x01\x02\0\0\0\0\0\0",
            &[
                "31 | field 6 (fixed64, fixed64), wire type 1 (8 bytes)",
                "01 02 00 00 00 00 00 00 | fixed64 = 513: 8 bytes, least significant first",
            ],
        ),
        (
            b"\x4a\x03a\tb",
            &[
                "4a | field 9 (string, string), wire type 2 (length-delimited)",
                "03 | length 3: that many bytes follow",
                "61 09 62 | string = \"a\u{fffd}b\"",
            ],
        ),
        (
            b"\x62\x01\xff",
            &[
                "62 | field 12 (bytes, bytes), wire type 2 (length-delimited)",
                "01 | length 1: that many bytes follow",
                "ff | bytes = 1 byte",
            ],
        ),
        (
            b"\x5a\0",
            &[
                "5a | field 11 (message, message), wire type 2 (length-delimited)",
                "00 | length 0: that many bytes follow",
                "[0] | message: the message test.All, empty: each field has its default value",
            ],
        ),
        (
            b"\xaa\x06\x02\x01\x02",
            &[
                "aa 06 | field 101 (packed, repeated sint32), wire type 2 (length-delimited)",
                "02 | length 2: that many bytes follow",
                "[2] | packed, packed: its values one after the other, without tags",
                "  01 | packed = -1: zigzag of 1, where 0, -1, 1, -2 are 0, 1, 2, 3",
                "  02 | packed = 1: zigzag of 2, where 0, -1, 1, -2 are 0, 1, 2, 3",
            ],
        ),
        (
            b"\xa8\x06\x01",
            &[
                "a8 06 | field 101 (packed, repeated sint32), wire type 0 (varint)",
                "01 | packed = -1: zigzag of 1, where 0, -1, 1, -2 are 0, 1, 2, 3",
            ],
        ),
        (
            b"\xba\x06\x05\x0a\x01k\x10\x07",
            &[
                "ba 06 | field 103 (map, repeated message), wire type 2 (length-delimited)",
                "05 | length 5: that many bytes follow",
                "[5] | map: one entry of the map, a message of key and value",
                "  0a | field 1 (key, string), wire type 2 (length-delimited)",
                "  01 | length 1: that many bytes follow",
                "  6b | key = \"k\"",
                "  10 | field 2 (value, int64), wire type 0 (varint)",
                "  07 | value = 7",
            ],
        ),
        (
            b"\x53\x18\x01\x54\x18\x02",
            &[
                "53 | field 10 (group, group), wire type 3 (start of a group, deprecated)",
                "[2] | group: a group: the fields until its end",
                "  18 | field 3 (int64, int64), wire type 0 (varint)",
                "  01 | int64 = 1",
                "54 | field 10 (group, group), wire type 4 (end of a group)",
                "18 | field 3 (int64, int64), wire type 0 (varint)",
                "02 | int64 = 2",
            ],
        ),
    ] {
        assert_eq!(explain_all(bytes), lines);
    }
}

#[test]
fn a_float_is_formatted_in_decimal() {
    for (float, text) in [
        (0.1f32, "0.1"),
        (-2.5, "-2.5"),
        (3.0, "3"),
        (0.001, "0.001"),
        (f32::NAN, "not a number"),
        (f32::NEG_INFINITY, "-infinity"),
        (-0.0, "-0"),
    ] {
        let bytes = [&b"\x15"[..], &float.to_le_bytes()].concat();
        let line = explain_all(&bytes).pop().unwrap();
        assert!(line.ends_with(&format!(" | float = {text}: 4 bytes, least significant first")), "{line}");
    }
    for (double, text) in [
        (0.1f64, "0.1"),
        (12345.678901, "12345.678901"),
        (0.9999999999, "1"),
        (1e300, "1e300"),
        (-2.5e-7, "-2.5e-7"),
        (f64::from_bits(1), "4.940656458e-324"),
    ] {
        let bytes = [&b"\x09"[..], &double.to_le_bytes()].concat();
        let line = explain_all(&bytes).pop().unwrap();
        assert!(line.ends_with(&format!(" | double = {text}: 8 bytes, least significant first")), "{line}");
    }
}

#[test]
fn unknown_fields_have_no_name() {
    let unknown = b"\xc0\x3e\x07\xc2\x3e\x02hi\xc2\x3e\x02\x01\xff\xc5\x3e\x01\0\0\0";
    let lines = [
        "c0 3e | field 1000 (unknown), wire type 0 (varint)",
        "07 | 7",
        "c2 3e | field 1000 (unknown), wire type 2 (length-delimited)",
        "02 | length 2: that many bytes follow",
        "68 69 | \"hi\"",
        "c2 3e | field 1000 (unknown), wire type 2 (length-delimited)",
        "02 | length 2: that many bytes follow",
        "01 ff | 2 bytes",
        "c5 3e | field 1000 (unknown), wire type 5 (4 bytes)",
        "01 00 00 00 | 1: 4 bytes, least significant first",
    ];
    assert_eq!(explain_all(unknown), lines);
    let without: Vec<_> = explained(&framed(0, unknown), None, "test.All")[3..]
        .iter()
        .map(|line| line[2..].to_owned())
        .collect();
    assert_eq!(without, lines.map(String::from));
    assert_eq!(
        explained(&framed(0, b""), None, "test.All")[2],
        "[0] | a message, empty: each field has its default value"
    );
}

#[test]
fn a_value_of_another_wire_type_is_skipped_by_decoders() {
    let lines = [
        "1a | field 3 (int64, int64), wire type 2 (length-delimited); int64 has 0 (varint), so decoders skip this",
        "01 | length 1: that many bytes follow",
        "78 | \"x\"",
    ];
    assert_eq!(explain_all(b"\x1a\x01x"), lines);
}

#[test]
fn a_long_text_is_abbreviated() {
    let text = "é".repeat(81);
    let explained = explain_all(&[b"\x4a\xa2\x01", text.as_bytes()].concat()).pop().unwrap();
    assert!(explained.ends_with(&format!(" | string = \"{}…\"", "é".repeat(80))), "{explained}");
}
