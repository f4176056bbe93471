//! Options as variables of the environment: an empty one counts as unset, and an error about one names it. Independent
//! of which options there are.

use std::{env, ffi::OsString};

use clap::{
    Arg, ArgMatches, Command,
    builder::ValueParser,
    error::{ContextKind, ContextValue, Error, ErrorKind},
    parser::ValueSource,
};

/// Parses `arguments`, the program's name first; what they leave out comes from the variables.
pub(crate) fn parse(command: Command, arguments: &[OsString]) -> Result<ArgMatches, Error> {
    let command = without_empty_variables(command);
    command.clone().try_get_matches_from(arguments).map_err(|error| named(error, command, arguments))
}

/// What gave an option of the program itself its value, as a message calls it: its variable, or else the option.
pub(crate) fn given_by(command: &Command, matches: &ArgMatches, id: &str) -> String {
    let variable = command.get_arguments().find(|arg| arg.get_id() == id).and_then(Arg::get_env);
    match variable {
        Some(variable) if matches.value_source(id) == Some(ValueSource::EnvVariable) => {
            variable.to_string_lossy().into_owned()
        }
        _ => format!("--{}", id.replace('_', "-")),
    }
}

fn without_empty_variables(command: Command) -> Command {
    let unless_empty = |arg: Arg| match arg.get_env().and_then(env::var_os) {
        Some(value) if value.is_empty() => arg.env(None::<&'static str>),
        _ => arg,
    };
    command.mut_args(unless_empty).mut_subcommands(without_empty_variables)
}

/// The error, naming the variable where a variable's value is what is wrong; clap would name the option.
fn named(mut error: Error, mut command: Command, arguments: &[OsString]) -> Error {
    command.build();
    let variables: Vec<_> = all_arguments(&command)
        .filter(|arg| !is_among(arg, arguments))
        .filter_map(|arg| Some((arg, arg.get_env()?, env::var_os(arg.get_env()?)?)))
        .collect();
    if error.kind() == ErrorKind::InvalidUtf8 {
        let is_text = |arg: &Arg| arg.get_value_parser().type_id() != ValueParser::path_buf().type_id();
        let wrong = variables.iter().find(|(arg, _, value)| is_text(arg) && value.to_str().is_none());
        let wrong = wrong.map(|(_, variable, _)| variable.to_string_lossy().into_owned());
        return wrong
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

/// Those of the program and of its commands.
fn all_arguments(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().chain(command.get_subcommands().flat_map(Command::get_arguments))
}

/// Whether the command line has this option, which then goes before its variable.
fn is_among(arg: &Arg, arguments: &[OsString]) -> bool {
    let Some(long) = arg.get_long() else { return false };
    let option = format!("--{long}");
    arguments.iter().map(|argument| argument.to_string_lossy()).any(|argument| {
        argument.strip_prefix(&option).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })
}
