//! `nulstil console`: a terminal, and the way to the engine, which is started if there is none. What is
//! shown and asked is `crate::console`.

mod demo;
mod terminal;

pub(super) use terminal::{Terminal, show};

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::args::{BenchArgs, ConsoleArgs};
use super::{Exit, Stop, paper};
use crate::engine::connect;

/// How long an engine may take until it can be spoken to, and how often that is tried.
const PATIENCE: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(100);

pub(super) fn console(args: &ConsoleArgs) -> Result<Exit, Stop> {
    let (socket, folder) = match (args.demo, &args.socket) {
        (true, _) => {
            let (folder, words) = demo::bench(paper::language(args.bench.language))?;
            (start(&words)?, Some(folder))
        }
        (false, Some(socket)) => (socket.clone(), None),
        (false, None) if args.bench.key.is_some() => (start(&words(&args.bench))?, None),
        (false, None) => {
            return Err(Stop::usage(
                "It needs --key, --authorization and --out; or try it with --demo.",
            ));
        }
    };
    let terminal = Terminal {
        plain: args.plain,
        ours: std::env::var("TERM").is_ok_and(|name| name == "linux"),
        language: paper::language(args.bench.language),
        may_leave: true,
    };
    let done = show(&socket, terminal);
    if let Some(folder) = folder {
        demo::tell(&folder);
    }
    done
}

/// The words of the command line that mean the same bench.
fn words(bench: &BenchArgs) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    let mut give = |option: &str, value: &dyn AsRef<std::ffi::OsStr>| {
        words.extend([option.into(), value.as_ref().to_owned()]);
    };
    for (option, value) in [
        ("--key", &bench.key),
        ("--authorization", &bench.authorization),
        ("--out", &bench.out),
        ("--policy", &bench.policy),
    ] {
        if let Some(value) = value {
            give(option, value);
        }
    }
    let asks = clap::ValueEnum::to_possible_value(&bench.asks);
    if let Some(asks) = &asks {
        give("--asks", &asks.get_name());
    }
    give("--language", &paper::language(bench.language).choose("en", "da"));
    for (option, value) in [("--operator", &bench.operator), ("--location", &bench.location)] {
        if let Some(value) = value {
            give(option, value);
        }
    }
    words.push("--".into());
    words.extend(bench.drives.iter().map(|drive| drive.clone().into_os_string()));
    words
}

/// Starts an engine with these words, and waits until it can be spoken to. Where it is found.
#[expect(clippy::disallowed_types, reason = "it starts this program, and no other")]
fn start(words: &[OsString]) -> Result<PathBuf, Stop> {
    use std::process::{Command, Stdio};
    let failed = |error: std::io::Error| Stop::fault(format!("the engine does not start: {error}"));
    let folder = std::env::temp_dir().join(format!("nulstil-{}", std::process::id()));
    let socket = folder.join("engine");
    let log = folder.join("log");
    std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700)
        .create(&folder)
        .map_err(failed)?;
    let mut engine = Command::new("/proc/self/exe")
        .arg("engine")
        .arg("--socket")
        .arg(&socket)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).map_err(failed)?)
        .spawn()
        .map_err(failed)?;
    let mut waited = Duration::ZERO;
    while waited < PATIENCE {
        if connect(&socket).is_ok() {
            return Ok(socket);
        }
        if engine.try_wait().map_err(failed)?.is_some() {
            return Err(Stop::refused(said(&log)));
        }
        std::thread::sleep(STEP);
        waited += STEP;
    }
    Err(Stop::fault("the engine does not answer"))
}

/// The last sentence that an engine left behind.
fn said(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let line = text.lines().last().unwrap_or("The engine ended.");
    line.strip_prefix("nulstil: ").unwrap_or(line).to_owned()
}
