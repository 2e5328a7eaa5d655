//! From the command line to an account, and the question that only its owner can answer.

use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::sync::Arc;

use hublink_probe::{Account, Pretend, SECRET_LIMIT, Secret};
use zeroize::Zeroizing;

use super::Failed;
use crate::cli::LoginArgs;
use crate::doctor::Run;
use crate::engine::Examined;
use crate::verdict::is_green_after_login;

/// The variable with the password, where nobody can be asked.
const PASSWORD: &str = "HUBLINK_PASSWORD";

/// One byte more shows that a password is too long.
const END_OF_LINE: usize = 3;

/// The variable with the key for Qlik Cloud.
const API_KEY: &str = "HUBLINK_API_KEY";

/// What is wrong with a text that cannot stand in a header.
const NOT_IN_A_KEY: &str =
    "a key has letters, digits and signs alone, without spaces or line breaks";

/// What may be sent to hubs.
#[derive(Debug, Default)]
pub struct Credentials {
    /// The account of `--login`.
    pub account: Option<Arc<Account>>,
    /// The user who is signed on to Windows, with `--sso`.
    pub signed_on: bool,
    /// The key for Qlik Cloud.
    pub api_key: Option<Arc<Secret>>,
}

/// Reads what the command line asks for. Nothing is read unless it is needed.
///
/// # Errors
/// If no password can be had, or the command line asks for what this system does not have.
pub fn credentials(
    args: &LoginArgs,
    targets: &[String],
    pretend: &Pretend,
) -> Result<Credentials, Failed> {
    if args.sso && !cfg!(windows) {
        let message = "--sso is for Windows alone: elsewhere nobody is signed on to a hub's domain";
        return Err(Failed::usage(message).hint("name the user: --login DOMAIN\\USER"));
    }
    let api_key = match variable(API_KEY, pretend)? {
        Some(key) => Some(Arc::new(api_key(key)?)),
        None => None,
    };
    if args.sso {
        return Ok(Credentials { account: None, signed_on: true, api_key });
    }
    let Some(user) = &args.login else {
        let idle = [("--logout", args.logout), ("--login-host", args.login_host.is_some())];
        return match idle.iter().find(|(_, given)| *given && api_key.is_none()) {
            Some((option, _)) => Err(Failed::usage(format!("{option} needs --login USER"))),
            None => Ok(Credentials { api_key, ..Credentials::default() }),
        };
    };
    let password = secret(password(args, targets, pretend, user)?, "the password")?;
    if password.is_empty() {
        return Err(Failed::usage("the password is empty"));
    }
    let account = Account { user: user.clone(), password };
    Ok(Credentials { account: Some(Arc::new(account)), signed_on: false, api_key })
}

fn password(
    args: &LoginArgs,
    targets: &[String],
    pretend: &Pretend,
    user: &str,
) -> Result<String, Failed> {
    if args.password_stdin {
        if targets.iter().any(|target| target == "-") {
            let message = "standard input cannot be both the TARGET - and the password";
            return Err(Failed::usage(message));
        }
        return first_line(&mut std::io::stdin().lock());
    }
    if let Some(password) = variable(PASSWORD, pretend)? {
        return Ok(password);
    }
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        let question = format!("Password of {}: ", crate::render::clean(user));
        return rpassword::prompt_password(question)
            .map_err(|error| Failed::usage(format!("cannot read the password: {error}")));
    }
    let message = "--login needs a password, and there is no terminal to ask at";
    Err(Failed::usage(message).hint(format!("use --password-stdin, or set {PASSWORD}")))
}

/// Standard input without the end of its line.
fn first_line(input: &mut dyn Read) -> Result<String, Failed> {
    // Room for all of it beforehand, so that no copy stays behind; and overwritten on the way out.
    let mut bytes = Zeroizing::new([0; SECRET_LIMIT + END_OF_LINE]);
    let length = read_up_to(input, &mut bytes[..])
        .map_err(|error| Failed::usage(format!("cannot read the password: {error}")))?;
    let text = std::str::from_utf8(&bytes[..length])
        .map_err(|_| Failed::usage("cannot read the password: it is not UTF-8"))?;
    let line = text.trim_end_matches(['\r', '\n']);
    if line.contains(['\r', '\n']) {
        return Err(Failed::usage("standard input holds more than one line, so no password"));
    }
    Ok(line.to_owned())
}

/// Fills a buffer as far as there is anything to read; tells how far.
fn read_up_to(input: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match input.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// A key as it goes into a header. What reads variables from a file often leaves the end of a line
/// at it.
fn api_key(key: String) -> Result<Secret, Failed> {
    let key = Zeroizing::new(key);
    let trimmed = key.trim();
    if trimmed.is_empty() || !trimmed.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failed::usage(format!("{API_KEY} is no API key: {NOT_IN_A_KEY}")));
    }
    secret(trimmed.to_owned(), API_KEY)
}

fn secret(text: String, what: &str) -> Result<Secret, Failed> {
    Secret::new(text).map_err(|error| Failed::usage(format!("{what} is {error}")))
}

fn variable(name: &str, pretend: &Pretend) -> Result<Option<String>, Failed> {
    let value = match &pretend.variables {
        Some(pretended) => {
            pretended.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        }
        None => match std::env::var(name) {
            Ok(value) => Some(value),
            Err(std::env::VarError::NotPresent) => None,
            Err(std::env::VarError::NotUnicode(_)) => {
                return Err(Failed::usage(format!("{name} is not readable text")));
            }
        },
    };
    Ok(value.filter(|value| !value.is_empty()))
}

/// What a logout does beside is told before it is done, to whoever sits at a terminal.
pub fn tell_of_logout(args: &LoginArgs) {
    let mut terminal = std::io::stderr();
    if args.logout && terminal.is_terminal() {
        let note = "note: on a Qlik server --logout ends all sessions of the user on that virtual \
                    proxy, those of a browser too";
        // With standard error gone there is nobody to tell.
        writeln!(terminal, "{note}").ok();
    }
}

/// Only Desktop itself can say that it refuses although all looks well; at a terminal its user is
/// asked, if a login and the licence were examined and nothing was found.
pub fn ask_about_desktop(run: &mut Run, args: &LoginArgs) {
    let at_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if args.desktop_refuses || !at_terminal {
        return;
    }
    let green: Vec<&mut Examined> =
        run.examined.iter_mut().filter(|one| is_green_after_login(one)).collect();
    let several = green.len() > 1;
    if green.is_empty() || several && !agrees("Does Desktop still refuse to log in to any of them?")
    {
        return;
    }
    for one in green {
        let name = crate::render::clean(&one.target.name);
        let refuses = agrees(&format!("Does Desktop still refuse to log in to {name}?"));
        one.say_desktop_refuses(refuses);
    }
}

/// Asks at the terminal; no answer means no.
fn agrees(question: &str) -> bool {
    let mut told = std::io::stderr().lock();
    // With standard error gone nobody answers either.
    write!(told, "{question} [y/N] ").and_then(|()| told.flush()).ok();
    drop(told);
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok()
        && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Pretend {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Pretend { variables: Some(variables.iter().map(own).collect()), ..Pretend::default() }
    }

    fn alice() -> LoginArgs {
        LoginArgs { login: Some("CORP\\alice".to_owned()), ..LoginArgs::default() }
    }

    #[test]
    fn a_password_ends_with_its_line() {
        for (input, expected) in [("p w\n", "p w"), ("p\r\n", "p"), ("p", "p"), ("  p \n", "  p ")]
        {
            let read = first_line(&mut input.as_bytes()).ok();
            assert_eq!(read.as_deref(), Some(expected), "{input:?}");
        }
        assert!(first_line(&mut "two\nlines\n".as_bytes()).is_err());
        let long = first_line(&mut "x".repeat(2000).as_bytes()).expect("text");
        assert!(secret(long, "the password").is_err());
        assert!(first_line(&mut &b"\xff\xfe\n"[..]).is_err());
        let mut in_pieces = (&b"pa"[..]).chain(&b"rts\n"[..]);
        assert_eq!(first_line(&mut in_pieces).ok().as_deref(), Some("parts"));
    }

    #[test]
    fn without_a_login_nothing_is_read_but_the_key() {
        let pretend = with(&[(PASSWORD, "secret"), (API_KEY, "key")]);
        let found = credentials(&LoginArgs::default(), &[], &pretend).expect("credentials");
        assert!(found.account.is_none() && found.api_key.is_some());
    }

    #[test]
    fn the_password_comes_from_the_variable_and_stays_out_of_messages() {
        let found = credentials(&alice(), &[], &with(&[(PASSWORD, "secret-1")]));
        let account = found.ok().and_then(|found| found.account).expect("an account");
        assert_eq!(account.user, "CORP\\alice");
    }

    #[test]
    fn a_key_loses_its_line_end_and_nothing_else_is_taken_for_one() {
        let key = |text: &str| credentials(&LoginArgs::default(), &[], &with(&[(API_KEY, text)]));
        for text in ["eyJ.a-b_c.d=", "eyJ.a-b_c.d=\r\n", " eyJ.a-b_c.d=\n"] {
            assert!(key(text).is_ok_and(|found| found.api_key.is_some()), "{text:?}");
        }
        for text in ["eyJ\r\nX-Other: 1", "two words", "schl\u{fc}ssel", "\r\n", "nul\0"] {
            assert!(key(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_had_is_a_usage_error() {
        let from_stdin = LoginArgs { password_stdin: true, ..alice() };
        assert!(credentials(&from_stdin, &["-".to_owned()], &with(&[])).is_err());
        let sso = LoginArgs { sso: true, ..LoginArgs::default() };
        let found = credentials(&sso, &[], &with(&[]));
        assert_eq!(found.is_ok_and(|found| found.signed_on), cfg!(windows));
        let logout = LoginArgs { logout: true, ..LoginArgs::default() };
        assert!(credentials(&logout, &[], &with(&[])).is_err());
        assert!(credentials(&logout, &[], &with(&[(API_KEY, "key")])).is_ok());
    }
}
