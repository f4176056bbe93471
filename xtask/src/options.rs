//! What a person may tell the demo. Must not know what comes of it.

use crate::Outcome;

/// Where the server listens when not told otherwise.
pub(crate) const USUAL_PORT: u16 = 5000;

/// What a person may choose.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    /// The server's; 0 takes a free one.
    pub(crate) listen_port: u16,
    /// `trunk serve`'s; 0 takes a free one.
    pub(crate) page_port: u16,
    /// Whether the doubling service in Python runs beside the server.
    pub(crate) with_python: bool,
    /// Handed to the server as they are.
    pub(crate) server: Vec<String>,
}

impl Options {
    /// Reads `arguments`. Fails with what is wrong with them.
    pub(crate) fn parse(arguments: &[&str]) -> Outcome<Self> {
        let mut options =
            Self { listen_port: USUAL_PORT, page_port: 8080, with_python: false, server: Vec::new() };
        let mut arguments = arguments.iter();
        while let Some(&argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (argument, None),
            };
            let mut port = || {
                let value = value.or_else(|| arguments.next().copied()).unwrap_or_default();
                value.parse().map_err(|_| format!("{name} wants a port from 0 to 65535, not `{value}`"))
            };
            match name {
                "--listen-port" => options.listen_port = port()?,
                "--page-port" => options.page_port = port()?,
                "--with-python" if value.is_none() => options.with_python = true,
                "--" => options.server = arguments.by_ref().map(|&option| option.to_owned()).collect(),
                _ => return Err(format!("demo knows no {argument}")),
            }
        }
        Ok(options)
    }

    /// Whether the server listens where everybody looks for it.
    pub(crate) fn is_usual(&self) -> bool {
        self.listen_port == USUAL_PORT
    }

    /// Whether the server is given this option, such as `--data`.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.server.iter().any(|option| option.split('=').next() == Some(name))
    }

    /// What the server is given for this option, such as `--report-token`.
    pub(crate) fn value_of(&self, name: &str) -> Option<&str> {
        let index = self.server.iter().position(|option| option.split('=').next() == Some(name))?;
        match self.server[index].split_once('=') {
            Some((_, value)) => Some(value),
            None => self.server.get(index + 1).map(String::as_str),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_wrong_ones_named() {
        let options =
            Options::parse(&["--listen-port", "0", "--page-port=9000", "--with-python", "--", "--data", "d"]);
        let server = vec!["--data".to_owned(), "d".to_owned()];
        let expected = Options { listen_port: 0, page_port: 9000, with_python: true, server };
        assert_eq!(options, Ok(expected));
        assert_eq!(Options::parse(&["--colour"]), Err("demo knows no --colour".into()));
        let wrong = Options::parse(&["--page-port", "70000"]);
        assert_eq!(wrong, Err("--page-port wants a port from 0 to 65535, not `70000`".into()));
        assert_eq!(Options::parse(&["--with-python=3"]), Err("demo knows no --with-python=3".into()));
    }

    #[test]
    fn what_the_server_is_told_is_seen() {
        let names_data =
            |options: &[&str]| Options::parse(options).is_ok_and(|options| options.names("--data"));
        assert!(names_data(&["--", "--data", "d"]) && names_data(&["--", "--data=d"]));
        assert!(!names_data(&[]) && !names_data(&["--", "--database"]));
        for given in [&["--", "--data", "d"][..], &["--", "--log=off", "--data=d"]] {
            assert_eq!(Options::parse(given).unwrap().value_of("--data"), Some("d"));
        }
        assert_eq!(Options::parse(&["--", "--data"]).unwrap().value_of("--data"), None);
    }
}
