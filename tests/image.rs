//! The live image in QEMU, as `image/build` made it: the kernel starts our program as its first
//! process, which finds the drivers, shows every drive on the serial line and the screen, and
//! switches the computer off.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "tests run programs, say what they skip, and fail loudly"
)]

mod common;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::skipped;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A boot takes a tenth of this.
const PATIENCE: Duration = Duration::from_secs(240);
const STEP: Duration = Duration::from_millis(200);

/// Kernel, initrd and loaders are to be at most 64 MB; the loaders take 6 of them.
const MOST_BYTES: u64 = 58_000_000;

/// A host that is busy starves the emulated timer, which the kernel would take for a broken one.
const COMMAND_LINE: &str =
    "console=ttyS0,115200 console=tty0 quiet loglevel=3 panic=-1 no_timer_check";

/// The folder with the image, which `image/build --out target/live` makes.
fn image(test: &str) -> Option<PathBuf> {
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
struct Computer {
    folder: TempDir,
    qemu: Child,
    control: BufReader<UnixStream>,
}

impl Drop for Computer {
    fn drop(&mut self) {
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

impl Computer {
    /// Starts it with these devices; `{}` in one stands for a disk of 16 MiB, whose name comes
    /// after it.
    fn start(kernel: &Path, initrd: &Path, disks: &[(&str, &str)], devices: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let control = folder.path().join("control");
        let mut command = Command::new("qemu-system-x86_64");
        command
            .args(["-accel", "tcg", "-m", "512", "-smp", "2", "-nodefaults", "-no-reboot"])
            .args(["-display", "none", "-vga", "std", "-serial", "stdio"])
            .args(["-append", COMMAND_LINE])
            .arg("-kernel")
            .arg(kernel)
            .arg("-initrd")
            .arg(initrd)
            .arg("-qmp")
            .arg(format!("unix:{},server=on,wait=off", control.display()));
        for device in devices {
            command.args(["-device", device]);
        }
        for (name, device) in disks {
            let disk = folder.path().join(name);
            File::create(&disk).unwrap().set_len(16 << 20).unwrap();
            let drive = format!("if=none,format=raw,id={name},file={}", disk.display());
            command.args(["-drive", &drive]);
            if !device.is_empty() {
                command.args(["-device", &format!("{device},drive={name},serial=NR-{name}")]);
            }
        }
        let qemu = command
            .stdin(Stdio::null())
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
        let mut computer = Self { folder, qemu, control: BufReader::new(stream) };
        computer.said(|message| message.get("QMP").is_some());
        computer.order("qmp_capabilities", json!({}));
        computer
    }

    /// What came over the serial line so far.
    fn serial(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join("serial")).unwrap()).into_owned()
    }

    /// Waits until the serial line says something that satisfies `is_it`.
    fn until(&mut self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
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

    /// The next message of QEMU that satisfies `is_it`.
    fn said(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.control.read_line(&mut line).unwrap() > 0, "QEMU says nothing any more");
            let message = serde_json::from_str(&line).unwrap();
            if is_it(&message) {
                return message;
            }
        }
    }

    fn order(&mut self, execute: &str, arguments: Value) {
        let order = json!({ "execute": execute, "arguments": arguments });
        writeln!(self.control.get_mut(), "{order}").unwrap();
        let answer =
            self.said(|message| message.get("return").is_some() || message.get("error").is_some());
        assert!(answer.get("return").is_some(), "{order}: {answer}");
    }

    /// Presses keys together, on the keyboard in front of the screen.
    fn presses(&mut self, keys: &[&str]) {
        let keys: Vec<_> = keys.iter().map(|key| json!({ "type": "qcode", "data": key })).collect();
        self.order("send-key", json!({ "keys": keys }));
        std::thread::sleep(STEP);
    }

    /// Presses keys one after the other.
    fn types(&mut self, keys: &[&str]) {
        keys.iter().for_each(|key| self.presses(&[key]));
    }

    /// Takes a picture of the screen, for whoever names a folder for it.
    fn picture(&mut self, name: &str) {
        if let Some(folder) = std::env::var_os("NULSTIL_PICTURES") {
            let file = Path::new(&folder).join(name);
            self.order("screendump", json!({ "filename": file, "format": "png" }));
        }
    }
}

#[test]
fn it_lists_every_drive_and_switches_off() {
    let Some(image) = image("it_lists_every_drive_and_switches_off") else { return };
    let (kernel, initrd) = (image.join("vmlinuz"), image.join("initrd"));
    let bytes = fs::metadata(&kernel).unwrap().len() + fs::metadata(&initrd).unwrap().len();
    assert!(bytes <= MOST_BYTES, "kernel and initrd have {bytes} bytes");

    let disks = [
        ("NVME", "nvme"),
        ("SATA", "ide-hd,bus=ahci.0"),
        ("SCSI", "scsi-hd,bus=scsi.0"),
        ("USB", "usb-storage,bus=xhci.0"),
        ("LATE", ""),
    ];
    let controllers = ["ahci,id=ahci", "virtio-scsi-pci,id=scsi", "qemu-xhci,id=xhci"];
    let mut computer = Computer::start(&kernel, &initrd, &disks, &controllers);
    let all = |text: &str| {
        ["NVME", "SATA", "SCSI", "USB"].iter().all(|name| text.contains(&format!("NR-{name},")))
    };
    let text = computer.until("all drives", |text| {
        // The last list only: what is on the screen now.
        text.rsplit("live image").next().is_some_and(|now| all(now) && now.contains("and Enter"))
    });
    assert!(!text.contains("NR-LATE"), "{text}");
    assert!(
        text.contains("/dev/nvme0n1") && text.contains("could be erased by: overwrite"),
        "{text}"
    );
    computer.picture("list.png");

    // Plugged in later: it is shown without anybody asking.
    let late = json!({ "driver": "usb-storage", "bus": "xhci.0", "drive": "LATE", "id": "late", "serial": "NR-LATE" });
    computer.order("device_add", late);
    computer.until("the drive that came later", |text| {
        text.rsplit("live image").next().is_some_and(|now| all(now) && now.contains("NR-LATE,"))
    });
    // Taken out again.
    let shown = computer.serial().len();
    computer.order("device_del", json!({ "id": "late" }));
    computer.until("the list without it", |text| {
        let new = text.get(shown..).unwrap_or_default();
        all(new) && !new.contains("NR-LATE") && new.contains("and Enter")
    });

    // A line that is not the word only looks again; three keys do not restart the computer.
    computer.types(&["o", "f", "ret"]);
    computer.presses(&["ctrl", "alt", "delete"]);
    computer.picture("again.png");
    computer.types(&["o", "f", "f", "ret"]);
    let end = computer.said(|message| message["event"] == "SHUTDOWN");
    assert_eq!(end["data"]["reason"], "guest-shutdown", "{end}\n{}", computer.serial());
    assert!(computer.qemu.wait().unwrap().success());
    assert!(computer.serial().contains("switching off"), "{}", computer.serial());
}

/// With too little memory the kernel unpacks a part of the image, and starts it all the same.
#[test]
fn an_image_that_is_not_whole_says_so() {
    let Some(image) = image("an_image_that_is_not_whole_says_so") else { return };
    let unpacked = Command::new("zstd").args(["-dcq"]).arg(image.join("initrd")).output().unwrap();
    assert!(unpacked.status.success());
    let archive = unpacked.stdout;
    let name = b"whole\0";
    let last = archive.windows(name.len()).rposition(|window| window == name).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("initrd");
    // The header of a file comes before its name, and has 110 bytes (cpio, newc).
    fs::write(&cut, &archive[..last - 110]).unwrap();

    let mut computer = Computer::start(&image.join("vmlinuz"), &cut, &[], &[]);
    let text = computer.until("that it is not whole", |text| text.contains("not whole in memory"));
    assert!(!text.contains("live image\r\n"), "{text}");
}
