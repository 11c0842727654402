//! A computer in QEMU: its serial line, its keyboard, and its control socket (QMP).
#![allow(dead_code, reason = "every test file uses a part of it")]
#![allow(unreachable_pub, reason = "each test file is a crate of its own")]

mod screen;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::skipped;

/// A boot takes a tenth of this.
pub const PATIENCE: Duration = Duration::from_secs(240);
pub const STEP: Duration = Duration::from_millis(200);

/// A host that is busy starves the emulated timer, which the kernel would take for a broken one.
pub const COMMAND_LINE: &str =
    "console=ttyS0,115200 console=tty0 quiet loglevel=3 panic=-1 no_timer_check";

/// The console on the serial line says lines, and takes lines.
pub const PLAIN: &str = "nulstil.plain=ttyS0";

/// How long a person takes to see what changed on a screen; before that no key counts.
pub const SEEN: Duration = Duration::from_secs(1);

/// The folder with the image, which `image/build --out target/live` makes.
pub fn image(test: &str) -> Option<PathBuf> {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/live");
    let folder = std::env::var_os("NULSTIL_IMAGE").map_or(made, PathBuf::from);
    let qemu = Command::new("qemu-system-x86_64").arg("--version").output();
    if folder.join("SHA256SUMS").exists() && qemu.is_ok_and(|ran| ran.status.success()) {
        return Some(folder);
    }
    skipped(test, "QEMU or the image is missing: image/build --out target/live");
    None
}

/// A computer without disks; ended also when a test fails.
pub struct Computer {
    pub folder: TempDir,
    pub qemu: Child,
    control: BufReader<UnixStream>,
    /// How much of the serial line was read by [`Self::until_new`].
    read: usize,
}

/// The arguments of a disk without its device.
pub fn drive(id: &str, file: &Path) -> [String; 2] {
    ["-drive".to_owned(), format!("if=none,format=raw,id={id},file={}", file.display())]
}

impl Drop for Computer {
    fn drop(&mut self) {
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

impl Computer {
    /// Starts it with these arguments of QEMU and more words on the kernel's command line.
    pub fn boot(
        folder: TempDir,
        kernel: &Path,
        initrd: &Path,
        words: &str,
        arguments: &[String],
    ) -> Self {
        let file = |path| fs::canonicalize(path).unwrap().display().to_string();
        let line = format!("{COMMAND_LINE} {words}");
        let start = [
            "-kernel".into(),
            file(kernel),
            "-initrd".into(),
            file(initrd),
            "-append".into(),
            line,
        ];
        Self::switch_on(folder, &[&start, arguments].concat())
    }

    /// Starts it as its firmware does, with these arguments of QEMU.
    pub fn switch_on(folder: TempDir, arguments: &[String]) -> Self {
        let control = folder.path().join("control");
        let mut command = Command::new("qemu-system-x86_64");
        // Two processors that take turns: when they run at once, QEMU's emulation sees the kernel's
        // changes to its own code half done now and then, and the kernel dies of that.
        command
            .args(["-accel", "tcg,thread=single", "-m", "512", "-smp", "2"])
            .args(["-nodefaults", "-no-reboot"])
            .args(["-display", "none", "-vga", "std", "-serial", "stdio"])
            .arg("-qmp")
            .arg(format!("unix:{},server=on,wait=off", control.display()))
            .args(arguments)
            .current_dir(folder.path());
        let qemu = command
            .stdin(Stdio::piped())
            .stdout(File::create(folder.path().join("serial")).unwrap())
            .stderr(File::create(folder.path().join("errors")).unwrap())
            .spawn()
            .unwrap();
        let mut waited = Duration::ZERO;
        let stream = loop {
            if let Ok(stream) = UnixStream::connect(&control) {
                break stream;
            }
            assert!(waited < PATIENCE, "QEMU does not start");
            std::thread::sleep(STEP);
            waited += STEP;
        };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut computer = Self { folder, qemu, control: BufReader::new(stream), read: 0 };
        computer.said(|message| message.get("QMP").is_some());
        computer.order("qmp_capabilities", json!({}));
        computer
    }

    /// What came over the serial line so far.
    pub fn serial(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join("serial")).unwrap()).into_owned()
    }

    /// Waits until the serial line says something that satisfies `is_it`.
    pub fn until(&mut self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let mut waited = Duration::ZERO;
        loop {
            let text = self.serial();
            if is_it(&text) {
                return text;
            }
            let ended = self.qemu.try_wait().unwrap();
            let errors = || fs::read_to_string(self.folder.path().join("errors")).unwrap();
            assert!(ended.is_none(), "ended before {what}:\n{text}\n{}", errors());
            assert!(waited < PATIENCE, "never {what}:\n{text}\n{}", errors());
            std::thread::sleep(STEP);
            waited += STEP;
        }
    }

    /// Waits until a terminal at the other end of the serial line shows all of these.
    pub fn line_shows(&self, texts: &[&str]) {
        let mut waited = Duration::ZERO;
        loop {
            let mut parser = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
            parser.process(&fs::read(self.folder.path().join("serial")).unwrap());
            let screen = parser.screen().contents();
            if texts.iter().all(|text| screen.contains(text)) {
                return;
            }
            assert!(waited < PATIENCE, "the line never shows {texts:?}:\n{screen}");
            std::thread::sleep(STEP);
            waited += STEP;
        }
    }

    /// Waits until the serial line says this after what was waited for before; all that it said since.
    pub fn until_new(&mut self, words: &str) -> String {
        let from = self.read;
        let new = |text: &str| text.get(from..).is_some_and(|new| new.contains(words));
        let text = self.until(words, new);
        let new = text.get(from..).unwrap_or_default();
        self.read = from + new.find(words).unwrap() + words.len();
        std::thread::sleep(SEEN);
        self.serial().get(from..).unwrap_or_default().to_owned()
    }

    /// The next message of QEMU that satisfies `is_it`.
    pub fn said(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut line = String::new();
            let length = self.control.read_line(&mut line);
            assert!(length.is_ok_and(|n| n > 0), "QEMU says nothing:\n{}", self.serial());
            let message = serde_json::from_str(&line).unwrap();
            if is_it(&message) {
                return message;
            }
        }
    }

    pub fn order(&mut self, execute: &str, arguments: Value) {
        let order = json!({ "execute": execute, "arguments": arguments });
        // At once: an order to quit counts from its last brace on, and nobody reads what comes after it.
        let sent = self.control.get_mut().write_all(format!("{order}\n").as_bytes());
        sent.unwrap_or_else(|error| panic!("{order}: {error}\n{}", self.serial()));
        let answer =
            self.said(|message| message.get("return").is_some() || message.get("error").is_some());
        assert!(answer.get("return").is_some(), "{order}: {answer}");
    }

    /// Types a line on the serial line.
    pub fn enters(&mut self, text: &str) {
        let line = self.qemu.stdin.as_mut().unwrap();
        line.write_all(format!("{text}\r").as_bytes()).unwrap();
    }

    /// Presses keys together, on the keyboard in front of the screen.
    pub fn presses(&mut self, keys: &[&str]) {
        let keys: Vec<_> = keys.iter().map(|key| json!({ "type": "qcode", "data": key })).collect();
        self.order("send-key", json!({ "keys": keys }));
        std::thread::sleep(STEP);
    }

    /// Presses keys one after the other.
    pub fn types(&mut self, keys: &[&str]) {
        keys.iter().for_each(|key| self.presses(&[key]));
    }

    /// Waits until the screen shows all of these, as read by the font of the image in this folder.
    pub fn shows(&mut self, image: &Path, texts: &[&str]) {
        let font = screen::font(image);
        let file = self.folder.path().join("screen.ppm");
        let mut waited = Duration::ZERO;
        loop {
            self.order("screendump", json!({ "filename": file }));
            let screen = screen::text(&fs::read(&file).unwrap(), &font);
            if texts.iter().all(|text| screen.contains(text)) {
                std::thread::sleep(SEEN);
                return;
            }
            assert!(waited < PATIENCE, "the screen never shows {texts:?}:\n{screen}");
            std::thread::sleep(STEP);
            waited += STEP;
        }
    }

    /// Takes a picture of the screen, for whoever names a folder for it.
    pub fn picture(&mut self, name: &str) {
        if let Some(folder) = std::env::var_os("NULSTIL_PICTURES") {
            std::fs::create_dir_all(&folder).unwrap();
            let file = Path::new(&folder).join(name);
            self.order("screendump", json!({ "filename": file, "format": "png" }));
        }
    }
}
