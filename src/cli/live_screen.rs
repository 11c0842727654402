//! `nulstil live-screen`: what the live image shows on a console. The first process of the image
//! starts it, starts it again if it fails, and switches the computer off when it ends well.

use std::io::IsTerminal as _;
use std::os::fd::AsFd as _;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::args::{ListArgs, LiveScreenArgs};
use super::console::Console;
use super::list::list;
use super::{Exit, Stop};
use crate::init;
use crate::os::{System, disk_names};

/// How often the screen looks whether a drive came or went, in milliseconds.
const GLANCE: u16 = 1000;

/// The word that ends it.
const OFF: &str = "off";

pub(super) fn live_screen(console: &Console, args: &LiveScreenArgs) -> Result<Exit, Stop> {
    let unusable =
        |error| Stop::refused(format!("{} is no console: {error}", args.console.display()));
    init::take(&args.console).map_err(unusable)?;
    if !std::io::stdin().is_terminal() {
        return Err(Stop::refused(format!("{} is no terminal", args.console.display())));
    }
    let system = System::live();
    loop {
        let shown = disk_names(&system);
        console.line("");
        console.line(&format!("nulstil {} - live image", env!("CARGO_PKG_VERSION")));
        console.line("");
        list(console, &ListArgs { recorded: None })?;
        console.line("");
        console.line(&format!(
            "Enter: look again.  {OFF} and Enter: switch this computer off.  Nothing is erased from here."
        ));
        if wait(&system, &shown)? {
            return Ok(Exit::Done);
        }
    }
}

/// Until there is something new to show, or (true) somebody wants the computer to be off.
fn wait(system: &System, shown: &[String]) -> Result<bool, Stop> {
    let lost = |error: std::io::Error| Stop::fault(format!("the console cannot be read: {error}"));
    let stdin = std::io::stdin();
    let mut last = shown.to_vec();
    loop {
        let mut asked = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        if poll(&mut asked, PollTimeout::from(GLANCE)).map_err(|errno| lost(errno.into()))? > 0 {
            let mut line = String::new();
            // No line at all: the terminal was hung up.
            if stdin.read_line(&mut line).map_err(lost)? == 0 {
                return Err(lost(std::io::ErrorKind::UnexpectedEof.into()));
            }
            return Ok(line.trim() == OFF);
        }
        // Drives come one after the other: only once nothing moves any more.
        let now = disk_names(system);
        if now != shown && now == last {
            return Ok(false);
        }
        last = now;
    }
}
