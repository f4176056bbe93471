//! Wrong use: exit code 2, and the reason on standard error.

use crate::run::outcome;

#[test]
fn wrong_use_exits_with_2() {
    for args in [
        &["send", "x"][..],
        &["send", "1.5"],
        &["send", "9223372036854775808"],
        &["send", "--template", "2147483648"],
        &["send", "--count", "-1"],
        &["send", "--protocol", "soap", "1"],
        &["count-up"],
        &["count-up", "9223372036854775808"],
        &["count-up", "1.5"],
        &["count-up", "1", "--steps", "-1"],
        &["count-up", "1", "--steps", "18446744073709551616"],
        &["count-up", "1", "--interval-ms", "4294967296"],
        &["many", "1"],
        &["accesses", "1"],
        &["connection", "1"],
        &["connection", "--watch"],
        &["send", "1", "--timeout", "0"],
        &["send", "1", "--timeout", "-1"],
        &["send", "1", "--timeout", "inf"],
        &["send", "1", "--timeout", "x"],
        &["doctor", "--limit-ms", "0"],
        &["send", "1", "--key-log"],
        &["--cert", "mine.pem", "send", "1"],
        &["send", "1", "--key", "mine.key"],
        &["fetch"],
        &[],
    ] {
        let (code, stdout, stderr) = outcome::<&str>(&[], args);
        assert_eq!((code, &*stdout), (2, ""), "{args:?}: {stderr}");
        assert!(!stderr.is_empty());
    }
}
