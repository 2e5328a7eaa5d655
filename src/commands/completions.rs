//! `hublink completions`: the script that completes command lines in a shell.

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Command, CommandFactory, ValueHint};
use clap_complete::{Shell, generate};

use crate::cli::Cli;

/// The script for a shell.
#[must_use]
pub fn completions(shell: Shell) -> String {
    let mut command = with_values(Cli::command());
    if shell == Shell::Zsh {
        command = without_targets(&command);
    }
    let mut script = Vec::new();
    generate(shell, &mut command, "hublink", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        Shell::Fish => script + &fish_causes(),
        // The first word is a command or a target.
        Shell::Zsh => {
            script.replace("\":: :_hublink_commands\"", "\":: :{_hublink_commands; _files}\"")
        }
        _ => script,
    }
}

/// `clap_complete` counts words wrongly in zsh where a command may be left out: it would look for
/// the command behind a target.
fn without_targets(command: &Command) -> Command {
    let arguments = command.get_arguments().filter(|argument| argument.get_id() != "targets");
    Command::new("hublink")
        .version(env!("CARGO_PKG_VERSION"))
        .args(arguments)
        .subcommands(command.get_subcommands())
}

/// `clap_complete` writes the values of options for fish, and not those of arguments.
fn fish_causes() -> String {
    let lines = causes().into_iter().map(|cause| {
        let title = cause.get_help().map(ToString::to_string).unwrap_or_default();
        let title = title.replace('\\', "\\\\").replace('\'', "\\'");
        let when = "__fish_hublink_using_subcommand explain";
        format!("complete -c hublink -n \"{when}\" -f -a {} -d '{title}'\n", cause.get_name())
    });
    lines.collect::<Vec<_>>().concat()
}

/// What the parser leaves open and a shell should offer: ids of causes, and files as targets.
fn with_values(command: Command) -> Command {
    let targets = |command: Command| {
        command.mut_args(|argument| {
            let is_target = argument.get_id() == "targets";
            if is_target { argument.value_hint(ValueHint::AnyPath) } else { argument }
        })
    };
    targets(command).mut_subcommands(targets).mut_subcommand("explain", |explain| {
        explain.mut_arg("cause", |cause| cause.value_parser(PossibleValuesParser::new(causes())))
    })
}

fn causes() -> Vec<PossibleValue> {
    let tables = hublink_checks::tables();
    let causes = tables.iter().flat_map(|check| check.causes());
    causes.map(|cause| PossibleValue::new(cause.id).help(cause.title)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_knows_every_cause() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let script = completions(shell);
            let missing: Vec<String> = causes()
                .iter()
                .map(|cause| cause.get_name().to_owned())
                .filter(|id| !script.contains(id))
                .collect();
            // These two complete names and options, and no values.
            let names_only = matches!(shell, Shell::PowerShell | Shell::Elvish);
            assert!(names_only || missing.is_empty(), "{shell}: {missing:?}");
        }
    }
}
