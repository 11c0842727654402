//! The first process of the live image: it gives the programs a system (mounts, drivers, a screen
//! on each console), looks after them, and switches the computer off. It knows nothing of erasing.
//!
//! | module | does |
//! | --- | --- |
//! | `coldplug` | loads the drivers of what is plugged in |
//! | `modules` | pure: which modules, in which order, with which parameters |
//! | `uevents` | hears that something was plugged in |
//! | `console` | which consoles there are, and the font and keyboard of the screen |
//! | `font`, `keyboard` | pure: reading the files of those |
//!
//! The kernel panics when its first process ends, so this one never does: the rest of this program
//! runs as its children.

mod coldplug;
mod console;
mod font;
mod keyboard;
mod modules;
mod uevents;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount, umount};
use nix::sys::reboot::{RebootMode, reboot, set_cad_enabled};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use coldplug::Coldplug;
use console::Look;
pub use console::{take, use_keyboard};
pub use font::Font;

/// Packed last into the image, so that it is there only if everything is.
const WHOLE: &str = "/whole";

/// Says that the computer is to start again at the end.
const RESTART: &str = "/run/nulstil-restart";

const SYSTEMS: [(&str, &str); 5] = [
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("devtmpfs", "/dev"),
    ("tmpfs", "/run"),
    ("tmpfs", "/tmp"),
];

/// What the firmware and the kernel say of the start; not every computer has them, and the first
/// needs a driver.
const WITNESSES: [(&str, &str); 2] =
    [("efivarfs", "/sys/firmware/efi/efivars"), ("securityfs", "/sys/kernel/security")];

/// How long it is quiet after the last driver found something.
const QUIET: Duration = Duration::from_secs(1);

/// How often children that ended are seen to.
const ROUND: Duration = Duration::from_millis(500);

/// How long programs have to end by themselves before the computer is switched off.
const GRACE: Duration = Duration::from_secs(2);

/// Whether this is the first process of the live image. In a container a program may be the first
/// process too; only the kernel calls it by this name.
#[must_use]
pub fn is_first_process() -> bool {
    std::process::id() == 1 && std::env::args_os().next().is_some_and(|name| name == "/init")
}

/// Lets the computer start again instead of switching it off, when the engine ends well.
pub fn restart_instead() {
    // If it cannot be written down, the computer is switched off.
    let _ = std::fs::write(RESTART, b"");
}

/// Runs the live image until the computer is switched off.
pub fn run() -> ! {
    let mut coldplug = catch_unwind(start).ok().flatten();
    let (mut look, mut children) = (Look::default(), BTreeMap::new());
    loop {
        // A fault in here is one round lost, and not the computer.
        let mut round = std::panic::AssertUnwindSafe((&mut coldplug, &mut look, &mut children));
        let _ = catch_unwind(move || {
            let (coldplug, look, children) = &mut *round;
            look_after(coldplug.as_mut(), look, children);
        });
    }
}

/// Until every drive is there that is plugged in; nothing if there can be no screens.
fn start() -> Option<Coldplug> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    for (system, at) in SYSTEMS {
        // Mounted already is as good.
        let _ = mount(Some(system), at, Some(system), flags, None::<&str>);
    }
    if !Path::new(WHOLE).exists() {
        console::say(
            "nulstil: the live image is not whole in memory. This computer has too little memory \
             (512 MB are needed), or the medium is damaged. Switch the computer off.",
        );
        return None;
    }
    // The three keys do nothing: no run is to end that way.
    let _ = set_cad_enabled(false);
    // What the kernel has to say goes to its log, and not between our lines.
    let _ = std::fs::write("/proc/sys/kernel/printk", "1");
    // Nor does the kernel take orders from the keyboard: one of them starts the computer again.
    let _ = std::fs::write("/proc/sys/kernel/sysrq", "0");
    // A card that was exchanged in its reader is another one.
    let _ = std::fs::write("/sys/module/block/parameters/events_dfl_poll_msecs", "2000");
    let words = std::fs::read_to_string("/proc/cmdline").unwrap_or_default();
    console::use_keyboard(console::layout(&words));
    console::say("nulstil: looking for drives ...");
    let mut coldplug = Coldplug::new();
    coldplug.settle(QUIET);
    for (system, at) in WITNESSES {
        let flags = flags | MsFlags::MS_NODEV | MsFlags::MS_RDONLY;
        let _ = mount(Some(system), at, Some(system), flags, None::<&str>);
    }
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
    let seconds = uptime.split_whitespace().next().unwrap_or("?");
    console::say(&format!("nulstil: ready {seconds} s after the kernel started"));
    Some(coldplug)
}

/// A child: the engine, or the screen of a console.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Child {
    Engine,
    Screen(PathBuf),
}

/// Loads the drivers of what was plugged in, and starts each child that is not there.
fn look_after(
    coldplug: Option<&mut Coldplug>,
    look: &mut Look,
    children: &mut BTreeMap<Pid, Child>,
) {
    let Some(coldplug) = coldplug else {
        std::thread::sleep(ROUND);
        return;
    };
    look.keep();
    let screens = console::consoles().into_iter().map(Child::Screen);
    for child in std::iter::once(Child::Engine).chain(screens) {
        if !children.values().any(|there| *there == child)
            && let Some(pid) = started(&child)
        {
            children.insert(pid, child);
        }
    }
    coldplug.wait(ROUND);
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            // The work is over: the only way in which the engine ends well.
            Ok(WaitStatus::Exited(pid, 0)) if children.get(&pid) == Some(&Child::Engine) => {
                power_off();
            }
            Ok(WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..)) => {
                children.remove(&pid);
            }
            Ok(WaitStatus::StillAlive) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// Starts a child.
#[expect(clippy::disallowed_types, reason = "it starts this program, and no other")]
fn started(child: &Child) -> Option<Pid> {
    use std::process::{Command, Stdio};
    let mut program = Command::new("/proc/self/exe");
    match child {
        Child::Engine => program.arg("live-engine"),
        Child::Screen(console) => program.arg("live-screen").arg(console),
    };
    // Why an engine fails is in the kernel's log; a screen has its console.
    let kernel = OpenOptions::new().write(true).open("/dev/kmsg");
    let errors = kernel.map_or_else(|_| Stdio::null(), Stdio::from);
    let started = program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).spawn();
    match started {
        Ok(child) => i32::try_from(child.id()).ok().map(Pid::from_raw),
        Err(error) => {
            log(&format!("{child:?} does not start: {error}"));
            None
        }
    }
}

/// Ends all programs, writes back what they wrote, and switches the computer off.
fn power_off() {
    console::say("nulstil: switching off");
    let everyone = Pid::from_raw(-1);
    let _ = kill(everyone, Signal::SIGTERM);
    let mut waited = Duration::ZERO;
    while waited < GRACE && waitpid(None, Some(WaitPidFlag::WNOHANG)) != Err(Errno::ECHILD) {
        std::thread::sleep(ROUND / 10);
        waited += ROUND / 10;
    }
    let _ = kill(everyone, Signal::SIGKILL);
    nix::unistd::sync();
    // What a program was writing to when it was ended says afterwards that it is clean.
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let places = mounts.lines().filter(|line| line.starts_with("/dev/"));
    for place in places.filter_map(|line| line.split(' ').nth(1)) {
        let _ = umount(place);
    }
    let mode = match Path::new(RESTART).exists() {
        true => RebootMode::RB_AUTOBOOT,
        false => RebootMode::RB_POWER_OFF,
    };
    let refused = reboot(mode);
    console::say(&format!(
        "nulstil: the computer does not switch itself off ({refused:?}). Nothing is running any more: hold its \
         power button."
    ));
}

/// A line for the kernel's log, where whoever looks for a fault looks first.
fn log(line: &str) {
    let _ = std::fs::write("/dev/kmsg", format!("nulstil: {line}\n"));
}
