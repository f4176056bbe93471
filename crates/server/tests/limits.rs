//! docs/limits.md says what the source says. Each row links a constant or a field's default to its file.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

fn document() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../docs/limits.md"].iter().collect()
}

struct Row {
    name: String,
    file: PathBuf,
    value: String,
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(document()).unwrap();
    let cells = text.lines().map(|line| line.split(" | ").collect::<Vec<_>>());
    let rows = cells.filter_map(|cells| {
        let (name, link) = cells.get(1)?.strip_prefix("[`")?.split_once("`](")?;
        let file = document().with_file_name(link.strip_suffix(')')?);
        Some(Row { name: name.into(), file, value: cells[2].into() })
    });
    rows.collect()
}

/// A number as the document writes it, in bytes, nanoseconds or what its unit counts: `8 KiB`, `2^53`, `10,000`.
fn written(value: &str) -> u128 {
    let (number, unit) = value.split_once(' ').unwrap_or((value, ""));
    let number = match number.split_once('^') {
        Some((base, exponent)) => base.parse::<u128>().unwrap().pow(exponent.parse().unwrap()),
        None => number.replace(',', "").parse().unwrap(),
    };
    let unit = match unit {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "min" => 60_000_000_000,
        _ => 1,
    };
    number * unit
}

/// The values in a file, by name: `const NAME: u64 = 1 << 10;`, the same without a type in JavaScript, and
/// `name: Duration::from_secs(1),` of a `Default`.
fn values(source: &str) -> BTreeMap<&str, &str> {
    let lines = source.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    // A short `Default` stands on one line.
    let lines = lines.flat_map(|line| match line.strip_prefix("Self { ") {
        Some(fields) => fields.trim_end_matches(" }").split(", ").collect::<Vec<_>>(),
        None => vec![line],
    });
    let of_line = |line: &'_ str| -> Option<(usize, usize)> {
        let at = line.find("const ").map_or(0, |at| at + "const ".len());
        let end = at + line[at..].find([':', ' '])?;
        Some((at, end))
    };
    let pairs = lines.filter_map(|line| {
        let (at, end) = of_line(line)?;
        let value = match line.split_once(" = ") {
            // A comment may follow.
            Some((_, value)) if at > 0 => value.split(';').next().unwrap_or_default(),
            _ => line[end + 1..].trim_start(),
        };
        Some((&line[at..end], value.trim_end_matches([';', ','])))
    });
    // The first one stands: a default comes before what is made of it.
    let mut values = BTreeMap::new();
    for (name, value) in pairs.filter(|(_, value)| !value.is_empty()) {
        values.entry(name).or_insert(value);
    }
    values
}

/// What a constant expression of numbers, times and other constants comes to. The loosest operator is applied last.
fn evaluate(text: &str, names: &BTreeMap<&str, &str>) -> Option<u128> {
    let text = text.trim();
    type Apply = fn(u128, u128) -> u128;
    let operators: [(&str, Apply); 3] =
        [(" << ", |a, b| a << b), (" + ", |a, b| a + b), (" * ", |a, b| a * b)];
    for (operator, apply) in operators {
        if let Some((left, right)) = split_outside_parentheses(text, operator) {
            return Some(apply(evaluate(left, names)?, evaluate(right, names)?));
        }
    }
    for (begin, factor) in
        [("(", 1), ("Duration::from_secs(", 1_000_000_000), ("Duration::from_millis(", 1_000_000)]
    {
        if let Some(inner) = text.strip_prefix(begin) {
            return Some(evaluate(inner.strip_suffix(')')?, names)? * factor);
        }
    }
    match text.replace('_', "").parse() {
        Ok(number) => Some(number),
        Err(_) => evaluate(names.get(text)?, names),
    }
}

fn split_outside_parentheses<'t>(text: &'t str, operator: &str) -> Option<(&'t str, &'t str)> {
    let is_outside = |at: &usize| text[..*at].matches('(').count() == text[..*at].matches(')').count();
    let at = text.match_indices(operator).map(|(at, _)| at).find(is_outside)?;
    Some((&text[..at], &text[at + operator.len()..]))
}

#[test]
fn every_limit_has_the_value_that_the_document_says() {
    let ledger =
        fs::read_to_string(document().with_file_name("../crates/access/src/table_limits.rs")).unwrap();
    let name = fs::read_to_string(document().with_file_name("../crates/access/src/name.rs")).unwrap();
    let rows = rows();
    assert!(rows.len() > 70, "{}", rows.len());
    for Row { name: limit, file, value } in &rows {
        let source = fs::read_to_string(file).unwrap_or_else(|_| panic!("{} is not there", file.display()));
        let mut names = values(&ledger);
        names.extend(values(&name));
        names.extend(values(&source));
        let expression =
            names.get(&**limit).unwrap_or_else(|| panic!("{limit} is not in {}", file.display()));
        let found = evaluate(expression, &names).unwrap_or_else(|| panic!("{limit}: {expression}"));
        assert_eq!(written(value), found, "{limit} is {expression} in {}", file.display());
    }
}

#[test]
fn every_field_and_public_constant_of_the_limits_is_in_the_document() {
    let documented: BTreeSet<_> = rows().into_iter().map(|row| (row.file, row.name)).collect();
    for file in [
        "../crates/oneport/src/limits.rs",
        "../crates/oneport/src/messages/limits.rs",
        "../crates/access/src/table_limits.rs",
        "../crates/certs/src/token.rs",
    ] {
        let file = document().with_file_name(file);
        let source = fs::read_to_string(&file).unwrap();
        let begun = source.lines().filter_map(|line| {
            let is_of_limits = file.ends_with("limits.rs");
            let field = line.strip_prefix("    pub ").filter(|_| is_of_limits);
            let (name, kind) = field.or(line.strip_prefix("pub const "))?.split_once(": ")?;
            let is_limit = ["usize", "u64", "Duration"].iter().any(|limit| kind.starts_with(limit));
            (is_limit && !name.contains(' ')).then(|| name.to_owned())
        });
        for name in begun {
            assert!(documented.contains(&(file.clone(), name.clone())), "{name} of {}", file.display());
        }
    }
}

#[test]
fn numbers_are_read_as_they_are_written() {
    for (text, value) in [
        ("8 KiB", 8192),
        ("2^53", 1 << 53),
        ("10,000", 10_000),
        ("5 min", 300_000_000_000),
        ("50 ms", 50_000_000),
        ("64 bits", 64),
    ] {
        assert_eq!(written(text), value, "{text}");
    }
    let names = values(
        "const A: usize = 3 + B;\npub const B: usize = 2 * (1 << 2);\n    c: Duration::from_secs(5 * 60),\n",
    );
    assert_eq!(evaluate("A", &names), Some(11));
    assert_eq!(evaluate("c", &names), Some(300_000_000_000));
}
