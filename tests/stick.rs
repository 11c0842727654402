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
const ALONE: &str = "language = \"en\"\nasks = \"unattended\"\nend = \"power-off\"\n";

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
        let words = format!("nulstil.id={ID} {}", qemu::PLAIN);
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

/// What a person answers on the way from the label to the plan, and the yes to it: `screens` says how
/// the questions are known.
fn consents(computer: &mut Computer, drives: usize, [start, right, ask, plan]: [&str; 4]) {
    computer.until_new(start);
    computer.enters("k4711");
    computer.until_new(right);
    computer.enters("1");
    for n in 1..=drives {
        computer.until_new(&ask.replace("{n}", &n.to_string()));
        computer.enters("1");
    }
    computer.until_new(plan);
    computer.enters("");
}

const ENGLISH: [&str; 4] =
    ["Scan the label", "Is the number right?", "Drive {n} of 2", "Yes, erase 2"];
const DANISH: [&str; 4] = ["Scan mærkaten", "Er nummeret rigtigt?", "Disk {n} af 2", "Ja, slet 2"];

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
    assert!(said.contains("The computer follows a job"), "{said}");
    assert!(said.contains("2 of 2 drives in the plan are erased"), "{said}");
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
    computer.until_new("ERASING");
    computer.order("device_del", json!({ "id": "stick" }));
    let said = computer.until_new("only in the computer's memory");
    assert!(said.contains("The nulstil stick is not plugged in"), "{said}");
    assert!(!said.contains("switching off"), "{said}");
    computer.picture("stick-missing.png");
    // What is on the stick now are the first records, and its file system is whole.
    bench.is_clean();
    // Nobody switches it off as long as that is so.
    computer.enters("2");
    computer.until_new("go on without saving?");
    computer.enters("1");
    computer.order("device_add", plugged_in());
    switched_off(&mut computer);
    bench.demands();
}

/// With the stick in, and with the stick pulled after the first records: then it starts over.
#[test]
fn a_power_cut_is_gone_on_after() {
    for pulled in [false, true] {
        let Some(bench) = Bench::new("a_power_cut_is_gone_on_after", ALONE, "") else { return };
        let mut computer = bench.boot(true, 1 << 20);
        computer.until_new("ERASING");
        if pulled {
            computer.order("device_del", json!({ "id": "stick" }));
        }
        computer.until("how far it is", |text| text.contains("Writing, pass 1 of 1"));
        computer.order("quit", json!({}));
        assert!(computer.qemu.wait().unwrap().success());

        let mut computer = bench.boot(true, 1 << 30);
        switched_off(&mut computer);
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
    computer.until_new("DONE. The result comes");
    // It is there, and the stick is closed: byte 65 of a FAT32 that is open for writing is 1.
    let certified = || {
        let mut list = Command::new("mdir");
        let list = list.args(["-b", "-i", &bench.partition(), "::/certificates"]).output().unwrap();
        let stick = fs::read(bench.path("stick")).unwrap();
        String::from_utf8_lossy(&list.stdout).contains(".cert.json")
            && stick[usize::try_from(START).unwrap() + 65] == 0
    };
    while !certified() {
        assert!(!computer.serial().contains("drives in the plan are erased"), "both are done");
        std::thread::sleep(qemu::STEP);
    }
    computer.order("quit", json!({}));
    assert!(computer.qemu.wait().unwrap().success());

    let mut computer = bench.boot(true, 1 << 30);
    switched_off(&mut computer);
    let results = bench.demands();
    assert_eq!(text(&results, ".journal").matches("\"record\":\"resumed\"").count(), 1);
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
    let said = computer.until_new("and this one has 2");
    assert!(said.contains("nothing was erased") && !said.contains("ERASING"), "{said}");
    // It is tried once: who comes by is asked, and not the job again.
    computer.enters("");
    let said = computer.until_new("it is used only for a signed job");
    assert!(!said.contains("ERASING"), "{said}");
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
    let said = computer.until_new("Without anybody there nothing is");
    assert!(said.contains("it is before the newest record on the stick (2999-12-31"), "{said}");
    assert!(!said.contains("ERASING"), "{said}");
    assert!(fs::read(bench.path("SATA")).unwrap() == before);
}

/// A job is for the drives that it names: what was begun on others is not gone on with, and what was
/// begun by another plan is not either.
#[test]
fn a_job_goes_on_with_nothing_but_its_own() {
    let test = "a_job_goes_on_with_nothing_but_its_own";
    let Some(bench) = Bench::new(test, ALONE, "") else { return };
    let mut computer = bench.boot(true, 1 << 20);
    computer.until("how far it is", |text| text.contains("Writing, pass 1 of 1"));
    computer.order("quit", json!({}));
    assert!(computer.qemu.wait().unwrap().success());
    let begun = [fs::read(bench.path("NVME")).unwrap(), fs::read(bench.path("SATA")).unwrap()];

    bench.replace_job(&["--drives", "1", "--serial", "ANOTHER"]);
    let mut computer = bench.boot(true, 1 << 30);
    let said = computer.until_new("and this one has 0");
    assert!(!said.contains("ERASING"), "{said}");
    computer.order("quit", json!({}));
    assert!(computer.qemu.wait().unwrap().success());
    assert!(
        [fs::read(bench.path("NVME")).unwrap(), fs::read(bench.path("SATA")).unwrap()] == begun
    );

    bench.replace_job(&["--drives", "1", "--bus", "sata"]);
    let mut computer = bench.boot(true, 1 << 30);
    // A computer with a drive that was not erased is not done, and not switched off by itself.
    let said = computer.until_new("1 of 1 drives in the plan are erased");
    assert!(said.contains("NOT DONE") && !said.contains("switching off"), "{said}");
    assert!(fs::read(bench.path("NVME")).unwrap() == begun[0]);
    assert!(fs::read(bench.path("SATA")).unwrap().iter().all(|byte| *byte == 0));
    computer.order("quit", json!({}));
    assert!(computer.qemu.wait().unwrap().success());

    // Nor is it done twice.
    let mut computer = bench.boot(true, 1 << 30);
    let said = computer.until_new("nothing was erased now");
    assert!(!said.contains("ERASING"), "{said}");
}

/// A drive inside of the computer that holds all that a stick holds is not believed.
#[test]
fn a_drive_that_pretends_to_be_the_stick_is_one_of_the_drives() {
    let test = "a_drive_that_pretends_to_be_the_stick_is_one_of_the_drives";
    let Some(bench) = Bench::new(test, ALONE, "") else { return };
    fs::copy(bench.path("stick"), bench.path("SATA")).unwrap();
    let before = [fs::read(bench.path("NVME")).unwrap(), fs::read(bench.path("SATA")).unwrap()];
    let mut computer = bench.boot(false, 1 << 30);
    computer.until_new("Nulstil-stikket sidder ikke i computeren");
    computer.order("device_add", plugged_in());
    // It is counted, and it is not erased: there are not two drives that the job is about.
    computer.until_new("The plan for this computer is not what the job is for");
    computer.order("quit", json!({}));
    assert!(computer.qemu.wait().unwrap().success());
    assert!(
        [fs::read(bench.path("NVME")).unwrap(), fs::read(bench.path("SATA")).unwrap()] == before
    );
}

const PASSPHRASE: &str = "en lang sætning uden mening";

/// What is on a badge: the pseudonym, and 16 characters.
const BADGE: &str = "T07UDENMENING234567";

/// A person at the serial line, in Danish: a wrong passphrase, the stick pulled and put back, the label, a yes to each drive and to the
/// plan; and somebody else at the screen meanwhile, whose keys do nothing.
#[test]
fn a_person_signs_in_and_consents() {
    let test = "a_person_signs_in_and_consents";
    let Some(bench) = Bench::new(test, "language = \"da\"\n", BADGE) else { return };
    let (key, badge) = ("::/keys/station.key", "T07.badge.key");
    ran(Command::new("mren").args(["-i", &bench.partition(), key, badge]).output().unwrap());
    let mut computer = bench.boot(true, 4 << 20);
    computer.until_new("Log ind");
    computer.enters("no passphrase of anybody");
    computer.until_new("Koden passer ikke.");
    // A keyboard whose lock is on types small letters.
    computer.enters(&BADGE.to_lowercase());
    computer.until_new("Fordi: Computeren kører fra den.");
    computer.order("device_del", json!({ "id": "stick" }));
    computer.until("the drives without it", |text| {
        let last = text.rsplit("Scan mærkaten").next().unwrap();
        last.contains("gemt på nulstil-stikket") && !last.contains("Fordi:")
    });
    computer.order("device_add", plugged_in());
    // It is the same stick, and no drive of the computer that was left out.
    computer.until("the drives with it", |text| {
        let last = text.rsplit("Scan mærkaten").next().unwrap();
        last.contains("gemt på nulstil-stikket")
            && last.contains("Fordi: Computeren kører fra den.")
    });
    consents(&mut computer, 2, DANISH);
    computer.until_new("SLETTER");
    computer.types(&["1", "ret", "esc"]);
    // The same key right after itself would be one that is held.
    std::thread::sleep(qemu::SEEN);
    computer.types(&["esc"]);
    computer.picture("stick-busy.png");
    let said = computer.until_new("2 af 2 diske i planen er slettet");
    assert!(said.contains("Mærkat: K4711"), "{said}");
    let shown = computer.serial().to_uppercase();
    assert!(!shown.contains("UDENMENING"), "it was shown");
    computer.shows(&bench.image, &["2 af 2 diske i planen er slettet"]);
    computer.picture("stick-computer.png");
    computer.types(&["pgdn"]);
    computer.shows(&bench.image, &["Certifikat: urn:uuid:", "Gemt som: certificates/2"]);
    computer.picture("stick-verdict.png");
    computer.enters("");
    // What was erased is not offered again.
    let said = computer.until_new("Alle diske har fået deres resultat");
    assert!(said.contains("Den har fået sit resultat."), "{said}");
    computer.enters("f10");
    computer.until_new("Vil du slukke computeren?");
    computer.enters("");
    switched_off(&mut computer);
    let results = bench.demands();
    let report: Value = serde_json::from_str(&text(&results, ".machine.json")).unwrap();
    let paperwork = &report["credentialSubject"]["paperwork"];
    assert_eq!(paperwork, &json!({ "assetTag": "K4711", "operator": "T07", "location": null }));
}

/// What was begun takes a yes and another one to go on with, and then the other drives are asked for.
#[test]
fn a_person_goes_on_and_takes_the_other_drives_too() {
    let test = "a_person_goes_on_and_takes_the_other_drives_too";
    let Some(bench) = Bench::new(test, "language = \"en\"\n", PASSPHRASE) else { return };
    let signs_in = |computer: &mut Computer| {
        computer.until_new("Sign in");
        computer.enters(PASSPHRASE);
    };
    let mut computer = bench.boot(true, 1 << 20);
    signs_in(&mut computer);
    consents(&mut computer, 2, ENGLISH);
    computer.until("how far it is", |text| text.contains("Writing, pass 1 of 1"));
    computer.order("quit", json!({}));
    assert!(computer.qemu.wait().unwrap().success());
    let nvme = "::/certificates/*NR-NVME*.journal";
    ran(Command::new("mdel").args(["-i", &bench.partition(), nvme]).output().unwrap());

    let mut computer = bench.boot(true, 1 << 30);
    signs_in(&mut computer);
    let said = computer.until_new("An erasure was cut off");
    assert!(said.contains("Drive NR-SATA, begun"), "{said}");
    // A slip of the hand is no yes.
    computer.enters("1");
    computer.until_new("Do you want to go on with the erasure?");
    computer.enters("back");
    computer.until_new("An erasure was cut off");
    computer.enters("1");
    computer.until_new("Do you want to go on with the erasure?");
    computer.enters("");
    // The computer is not done, as there is another drive.
    let said = computer.until_new("1 of 1 drives in the plan are erased");
    assert!(said.contains("NOT DONE"), "{said}");
    assert!(!fs::read(bench.path("NVME")).unwrap().iter().all(|byte| *byte == 0));
    computer.enters("");
    consents(&mut computer, 1, [ENGLISH[0], ENGLISH[1], "Drive {n} of 1", "Yes, erase 1"]);
    // With what was done before it the computer is done.
    let said = computer.until_new("The drive is erased.");
    assert!(said.contains("ERASED") && !said.contains("NOT DONE"), "{said}");
    bench.is_zero();
}

/// Nobody signs, and the stick is out at the end, with another one in its place: what is lost is told.
/// The office signs what came to the stick after all.
#[test]
fn what_is_recorded_is_not_lost_by_chance_and_signed_later() {
    let test = "what_is_recorded_is_not_lost_by_chance_and_signed_later";
    let config = "language = \"en\"\nsigning = \"later\"\n";
    let Some(bench) = Bench::new(test, config, "") else { return };
    fs::copy(bench.path("stick"), bench.path("foreign")).unwrap();
    let at = format!("{}@@{START}", bench.path("foreign").display());
    ran(Command::new("mdel").args(["-i", &at, &format!("::/.nulstil/{ID}")]).output().unwrap());
    let sticks = [("STICK", "stick", "off"), ("FOREIGN", "foreign", "off")];
    let mut computer = bench.boot_with(true, 4 << 20, &sticks);
    let said = computer.until_new("Scan the label");
    assert!(said.contains("Nothing is signed here."), "{said}");
    // Neither stick is ever offered for erasing.
    let add = json!({ "driver": "usb-storage", "bus": "xhci.0", "drive": "FOREIGN", "id": "f" });
    computer.order("device_add", add.clone());
    computer.until("both sticks", |text| {
        let last = text.rsplit("Scan the label").next().unwrap();
        last.matches("Because: ").count() == 2 && last.contains("These 2 drives can be erased")
    });
    computer.order("device_del", json!({ "id": "f" }));
    computer.until("one stick", |text| {
        let last = text.rsplit("Scan the label").next().unwrap();
        last.matches("Because: ").count() == 1 && last.contains("saved on the nulstil stick")
    });
    consents(&mut computer, 2, ENGLISH);
    computer.until_new("ERASING");
    computer.order("device_del", json!({ "id": "stick" }));
    computer.order("device_add", add);
    let said = computer.until_new("only in the computer's memory");
    assert!(said.contains("of another version"), "{said}");
    computer.enters("2");
    computer.until_new("go on without saving?");
    computer.enters("1");
    computer.order("device_del", json!({ "id": "f" }));
    computer.order("device_add", plugged_in());
    let said = computer.until_new("0 of 2 drives in the plan are erased");
    assert!(said.contains("NOT VALID"), "{said}");
    computer.enters("");
    computer.until_new("All drives have their result");
    computer.enters("f10");
    computer.until_new("switch the computer off?");
    computer.enters("");
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

/// What can be wrong with a stick is said when it is plugged in, one sentence each; nothing else is
/// asked meanwhile.
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
    let none = "Nulstil-stikket sidder ikke i computeren";
    computer.until_new(none);
    let cases: [(&[&str], &str); 6] = [
        (&["PROTECTED"], "Nulstil-stikket er skrivebeskyttet"),
        (&["FOREIGN"], "Det er et nulstil-stik af en anden version"),
        (&["FULL"], "Nulstil-stikket er fuldt"),
        (&["DAMAGED"], "Nulstil-stikket er beskadiget"),
        (&["STICK", "TWIN"], "Der sidder to nulstil-stik af samme version"),
        (&["STICK"], "line 2: unknown field `staton`"),
    ];
    for (number, (names, sentence)) in cases.into_iter().enumerate() {
        for name in names {
            let id = format!("{name}-{number}");
            let add = json!({ "driver": "usb-storage", "bus": "xhci.0", "drive": name, "id": id });
            computer.order("device_add", add);
        }
        computer.until_new(sentence);
        for name in names {
            computer.order("device_del", json!({ "id": format!("{name}-{number}") }));
        }
        computer.until_new(none);
    }
    let said = computer.serial();
    assert!(!said.contains("Scan mærkaten") && !said.contains("Log ind"), "{said}");
}
