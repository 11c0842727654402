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
mod station;
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
            // clap prints help and version on stdout, and everything else on stderr.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let console = Console::new(cli.json);
    let result = match cli.command {
        #[cfg(feature = "tool")]
        Command::List(args) => list::list(&console, &args),
        #[cfg(feature = "tool")]
        Command::Plan(args) => plan::plan(&console, &args),
        #[cfg(feature = "tool")]
        Command::Wipe(args) => wipe::wipe(&console, &args),
        #[cfg(feature = "tool")]
        Command::Journal(command) => wipe::journal(&console, &command),
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
fn read_limited(path: &std::path::Path) -> std::io::Result<String> {
    String::from_utf8(read_small(path, 1 << 20)?)
        .map_err(|_| std::io::Error::other("this is not a text file"))
}

/// Reads at most `largest` bytes; a larger file, or something that is no file, is an error.
fn read_small(path: &std::path::Path, largest: u64) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let file = std::fs::File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("this is not a file"));
    }
    let mut bytes = Vec::new();
    file.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        return Err(std::io::Error::other("this is too large to be what it should be"));
    }
    Ok(bytes)
}
