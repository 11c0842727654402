//! A real kernel with emulated drives: QEMU boots a Debian kernel with this program in it, the
//! program erases there, and the host looks at the files behind the drives. QEMU's drives are
//! liars as well (Format ignores what kind of erase it is asked for): what counts is that the
//! certificate says what the files show.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tests run programs, say what they skip, and fail loudly"
)]

mod common;

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{Bench, NULSTIL, holds_only, skipped};
use nulstil::device::{Bay as _, Channel, Protocol};
use nulstil::model::{Bus, Medium, TechniqueId};
use nulstil::os::{self, EngineChoice, LinuxBay, Sleep, System};
use nulstil::plan::Found;
use nulstil::proto::ata::sense;
use nulstil::proto::ata::{self, Width, max_address, sanitize_device};
use nulstil::proto::mmc::{
    ext_csd,
    status::{self, State, Status},
};
use nulstil::proto::nvme::{
    FormatNvm, FormatTarget, Identify, IdentifyController, IdentifyNamespace, SanitizeLog,
    SecureErase,
};
use nulstil::proto::scsi::format_unit::FormatUnit;
use nulstil::proto::scsi::report_supported_operation_codes::Support;
use nulstil::proto::{Answer, Command as Send, NoAnswer};
use nulstil::technique::Firmware;
use serde_json::Value;

const MIB: u64 = 1 << 20;

/// The whole guest takes a quarter of this.
const PATIENCE: Duration = Duration::from_secs(240);

/// Ends the guest also when the test fails.
struct Guest(Child);

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A disk full of what an earlier owner left: nothing that repeats.
fn disk(folder: &Path, name: &str, bytes: u64) -> PathBuf {
    let path = folder.join(format!("{name}.img"));
    let mut noise = 0x9e37_79b9_u32;
    let old: Vec<u8> = (0..bytes)
        .map(|_| {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            noise.to_le_bytes()[1]
        })
        .collect();
    fs::write(&path, old).unwrap();
    path
}

/// What one program printed in the guest, as JSON.
fn json(results: &Path, name: &str) -> Value {
    let text = fs::read_to_string(results.join(format!("{name}.out"))).unwrap();
    let last = text.lines().last().unwrap_or_else(|| panic!("{name} printed nothing"));
    serde_json::from_str(last).unwrap()
}

fn code(results: &Path, name: &str) -> i32 {
    let text = fs::read_to_string(results.join(format!("{name}.code"))).unwrap();
    text.trim().parse().unwrap()
}

#[test]
fn a_guest_erases_emulated_drives() {
    let prepared = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/guest/vmlinuz").exists();
    let qemu = Command::new("qemu-system-x86_64").arg("--version").output();
    if !prepared || !qemu.is_ok_and(|ran| ran.status.success()) {
        skipped(
            "a_guest_erases_emulated_drives",
            "QEMU or a kernel is missing: tests/guest/prepare",
        );
        return;
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
    fs::write(root.join("policy.toml"), "[policy]\nfallback = \"clear\"\n").unwrap();
    let alone = disk(&folder, "alone", 32 * MIB);
    let first = disk(&folder, "first", 16 * MIB);
    let second = disk(&folder, "second", 16 * MIB);
    let sata = disk(&folder, "sata", 16 * MIB);
    let scsi = disk(&folder, "scsi", 16 * MIB);
    let card = disk(&folder, "card", 16 * MIB);
    let untouched = fs::read(&second).unwrap();
    fs::File::create(folder.join("results.img")).unwrap().set_len(16 * MIB).unwrap();

    let console = folder.join("console");
    let boot = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest/boot");
    let child = Command::new(boot)
        .arg(&folder)
        .stdin(Stdio::null())
        .stdout(fs::File::create(&console).unwrap())
        .stderr(fs::File::create(folder.join("boot.err")).unwrap())
        .spawn()
        .unwrap();
    let mut guest = Guest(child);
    let mut waited = Duration::ZERO;
    let ended = loop {
        if let Some(ended) = guest.0.try_wait().unwrap() {
            break ended;
        }
        let said = || fs::read_to_string(&console).unwrap_or_default();
        assert!(waited < PATIENCE, "the guest does not end:\n{}", said());
        std::thread::sleep(Duration::from_millis(500));
        waited += Duration::from_millis(500);
    };
    let said = |name| fs::read_to_string(folder.join(name)).unwrap_or_default();
    assert!(ended.success(), "{}\n{}", said("boot.err"), said("console"));
    let image = folder.join("results.img");
    let tar = Command::new("tar").arg("-xf").arg(&image).arg("-C").arg(&folder).output().unwrap();
    let results = folder.join("results");
    assert!(tar.status.success() && results.is_dir(), "no results:\n{}", said("console"));
    let keep = std::env::var_os("NULSTIL_GUEST_RESULTS");
    if let Some(keep) = keep {
        Command::new("cp").arg("-r").arg(&results).arg(keep).status().unwrap();
    }
    let text = |name: &str| fs::read_to_string(results.join(name)).unwrap_or_default();

    // The kernel's own pass-through, asked from inside.
    assert_eq!(code(&results, "inside"), 0, "{}{}", text("inside.out"), text("inside.err"));
    assert!(text("inside.out").contains("all was asked"), "{}", text("inside.out"));

    let thaw = json(&results, "thaw");
    assert_eq!((code(&results, "thaw"), &thaw["slept"]), (0, &Value::Bool(false)), "{thaw}");

    let list = json(&results, "list");
    let paths: Vec<_> =
        list["drives"].as_array().unwrap().iter().map(|drive| &drive["path"]).collect();
    assert_eq!(
        paths,
        [
            "/dev/mmcblk0",
            "/dev/nvme0n1",
            "/dev/nvme1n1",
            "/dev/nvme1n2",
            "/dev/sda",
            "/dev/sdb",
            "/dev/vda"
        ],
        "{list}"
    );
    let media: Vec<_> =
        list["drives"].as_array().unwrap().iter().map(|drive| &drive["medium"]).collect();
    let mut expected = ["virtual"; 7];
    expected[0] = "sd-card";
    assert_eq!(media, expected, "{list}");
    let list = text("list-text.out");
    assert!(list.contains("an SD card has no command that erases it for good"), "{list}");

    // QEMU knows no Sanitize: a purge is refused, unless it may fall back.
    assert_eq!(code(&results, "purge"), 3);
    let plan = json(&results, "plan");
    for drive in plan["drives"].as_array().unwrap() {
        let ids: Vec<_> =
            drive["techniques"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
        assert_eq!(ids, ["nvme-format-user-data-erase", "overwrite"], "{drive}");
        assert_eq!(drive["method"], "clear");
    }

    assert_eq!(code(&results, "wipe"), 0, "{}{}", text("wipe.out"), text("wipe.err"));
    assert_eq!(code(&results, "verify"), 0, "{}", text("verify.out"));
    assert!(holds_only(&alone, 0xff) && holds_only(&first, 0xff));
    assert!(fs::read(&second).unwrap() == untouched, "the other namespace was touched");
    assert!(fs::read(&sata).unwrap() == untouched, "a drive that nobody named was touched");

    let (mut seen, mut reset) = (0, 0);
    for entry in fs::read_dir(results.join("out")).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().ends_with(".cert.json") {
            continue;
        }
        seen += 1;
        let certificate: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let text = certificate.to_string();
        let evidence = find(&certificate, "firmware").unwrap_or_else(|| panic!("{text}"));
        let erase = &evidence[0];
        assert_eq!(erase["technique"], "nvme-format-user-data-erase", "{erase}");
        assert_eq!(erase["completion"]["kind"], "completed", "{erase}");
        assert_eq!(erase["completion"]["witness"], "command-returned");
        let markers = &erase["markers"];
        assert_eq!(markers["planted"], markers["wanted"], "{markers}");
        assert_eq!(markers["readAfter"], markers["planted"], "{markers}");
        assert_eq!(markers["survived"]["count"], 0, "{markers}");
        assert!(markers["sampled"].as_u64().unwrap() > 60, "{markers}");
        assert_eq!(markers["unchanged"]["count"], 0, "{markers}");
        // QEMU's format leaves zeros; ones came after it.
        assert!(markers["after"]["zeros"].as_u64().unwrap() > 60, "{markers}");
        assert_eq!(markers["after"]["other"], 0, "{markers}");
        // A controller with another namespace is not reset: that one would feel it.
        reset += usize::from(erase["reset"]["kind"] == "done");
        let commands = erase["exchanges"].as_array().unwrap();
        assert!(commands.iter().any(|e| e["sent"].as_str().unwrap().starts_with("80")), "{erase}");
    }
    assert_eq!((seen, reset), (2, 1));

    // A disk that answers GOOD to FORMAT UNIT, and a card: the host overwrites both.
    let plan = json(&results, "plan-virtual");
    for drive in plan["drives"].as_array().unwrap() {
        let ids: Vec<_> =
            drive["techniques"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
        assert_eq!(ids, ["overwrite"], "{drive}");
        assert_eq!(drive["method"], "clear", "{drive}");
    }
    let wiped = (text("wipe-virtual.out"), text("wipe-virtual.err"));
    assert_eq!(code(&results, "wipe-virtual"), 0, "{wiped:?}");
    assert_eq!(code(&results, "verify-virtual"), 0, "{}", text("verify-virtual.out"));
    let verified = text("verify-virtual.out");
    assert_eq!(verified.matches("SANITIZED (clear)").count(), 2, "{verified}");
    assert_eq!(verified.matches("VIRTUAL DRIVE").count(), 1, "{verified}");
    assert!(holds_only(&scsi, 0xff) && holds_only(&card, 0xff));
}

/// The first member of this name, however deep.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) => members
            .get(name)
            .filter(|found| found.is_array())
            .or_else(|| members.values().find_map(|value| find(value, name))),
        Value::Array(items) => items.iter().find_map(|value| find(value, name)),
        _ => None,
    }
}

/// What runs in the guest: it asks the drives that `boot` attaches, through the kernel.
#[test]
fn inside() {
    // Only there: a host's drives are not ours to ask.
    if std::env::var_os("NULSTIL_IN_GUEST").is_none() {
        return;
    }
    let bay = LinuxBay::live(EngineChoice::Auto);
    let channel = |path: &str| bay.channel(&bay.examine(Path::new(path)).unwrap());
    let no = |path: &str| channel(path).err().unwrap();
    let second = Duration::from_secs(30);

    // A virtual drive has no firmware.
    assert!(no("/dev/vda").contains("virtual"), "{}", no("/dev/vda"));

    // NVMe: the number in the name is not the namespace's.
    for (path, serial, number) in [
        ("/dev/nvme0n1", "GUEST-ALONE", 1),
        ("/dev/nvme1n1", "GUEST-PAIR", 1),
        ("/dev/nvme1n2", "GUEST-PAIR", 2),
    ] {
        let nvme = channel(path).unwrap();
        let Ok(Protocol::Nvme(namespace)) = nvme.protocol() else { panic!("{path}") };
        assert_eq!(namespace.get(), number, "{path}");
        let send = |command| nvme.send(&Send::Nvme(command), second);
        let Ok(Answer::Nvme { status, data }) = send(Identify::Controller.command()) else {
            panic!("{path}")
        };
        assert!(status.is_success());
        let controller = IdentifyController::parse(&data).unwrap();
        assert_eq!(controller.serial_number.as_deref(), Some(serial));
        // A page that QEMU does not have is an answer, and no data.
        let Ok(Answer::Nvme { status, data }) = send(SanitizeLog::command()) else {
            panic!("{path}")
        };
        assert!(!status.is_success() && data.is_empty(), "{status}");
        let Ok(Answer::Nvme { data, .. }) = send(Identify::Namespace(namespace).command()) else {
            panic!("{path}")
        };
        let found = IdentifyNamespace::parse(&data).unwrap();
        let target = FormatTarget::Namespace(namespace);
        let format = FormatNvm::keeping(target, SecureErase::UserData, &found);
        assert!(matches!(send(format.command()), Err(NoAnswer::NotSent(_))), "{path}");
    }

    // ATA behind libata's translator.
    let sata = channel("/dev/sda").unwrap();
    assert_eq!(sata.protocol(), Ok(Protocol::Scsi));
    let facts = bay.examine(Path::new("/dev/sda")).unwrap();
    identifies(sata.as_ref(), second, facts.identity.capacity_bytes / 512);
    // A drive that somebody may be using is only asked.
    let freeze = Send::Ata(sanitize_device::Request::FreezeLock.command());
    assert!(matches!(sata.send(&freeze, second), Err(NoAnswer::NotSent(_))));
    let other = Send::Nvme(Identify::Controller.command());
    assert!(matches!(sata.send(&other, second), Err(NoAnswer::NotSent(_))));

    // Opened for erasing it takes all commands; QEMU has no Sanitize and says so.
    let drive = bay.open_exclusive(&facts).unwrap();
    identifies(drive.as_ref(), second, facts.identity.capacity_bytes / 512);
    match drive.send(&freeze, second) {
        Ok(Answer::Scsi { status: 2, sense, .. }) => {
            let answer = sense::Answer::parse(&sense);
            assert!(answer.registers().is_none_or(|r| !r.succeeded()), "{sense:02x?}");
        }
        other => panic!("{other:?}"),
    }
    formats_nothing(&bay, Path::new("/dev/sdb"));
    asks_a_card(&bay, Path::new("/dev/mmcblk0"));
    // It sleeps and wakes up by itself, and its drives are there again for what comes next.
    let system = System::live();
    assert_eq!((os::sleep_kind(&system), os::slept(&system)), (Ok(Sleep::Deep), false));
    os::sleep(&system, Sleep::Deep, Duration::from_secs(8)).unwrap();
    assert!(os::slept(&system));

    println!("all was asked");
}

/// QEMU's SCSI disk says GOOD to FORMAT UNIT, and everything is still there.
fn formats_nothing(bay: &LinuxBay, path: &Path) {
    let facts = bay.examine(path).unwrap();
    assert_eq!(facts.identity.serial_number.as_deref(), Some("GUEST-SCSI"));
    assert_eq!((facts.identity.bus, facts.identity.medium), (Bus::Scsi, Medium::Virtual));
    let first = || {
        let mut bytes = vec![0; 1 << 20];
        fs::File::open(path).unwrap().read_exact(&mut bytes).unwrap();
        bytes
    };
    let before = first();
    let drive = bay.open_exclusive(&facts).unwrap();
    let firmware = Firmware::ask(drive.as_ref(), facts.identity.bus);
    let Firmware::Scsi(scsi) = &firmware else { panic!("{firmware:?}") };
    assert_eq!(scsi.format_unit, Support::NotAvailable, "{scsi:?}");
    let format = FormatUnit { immediate: false, security_initialize: false, protection: None };
    let answer = drive.send(&Send::Scsi(format.command()), Duration::from_secs(60));
    assert!(matches!(answer, Ok(Answer::Scsi { status: 0, .. })), "{answer:?}");
    drop(drive);
    assert!(first() == before, "QEMU's FORMAT UNIT does something now");
    // So nobody may count on it: it is not even offered.
    let found = Found { facts, firmware };
    let row = found.unavailable().into_iter().find(|row| row.id == TechniqueId::ScsiFormatUnit);
    assert!(row.unwrap().why_not.contains("does not say"), "{found:?}");
}

/// The kernel's pass-through for cards: CMD13 is answered, and an SD card has no EXT_CSD.
fn asks_a_card(bay: &LinuxBay, path: &Path) {
    let facts = bay.examine(path).unwrap();
    assert_eq!((facts.identity.bus, facts.identity.medium), (Bus::Mmc, Medium::SdCard));
    let card = bay.channel(&facts).unwrap();
    let Ok(Protocol::Mmc(address)) = card.protocol() else { panic!("{:?}", card.protocol()) };
    let send = |command| card.send(&Send::Mmc(command), Duration::from_secs(30));
    let Ok(Answer::Mmc { response, .. }) = send(status::command(address)) else { panic!("CMD13") };
    let status = Status::from_bits(response[0]);
    assert_eq!(status.state(), State::Transfer, "{response:x?}");
    let page = send(ext_csd::command());
    println!("EXT_CSD of an SD card: {page:?}");
    assert!(matches!(page, Err(NoAnswer::Lost(_))), "{page:?}");
    let erase = send(nulstil::proto::mmc::sanitize::command());
    assert!(matches!(erase, Err(NoAnswer::NotSent(_))), "{erase:?}");
}

/// IDENTIFY DEVICE and READ NATIVE MAX ADDRESS EXT.
fn identifies(channel: &(impl Channel + ?Sized), time: Duration, sectors: u64) {
    let send = |command| channel.send(&Send::Ata(command), time);
    let Ok(Answer::Scsi { status: 0, data, .. }) = send(ata::identify_device::command()) else {
        panic!("no IDENTIFY DEVICE data")
    };
    let identity = ata::identify_device::IdentifyDevice::parse(&data).unwrap();
    assert_eq!(identity.serial.as_deref(), Some("GUEST-SATA"));
    assert_eq!(identity.sectors(), Some(sectors));
    assert_eq!(identity.sanitize, None);
    let native = max_address::Request::ReadNative(Width::Lba48).command().unwrap();
    let Ok(Answer::Scsi { status: 2, sense, .. }) = send(native) else { panic!("no registers") };
    let registers = *sense::Answer::parse(&sense).registers().unwrap();
    assert_eq!(max_address::sectors(Width::Lba48, &registers), Some(sectors), "{sense:02x?}");
    // SANITIZE STATUS EXT, which QEMU does not know.
    let Ok(Answer::Scsi { status: 2, sense, .. }) =
        send(sanitize_device::Request::Status.command())
    else {
        panic!("an unknown command went well")
    };
    let answer = sense::Answer::parse(&sense);
    assert!(answer.registers().is_none_or(|r| !r.succeeded()), "{sense:02x?}");
}
