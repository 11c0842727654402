//! The live image with its stick, in QEMU: an unattended job on two disks of different kinds; a
//! stick that is pulled and comes back; a power cut. What counts is what the host finds afterwards:
//! the bytes of the disks, the certificates on the stick, and its file system.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "tests run programs, say what they skip, and fail loudly"
)]

mod common;
mod qemu;

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::skipped;
use qemu::{Computer, drive, image};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// Which build it is; what the digest is of does not matter here.
const ID: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Where the partition of the stick begins, and how long it is, in bytes.
const START: u64 = 1 << 20;
const LENGTH: u64 = 64 << 20;

const DISK: u64 = 24 << 20;

/// Nothing asked, and switched off at the end.
const ALONE: &str = "language = \"en\"\nunattended = true\nend = \"power-off\"\n";

fn ran(output: Output) -> String {
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
    said
}

fn nulstil(arguments: &[&str], folder: &Path) -> Output {
    let program = env!("CARGO_BIN_EXE_nulstil");
    Command::new(program).args(arguments).current_dir(folder).output().unwrap()
}

/// What the program says that an auditor has, which can only verify, if NULSTIL_AUDITOR names one;
/// otherwise what ours says.
fn verified(folder: &Path) -> String {
    let ours = env!("CARGO_BIN_EXE_nulstil").into();
    let auditor = std::env::var_os("NULSTIL_AUDITOR").unwrap_or(ours);
    let arguments = ["verify", "results", "--root", "root.pub", "--complete"];
    ran(Command::new(auditor).args(arguments).current_dir(folder).output().unwrap())
}

/// A stick, two disks full of old data, and the keys of an office.
struct Bench {
    folder: TempDir,
    image: PathBuf,
}

impl Bench {
    /// `passphrase` is that of the station's key; empty for none.
    fn new(test: &str, config: &str, passphrase: &str) -> Option<Self> {
        let image = image(test)?;
        let tools = ["mkfs.fat", "mcopy", "fsck.fat"];
        if tools.iter().any(|tool| Command::new(tool).arg("--help").output().is_err()) {
            skipped(test, "mkfs.fat or mcopy is missing: apt install dosfstools mtools");
            return None;
        }
        let bench = Self { folder: tempfile::tempdir().unwrap(), image };
        for disk in ["NVME", "SATA"] {
            let old = b"somebody's letters ".repeat(usize::try_from(DISK).unwrap() / 19 + 1);
            fs::write(bench.path(disk), &old[..usize::try_from(DISK).unwrap()]).unwrap();
        }
        bench.make_keys(passphrase);
        bench.make_stick(config);
        Some(bench)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn make_keys(&self, passphrase: &str) {
        let at = self.folder.path();
        ran(nulstil(&["key", "new", "root", "--no-passphrase", "--dir", "."], at));
        if passphrase.is_empty() {
            ran(nulstil(&["key", "new", "station", "--no-passphrase", "--dir", "."], at));
        } else {
            let mut new = Command::new(env!("CARGO_BIN_EXE_nulstil"));
            new.args(["key", "new", "station", "--dir", ".", "--passphrase-fd", "0"]);
            let mut new = new.current_dir(at).stdin(Stdio::piped()).spawn().unwrap();
            new.stdin.take().unwrap().write_all(passphrase.as_bytes()).unwrap();
            assert!(new.wait().unwrap().success());
        }
        let out = "station.authorization.json";
        let authorize = ["key", "authorize", "--root", "root.key", "--station", "station.pub"];
        ran(nulstil(&[&authorize[..], &["--out", out]].concat(), at));
        let sign = ["job", "sign", "--root", "root.key", "--drives", "2", "--days", "1"];
        let only = ["--bus", "nvme", "--bus", "sata", "--out", "two.job.json"];
        ran(nulstil(&[&sign[..], &only[..]].concat(), at));
    }

    /// A stick with one partition, as `image/build` makes it, filled without mounting it.
    fn make_stick(&self, config: &str) {
        let mut stick = File::create(self.path("stick")).unwrap();
        stick.set_len(START + LENGTH).unwrap();
        // The one entry of the partition table: bootable, FAT32 by LBA, first sector, sectors.
        let mut entry = vec![0x80, 0, 0, 0, 0x0c, 0, 0, 0];
        entry.extend(u32::try_from(START / 512).unwrap().to_le_bytes());
        entry.extend(u32::try_from(LENGTH / 512).unwrap().to_le_bytes());
        stick.seek(SeekFrom::Start(446)).unwrap();
        stick.write_all(&entry).unwrap();
        stick.seek(SeekFrom::Start(510)).unwrap();
        stick.write_all(&[0x55, 0xaa]).unwrap();
        let part = self.path("partition");
        File::create(&part).unwrap().set_len(LENGTH).unwrap();
        let label = ["-F", "32", "-s", "1", "-n", "NULSTILDATA"];
        ran(Command::new("mkfs.fat").args(label).arg(&part).output().unwrap());
        stick.seek(SeekFrom::Start(START)).unwrap();
        std::io::copy(&mut File::open(&part).unwrap(), &mut stick).unwrap();
        drop(stick);

        let tree = self.path("tree");
        for (name, text) in [
            // What else `image/build` puts there: the digests are not to be believed.
            (format!(".nulstil/{ID}"), "00  boot/vmlinuz\n"),
            ("boot/vmlinuz".into(), "a kernel"),
            ("nulstil.toml".into(), config),
            ("jobs/README.txt".into(), ""),
        ] {
            let file = tree.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        fs::create_dir_all(tree.join("certificates")).unwrap();
        fs::create_dir_all(tree.join("keys")).unwrap();
        for name in ["station.key", "station.authorization.json", "root.pub"] {
            fs::copy(self.path(name), tree.join("keys").join(name)).unwrap();
        }
        fs::copy(self.path("two.job.json"), tree.join("jobs/two.job.json")).unwrap();
        let mut copy = Command::new("mcopy");
        copy.args(["-s", "-i", &self.partition()]);
        copy.args(fs::read_dir(&tree).unwrap().map(|entry| entry.unwrap().path()));
        ran(copy.arg("::/").output().unwrap());
    }

    /// Another job in the place of the one on the stick.
    fn replace_job(&self, what: &[&str]) {
        fs::remove_file(self.path("two.job.json")).unwrap();
        let sign = ["job", "sign", "--root", "root.key", "--days", "1", "--out", "two.job.json"];
        ran(nulstil(&[&sign[..], what].concat(), self.folder.path()));
        let mut copy = Command::new("mcopy");
        copy.args(["-o", "-i", &self.partition()]).arg(self.path("two.job.json"));
        ran(copy.arg("::/jobs/two.job.json").output().unwrap());
    }

    fn partition(&self) -> String {
        format!("{}@@{START}", self.path("stick").display())
    }

    /// The computer, with the stick in it or not; its disks take about so many bytes a second.
    fn boot(&self, stick: bool, bytes_per_second: u64) -> Computer {
        let sticks = [("STICK", "stick", "off")];
        self.boot_with(stick, bytes_per_second, &sticks)
    }

    /// The same with these sticks at hand: the name of each, its file, and whether it is
    /// write-protected.
    fn boot_with(
        &self,
        stick: bool,
        bytes_per_second: u64,
        sticks: &[(&str, &str, &str)],
    ) -> Computer {
        let mut arguments: Vec<String> = Vec::new();
        let mut device = |words: String| arguments.extend(["-device".to_owned(), words]);
        device("ahci,id=ahci".into());
        device("qemu-xhci,id=xhci".into());
        device("nvme,drive=NVME,serial=NR-NVME".into());
        device("ide-hd,bus=ahci.0,drive=SATA,serial=NR-SATA".into());
        if stick {
            device("usb-storage,bus=xhci.0,drive=STICK,id=stick,removable=on".into());
        }
        for disk in ["NVME", "SATA"] {
            let [option, mut words] = drive(disk, &self.path(disk));
            words += &format!(",throttling.bps-write={bytes_per_second}");
            arguments.extend([option, words]);
        }
        for (name, file, protected) in sticks {
            // By this option, because it stays when the device goes.
            let file = self.path(file);
            let node = format!(
                "driver=raw,node-name={name},read-only={protected},file.driver=file,file.filename={}",
                file.display()
            );
            arguments.extend(["-blockdev".to_owned(), node]);
        }
        let (kernel, initrd) = (self.image.join("vmlinuz"), self.image.join("initrd"));
        let words = format!("nulstil.id={ID}");
        Computer::boot(tempfile::tempdir().unwrap(), &kernel, &initrd, &words, &arguments)
    }

    /// What the host finds: every byte of both disks is zero, the certificates on the stick are
    /// good and say so, the machine is complete, and the stick's file system is clean.
    fn demands(&self) -> PathBuf {
        self.is_zero();
        self.is_clean();
        let results = self.results();
        let said = verified(self.folder.path());
        for serial in ["NR-NVME", "NR-SATA"] {
            assert!(said.contains(serial), "{said}");
        }
        results
    }

    fn is_zero(&self) {
        for disk in ["NVME", "SATA"] {
            let mut bytes = Vec::new();
            File::open(self.path(disk)).unwrap().read_to_end(&mut bytes).unwrap();
            assert!(bytes.len() as u64 >= DISK);
            let left = bytes.iter().position(|byte| *byte != 0);
            assert_eq!(left, None, "{disk} is not zero there");
        }
    }

    /// The stick's folder with results, copied.
    fn results(&self) -> PathBuf {
        let results = self.path("results");
        fs::create_dir_all(&results).unwrap();
        let mut copy = Command::new("mcopy");
        copy.args(["-s", "-n", "-i", &self.partition(), "::/certificates"]).arg(&results);
        ran(copy.output().unwrap());
        results.join("certificates")
    }

    fn is_clean(&self) {
        let mut stick = File::open(self.path("stick")).unwrap();
        stick.seek(SeekFrom::Start(START)).unwrap();
        let part = self.path("partition");
        std::io::copy(&mut stick.take(LENGTH), &mut File::create(&part).unwrap()).unwrap();
        let said = ran(Command::new("fsck.fat").arg("-n").arg(&part).output().unwrap());
        assert!(!said.contains("Dirty bit"), "{said}");
    }
}

/// The stick, put back.
fn plugged_in() -> Value {
    json!({ "driver": "usb-storage", "bus": "xhci.0", "drive": "STICK", "id": "back", "removable": true })
}

fn switched_off(computer: &mut Computer) {
    let end = computer.said(|message| message["event"] == "SHUTDOWN");
    assert_eq!(end["data"]["reason"], "guest-shutdown", "{end}\n{}", computer.serial());
    assert!(computer.qemu.wait().unwrap().success());
}

/// One file on the stick whose name ends so.
fn text(results: &Path, ending: &str) -> String {
    let named = fs::read_dir(results).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = named.filter(|p| p.to_string_lossy().ends_with(ending)).collect();
    found.sort();
    found.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn an_unattended_job_on_two_kinds_of_disks() {
    let test = "an_unattended_job_on_two_kinds_of_disks";
    let Some(bench) = Bench::new(test, ALONE, "") else { return };
    let mut computer = bench.boot(true, 1 << 30);
    switched_off(&mut computer);
    let said = computer.serial();
    assert!(said.contains("is what this system runs from"), "{said}");
    assert_eq!(said.matches("ERASED and verified:").count(), 2, "{said}");
    let results = bench.demands();
    assert!(!text(&results, ".journal").is_empty());
    // What was started, as every document says it.
    let report: Value = serde_json::from_str(&text(&results, ".machine.json")).unwrap();
    let boot = &report["boot"];
    let digest: String =
        Sha256::digest(b"a kernel").iter().map(|byte| format!("{byte:02x}")).collect();
    let kernel = format!("{digest}  boot/vmlinuz");
    assert_eq!((&boot["imageId"], &boot["imageFiles"]), (&json!(ID), &json!([kernel])));
    assert_eq!((&boot["secureBoot"], &boot["lockdown"]), (&json!("no-uefi"), &json!("none")));
    assert!(boot["kernel"].as_str().unwrap().ends_with("-amd64"), "{boot}");
    let source = report["clock"]["source"].as_str().unwrap();
    assert!(source.contains("hardware clock") && !source.contains("doubt"), "{source}");
}

#[test]
fn a_stick_that_is_pulled_is_asked_for_at_the_end() {
    let test = "a_stick_that_is_pulled_is_asked_for_at_the_end";
    let Some(bench) = Bench::new(test, ALONE, "") else { return };
    let mut computer = bench.boot(true, 1 << 20);
    computer.until("that it erases", |text| text.contains("/dev/nvme0n1: erasing"));
    computer.order("device_del", json!({ "id": "stick" }));
    let said = computer.until("that it is missing", |text| text.contains("in memory only"));
    assert!(said.contains("The nulstil stick is not plugged in"), "{said}");
    assert!(said.contains("a power cut now means starting over"), "{said}");
    assert!(!said.contains("switching off"), "{said}");
    // What is on the stick now are the first records, and its file system is whole.
    bench.is_clean();
    computer.order("device_add", plugged_in());
    switched_off(&mut computer);
    assert!(computer.serial().contains("Everything is on the stick now"));
    bench.demands();
}

/// With the stick in, and with the stick pulled after the first records: then it starts over.
#[test]
fn a_power_cut_is_gone_on_after() {
    for pulled in [false, true] {
        let Some(bench) = Bench::new("a_power_cut_is_gone_on_after", ALONE, "") else { return };
        let mut computer = bench.boot(true, 1 << 20);
        computer.until("that it erases", |text| text.contains("/dev/nvme0n1: erasing"));
        if pulled {
            computer.order("device_del", json!({ "id": "stick" }));
        }
        computer.until("how far it is", |text| text.contains("pass 1 of 1"));
        computer.order("quit", json!({}));
        assert!(computer.qemu.wait().unwrap().success());

        let mut computer = bench.boot(true, 1 << 30);
        switched_off(&mut computer);
        let said = computer.serial();
        assert!(said.contains("goes on where it was cut off"), "{said}");
        let results = bench.demands();
        assert!(text(&results, ".journal").contains("\"record\":\"resumed\""));
    }
}

/// One drive was done when the power was cut: it is not erased again, and the computer is complete.
#[test]
fn what_was_done_before_a_power_cut_counts() {
    let test = "what_was_done_before_a_power_cut_counts";
    let Some(bench) = Bench::new(test, ALONE, "") else { return };
    let old = fs::read(bench.path("SATA")).unwrap();
    fs::write(bench.path("SATA"), old.repeat(5)).unwrap();
    let mut computer = bench.boot(true, 2 << 20);
    computer.until("that one is done", |text| text.contains("/dev/nvme0n1: sanitized"));
    // It is there, and the stick is closed: byte 65 of a FAT32 that is open for writing is 1.
    let certified = || {
        let mut list = Command::new("mdir");
        let list = list.args(["-b", "-i", &bench.partition(), "::/certificates"]).output().unwrap();
        let stick = fs::read(bench.path("stick")).unwrap();
        String::from_utf8_lossy(&list.stdout).contains(".cert.json")
            && stick[usize::try_from(START).unwrap() + 65] == 0
    };
    while !certified() {
        assert!(!computer.serial().contains("/dev/sda: sanitized"), "both are done");
        std::thread::sleep(qemu::STEP);
    }
    computer.order("quit", json!({}));
    assert!(computer.qemu.wait().unwrap().success());

    let mut computer = bench.boot(true, 1 << 30);
    switched_off(&mut computer);
    let said = computer.serial();
    assert!(said.contains("/dev/sda: goes on where it was cut off"), "{said}");
    assert!(!said.contains("/dev/nvme0n1: erasing"), "{said}");
    let results = bench.demands();
    let certificates = fs::read_dir(results).unwrap().map(|entry| entry.unwrap().path());
    let certificates = certificates.filter(|p| p.to_string_lossy().ends_with(".cert.json"));
    assert_eq!(certificates.count(), 2);
}

#[test]
fn a_job_for_another_number_of_drives_erases_nothing() {
    let test = "a_job_for_another_number_of_drives_erases_nothing";
    let Some(bench) = Bench::new(test, ALONE, "") else { return };
    let before = fs::read(bench.path("SATA")).unwrap();
    fs::remove_file(bench.path("two.job.json")).unwrap();
    let sign = ["job", "sign", "--root", "root.key", "--drives", "3", "--out", "two.job.json"];
    ran(nulstil(&sign, bench.folder.path()));
    bench.make_stick(ALONE);
    let mut computer = bench.boot(true, 1 << 30);
    let said = computer.until("why not", |text| text.contains("and this one has 2"));
    assert!(said.contains("nothing was erased") && !said.contains(": erasing"), "{said}");
    assert!(fs::read(bench.path("SATA")).unwrap() == before);
}

/// A job ends at a time: where that is not known, nobody being there, nothing is erased.
#[test]
fn a_job_is_for_a_time_that_is_not_in_doubt() {
    let test = "a_job_is_for_a_time_that_is_not_in_doubt";
    let Some(bench) = Bench::new(test, ALONE, "") else { return };
    let before = fs::read(bench.path("SATA")).unwrap();
    // A run that began long after what the computer's clock says.
    let name = "29991231T000000Z-ANOTHER-a.journal";
    fs::write(bench.path(name), "").unwrap();
    let mut copy = Command::new("mcopy");
    copy.args(["-i", &bench.partition()]).arg(bench.path(name));
    ran(copy.arg(format!("::/certificates/{name}")).output().unwrap());
    let mut computer = bench.boot(true, 1 << 30);
    let said = computer.until("why not", |text| text.contains("Without anybody there nothing is"));
    assert!(said.contains("it is before the newest record on the stick (2999-12-31"), "{said}");
    computer.until("that it waits", |text| text.contains("Press Enter to go on"));
    assert!(!computer.serial().contains(": erasing"), "{said}");
    assert!(fs::read(bench.path("SATA")).unwrap() == before);
}

/// A job is for the drives that it names: what was begun on others is not gone on with, and what was
/// begun by another plan is not either.
#[test]
fn a_job_goes_on_with_nothing_but_its_own() {
    let test = "a_job_goes_on_with_nothing_but_its_own";
    let Some(bench) = Bench::new(test, ALONE, "") else { return };
    let mut computer = bench.boot(true, 1 << 20);
    computer.until("that it erases", |text| text.contains("/dev/nvme0n1: erasing"));
    computer.until("how far it is", |text| text.contains("pass 1 of 1"));
    computer.order("quit", json!({}));
    assert!(computer.qemu.wait().unwrap().success());
    let begun = [fs::read(bench.path("NVME")).unwrap(), fs::read(bench.path("SATA")).unwrap()];

    bench.replace_job(&["--drives", "1", "--serial", "ANOTHER"]);
    let mut computer = bench.boot(true, 1 << 30);
    let said = computer.until("why not", |text| text.contains("and this one has 0"));
    assert!(!said.contains(": goes on"), "{said}");
    computer.order("quit", json!({}));
    assert!(computer.qemu.wait().unwrap().success());
    assert!(
        [fs::read(bench.path("NVME")).unwrap(), fs::read(bench.path("SATA")).unwrap()] == begun
    );

    bench.replace_job(&["--drives", "1", "--bus", "sata"]);
    let mut computer = bench.boot(true, 1 << 30);
    // A computer with a drive that was not erased is not switched off by itself.
    let said = computer.until("the end", |text| text.contains("Press Enter to go on"));
    assert!(!said.contains(": goes on") && said.contains("NOT complete"), "{said}");
    assert_eq!(said.matches("ERASED and verified:").count(), 1, "{said}");
    assert!(fs::read(bench.path("NVME")).unwrap() == begun[0]);
    assert!(fs::read(bench.path("SATA")).unwrap().iter().all(|byte| *byte == 0));
    computer.order("quit", json!({}));
    assert!(computer.qemu.wait().unwrap().success());

    // Nor is it done twice.
    let mut computer = bench.boot(true, 1 << 30);
    let said = computer.until("why not", |text| text.contains("nothing was erased again"));
    assert!(!said.contains(": erasing"), "{said}");
}

/// A drive inside of the computer that holds all that a stick holds is not believed.
#[test]
fn a_drive_that_pretends_to_be_the_stick_is_one_of_the_drives() {
    let test = "a_drive_that_pretends_to_be_the_stick_is_one_of_the_drives";
    let Some(bench) = Bench::new(test, ALONE, "") else { return };
    fs::copy(bench.path("stick"), bench.path("SATA")).unwrap();
    let before = [fs::read(bench.path("NVME")).unwrap(), fs::read(bench.path("SATA")).unwrap()];
    let mut computer = bench.boot(false, 1 << 30);
    let said = computer.until("the first screen", |text| text.contains("look again"));
    assert!(said.contains("The nulstil stick is not plugged in"), "{said}");
    assert!(said.contains("/dev/sda is a nulstil stick (NULSTILDATA"), "{said}");
    computer.order("device_add", plugged_in());
    // It is counted, and it is not erased: there are not two drives that the job is about.
    let why = "The plan for this computer is not what the job is for";
    computer.until("why not", |text| text.contains(why));
    computer.order("quit", json!({}));
    assert!(computer.qemu.wait().unwrap().success());
    assert!(
        [fs::read(bench.path("NVME")).unwrap(), fs::read(bench.path("SATA")).unwrap()] == before
    );
}

const PASSPHRASE: &str = "en lang sætning uden mening";

/// A person at the serial line, in Danish: the stick pulled and put back, a wrong count, a wrong
/// passphrase, a yes to each drive, and somebody else at the screen meanwhile.
#[test]
fn a_person_counts_and_consents() {
    let test = "a_person_counts_and_consents";
    let Some(bench) = Bench::new(test, "language = \"da\"\n", PASSPHRASE) else { return };
    let mut computer = bench.boot(true, 4 << 20);
    computer.until("the question", |text| text.contains("Tæl drevene i denne computer"));
    computer.picture("stick-start.png");
    computer.order("device_del", json!({ "id": "stick" }));
    let gone = |now: &str| !now.contains("NULSTILDATA") && !now.contains("system runs from");
    let last = |text: &str, is_it: &dyn Fn(&str) -> bool| {
        text.rsplit("live image")
            .next()
            .is_some_and(|now| now.contains("Tæl drevene") && is_it(now))
    };
    computer.until("the drives without it", |text| last(text, &gone));
    computer.order("device_add", plugged_in());
    // It is the same stick, and no drive of the computer that was left out.
    let back = |now: &str| now.contains("is what this system runs from");
    let said = computer.until("the drives with it", |text| last(text, &back));
    let asked = said.matches("Tæl drevene").count();
    computer.enters("3");
    let said = computer.until("that it is not so", |text| text.contains("Tryk Enter for"));
    assert!(said.contains("et andet antal drev: intet blev slettet"), "{said}");
    computer.enters("");
    computer.until("the question again", |text| text.matches("Tæl drevene").count() > asked);
    computer.enters("2");
    computer.until("the passphrase", |text| text.contains("Passphrase of station.key"));
    computer.enters("no passphrase of anybody");
    computer.until("that it is wrong", |text| text.contains("Det er ikke adgangssætningen"));
    computer.enters(PASSPHRASE);
    for serial in ["NR-NVME", "NR-SATA"] {
        let question = format!("type its serial number ({serial})");
        computer.until("the question of consent", |text| text.contains(&question));
        computer.enters(serial);
    }
    computer.until("that it erases", |text| text.contains("/dev/sda: erasing"));
    computer.types(&["2", "ret"]);
    std::thread::sleep(qemu::STEP * 10);
    computer.picture("stick-busy.png");
    let said = computer.until("the end", |text| text.matches("Tryk Enter for at gå").count() == 2);
    assert_eq!(said.matches("ERASED and verified:").count(), 2, "{said}");
    assert!(!said.contains(PASSPHRASE), "it was shown");
    computer.enters("");
    computer.until("the first screen", |text| text.matches("Tæl drevene").count() > asked + 1);
    computer.enters("off");
    switched_off(&mut computer);
    bench.demands();
}

/// What was begun takes a serial number to go on with, and then the other drives are asked for.
#[test]
fn a_person_goes_on_and_takes_the_other_drives_too() {
    let test = "a_person_goes_on_and_takes_the_other_drives_too";
    let Some(bench) = Bench::new(test, "language = \"en\"\n", PASSPHRASE) else { return };
    let begins = |computer: &mut Computer| {
        computer.until("the question", |text| text.contains("Count the drives"));
        computer.enters("2");
        computer.until("the passphrase", |text| text.contains("Passphrase of station.key"));
        computer.enters(PASSPHRASE);
    };
    let mut computer = bench.boot(true, 1 << 20);
    begins(&mut computer);
    for serial in ["NR-NVME", "NR-SATA"] {
        let question = format!("type its serial number ({serial})");
        computer.until("the question of consent", |text| text.contains(&question));
        computer.enters(serial);
    }
    computer.until("how far it is", |text| text.contains("pass 1 of 1"));
    computer.order("quit", json!({}));
    assert!(computer.qemu.wait().unwrap().success());
    let nvme = "::/certificates/*NR-NVME*.journal";
    ran(Command::new("mdel").args(["-i", &bench.partition(), nvme]).output().unwrap());

    let mut computer = bench.boot(true, 1 << 30);
    begins(&mut computer);
    computer.until("what was begun", |text| text.contains("To go on erasing it"));
    // A slip of the hand is no yes.
    computer.enters("");
    let said = computer.until("that it is none", |text| text.contains("Press Enter to go on"));
    assert!(said.contains("nothing was erased; start over"), "{said}");
    computer.enters("");
    computer.until("the question", |text| text.matches("Count the drives").count() == 2);
    computer.enters("2");
    computer.until("what was begun", |text| text.matches("To go on erasing it").count() == 2);
    computer.enters("NR-SATA");
    let question = "To erase everything on /dev/nvme0n1";
    let said = computer.until("the other drive", |text| text.contains(question));
    assert!(said.contains("/dev/sda: goes on where it was cut off"), "{said}");
    computer.enters("NR-NVME");
    // What is typed before a question is no answer to it.
    let asked = "Press Enter to go on";
    let said = computer.until("the end", |text| text.matches(asked).count() == 2);
    assert!(said.contains("ERASED and verified:  /dev/nvme0n1"), "{said}");
    computer.enters("");
    computer.until("the first screen", |text| text.matches("Count the drives").count() == 3);
    computer.enters("off");
    switched_off(&mut computer);
    bench.is_zero();
}

/// Nobody signs, and the stick is out at the end: what is lost is told, giving it up takes a word,
/// and switching off takes it again. The office signs what came to the stick after all.
#[test]
fn what_is_recorded_is_not_lost_by_chance_and_signed_later() {
    let test = "what_is_recorded_is_not_lost_by_chance_and_signed_later";
    let config = "language = \"en\"\nsigning = \"later\"\n";
    let Some(bench) = Bench::new(test, config, "") else { return };
    let mut computer = bench.boot(true, 4 << 20);
    let said = computer.until("the question", |text| text.contains("Count the drives"));
    assert!(said.contains("NOTHING IS SIGNED HERE"), "{said}");
    computer.enters("2");
    for serial in ["NR-NVME", "NR-SATA"] {
        let question = format!("type its serial number ({serial})");
        computer.until("the question of consent", |text| text.contains(&question));
        computer.enters(serial);
    }
    computer.until("that it erases", |text| text.contains("/dev/sda: erasing"));
    computer.order("device_del", json!({ "id": "stick" }));
    let said = computer
        .until("what is lost", |text| text.contains("2 files with results are in memory only"));
    assert!(said.contains("NOT SIGNED") && !said.contains("ERASED and verified"), "{said}");
    computer.enters("off");
    computer.enters("lose");
    let given_up = "The results were given up.";
    let text = computer.until("that it is given up", |text| text.contains(given_up));
    let shown = text.find(given_up).unwrap();
    computer.until("that it waits", |text| text[shown..].contains("Press Enter to go on"));
    computer.enters("");
    computer.until("the first screen", |text| text[shown..].contains("Count the drives"));
    computer.enters("off");
    computer.until("what is lost, again", |text| text[shown..].contains("in memory only"));
    computer.order("device_add", plugged_in());
    switched_off(&mut computer);
    bench.is_zero();
    bench.is_clean();
    let results = bench.results();
    let names = || fs::read_dir(&results).unwrap().map(|entry| entry.unwrap().path());
    assert!(
        names().all(|path| path.extension().unwrap() == "journal"),
        "{:?}",
        names().collect::<Vec<_>>()
    );
    let close = ["journal", "close", "--recorded", "results/certificates", "--key", "station.key"];
    let by = ["--authorization", "station.authorization.json"];
    ran(nulstil(&[&close[..], &by[..]].concat(), bench.folder.path()));
    let said = verified(bench.folder.path());
    assert_eq!(said.matches("SANITIZED (clear)").count(), 2, "{said}");
}

/// What can be wrong with a stick is said when it is plugged in, one sentence each, and none of
/// them is offered for erasing.
#[test]
fn each_stick_that_cannot_be_used_is_told() {
    let test = "each_stick_that_cannot_be_used_is_told";
    let Some(bench) = Bench::new(test, "language = \"en\"\nstaton = \"x\"\n", "") else { return };
    for copy in ["twin", "protected", "foreign", "full", "damaged"] {
        fs::copy(bench.path("stick"), bench.path(copy)).unwrap();
    }
    let at = |name: &str| format!("{}@@{START}", bench.path(name).display());
    let id = format!("::/.nulstil/{ID}");
    ran(Command::new("mdel").args(["-i", &at("foreign"), &id]).output().unwrap());
    let most = bench.path("most");
    File::create(&most).unwrap().set_len(LENGTH - (3 << 20)).unwrap();
    ran(Command::new("mcopy").args(["-i", &at("full")]).arg(&most).arg("::/").output().unwrap());
    // The kernel does not know a medium of this kind.
    let mut damaged = fs::OpenOptions::new().write(true).open(bench.path("damaged")).unwrap();
    damaged.seek(SeekFrom::Start(START + 21)).unwrap();
    damaged.write_all(&[0]).unwrap();

    let sticks = [
        ("STICK", "stick", "off"),
        ("TWIN", "twin", "off"),
        ("PROTECTED", "protected", "on"),
        ("FOREIGN", "foreign", "off"),
        ("FULL", "full", "off"),
        ("DAMAGED", "damaged", "off"),
    ];
    let mut computer = bench.boot_with(false, 1 << 30, &sticks);
    let said = computer.until("that there is none", |text| text.contains("Enter: look again"));
    assert!(said.contains("The nulstil stick is not plugged in") && said.contains("sidder ikke i"));
    let cases: [(&[&str], &str); 6] = [
        (&["PROTECTED"], "The nulstil stick is write-protected"),
        (&["FOREIGN"], "This is a nulstil stick of another version"),
        (&["FULL"], "The nulstil stick is full"),
        (&["DAMAGED"], "The nulstil stick is damaged"),
        (&["STICK", "TWIN"], "Two nulstil sticks of the same version"),
        (&["STICK"], "nulstil.toml: line 2: unknown field `staton`"),
    ];
    for (names, sentence) in cases {
        let shown = computer.serial().len();
        for name in names {
            let id = format!("{name}-{shown}");
            let add = json!({ "driver": "usb-storage", "bus": "xhci.0", "drive": name, "id": id });
            computer.order("device_add", add);
        }
        let text = computer.until(sentence, |text| {
            text.get(shown..).is_some_and(|new| {
                new.split("live image")
                    .any(|one| one.contains(sentence) && one.contains("look again"))
            })
        });
        let new = text.get(shown..).unwrap_or_default();
        assert!(!new.contains("Count the drives"), "{sentence}: {new}");
        let last = new.rsplit("live image").find(|one| one.contains("look again")).unwrap();
        let refused = last.matches("is a nulstil stick (NULSTILDATA").count()
            + last.matches("is what this system runs from").count();
        assert_eq!(refused, names.len(), "{sentence}: {last}");
        for name in names {
            computer.order("device_del", json!({ "id": format!("{name}-{shown}") }));
        }
        let gone = computer.serial().len();
        computer.until("that it is gone", |text| {
            let last = text.get(gone..).unwrap_or_default().rsplit("live image").next().unwrap();
            last.contains("look again")
                && !last.contains("nulstil stick (NULSTILDATA")
                && !last.contains("system runs from")
        });
    }
}
