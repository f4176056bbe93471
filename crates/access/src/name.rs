//! Names of services, methods, protocols and origins, parsed once from reports and paths.

use std::{fmt, sync::Arc};

/// The longest name, in bytes.
pub const NAME_BYTES: usize = 128;

/// The name of a service, a method, a protocol or an origin: 1 to [`NAME_BYTES`] visible ASCII characters, so
/// that it can be displayed unescaped. A clone is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

/// Why text is not a [`Name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// It is longer than [`NAME_BYTES`].
    #[error("it is {0} bytes long; at most {NAME_BYTES} are allowed")]
    TooLong(usize),
    /// It has spaces, control characters or characters beyond ASCII.
    #[error("it has other characters than the visible ones of ASCII")]
    NotVisible,
}

impl Name {
    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match text {
            "" => Err(NameError::Empty),
            _ if text.len() > NAME_BYTES => Err(NameError::TooLong(text.len())),
            _ if !text.bytes().all(|byte| byte.is_ascii_graphic()) => Err(NameError::NotVisible),
            _ => Ok(Self(text.into())),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_visible() {
        let longest = "x".repeat(NAME_BYTES);
        for text in ["a", "increment.v1.IncrementService", "grpc-web", &longest] {
            assert_eq!(Name::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(Name::parse(""), Err(NameError::Empty));
        assert_eq!(Name::parse(&"x".repeat(NAME_BYTES + 1)), Err(NameError::TooLong(NAME_BYTES + 1)));
        for text in ["a b", "a\n", "\u{1b}[2J", "é", "\u{202e}"] {
            assert_eq!(Name::parse(text), Err(NameError::NotVisible), "{text:?}");
        }
    }
}
