//! What the first process of the live image starts: the engine, and a console on each screen.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use super::args::LiveScreenArgs;
use super::screen::{Terminal, show};
use super::{Exit, Stop};
use crate::engine::{Desk, End, Hub, Listener, LiveImage};
use crate::init;
use crate::live::{BuildId, UsbStick};
use crate::model::Language;
use crate::os::System;

/// Where consoles find the engine.
const SOCKET: &str = "/run/nulstil/engine";

/// How long a stick may take to be written to the end before the computer is switched off.
const REST: Duration = Duration::from_secs(60);

/// A console for screen readers and simple terminals, by the kernel's name for it.
const PLAIN: &str = "nulstil.plain=";

/// `nulstil live-engine`: works until the computer is to be switched off.
pub(super) fn engine() -> Result<Exit, Stop> {
    let words = std::fs::read_to_string("/proc/cmdline").unwrap_or_default();
    let system = System::live();
    let stick = BuildId::on_command_line(&words).map(|id| UsbStick::new(system.clone(), id));
    let listener = Listener::open(Path::new(SOCKET))
        .map_err(|error| Stop::refused(format!("{SOCKET}: {error}.")))?;
    let (told, inputs) = mpsc::channel();
    let hub = Hub::default();
    let bench = LiveImage::new(system, stick, told.clone(), init::use_keyboard);
    let desk = Desk::new(Box::new(bench), hub.clone(), told.clone());
    std::thread::spawn(move || listener.serve(&hub, &told));
    if desk.run(&inputs, false) == End::Restart {
        init::restart_instead();
    }
    // The computer is switched off when this ends, whatever is half written by then.
    let _ = UsbStick::rests(REST);
    Ok(Exit::Done)
}

/// `nulstil live-screen`: a console of the engine, which nobody leaves.
pub(super) fn screen(args: &LiveScreenArgs) -> Result<Exit, Stop> {
    init::take(&args.console).map_err(|error| {
        Stop::refused(format!("{} is no console: {error}", args.console.display()))
    })?;
    let words = std::fs::read_to_string("/proc/cmdline").unwrap_or_default();
    let name = args.console.file_name().unwrap_or_default().to_string_lossy();
    let terminal = Terminal {
        plain: words.split_whitespace().any(|word| word.strip_prefix(PLAIN) == Some(&*name)),
        // The kernel's own screen lets itself be given colours.
        ours: is_screen(&name),
        language: Language::Danish,
        may_leave: false,
    };
    show(Path::new(SOCKET), terminal)
}

/// Whether it is a screen of the kernel's, and no line: `tty1`, but not `ttyS0`.
fn is_screen(name: &str) -> bool {
    name.strip_prefix("tty").is_some_and(|rest| rest.bytes().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_told_from_a_line() {
        assert!(is_screen("tty1") && is_screen("tty12"));
        assert!(["ttyS0", "ttyAMA0", "hvc0", "console"].iter().all(|name| !is_screen(name)));
    }
}
