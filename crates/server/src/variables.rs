//! Options from environment variables: an empty variable counts as unset, and an error names the variable from which a
//! value came. Independent of which options there are.

use std::{collections::HashMap, env, ffi::OsStr};

use clap::{
    Arg, ArgMatches, Command,
    builder::Resettable,
    error::{ContextKind, ContextValue},
    parser::ValueSource,
};

/// The command, which does not read the variables that are empty.
pub(crate) fn without_empty(command: Command) -> Command {
    let is_empty = |name: &OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
    command.mut_args(|arg| if arg.get_env().is_some_and(is_empty) { arg.env(Resettable::Reset) } else { arg })
}

/// The error, which names the variable where the wrong value is not from the command line.
pub(crate) fn named(mut error: clap::Error, command: &Command) -> clap::Error {
    if let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
        && let Some(arg) = command.get_arguments().find(|arg| arg.to_string() == *option)
        && let Some(variable) = arg.get_env().filter(|name| env::var_os(name).is_some())
        && !env::args_os().any(|word| is_for(&word, arg))
    {
        let name = format!("{} ({option})", variable.display());
        error.insert(ContextKind::InvalidArg, ContextValue::String(name));
    }
    error
}

/// Whether a word of the command line is this option, with or without its value.
fn is_for(word: &OsStr, arg: &Arg) -> bool {
    let word = word.as_encoded_bytes().strip_prefix(b"--");
    let rest = word.zip(arg.get_long()).and_then(|(word, name)| word.strip_prefix(name.as_bytes()));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"="))
}

/// What options are called in errors: by their variables, where their values are from those.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(HashMap<String, String>);

impl Names {
    pub(crate) fn new(command: &Command, matches: &ArgMatches) -> Self {
        let from_variable =
            |arg: &&Arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::EnvVariable);
        let name = |arg: &Arg| {
            Some((format!("--{}", arg.get_long()?), arg.get_env()?.to_string_lossy().into_owned()))
        };
        Self(command.get_arguments().filter(from_variable).filter_map(name).collect())
    }

    /// The name of an option such as `--listen`.
    pub(crate) fn of<'n>(&'n self, option: &'n str) -> &'n str {
        self.0.get(option).map_or(option, String::as_str)
    }
}
