//! What is said on every console at once.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::thread::JoinHandle;

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::console::{consoles, opened};

/// How long a console has to take more, in milliseconds: a serial line is slow.
const PATIENCE: u16 = 2000;

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
            let flags = OFlag::O_NOCTTY | OFlag::O_NONBLOCK;
            let all = consoles().into_iter().filter_map(|path| opened(&path, flags).ok());
            let mut all: Vec<_> = all.map(|file| Listener { file, patience: PATIENCE }).collect();
            let mut said = [0; 4096];
            while let Ok(length @ 1..) = from.read(&mut said) {
                for one in &mut all {
                    one.hear(said.get(..length).unwrap_or_default());
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

/// One console. Somebody may have stopped it (Ctrl-S): the work does not wait for that, nor do the
/// others.
struct Listener {
    file: File,
    patience: u16,
}

impl Listener {
    fn hear(&mut self, mut said: &[u8]) {
        while !said.is_empty() {
            let mut asked = [PollFd::new(self.file.as_fd(), PollFlags::POLLOUT)];
            if !matches!(poll(&mut asked, PollTimeout::from(self.patience)), Ok(1..)) {
                self.patience = 0;
                return;
            }
            match self.file.write(said) {
                Ok(length) => said = said.get(length..).unwrap_or_default(),
                Err(_) => return,
            }
            self.patience = PATIENCE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_was_stopped_does_not_hold_up_the_others() {
        let (mut from, into) = io::pipe().unwrap();
        nix::fcntl::fcntl(&into, nix::fcntl::FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
        let mut one = Listener { file: File::from(OwnedFd::from(into)), patience: 1 };
        let much = vec![b'x'; 1 << 20];
        one.hear(&much);
        assert_eq!(one.patience, 0, "a pipe that nobody reads is full at some time");
        let mut read = vec![0; 1 << 20];
        let length = from.read(&mut read).unwrap();
        assert!(length < much.len());
        // Once it is read again, it hears again.
        one.hear(b"again");
        drop(one);
        let mut rest = Vec::new();
        from.read_to_end(&mut rest).unwrap();
        assert!(rest.ends_with(b"again"), "{}", rest.len());
    }
}
