//! Formats numbers in decimal. The standard library's formatting of floats is several times larger than this crate.

use super::append::append;
use crate::schema::Type;

/// Larger floats are written with an exponent.
const LARGE: f64 = 1e15;
/// So are smaller ones.
const SMALL: f64 = 1e-4;

/// The decimal places of a float, and ten to their power.
const FLOAT: (usize, f64) = (6, 1e6);
/// Those of a double.
const DOUBLE: (usize, f64) = (9, 1e9);

pub(super) fn unsigned(out: &mut String, number: u64) {
    append(out, &number.to_string());
}

pub(super) fn signed(out: &mut String, number: i64) {
    if number < 0 {
        append(out, "-");
    }
    unsigned(out, number.unsigned_abs());
}

pub(super) fn fixed32(out: &mut String, value: u32, kind: Option<Type>) {
    match kind {
        Some(Type::Float) => float(out, f32::from_bits(value).into(), FLOAT),
        Some(Type::Sfixed32) => signed(out, (value as i32).into()),
        _ => unsigned(out, value.into()),
    }
}

pub(super) fn fixed64(out: &mut String, value: u64, kind: Option<Type>) {
    match kind {
        Some(Type::Double) => float(out, f64::from_bits(value), DOUBLE),
        Some(Type::Sfixed64) => signed(out, value as i64),
        _ => unsigned(out, value),
    }
}

/// Appends a float, rounded to this many decimal places.
fn float(out: &mut String, number: f64, decimals: (usize, f64)) {
    if number.is_nan() {
        return append(out, "not a number");
    }
    if number.is_sign_negative() {
        append(out, "-");
    }
    let mut number = number.abs();
    if number.is_infinite() {
        return append(out, "infinity");
    }
    let mut exponent = 0;
    if number != 0.0 && !(SMALL..LARGE).contains(&number) {
        while number >= 10.0 {
            number /= 10.0;
            exponent += 1;
        }
        while number < 1.0 {
            number *= 10.0;
            exponent -= 1;
        }
    }
    decimal(out, number, decimals);
    if exponent != 0 {
        append(out, "e");
        signed(out, exponent);
    }
}

/// Appends a number from 0 to [`LARGE`], without trailing zeros.
fn decimal(out: &mut String, number: f64, (decimals, scale): (usize, f64)) {
    let whole = number as u64;
    let mut fraction = ((number - whole as f64) * scale + 0.5) as u64;
    if fraction >= scale as u64 {
        return unsigned(out, whole + 1);
    }
    unsigned(out, whole);
    if fraction == 0 {
        return;
    }
    let mut digits = decimals;
    while fraction.is_multiple_of(10) {
        fraction /= 10;
        digits -= 1;
    }
    let text = fraction.to_string();
    append(out, ".");
    for _ in text.len()..digits {
        append(out, "0");
    }
    append(out, &text);
}
