//! `increment accesses`: prints the access counts as a table or as JSON.

use std::error::Error;

use futures_util::StreamExt;
use increment_client::{AccessCounts, AccessRow, Client};
use serde::Serialize;

use crate::{options::Accesses, output, stream_error::StreamError};

const HEADERS: [&str; 4] = ["SERVICE", "METHOD", "PROTOCOL", "CALLS"];

/// Prints the access counts once, or after each change until the server ends the stream.
pub(crate) async fn print(mut client: Client, options: Accesses) -> Result<(), Box<dyn Error>> {
    let text = if options.json { json } else { table };
    if !options.watch {
        return Ok(output::print(text(&client.access_counts().await?)).await?);
    }
    let mut watch = client.watch_access_counts().await?;
    let mut separator = "";
    while let Some(counts) = watch.next().await {
        let counts = counts.map_err(|error| StreamError::new("the watch ended", error))?;
        output::print(format_args!("{separator}{}", text(&counts))).await?;
        separator = if options.json { "" } else { "\n" };
    }
    Err("the watch ended: the server closed the stream; run the command again to continue".into())
}

/// Returns a line per row, with the total as the last one.
fn table(counts: &AccessCounts) -> String {
    if counts.rows.is_empty() {
        return format!("no calls so far: the total is {}", counts.total);
    }
    let total = ["TOTAL".into(), String::new(), String::new(), counts.total.to_string()];
    let rows = counts.rows.iter().map(cells);
    let lines: Vec<_> = [HEADERS.map(str::to_owned)].into_iter().chain(rows).chain([total]).collect();
    let [a, b, c, d] = widths(&lines);
    let lines = lines.iter().map(|[service, method, protocol, calls]| {
        format!("{service:a$}  {method:b$}  {protocol:c$}  {calls:>d$}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the width of each column, in characters.
fn widths<const N: usize>(lines: &[[String; N]]) -> [usize; N] {
    let max = |widths: [usize; N], line: &[String; N]| {
        std::array::from_fn(|column| widths[column].max(line[column].chars().count()))
    };
    lines.iter().fold([0; N], max)
}

/// Replaces control characters, since the names are chosen by services and could contain terminal escape sequences.
fn cells(row: &AccessRow) -> [String; 4] {
    let name = |name: &str| name.replace(char::is_control, "\u{fffd}");
    [name(&row.service), name(&row.method), name(&row.protocol), row.count.to_string()]
}

/// Returns one line.
fn json(counts: &AccessCounts) -> String {
    serde_json::to_string(&Counts::from(counts)).expect("the counts consist of strings")
}

/// The JSON form. Numbers are strings, since many parsers support 53 bits only.
#[derive(Serialize)]
struct Counts<'c> {
    total: String,
    rows: Vec<Row<'c>>,
}

#[derive(Serialize)]
struct Row<'c> {
    service: &'c str,
    method: &'c str,
    protocol: &'c str,
    count: String,
}

impl<'c> From<&'c AccessCounts> for Counts<'c> {
    fn from(AccessCounts { total, rows }: &'c AccessCounts) -> Self {
        Self { total: total.to_string(), rows: rows.iter().map(Row::from).collect() }
    }
}

impl<'c> From<&'c AccessRow> for Row<'c> {
    fn from(AccessRow { service, method, protocol, count }: &'c AccessRow) -> Self {
        Self { service, method, protocol, count: count.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rows: &[(&str, &str, &str, u64)]) -> AccessCounts {
        let rows = rows.iter().map(|&(service, method, protocol, count)| AccessRow {
            service: service.into(),
            method: method.into(),
            protocol: protocol.into(),
            count,
        });
        AccessCounts { total: rows.clone().map(|row| row.count).sum(), rows: rows.collect() }
    }

    #[test]
    fn columns_are_aligned_and_numbers_right_aligned() {
        let counts = counts(&[("a.LongService", "Do", "grpc", 12345), ("é", "Method", "grpc-web-text", 7)]);
        let lines = "SERVICE        METHOD  PROTOCOL       CALLS\n\
            a.LongService  Do      grpc           12345\n\
            é              Method  grpc-web-text      7\n\
            TOTAL                                 12352";
        assert_eq!(table(&counts), lines);
    }

    #[test]
    fn an_empty_table_is_a_sentence() {
        assert_eq!(table(&counts(&[])), "no calls so far: the total is 0");
    }

    #[test]
    fn control_characters_in_names_are_replaced() {
        let table = table(&counts(&[("\u{1b}[2J", "a\nb", "\u{9b}K", 1)]));
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 3, "{table:?}");
        assert!(!lines.concat().contains(char::is_control), "{table:?}");
    }

    #[test]
    fn json_is_one_line_with_numbers_as_strings() {
        let counts = counts(&[("a\"\n", "\\", "grpc", u64::MAX)]);
        let line = r#"{"total":"18446744073709551615","rows":[{"service":"a\"\n","method":"\\","protocol":"grpc","count":"18446744073709551615"}]}"#;
        assert_eq!(json(&counts), line);
    }
}
