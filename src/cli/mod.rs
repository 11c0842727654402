//! The command line: from words to values, and from results to text, JSON and an exit code.

mod args;
mod code;
mod complete;
mod console;
mod decisions;
mod exit;
mod files;
mod key;
mod log;
mod sources;
mod trust;
mod verify;

#[cfg(feature = "tool")]
mod condemn;
#[cfg(feature = "tool")]
mod demo;
#[cfg(feature = "tool")]
mod engine;
#[cfg(feature = "tool")]
mod inspect;
#[cfg(feature = "tool")]
mod job;
#[cfg(feature = "tool")]
mod list;
#[cfg(feature = "tool")]
mod live;
#[cfg(feature = "tool")]
mod paper;
#[cfg(feature = "tool")]
mod plan;
#[cfg(feature = "tool")]
mod progress;
#[cfg(feature = "tool")]
mod record;
#[cfg(feature = "tool")]
mod recorded;
#[cfg(feature = "tool")]
mod screen;
#[cfg(feature = "tool")]
mod station;
#[cfg(feature = "tool")]
mod techniques;
#[cfg(feature = "tool")]
mod thaw;
#[cfg(feature = "tool")]
mod trust_list;
#[cfg(feature = "tool")]
mod unlock;
#[cfg(feature = "tool")]
mod validate;
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

    pub(crate) fn rejected(message: impl Into<String>) -> Self {
        Self { exit: Exit::Rejected, message: message.into() }
    }

    #[cfg(feature = "tool")]
    pub(crate) fn fault(message: impl Into<String>) -> Self {
        Self { exit: Exit::Fault, message: message.into() }
    }
}

/// Runs one command line to its exit code.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    #[cfg(feature = "tool")]
    crate::os::no_core_dumps();
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
    #[cfg(feature = "tool")]
    let console = console.with_secrets_from(cli.passphrase_fd);
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
        Command::Inspect(args) => inspect::inspect(&console, &args),
        #[cfg(feature = "tool")]
        Command::Condemn(args) => condemn::condemn(&console, &args),
        #[cfg(feature = "tool")]
        Command::Journal(command) => wipe::journal(&console, &command),
        #[cfg(feature = "tool")]
        Command::Job(command) => job::job(&console, &command),
        #[cfg(feature = "tool")]
        Command::LiveScreen(args) => live::screen(&args),
        #[cfg(feature = "tool")]
        Command::LiveEngine => live::engine(),
        #[cfg(feature = "tool")]
        Command::Thaw(args) => thaw::thaw(&console, &args),
        #[cfg(feature = "tool")]
        Command::Unlock(args) => unlock::unlock(&console, &args),
        Command::Verify(args) => verify::verify(&console, &args),
        #[cfg(feature = "tool")]
        Command::Validate(args) => validate::validate(&console, &args),
        #[cfg(feature = "tool")]
        Command::Paper(args) => paper::paper(&console, &args),
        Command::Key(command) => key::key(&console, command),
        Command::Log(command) => log::log(&console, command),
        #[cfg(feature = "tool")]
        Command::Console(args) => screen::console(&args),
        #[cfg(feature = "tool")]
        Command::Engine(args) => engine::engine(&args),
        #[cfg(feature = "tool")]
        Command::Demo(args) => demo::demo(&console, &args),
    };
    result.unwrap_or_else(|stop| {
        console.error(&stop.message);
        stop.exit
    })
}
