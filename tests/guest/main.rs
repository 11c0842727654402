//! A real kernel with drives that are not real: QEMU boots a Debian kernel with this program in
//! it, the program erases there, and the host looks at what is on the drives afterwards. Some are
//! QEMU's, which lie (Format ignores what kind of erase it is asked for), and some are the
//! simulator's, which have all that there is to erase with. What counts is that the certificate
//! says what the host finds.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tests run programs, say what they skip, and fail loudly"
)]

mod capsule;
#[path = "../common/mod.rs"]
mod common;
mod emulated;
mod inside;
mod network;
mod nvme_tcp;
mod shelf;
mod simulated;
mod unit;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{Bench, NULSTIL, nulstil, skipped, text};
use serde_json::Value;

const MIB: u64 = 1 << 20;

/// On an idle machine a whole guest takes a tenth of this.
const PATIENCE: Duration = Duration::from_secs(600);

/// A program beside the test, which ends also when the test fails.
struct Beside(Child);

impl Beside {
    /// Waits until it has ended; whether it says that all went well.
    fn end(mut self, said: impl Fn() -> String) -> bool {
        let mut waited = Duration::ZERO;
        loop {
            if let Some(ended) = self.0.try_wait().unwrap() {
                return ended.success();
            }
            assert!(waited < PATIENCE, "it does not end:\n{}", said());
            std::thread::sleep(Duration::from_millis(500));
            waited += Duration::from_millis(500);
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A computer with this program, a station's key, and a job: the script tests/guest/KIND.
struct Guest {
    /// Its drives are `*.img` in there.
    folder: PathBuf,
    kind: &'static str,
    bench: Bench,
}

/// What a guest left: for each program that it ran what that printed, and how it ended.
struct Results {
    folder: PathBuf,
    root: PathBuf,
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Guest {
    /// None, said loudly, where there is no QEMU or no kernel for it.
    fn new(test: &str, kind: &'static str) -> Option<Self> {
        let qemu = Command::new("qemu-system-x86_64").arg("--version").output();
        if !here().join("target/guest/vmlinuz").exists()
            || !qemu.is_ok_and(|ran| ran.status.success())
        {
            skipped(test, "QEMU or a kernel is missing: tests/guest/prepare");
            return None;
        }
        let bench = Bench::new();
        let folder = bench.dir.path().join("guest");
        let root = folder.join("root");
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::copy(NULSTIL, root.join("bin/nulstil")).unwrap();
        fs::copy(std::env::current_exe().unwrap(), root.join("bin/inside")).unwrap();
        for name in ["station.key", "station.auth", "root.pub"] {
            fs::copy(bench.path(name), root.join(name)).unwrap();
        }
        fs::File::create(folder.join("results.img")).unwrap().set_len(16 * MIB).unwrap();
        Some(Self { folder, kind, bench })
    }

    /// Puts a file into its memory.
    fn give(&self, name: &str, text: &str) {
        fs::write(self.folder.join("root").join(name), text).unwrap();
    }

    /// A disk full of what an earlier owner left.
    fn disk(&self, name: &str, bytes: u64) -> PathBuf {
        let path = self.folder.join(format!("{name}.img"));
        fs::write(&path, old(bytes)).unwrap();
        path
    }

    /// Boots it, waits until it is off, and unpacks what it left.
    fn run(&self) -> Results {
        let console = self.folder.join("console");
        let child = Command::new(here().join("tests/guest/boot"))
            .arg(&self.folder)
            .arg(self.kind)
            .stdin(Stdio::null())
            .stdout(fs::File::create(&console).unwrap())
            .stderr(fs::File::create(self.folder.join("boot.err")).unwrap())
            .spawn()
            .unwrap();
        let said = |name| fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        let ended = Beside(child).end(|| said("console"));
        assert!(ended, "{}\n{}", said("boot.err"), said("console"));
        let image = self.folder.join("results.img");
        let mut tar = Command::new("tar");
        let tar = tar.arg("-xf").arg(&image).arg("-C").arg(&self.folder).output().unwrap();
        let results = self.folder.join("results");
        assert!(tar.status.success() && results.is_dir(), "no results:\n{}", said("console"));
        if let Some(keep) = std::env::var_os("NULSTIL_GUEST_RESULTS") {
            let keep = Path::new(&keep).join(self.kind);
            fs::create_dir_all(&keep).unwrap();
            Command::new("cp").arg("-r").arg(&results).arg(keep).status().unwrap();
        }
        Results { folder: results, root: self.bench.path("root.pub") }
    }
}

impl Results {
    /// What a program printed, as JSON.
    fn json(&self, name: &str) -> Value {
        let text = self.text(&format!("{name}.out"));
        let last = text.lines().last().unwrap_or_else(|| panic!("{name} printed nothing"));
        serde_json::from_str(last).unwrap()
    }

    /// Demands that a program ended with this code.
    fn expect(&self, name: &str, code: i32) {
        let text = |kind: &str| self.text(&format!("{name}.{kind}"));
        assert_eq!(text("code").trim(), code.to_string(), "{name}: {}{}", text("out"), text("err"));
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap_or_default()
    }

    /// What the auditor's command says of a folder, here and not in the guest.
    fn verify(&self, folder: &str, code: i32) -> String {
        let folder = self.folder.join(folder);
        let ran = nulstil(["verify", text(&folder), "--root", text(&self.root)]);
        ran.expect(code).stdout
    }

    /// The certificates in a folder, all of them authentic, in the order of the drives' serial
    /// numbers. `code` is 1 if there are some that pay for nothing.
    fn certificates(&self, folder: &str, code: i32) -> Vec<Value> {
        self.verify(folder, code);
        let entries = fs::read_dir(self.folder.join(folder)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let paths = paths.filter(|path| path.to_string_lossy().ends_with(".cert.json"));
        let mut found: Vec<Value> =
            paths.map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect();
        found.sort_by_key(|certificate| serial(certificate).to_owned());
        found
    }
}

/// What an earlier owner left: nothing that repeats.
fn old(bytes: u64) -> Vec<u8> {
    let mut noise = 0x9e37_79b9_u32;
    let mut next = || {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        noise.to_le_bytes()[1]
    };
    (0..bytes).map(|_| next()).collect()
}

/// What a certificate says of the drive's serial number.
fn serial(certificate: &Value) -> &str {
    evidence(certificate)["drive"]["serialNumber"].as_str().unwrap_or_default()
}

fn evidence(certificate: &Value) -> &Value {
    &certificate["credentialSubject"]["evidence"]
}
