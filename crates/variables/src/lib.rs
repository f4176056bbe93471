//! Options of a command line from environment variables, for programs built on clap: an empty variable counts as unset, and
//! an error names the variable from which a value came. Independent of which options there are.

use std::{collections::HashMap, env, ffi::OsString};

use clap::{
    Arg, ArgMatches, Command,
    builder::ValueParser,
    error::{ContextKind, ContextValue, Error, ErrorKind},
    parser::ValueSource,
};

/// Parses `arguments`, starting with the program's name. Missing options are read from their variables.
///
/// Fails as [`Command::try_get_matches_from`] does; the error names the variable where its value is the invalid one.
pub fn parse(command: Command, arguments: &[OsString]) -> Result<ArgMatches, Error> {
    let command = without_empty_variables(command);
    command
        .clone()
        .try_get_matches_from(arguments)
        .map_err(|error| with_variable_name(error, command, arguments))
}

/// The names of options in messages: that of its variable where this set the value, else the option's own.
#[derive(Clone, Debug, Default)]
pub struct SourceNames(HashMap<String, String>);

impl SourceNames {
    /// The names for these matches of the command, which [`parse`] returned.
    pub fn new(command: &Command, matches: &ArgMatches) -> Self {
        let is_set_by_variable =
            |arg: &&Arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::EnvVariable);
        let names = command.get_arguments().filter(is_set_by_variable).filter_map(|arg| {
            Some((format!("--{}", arg.get_long()?), arg.get_env()?.to_string_lossy().into_owned()))
        });
        Self(names.collect())
    }

    /// The name of an option such as `--listen`.
    pub fn get<'n>(&'n self, option: &'n str) -> &'n str {
        self.0.get(option).map_or(option, String::as_str)
    }
}

fn without_empty_variables(command: Command) -> Command {
    let unless_empty = |arg: Arg| match arg.get_env().and_then(env::var_os) {
        Some(value) if value.is_empty() => arg.env(None::<&'static str>),
        _ => arg,
    };
    command.mut_args(unless_empty).mut_subcommands(without_empty_variables)
}

/// Returns an error that names the variable if its value is the invalid one; clap would name the option.
fn with_variable_name(mut error: Error, mut command: Command, arguments: &[OsString]) -> Error {
    command.build();
    let variables: Vec<_> = all_arguments(&command)
        .filter(|arg| !is_among(arg, arguments))
        .filter_map(|arg| Some((arg, arg.get_env()?, env::var_os(arg.get_env()?)?)))
        .collect();
    if error.kind() == ErrorKind::InvalidUtf8 {
        let is_text = |arg: &Arg| arg.get_value_parser().type_id() != ValueParser::path_buf().type_id();
        let invalid = variables.iter().find(|(arg, _, value)| is_text(arg) && value.to_str().is_none());
        let invalid = invalid.map(|(_, variable, _)| variable.to_string_lossy().into_owned());
        return invalid
            .map(|variable| command.error(ErrorKind::InvalidUtf8, format!("{variable} is not valid UTF-8")))
            .unwrap_or(error);
    }
    if let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
        && let Some((_, variable, _)) = variables.iter().find(|(arg, ..)| arg.to_string() == *option)
    {
        error.insert(ContextKind::InvalidArg, ContextValue::String(variable.to_string_lossy().into()));
    }
    error
}

/// Returns the arguments of the program and of its subcommands.
fn all_arguments(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().chain(command.get_subcommands().flat_map(Command::get_arguments))
}

/// Returns whether the command line contains this option, which overrides its variable.
fn is_among(arg: &Arg, arguments: &[OsString]) -> bool {
    let Some(long) = arg.get_long() else { return false };
    let option = format!("--{long}");
    arguments.iter().map(|argument| argument.to_string_lossy()).any(|argument| {
        argument.strip_prefix(&option).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })
}
