//! The consoles of the live image: the screen, and a serial line where the kernel was told of one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use nix::fcntl::OFlag;

/// The devices of the kernel's consoles. `tty0` is whichever screen is in front; we are on the
/// first.
pub(super) fn consoles() -> Vec<PathBuf> {
    let active = fs::read_to_string("/sys/class/tty/console/active").unwrap_or_default();
    named(&active)
}

fn named(active: &str) -> Vec<PathBuf> {
    let mut names: Vec<_> =
        active.split_whitespace().map(|name| if name == "tty0" { "tty1" } else { name }).collect();
    if !names.contains(&"tty1") {
        names.insert(0, "tty1");
    }
    names.iter().map(|name| Path::new("/dev").join(name)).collect()
}

/// Says one line on every console.
pub(super) fn say(line: &str) {
    for console in consoles() {
        // A console that is not there any more cannot be told.
        if let Ok(mut console) = opened(&console, OFlag::O_NOCTTY) {
            let _ = writeln!(console, "{line}");
        }
    }
}

fn opened(console: &Path, flags: OFlag) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).custom_flags(flags.bits()).open(console)
}

/// Makes this console the terminal of this process: its own session, input, output and errors.
///
/// # Errors
/// There is no such console, or it is another session's.
pub fn take(console: &Path) -> io::Result<()> {
    // Fails for whoever leads a session already, and that one has what is wanted.
    let _ = nix::unistd::setsid();
    // The first terminal that a leader without one opens becomes its own.
    let terminal = opened(console, OFlag::empty())?;
    nix::unistd::dup2_stdin(terminal.as_fd())?;
    nix::unistd::dup2_stdout(terminal.as_fd())?;
    nix::unistd::dup2_stderr(terminal.as_fd())?;
    Ok(())
}

/// While it lives, what this process says is said on every console: work that nobody started is
/// nobody's console's.
#[derive(Debug)]
pub struct Everywhere {
    before: Option<(OwnedFd, OwnedFd)>,
    copying: Option<JoinHandle<()>>,
}

impl Everywhere {
    /// Begins.
    ///
    /// # Errors
    /// No more files can be opened; nothing has changed.
    pub fn begin() -> io::Result<Self> {
        let before = (nix::unistd::dup(io::stdout())?, nix::unistd::dup(io::stderr())?);
        let (mut from, into) = io::pipe()?;
        nix::unistd::dup2_stdout(&into)?;
        nix::unistd::dup2_stderr(&into)?;
        let copying = std::thread::spawn(move || {
            // One that cannot be written to does not silence the others.
            let opened = |path: &PathBuf| opened(path, OFlag::O_NOCTTY).ok();
            let mut all: Vec<File> = consoles().iter().filter_map(opened).collect();
            let mut said = [0; 4096];
            while let Ok(length @ 1..) = from.read(&mut said) {
                for console in &mut all {
                    let _ = console.write_all(said.get(..length).unwrap_or_default());
                }
            }
        });
        Ok(Self { before: Some(before), copying: Some(copying) })
    }
}

impl Drop for Everywhere {
    fn drop(&mut self) {
        if let Some((stdout, stderr)) = self.before.take() {
            let _ = nix::unistd::dup2_stdout(&stdout);
            let _ = nix::unistd::dup2_stderr(&stderr);
        }
        // With these, the last writers are gone.
        if let Some(copying) = self.copying.take() {
            let _ = copying.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_and_what_the_kernel_was_told_of() {
        let paths =
            |active| named(active).iter().map(|p| p.display().to_string()).collect::<Vec<_>>();
        assert_eq!(paths("ttyS0 tty0\n"), ["/dev/ttyS0", "/dev/tty1"]);
        assert_eq!(paths("tty0\n"), ["/dev/tty1"]);
        assert_eq!(paths("ttyS0\n"), ["/dev/tty1", "/dev/ttyS0"]);
        assert_eq!(paths(""), ["/dev/tty1"]);
    }
}
