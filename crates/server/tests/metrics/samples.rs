//! Reads the metrics of a server.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use tokio::net::TcpStream;

use crate::common::{ReqBody, Server, get, send, soon};

/// Sends one request to the address for metrics.
pub async fn request(server: &Server, request: Request<ReqBody>) -> Response<Bytes> {
    let stream = TcpStream::connect(server.metrics.unwrap()).await.unwrap();
    soon(send(Version::HTTP_11, stream, request)).await
}

/// The values of all series: `name{label="value"}`.
pub type Samples = BTreeMap<String, f64>;

pub async fn read(server: &Server) -> Samples {
    let response = request(server, get("/metrics")).await;
    assert_eq!(response.status(), StatusCode::OK);
    parse(std::str::from_utf8(response.body()).unwrap())
}

/// Reads until the samples match.
pub async fn until(server: &Server, matches: impl Fn(&Samples) -> bool) -> Samples {
    soon(async {
        loop {
            let samples = read(server).await;
            if matches(&samples) {
                return samples;
            }
        }
    })
    .await
}

/// Parses Prometheus text (version 0.0.4) and asserts that it is well-formed.
pub fn parse(text: &str) -> Samples {
    assert!(text.ends_with('\n'));
    let (mut samples, mut families) = (Samples::new(), BTreeSet::new());
    let (mut family, mut kind, mut help) = ("", "", "");
    for line in text.lines() {
        if let Some(about) = line.strip_prefix("# HELP ") {
            let (name, words) = about.split_once(' ').unwrap();
            assert!(words.ends_with('.') && families.insert(name), "{line}");
            help = name;
        } else if let Some(about) = line.strip_prefix("# TYPE ") {
            (family, kind) = about.split_once(' ').unwrap();
            assert!(family == help && ["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(family.ends_with("_total"), kind == "counter", "{line}");
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = check_series(series);
            let part = name.strip_prefix(family).unwrap_or_else(|| panic!("{line} is not of {family}"));
            let is_part = if kind == "histogram" {
                ["_bucket", "_sum", "_count"].contains(&part)
            } else {
                part.is_empty()
            };
            assert!(is_part, "{line} is no part of a {kind}");
            assert!(samples.insert(series.into(), value.parse().unwrap()).is_none(), "{line} is there twice");
        }
    }
    samples
}

/// Checks the name and the labels of a series; returns the name.
fn check_series(series: &str) -> &str {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let Some((name, labels)) = series.split_once('{') else {
        assert!(is_name(series), "{series}");
        return series;
    };
    assert!(is_name(name), "{series}");
    let mut labelled = BTreeSet::new();
    for label in labels.strip_suffix('}').unwrap().split(',') {
        let (label, value) = label.split_once('=').unwrap();
        assert!(is_name(label) && labelled.insert(label), "{series}");
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap();
        assert!(!value.is_empty() && !value.contains(['"', '\\']), "{series}");
    }
    name
}

/// The samples of one name, by their labels.
pub fn with_labels(samples: &Samples, name: &str) -> BTreeMap<String, u64> {
    let labels =
        |series: &str| Some(series.strip_prefix(name)?.strip_prefix('{')?.strip_suffix('}')?.to_owned());
    samples.iter().filter_map(|(series, value)| Some((labels(series)?, whole(*value)))).collect()
}

fn whole(value: f64) -> u64 {
    assert_eq!(value.fract(), 0.0);
    value as u64
}
