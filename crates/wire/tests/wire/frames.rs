//! Worked examples of frames, trailers and bits.

use increment_wire::{Kind, Role, Schema, explain, status_name};

use crate::{explained, framed};

#[test]
fn a_grpc_web_response_ends_with_trailers() {
    let schema = Schema::decode(increment_proto::FILE_DESCRIPTOR_SET).unwrap();
    let trailers = b"grpc-status: 11\r\nGRPC-STATUS:0\r\nx:\ny\r\n:z";
    let body = [framed(0, b"\x08\xb1\x2c\x10\xb2\x2c"), framed(0x80, trailers)].concat();
    assert_eq!(
        explained(&body, Some(&schema), "increment.v1.IncrementResponse"),
        [
            "00 | flag 0: a message, not compressed",
            "00 00 00 06 | length 6: that many bytes follow; 4 bytes, most significant first",
            "[6] | the message increment.v1.IncrementResponse",
            "  08 | field 1 (number, int64), wire type 0 (varint)",
            "  b1 2c | number = 5681: 7 bits of each byte, least significant first",
            "  10 | field 2 (result, int64), wire type 0 (varint)",
            "  b2 2c | result = 5682: 7 bits of each byte, least significant first",
            "80 | flag 80: trailers, not compressed",
            "00 00 00 28 | length 40: that many bytes follow; 4 bytes, most significant first",
            "[40] | trailers: how the call ended, a line each",
            "  67 72 70 63 2d 73 74 61 74 75 73 3a 20 31 31 0d 0a | grpc-status: 11 (OUT_OF_RANGE)",
            "  47 52 50 43 2d 53 54 41 54 55 53 3a 30 0d 0a | GRPC-STATUS: 0 (OK)",
            "  78 3a 0a | x: ",
            "  79 0d 0a | malformed: not a trailer: no colon",
            "  3a 7a | : z",
        ]
    );
}

#[test]
fn frames_may_be_compressed_end_of_stream_or_malformed() {
    for (body, lines) in [
        (
            framed(1, b"xyz"),
            &[
                "01 | flag 1: a message, compressed",
                "00 00 00 03 | length 3: that many bytes follow; 4 bytes, most significant first",
                "78 79 7a | compressed bytes: unreadable until decompressed",
            ][..],
        ),
        (
            framed(0x81, b"z"),
            &[
                "81 | flag 81: trailers, compressed",
                "00 00 00 01 | length 1: that many bytes follow; 4 bytes, most significant first",
                "7a | compressed bytes: unreadable until decompressed",
            ],
        ),
        (
            framed(2, b"{}"),
            &[
                "02 | flag 2: end of a Connect stream, in JSON",
                "00 00 00 02 | length 2: that many bytes follow; 4 bytes, most significant first",
                "7b 7d | \"{}\"",
            ],
        ),
        (
            b"<html>".to_vec(),
            &[
                "3c 68 74 6d 6c 3e | malformed: not a frame: the flag is 0, 1 (compressed), 2 (end, Connect) or 80 (trailers)",
            ],
        ),
        (
            b"\0\0\0".to_vec(),
            &["00 | flag 0: a message, not compressed", "00 00 | malformed: 2 more bytes expected"],
        ),
        (b"\0".to_vec(), &["00 | flag 0: a message, not compressed", " | malformed: 4 more bytes expected"]),
        (
            b"\0\0\0\0\x02\x08".to_vec(),
            &[
                "00 | flag 0: a message, not compressed",
                "00 00 00 02 | length 2: that many bytes follow; 4 bytes, most significant first",
                "[1] | a message",
                "  08 | field 1 (unknown), wire type 0 (varint)",
                "   | malformed: a varint without an end: its last byte announces another",
                " | malformed: 1 more byte expected",
            ],
        ),
        (vec![], &[]),
    ] {
        assert_eq!(explained(&body, None, ""), lines);
    }
}

#[test]
fn each_group_of_bits_has_a_meaning() {
    let spans = explain(b"\x80\0\0\0\0\0\0\0\0\x04\xa8\x06\xb1\x2c", None, "");
    let text = |index: usize| {
        spans[index].bits().iter().map(|bits| (bits.binary(), bits.meaning())).collect::<Vec<_>>()
    };
    let owned = |expected: &[(&str, &'static str)]| {
        expected.iter().map(|(bits, meaning)| ((*bits).to_owned(), *meaning)).collect::<Vec<_>>()
    };
    assert_eq!(
        text(0),
        owned(&[
            ("1", "trailers"),
            ("00000", "reserved"),
            ("0", "not end of stream"),
            ("0", "not compressed")
        ])
    );
    assert!(matches!(spans[6].kind, Kind::Tag { number: 101, .. }));
    assert_eq!(
        text(6),
        owned(&[
            ("1", "another byte follows"),
            ("0101", "field number"),
            ("000", "wire type"),
            ("0", "the last byte"),
            ("0000110", "field number")
        ])
    );
    assert_eq!(
        text(7),
        owned(&[
            ("1", "another byte follows"),
            ("0110001", "value"),
            ("0", "the last byte"),
            ("0101100", "value")
        ])
    );
    assert_eq!(spans[6].binary(), "1 0101 000  0 0000110");
    assert_eq!(spans[7].bits()[3].role, Role::Value);
    assert_eq!(text(1), []);
}

#[test]
fn status_codes_have_names() {
    for (code, name) in
        [("0", Some("OK")), ("16", Some("UNAUTHENTICATED")), ("17", None), ("-1", None), ("", None)]
    {
        assert_eq!(status_name(code), name);
    }
}
