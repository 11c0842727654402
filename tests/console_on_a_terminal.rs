//! `nulstil console` on a pseudo-terminal: a whole wipe of a loop device with keystrokes alone, in
//! Danish; and the work that goes on when the terminal is hung up.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "tests run programs, say what they skip, and fail loudly"
)]

mod common;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Bench, Loop, NULSTIL, holds_only, is_root};
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const SIZE: u64 = 24 << 20;
const ROWS: u16 = 25;
const COLUMNS: u16 = 80;

/// How often the screen is looked at, how long it may take, and how long a person takes for a key.
const STEP: Duration = Duration::from_millis(100);
const PATIENCE: u32 = 600;
const CALM: Duration = Duration::from_millis(1500);

/// A terminal with a console on it.
struct Terminal {
    console: Child,
    keys: File,
    screen: Arc<Mutex<vt100::Parser>>,
}

impl Terminal {
    fn new(arguments: &[String], bench: &Bench) -> Self {
        let size = Winsize { ws_row: ROWS, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 };
        let OpenptyResult { master, slave } = openpty(Some(&size), None).unwrap();
        let end = |slave: &OwnedFd| Stdio::from(slave.try_clone().unwrap());
        let console = Command::new("setsid")
            .args(["--ctty", NULSTIL, "console"])
            .args(arguments)
            .env("TMPDIR", bench.dir.path())
            .env("TERM", "xterm-256color")
            .stdin(end(&slave))
            .stdout(end(&slave))
            .stderr(end(&slave))
            .spawn()
            .unwrap();
        let mut shown = File::from(master.try_clone().unwrap());
        let screen = Arc::new(Mutex::new(vt100::Parser::new(
            ROWS.try_into().unwrap(),
            COLUMNS.try_into().unwrap(),
            0,
        )));
        let parser = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = shown.read(&mut bytes) {
                parser.lock().unwrap().process(&bytes[..n]);
            }
        });
        Self { console, keys: File::from(master), screen }
    }

    /// Where the engine is that this console started.
    fn socket(&self, bench: &Bench) -> PathBuf {
        bench.path(&format!("nulstil-{}", self.console.id())).join("engine")
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits until the screen shows this, and as long as a person needs to see it.
    fn until(&self, words: &str) -> String {
        for _ in 0..PATIENCE {
            let text = self.text();
            if text.contains(words) {
                std::thread::sleep(CALM);
                return text;
            }
            std::thread::sleep(STEP);
        }
        panic!("never {words:?}:\n{}", self.text());
    }

    fn types(&mut self, keys: &str) {
        for key in keys.chars() {
            self.keys.write_all(key.to_string().as_bytes()).unwrap();
            std::thread::sleep(STEP * 4);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.console.kill();
        let _ = self.console.wait();
    }
}

/// The command line of a console that starts its engine.
fn words(bench: &Bench, more: &[&str]) -> Vec<String> {
    bench.station().into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect()
}

/// Whoever ends the program finds the terminal as it was.
#[test]
fn a_console_that_is_ended_gives_the_terminal_back() {
    let is_ours = |terminal: &Terminal| terminal.screen.lock().unwrap().screen().alternate_screen();
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let bench = Bench::new();
        let words = ["--socket", "/nonexistent", "--language", "en"].map(str::to_owned);
        let mut terminal = Terminal::new(&words, &bench);
        terminal.until("The computer is starting");
        assert!(is_ours(&terminal));
        kill(Pid::from_raw(terminal.console.id().try_into().unwrap()), signal).unwrap();
        assert!(terminal.console.wait().unwrap().success(), "{signal}");
        let given_back = (0..PATIENCE).any(|_| {
            std::thread::sleep(STEP);
            !is_ours(&terminal)
        });
        assert!(given_back, "{signal}");
    }
}

/// From the label to the verdict, in Danish.
#[test]
fn a_whole_wipe_with_keys_alone() {
    let test = "a_whole_wipe_with_keys_alone";
    if !is_root(test) {
        return;
    }
    let bench = Bench::new();
    let drive = Loop::attach(&bench.image("drive", SIZE), &[]);
    let mut terminal = Terminal::new(&words(&bench, &["--language", "da", drive.path()]), &bench);
    let text = terminal.until("Scan mærkaten på computeren");
    assert!(text.contains(drive.path()), "{text}");
    terminal.types("PC4711\r");
    terminal.until("Er nummeret rigtigt?");
    terminal.types("1");
    terminal.until("Skal denne disk slettes?");
    // None of these is an answer.
    terminal.types("\r5x");
    assert!(terminal.text().contains("Skal denne disk slettes?"));
    terminal.types("1");
    terminal.until("Læs planen.");
    terminal.types("1");
    assert!(terminal.text().contains("Læs planen."), "a number is no yes to the plan");
    // An Enter right after it would be the end of a scan.
    std::thread::sleep(2 * CALM);
    assert!(holds_only(&drive.file, 0xa7), "something was written before the yes");
    terminal.types("\r");
    let text = terminal.until("██████");
    assert!(text.contains("SLETTET") || text.contains("slettet"), "{text}");
    assert!(holds_only(&drive.file, 0));
    let certificate = bench.certificate();
    assert_eq!(certificate["credentialSubject"]["conclusion"]["verdict"], "sanitized");
    assert!(certificate.to_string().contains("PC4711"));
    bench.verify().expect(0);
}

/// The terminal is hung up in the middle: the work goes on and is certified, and another console finds
/// it.
#[test]
fn the_work_goes_on_without_its_console() {
    let test = "the_work_goes_on_without_its_console";
    if !is_root(test) {
        return;
    }
    let bench = Bench::new();
    let drive = Loop::attach(&bench.image("drive", 40 * SIZE), &[]);
    let policy = bench.path("policy.toml");
    std::fs::write(&policy, "[policy]\npasses = \"dod-short-3\"\nverify = \"full\"\n").unwrap();
    let more = ["--language", "en", "--policy", policy.to_str().unwrap(), drive.path()];
    let mut terminal = Terminal::new(&words(&bench, &more), &bench);
    terminal.until("Scan the label");
    terminal.types("PC4711\r");
    terminal.until("Is the number right?");
    terminal.types("1");
    terminal.until("Shall this drive be erased?");
    terminal.types("1");
    terminal.until("Read the plan");
    terminal.keys.write_all(b"\r").unwrap();
    let journals = || bench.results(".journal").len();
    let begun = (0..PATIENCE).any(|_| {
        std::thread::sleep(STEP);
        journals() == 1
    });
    assert!(begun, "{}", terminal.text());
    let socket = terminal.socket(&bench);
    // The last end of the terminal is closed: everything on it is told so by the kernel.
    drop(terminal);
    assert_eq!(bench.results(".cert.json").len(), 0, "it was over before the terminal was");

    let words = ["--socket", socket.to_str().unwrap(), "--language", "en"].map(str::to_owned);
    let terminal = Terminal::new(&words, &bench);
    let text = terminal.until("PC4711");
    assert!(text.contains('%') || text.contains("signed certificate says so"), "{text}");
    terminal.until("██████");
    let certificate = bench.certificate();
    assert_eq!(certificate["credentialSubject"]["conclusion"]["verdict"], "sanitized");
    bench.verify().expect(0);
}
