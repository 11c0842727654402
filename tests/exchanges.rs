//! Recorded drives: what `plan` makes of what their firmware answered. A recording becomes a test
//! by being put into `tests/fixtures/exchanges` (made by `nulstil record DRIVE --out FILE`); what
//! is expected stands beside it, written with NULSTIL_WRITE_TABLES=1.
//!
//! Recordings called `synthetic-*` are made here, of simulated drives, and written the same way.
//! `tests/fixtures/machines/NAME.firmware` names the recording that answers for each drive of a
//! recorded machine, and `NAME.plan` is what `nulstil plan` says of all of them.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    reason = "a test that cannot go on fails"
)]

mod machines;
mod sim_common;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use machines::Machine;
use nulstil::device::{Channel, Protocol};
use nulstil::model::{Bus, DriveFacts, Identity, Medium, Method};
use nulstil::os;
use nulstil::plan::{Fallback, Found, Plan, Policy, Request};
use nulstil::proto::ata::identify_device::{
    EraseTime, FeatureSet, IdentifyDevice, Rotation, Sanitize, Security, Transport, Trim,
};
use nulstil::proto::scsi::sanitize::ServiceAction;
use nulstil::proto::{Answer, Command, Data, NoAnswer};
use nulstil::recording::Recording;
use nulstil::sim::{
    Adapter, AtaFirmware, Hides, MmcFirmware, NvmeFirmware, ScsiFirmware, SimDrive,
};
use nulstil::technique::{Firmware, Health};
use sim_common::{Bench, MIB, facts, identity};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/exchanges")
}

/// Compares a file with what it should be; writes it where it is asked to.
fn compare(path: &Path, text: &str) {
    if std::env::var_os("NULSTIL_WRITE_TABLES").is_some() {
        fs::write(path, text).unwrap();
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(kept, text, "{}: NULSTIL_WRITE_TABLES=1 writes it anew", path.display());
}

/// What the drive with a host protected area hides.
const HIDDEN_BLOCKS: u64 = 20_480;

/// A simulated drive that stands for a real one as long as there is none.
struct Synthetic {
    name: &'static str,
    identity: Identity,
    firmware: fn(SimDrive) -> SimDrive,
    /// Whether a bridge answers in its place, and says GOOD to every ATA command.
    swallowed: bool,
}

/// A bridge that takes ATA commands for something else: it says that all went well, and gives
/// back what was in its buffer.
struct Swallows<'a>(&'a dyn Channel);

impl Channel for Swallows<'_> {
    fn protocol(&self) -> Result<Protocol, String> {
        self.0.protocol()
    }

    fn send(&self, command: &Command, timeout: Duration) -> Result<Answer, NoAnswer> {
        let Command::Ata(ata) = command else { return self.0.send(command, timeout) };
        let data = match ata.data() {
            Data::In(bytes) => vec![0; *bytes as usize],
            _ => Vec::new(),
        };
        Ok(Answer::Scsi { status: 0, sense: Vec::new(), data })
    }
}

/// One for each kind of drive that the recorded machines have, as large as it is there.
fn synthetic() -> Vec<Synthetic> {
    const ONLY_OVERWRITE: Sanitize = Sanitize {
        crypto_scramble: false,
        block_erase: false,
        overwrite: true,
        antifreeze_lock: true,
        acs3_commands: true,
    };
    let mut number = 0;
    let mut row = |name, bus, medium, capacity: u64, firmware: fn(SimDrive) -> SimDrive| {
        number += 1;
        let serial = format!("SYNTHETIC{number}");
        let identity = Identity { bus, medium, ..identity(&serial, capacity) };
        Synthetic { name, identity, firmware, swallowed: false }
    };
    use ServiceAction::{BlockErase, CryptographicErase, Overwrite};
    let mut rows = vec![
        row("synthetic-nvme-everything", Bus::Nvme, Medium::Ssd, MIB, |drive| {
            drive.commanded_by(NvmeFirmware::default().able_to(0b111, 0b100))
        }),
        row("synthetic-nvme-two-namespaces", Bus::Nvme, Medium::Ssd, MIB, |drive| {
            let neighbour = Arc::new(Mutex::new(vec![0; 4096]));
            let able = NvmeFirmware::default().able_to(0b111, 0b100);
            drive.commanded_by(able.beside(neighbour))
        }),
        row("synthetic-nvme-format-only", Bus::Nvme, Medium::Ssd, MIB, |drive| {
            drive.commanded_by(NvmeFirmware::default().able_to(0, 0))
        }),
        row("synthetic-nvme-laptop", Bus::Nvme, Medium::Ssd, 256_060_514_304, |drive| {
            drive.commanded_by(NvmeFirmware::default().able_to(0b011, 0b100))
        }),
        row("synthetic-sata-ssd", Bus::Sata, Medium::Ssd, 512_110_190_592, |drive| {
            drive.commanded_by(AtaFirmware::ssd())
        }),
        row("synthetic-sata-ssd-old-frozen", Bus::Sata, Medium::Unknown, 32_017_047_552, |drive| {
            let able = AtaFirmware::ssd().able_to(None, Some(Security::default()));
            drive.commanded_by(able.frozen())
        }),
        row("synthetic-sata-hdd", Bus::Sata, Medium::Hdd, 1_000_204_886_016, |drive| {
            let security = Security { enhanced_erase: true, ..Security::default() };
            let able = AtaFirmware::hdd().able_to(Some(ONLY_OVERWRITE), Some(security));
            drive.commanded_by(able)
        }),
        row("synthetic-sata-hdd-hpa", Bus::Sata, Medium::Hdd, 1_000_204_886_016, |drive| {
            let security = Security { enhanced_erase: true, ..Security::default() };
            let able = AtaFirmware::hdd().able_to(Some(ONLY_OVERWRITE), Some(security));
            drive.commanded_by(able.hiding(HIDDEN_BLOCKS, Hides::Hpa))
        }),
        row("synthetic-sata-hdd-plain", Bus::Sata, Medium::Hdd, 3_000_592_982_016, |drive| {
            let able = AtaFirmware::hdd().able_to(None, Some(Security::default()));
            drive.commanded_by(able)
        }),
        row("synthetic-sata-hdd-old-frozen", Bus::Sata, Medium::Hdd, 500_107_862_016, |drive| {
            let able = AtaFirmware::hdd().able_to(None, Some(Security::default()));
            drive.commanded_by(able.frozen())
        }),
        row("synthetic-usb-sat-ssd", Bus::Usb, Medium::Unknown, 240_057_409_536, |drive| {
            drive.commanded_by(AtaFirmware::ssd().behind(Adapter::Fixed))
        }),
        row("synthetic-usb-stick", Bus::Usb, Medium::Unknown, 15_376_318_464, |drive| {
            drive.commanded_by(ScsiFirmware::default().able_to(&[], false).discreet())
        }),
        row("synthetic-sas-ssd", Bus::Sas, Medium::Ssd, 480_103_981_056, |drive| {
            let able = [CryptographicErase, BlockErase, Overwrite];
            drive.commanded_by(ScsiFirmware::default().able_to(&able, true))
        }),
        row("synthetic-sas-hdd", Bus::Sas, Medium::Hdd, 600_127_266_816, |drive| {
            drive.commanded_by(ScsiFirmware::default().able_to(&[Overwrite], true))
        }),
        row("synthetic-emmc", Bus::Mmc, Medium::Emmc, 31_272_730_624, |drive| {
            drive.commanded_by(MmcFirmware::default())
        }),
    ];
    let stick =
        row("synthetic-usb-swallows", Bus::Usb, Medium::Unknown, 320_072_933_376, |drive| {
            drive.commanded_by(ScsiFirmware::default().able_to(&[], false).discreet())
        });
    rows.push(Synthetic { swallowed: true, ..stick });
    rows
}

/// In this order, so that a recording that is written anew is judged at once.
#[test]
fn recorded_drives() {
    synthetic_recordings_are_those_of_simulated_drives();
    what_is_planned_for_every_recorded_drive();
    what_is_planned_on_every_recorded_machine();
}

fn synthetic_recordings_are_those_of_simulated_drives() {
    let bench = Bench::new();
    for Synthetic { name, identity, firmware, swallowed } in synthetic() {
        // Its data is not asked for.
        let hidden = if name.ends_with("-hpa") { HIDDEN_BLOCKS * 512 } else { 0 };
        let drive = firmware(SimDrive::without_data(identity.clone(), hidden, &bench.clock));
        let open = drive.open();
        let ask = |channel: &dyn Channel| {
            let _ = Firmware::ask(channel, identity.bus);
        };
        let channel: &dyn Channel = if swallowed { &Swallows(&*open) } else { &*open };
        let recording = Recording::of(channel, &facts("/dev/x", &identity), ask).unwrap();
        assert!(!recording.text().contains("SYNTHETIC"), "{}", recording.text());
        compare(&folder().join(format!("{name}.jsonl")), &recording.text());
    }
}

/// `NAME.firmware` beside a recorded machine says which recording answers for which drive.
fn answers(machine: &Machine, name: &str) {
    let path = machines().join(format!("{name}.firmware"));
    let text = fs::read_to_string(&path).unwrap_or_default();
    let folder = machine.path().join("firmware");
    fs::create_dir_all(&folder).unwrap();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (drive, recording) = line.split_once(' ').unwrap();
        let from = self::folder().join(format!("{recording}.jsonl"));
        fs::copy(from, folder.join(format!("{drive}.jsonl"))).unwrap();
    }
}

fn machines() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/machines")
}

/// What a technician reads who asks for a plan, for every drive of a machine: by default, and as a
/// purge.
fn what_is_planned_on_every_recorded_machine() {
    let mut seen = 0;
    let mut names: Vec<_> = fs::read_dir(machines())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "tree"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    for name in names {
        seen += 1;
        let machine = Machine::unpack(&name);
        answers(&machine, &name);
        let mut text = String::new();
        for drive in os::look(&machine.system).drives {
            for method in ["clear", "purge"] {
                let ran = process::Command::new(env!("CARGO_BIN_EXE_nulstil"))
                    .args(["plan", "--recorded"])
                    .arg(machine.path())
                    .args(["--method", method, &drive.path])
                    .output()
                    .unwrap();
                writeln!(text, "$ nulstil plan --method {method} {}", drive.path).unwrap();
                let said = String::from_utf8(ran.stdout).unwrap();
                // The digest says nothing to a reader.
                for line in said.lines().filter(|line| !line.starts_with("Plan digest: ")) {
                    writeln!(text, "{line}").unwrap();
                }
                writeln!(text).unwrap();
            }
        }
        compare(&machines().join(format!("{name}.plan")), &text);
    }
    assert!(seen >= 12, "{seen}");
}

/// What real drives said of themselves, word for word.
#[test]
fn real_identify_data() {
    let parse = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/identify");
        let text = fs::read_to_string(path.join(format!("{name}.words"))).unwrap();
        let words = text.lines().filter(|line| !line.starts_with('#'));
        let words = words.flat_map(str::split_whitespace);
        let bytes: Vec<u8> =
            words.flat_map(|word| u16::from_str_radix(word, 16).unwrap().to_le_bytes()).collect();
        assert_eq!(bytes.len(), 512);
        let found = IdentifyDevice::parse(&bytes).unwrap();
        let mut wrong = bytes;
        wrong[120] ^= 1;
        assert!(IdentifyDevice::parse(&wrong).is_err(), "the checksum is not looked at");
        found
    };
    let feature = |on| Some(FeatureSet { supported: true, enabled: on });

    let toshiba = parse("toshiba-mk4025gas");
    assert_eq!(toshiba.model.as_deref(), Some("TOSHIBA MK4025GAS"));
    assert_eq!(toshiba.firmware.as_deref(), Some("KA100A"));
    assert_eq!((toshiba.sectors28, toshiba.sectors48), (Some(78_140_160), None));
    assert_eq!((toshiba.sectors(), toshiba.logical_sector_bytes), (Some(78_140_160), Some(512)));
    assert_eq!((toshiba.rotation, toshiba.world_wide_name), (None, None));
    assert_eq!(toshiba.sanitize, None);
    let security = toshiba.security.unwrap();
    assert!(!security.enabled && !security.locked && !security.frozen && !security.enhanced_erase);
    assert_eq!(security.normal_erase_time, Some(EraseTime::Minutes(36)));
    assert_eq!(security.enhanced_erase_time, None);
    assert_eq!(toshiba.host_protected_area, feature(true));
    assert!(toshiba.device_configuration_overlay && !toshiba.accessible_max_address);

    let samsung = parse("samsung-870-qvo-4tb");
    assert_eq!(samsung.model.as_deref(), Some("Samsung SSD 870 QVO 4TB"));
    assert_eq!(samsung.firmware.as_deref(), Some("SVQ02B6Q"));
    assert_eq!(samsung.sectors(), Some(4_000_787_030_016 / 512));
    assert_eq!(samsung.rotation, Some(Rotation::NonRotating));
    assert_eq!(samsung.transport, Some(Transport::Serial));
    assert_eq!(samsung.sanitize, None, "the only way to erase itself is a password");
    let security = samsung.security.unwrap();
    assert!(security.frozen && security.enhanced_erase && !security.enabled && !security.locked);
    assert_eq!(security.normal_erase_time, Some(EraseTime::Minutes(4)));
    assert_eq!(security.enhanced_erase_time, Some(EraseTime::Minutes(8)));
    assert_eq!(security.master_password_identifier, Some(0xfffe));
    assert_eq!(samsung.host_protected_area, feature(true));
    assert!(samsung.encrypts_all);
    assert_eq!(samsung.trim, Some(Trim { deterministic: true, zeroes: true }));
}

/// What is planned, and what cannot be, one line each.
fn says(facts: &DriveFacts, firmware: &Firmware, method: Method) -> String {
    let found = Found { facts: facts.clone(), firmware: firmware.clone(), health: Health::Unknown };
    let request = Request { method: Some(method), ..Request::default() };
    let policy = Policy { fallback: Fallback::Refuse, ..Policy::default() };
    let plan = Plan::new(&request, policy, vec![(facts.path.clone(), Ok(found))]);
    let document = plan.document();
    let drive = &document.drives[0];
    let word = |value: serde_json::Value| value.as_str().unwrap().to_owned();
    let id = |id| word(serde_json::to_value(id).unwrap());
    let mut text = format!("# {method}\n");
    match &drive.refusal {
        Some(refusal) => writeln!(text, "refused: {}", refusal.message).unwrap(),
        None => writeln!(text, "reaches {}", drive.method.unwrap()).unwrap(),
    }
    for technique in &drive.techniques {
        writeln!(text, "by {}", id(technique.id)).unwrap();
    }
    for row in &drive.available {
        writeln!(text, "can: {} ({})", id(row.id), row.method).unwrap();
    }
    for row in &drive.unavailable {
        writeln!(text, "cannot: {}: {}", id(row.id), row.why_not).unwrap();
    }
    text
}

fn what_is_planned_for_every_recorded_drive() {
    let mut seen = 0;
    let mut paths: Vec<_> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "jsonl")) {
        seen += 1;
        let recording = Recording::parse(&fs::read_to_string(path).unwrap()).unwrap();
        let firmware = Firmware::ask(&recording, recording.facts().identity.bus);
        let facts = recording.facts();
        let both = [Method::Clear, Method::Purge].map(|method| says(facts, &firmware, method));
        compare(&path.with_extension("plan"), &both.join("\n"));
    }
    assert!(seen >= 3, "{seen}");
}
