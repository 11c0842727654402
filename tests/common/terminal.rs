//! The program on a terminal of its own.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use super::{NULSTIL, command, skipped};

/// Long enough for any machine: a question that does not come is a failure, not a wait for ever.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program on a terminal of its own, and somebody who reads and types.
pub struct Terminal {
    child: Child,
    master: File,
    arrives: Receiver<Vec<u8>>,
    /// Everything that was shown, as bytes: control characters matter.
    shown: Vec<u8>,
    /// How much of it was waited for.
    read: usize,
}

impl Terminal {
    /// `None`, said loudly, without `setsid`.
    pub fn start(test: &str, args: &[String]) -> Option<Self> {
        Self::start_with(test, args, None)
    }

    /// The same with stdout in a file.
    pub fn start_with(test: &str, args: &[String], stdout: Option<File>) -> Option<Self> {
        if !command("setsid", &["--version"]) {
            skipped(test, "there is no setsid");
            return None;
        }
        let pair = nix::pty::openpty(None, None).unwrap();
        let end = || Stdio::from(pair.slave.try_clone().unwrap());
        let child = Command::new("setsid")
            .args(["--ctty", NULSTIL])
            .args(args)
            .stdin(end())
            .stdout(stdout.map_or_else(end, Stdio::from))
            .stderr(end())
            .spawn()
            .unwrap();
        drop(pair.slave);
        let master = File::from(pair.master);
        let mut reader = master.try_clone().unwrap();
        let (sender, arrives) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The end of a terminal is an error.
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Some(Self { child, master, arrives, shown: Vec::new(), read: 0 })
    }

    /// Waits until these words are shown.
    #[track_caller]
    pub fn sees(&mut self, words: &str) {
        loop {
            let rest = &self.shown[self.read..];
            if let Some(at) = rest.windows(words.len()).position(|part| part == words.as_bytes()) {
                self.read += at + words.len();
                return;
            }
            match self.arrives.recv_timeout(PATIENCE) {
                Ok(bytes) => self.shown.extend(bytes),
                Err(_) => panic!("no {words:?} in:\n{}", self.text()),
            }
        }
    }

    /// Types a passphrase once the terminal has stopped showing what is typed: the question comes a
    /// moment earlier.
    pub fn types_unseen(&mut self, passphrase: &str) {
        use nix::sys::termios::{LocalFlags, tcgetattr};
        let shows = || tcgetattr(&self.master).unwrap().local_flags.contains(LocalFlags::ECHO);
        for _ in 0..12_000 {
            if !shows() {
                return self.types(&format!("{passphrase}\n"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("what is typed is shown:\n{}", self.text());
    }

    pub fn types(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }

    /// Waits for the end: the exit code, and everything that was shown.
    pub fn ends(mut self) -> (i32, String) {
        while let Ok(bytes) = self.arrives.recv_timeout(PATIENCE) {
            self.shown.extend(bytes);
        }
        (self.child.wait().unwrap().code().unwrap_or(-1), self.text())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Our own child, by its number; it is gone already unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
