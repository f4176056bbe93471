//! The options of `cargo xtask demo`.

use clap::Args;

/// The server's default port.
const DEFAULT_PORT: u16 = 5000;

#[derive(Args)]
pub(crate) struct Options {
    /// The server's port; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_PORT)]
    pub(crate) listen_port: u16,
    /// The port of `trunk serve`; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub(crate) page_port: u16,
    /// Adds a second service, in Python, on port 5001.
    #[arg(long)]
    pub(crate) with_python: bool,
    /// Options of increment-server.
    #[arg(value_name = "SERVER-OPTION", last = true)]
    pub(crate) server: Vec<String>,
}

impl Options {
    /// Whether the server listens on its default port.
    pub(crate) fn is_default_port(&self) -> bool {
        self.listen_port == DEFAULT_PORT
    }

    /// Whether the server has this option, such as `--data`.
    pub(crate) fn server_has(&self, name: &str) -> bool {
        self.server.iter().any(|option| option.split('=').next() == Some(name))
    }

    /// The value of the server's option, such as `--report-token`.
    pub(crate) fn server_value(&self, name: &str) -> Option<&str> {
        let index = self.server.iter().position(|option| option.split('=').next() == Some(name))?;
        match self.server[index].split_once('=') {
            Some((_, value)) => Some(value),
            None => self.server.get(index + 1).map(String::as_str),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Demo {
        #[command(flatten)]
        options: Options,
    }

    fn parse(options: &[&str]) -> Options {
        Demo::try_parse_from([&["demo"], options].concat()).unwrap().options
    }

    #[test]
    fn options_after_two_hyphens_are_the_servers() {
        let options = parse(&["--page-port=9000", "--with-python", "--", "--data", "d", "--page-port", "1"]);
        assert_eq!((options.listen_port, options.page_port, options.with_python), (5000, 9000, true));
        assert_eq!(options.server, ["--data", "d", "--page-port", "1"]);
    }

    #[test]
    fn the_servers_options_are_found_in_both_forms() {
        for options in [&["--", "--data", "d"][..], &["--", "--log=off", "--data=d"]] {
            let options = parse(options);
            assert!(options.server_has("--data"));
            assert_eq!(options.server_value("--data"), Some("d"));
        }
        assert!(!parse(&[]).server_has("--data"));
        assert!(!parse(&["--", "--database"]).server_has("--data"));
        assert_eq!(parse(&["--", "--data"]).server_value("--data"), None);
    }
}
