//! The command line: from words to values, and from results to text, JSON and an exit code.

mod args;
mod console;
mod exit;
mod key;
mod verify;

#[cfg(feature = "tool")]
mod demo;
#[cfg(feature = "tool")]
mod list;
#[cfg(feature = "tool")]
mod plan;
#[cfg(feature = "tool")]
mod progress;
#[cfg(feature = "tool")]
mod record;
#[cfg(feature = "tool")]
mod station;
#[cfg(feature = "tool")]
mod techniques;
#[cfg(feature = "tool")]
mod thaw;
#[cfg(feature = "tool")]
mod unlock;
#[cfg(feature = "tool")]
mod wipe;

pub use exit::Exit;

use std::ffi::OsString;

use clap::Parser as _;

use args::{Cli, Command};
use console::Console;

/// A command that stops before it has done anything: one sentence, and an exit code.
#[derive(Debug)]
pub(crate) struct Stop {
    exit: Exit,
    message: String,
}

impl Stop {
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self { exit: Exit::Refused, message: message.into() }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    #[cfg(feature = "tool")]
    pub(crate) fn fault(message: impl Into<String>) -> Self {
        Self { exit: Exit::Fault, message: message.into() }
    }
}

/// Runs one command line to its exit code.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help and version on stdout. What it says of errors goes to stderr, and
            // quotes what was typed, which may be a file name that somebody else chose.
            if !error.use_stderr() {
                let _ = error.print();
                return Exit::Done;
            }
            let console = Console::new(true);
            for line in error.render().to_string().lines() {
                console.remark(line);
            }
            return Exit::Usage;
        }
    };
    let console = Console::new(cli.json);
    let result = match cli.command {
        #[cfg(feature = "tool")]
        Command::List(args) => list::list(&console, &args),
        #[cfg(feature = "tool")]
        Command::Plan(args) => plan::plan(&console, &args),
        #[cfg(feature = "tool")]
        Command::Record(args) => record::record(&console, &args),
        #[cfg(feature = "tool")]
        Command::Wipe(args) => wipe::wipe(&console, &args),
        #[cfg(feature = "tool")]
        Command::Journal(command) => wipe::journal(&console, &command),
        #[cfg(feature = "tool")]
        Command::Thaw(args) => thaw::thaw(&console, &args),
        #[cfg(feature = "tool")]
        Command::Unlock(args) => unlock::unlock(&console, &args),
        Command::Verify(args) => verify::verify(&console, &args),
        Command::Key(command) => key::key(&console, command),
        #[cfg(feature = "tool")]
        Command::Demo(args) => demo::demo(&console, &args),
    };
    result.unwrap_or_else(|stop| {
        console.error(&stop.message);
        stop.exit
    })
}

/// Reads a text file that has no business being large.
fn read_limited(path: &std::path::Path) -> Result<String, String> {
    String::from_utf8(read_small(path, 1 << 20)?)
        .map_err(|_| "this is not a text file; name another one".to_owned())
}

/// Reads at most `largest` bytes. A larger file, or something that is no file, is an error: what
/// is wrong and what to do.
fn read_small(path: &std::path::Path, largest: u64) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    let said = |error: std::io::Error| unread(&error);
    // Asked before opening: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(said)?.is_file() {
        return Err("this is not a file; name the file itself".to_owned());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(said)?;
    file.take(largest.saturating_add(1)).read_to_end(&mut bytes).map_err(said)?;
    if bytes.len() as u64 > largest {
        return Err("this is too large to be what it should be; name another file".to_owned());
    }
    Ok(bytes)
}

/// Why a file could not be read, and what to do.
fn unread(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file; check the name".to_owned(),
        std::io::ErrorKind::PermissionDenied => {
            "it must not be read by this user; change its permissions".to_owned()
        }
        _ => format!("it cannot be read ({error}); check the name"),
    }
}
