//! What happened to one drive or another, in the words of the tool: what its simulated drives
//! answer, with the sizes of real ones.

use nulstil::model::{
    Aftermath, Bus, CipherKey, Completion, Content, DriveKind, Ending, Evidence, Exchange, Field,
    FirmwareErase, Hidden, HiddenArea, Identity, Markers, Medium, Method, Pass, PassEvidence,
    Planned, RangeList, Reset, Speed, TechniqueId, VerificationEvidence, VerifyMode, Witness,
    sampling::Design,
};

use crate::station::{at, hex, sha256};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn drive(bus: Bus, medium: Medium, model: &str, serial: &str, capacity_bytes: u64) -> Identity {
    Identity {
        kind: DriveKind::BlockDevice,
        bus,
        medium,
        vendor: None,
        model: some(model),
        serial_number: some(serial),
        firmware: some("01.01A01"),
        wwn: some("0x50014ee2b5c3d4e1"),
        unit: None,
        capacity_bytes,
        logical_block_bytes: 512,
        physical_block_bytes: 4096,
        diskseq: Some(9),
        sources: [("serialNumber", "vpd"), ("wwn", "sysfs")]
            .map(|(member, source)| (member.to_owned(), source.to_owned()))
            .into(),
    }
}

fn planned(method: Method, techniques: &[TechniqueId], verify: VerifyMode) -> Planned {
    Planned {
        plan_digest: hex(&sha256(b"plan")),
        method,
        least: method,
        techniques: techniques.to_vec(),
        scheme: "nist-clear".parse().unwrap(),
        verify,
    }
}

fn pass(pattern: Pass, bytes: u64) -> PassEvidence {
    let key = [7; 16];
    let key = CipherKey { sha256: hex(&sha256(&key)), revealed: Some(hex(&key)) };
    PassEvidence {
        pattern,
        key: (pattern == Pass::Random).then_some(key),
        started_at: at(600),
        ended_at: at(4200),
        written_bytes: bytes,
        not_written: RangeList::default(),
        retries: 0,
        flushed: true,
        speed: Speed {
            bytes,
            micros: 3_600_000_000,
            ceiling_bytes_per_second: None,
            cpu_millis: 91_000,
        },
    }
}

/// Everything that the plan wants to see was read, and was right.
pub fn read_back(mode: VerifyMode, drive: &Identity) -> VerificationEvidence {
    let seed = sha256(b"seed");
    let design = Design::new(mode, drive.capacity_bytes, drive.logical_block_bytes, &seed);
    VerificationEvidence {
        mode,
        seed: hex(&seed),
        statement: design.statement(),
        started_at: at(4200),
        ended_at: at(7800),
        read_bytes: design.bytes(),
        unreadable: RangeList::default(),
        mismatches: Default::default(),
        speed: Speed {
            bytes: design.bytes(),
            micros: 3_600_000_000,
            ceiling_bytes_per_second: Some(180_000_000),
            cpu_millis: 88_000,
        },
    }
}

/// The host overwrote the drive once, and read it back.
fn overwritten(drive: Identity, area: HiddenArea, verify: VerifyMode) -> Evidence {
    Evidence {
        hidden: Hidden::untouched(area),
        planned: planned(Method::Clear, &[TechniqueId::Overwrite], verify),
        engine: "io_uring, registered buffers, direct".into(),
        direct_io: true,
        firmware: Vec::new(),
        passes: vec![pass(Pass::Zeros, drive.capacity_bytes)],
        interruptions: Vec::new(),
        verification: Some(read_back(verify, &drive)),
        aftermath: Some(Aftermath {
            same_drive: true,
            capacity_bytes: drive.capacity_bytes,
            partitions_reread: Some(true),
        }),
        ending: Ending::Completed,
        drive,
    }
}

/// The drive's own firmware erased it, and the host wrote nothing but the markers.
fn by_firmware(drive: Identity, area: HiddenArea, erase: FirmwareErase) -> Evidence {
    let verify = VerifyMode::Sample;
    Evidence {
        planned: planned(Method::Purge, &[erase.technique], verify),
        firmware: vec![erase],
        passes: Vec::new(),
        verification: None,
        ..overwritten(drive, area, verify)
    }
}

fn erase(technique: TechniqueId, fields: &[[&str; 2]], exchanges: &[[&str; 3]]) -> FirmwareErase {
    let field = |[name, value]: &[&str; 2]| Field { name: (*name).into(), value: (*value).into() };
    let exchange = |[command, sent, first]: &[&str; 3]| Exchange {
        command: (*command).into(),
        sent: (*sent).into(),
        times: 1,
        first: (*first).into(),
        last: None,
    };
    FirmwareErase {
        technique,
        started_at: at(300),
        ended_at: at(360),
        before: fields.iter().map(field).collect(),
        exchanges: exchanges.iter().map(exchange).collect(),
        completion: Completion::Completed { witness: Some(Witness::SeenRunning) },
        logged: None,
        reset: Some(Reset::Done { how: "the controller was reset".into() }),
        markers: Some(Markers {
            seed: hex(&sha256(b"markers")),
            key_sha256: hex(&sha256(b"key of the markers")),
            wanted: 64,
            planted: 64,
            read_after: 64,
            sampled: 512,
            samples_read_after: 512,
            after: Content { zeros: 570, other: 6, ..Content::default() },
            ..Markers::default()
        }),
    }
}

fn unknown(reason: &str) -> HiddenArea {
    HiddenArea::Unknown { reason: reason.to_owned() }
}

const OF_ATA: &str = "such areas are a matter of ATA; what an NVMe controller has outside of its \
                      namespaces was not asked";
const NOT_SCSI: &str = "such areas are a matter of ATA; whether a SCSI drive was made smaller by \
                        MODE SELECT was not asked";
const NOT_CARD: &str = "such areas are a matter of ATA; what a card has outside of its user area \
                        was not asked";

/// A SATA disk, overwritten and read back in full.
pub fn hdd() -> Evidence {
    let drive =
        drive(Bus::Sata, Medium::Hdd, "WDC WD5000AAKX-60U6AA0", "WD-WCC2E4AA0001", 500_107_862_016);
    overwritten(drive, HiddenArea::None, VerifyMode::Full)
}

/// A SATA disk that hid its last blocks until it was made to show them.
pub fn hdd_that_hid() -> Evidence {
    let mut evidence = hdd();
    evidence.drive.serial_number = some("WD-WCC2E4AA0002");
    let native = evidence.drive.blocks();
    evidence.hidden.before = HiddenArea::Present { accessible: native - 2_097_152, native };
    evidence
}

/// An NVMe drive that erased its blocks, overwritten and sampled on top.
pub fn nvme() -> Evidence {
    let mut drive = drive(
        Bus::Nvme,
        Medium::Ssd,
        "SAMSUNG MZVLB256HBHQ-000L7",
        "S4ELNX0M900003",
        256_060_514_304,
    );
    drive.wwn = some("eui.002538b981b4c1d2");
    let erase = erase(
        TechniqueId::NvmeSanitizeBlockErase,
        &[
            ["OACS", "0200"],
            ["SANICAP", "02000000"],
            ["Sanitize Status log, bytes 0 to 19", "ffff000000000000ffffffffffffffffffffffff"],
        ],
        &[
            [
                "Sanitize (block erase)",
                "8400000000000000020000000000000000000000000000000000000000",
                "0000",
            ],
            [
                "Get Log Page (sanitize status)",
                "02ffffffff007f80810000000000000000000000000000000000000000",
                "0000 ffff010102000000ffffffffffffffffffffffffffffffffffffffffffffffff",
            ],
        ],
    );
    let sample = VerifyMode::Sample;
    let techniques = [erase.technique, TechniqueId::Overwrite];
    let mut evidence = overwritten(drive, unknown(OF_ATA), sample);
    evidence.planned = planned(Method::Purge, &techniques, sample);
    evidence.firmware = vec![erase];
    evidence
}

/// A SATA SSD that erased its blocks: nothing was written on top, it was not reset, and it reads as
/// zeros everywhere.
pub fn ata_ssd() -> Evidence {
    let drive =
        drive(Bus::Sata, Medium::Ssd, "KINGSTON SA400S37240G", "50026B7784AA0004", 240_057_409_536);
    let mut erase = erase(
        TechniqueId::AtaSanitizeBlockErase,
        &[
            ["IDENTIFY DEVICE, word 59", "009c"],
            ["IDENTIFY DEVICE, word 128", "0000"],
            [
                "SANITIZE STATUS EXT, status and sense data",
                "027201001d0000000e090c0100000000ff00ff00004050",
            ],
        ],
        &[
            [
                "BLOCK ERASE EXT",
                "8507200012000042720045006b40b400",
                "027201001d0000000e090c010050000000000000004050",
            ],
            [
                "SANITIZE STATUS EXT",
                "8507200000000000000000000040b400",
                "027201001d0000000e090c0100900000ff00ff00004050",
            ],
        ],
    );
    erase.reset = Some(Reset::NotDone { reason: "Linux offers none for this drive".into() });
    if let Some(markers) = &mut erase.markers {
        markers.unreadable_before = 3;
        (markers.sampled, markers.samples_read_after) = (509, 509);
        markers.after = Content { zeros: 573, ..Content::default() };
    }
    by_firmware(drive, HiddenArea::None, erase)
}

/// A SAS disk that overwrote itself.
pub fn sas_hdd() -> Evidence {
    let mut drive = drive(Bus::Sas, Medium::Hdd, "ST600MM0006", "S0M1AA05", 600_127_266_816);
    drive.vendor = some("SEAGATE");
    let erase = erase(
        TechniqueId::ScsiSanitizeOverwrite,
        &[
            ["VPD page b1h, bytes 0 to 8", "00b1003c00010050"],
            ["REPORT SUPPORTED OPERATION CODES, 48h/0001h", "00030000"],
        ],
        &[
            ["SANITIZE (overwrite)", "48810000000000000800", "00"],
            ["REQUEST SENSE", "03000000fc00", "00 700000000000000a00000000000000000000"],
            ["TEST UNIT READY", "000000000000", "00"],
        ],
    );
    by_firmware(drive, unknown(NOT_SCSI), erase)
}

/// An eMMC that trimmed and sanitized itself, which reaches no more than Clear, and was
/// overwritten.
pub fn emmc() -> Evidence {
    let mut drive = drive(Bus::Mmc, Medium::Emmc, "HAG2e", "0x5aa00006", 15_634_268_160);
    drive.wwn = None;
    let mut erase = erase(
        TechniqueId::EmmcSanitize,
        &[["EXT_CSD_REV", "08"], ["SEC_FEATURE_SUPPORT", "50"]],
        &[
            ["ERASE (trim)", "2600000001", "00000900"],
            ["SWITCH (sanitize)", "0603a50101", "00000000"],
        ],
    );
    erase.completion = Completion::Completed { witness: Some(Witness::CommandReturned) };
    let full = VerifyMode::Full;
    let techniques = [erase.technique, TechniqueId::Overwrite];
    let mut evidence = overwritten(drive, unknown(NOT_CARD), full);
    evidence.planned = planned(Method::Clear, &techniques, full);
    evidence.firmware = vec![erase];
    evidence
}

/// Three passes, the last one random, on an old disk.
pub fn three_passes() -> Evidence {
    let drive = drive(Bus::Pata, Medium::Hdd, "ST380011A", "5JV0AA07", 80_026_361_856);
    let bytes = drive.capacity_bytes;
    let mut evidence = overwritten(drive, HiddenArea::None, VerifyMode::Full);
    evidence.planned.scheme = "dod-short-3".parse().unwrap();
    evidence.passes = evidence.planned.scheme.passes().iter().map(|p| pass(*p, bytes)).collect();
    evidence
}

/// A file of odd size.
pub fn disk_image() -> Evidence {
    let mut drive = drive(Bus::File, Medium::DiskImage, "", "", 1_000_001);
    drive.kind = DriveKind::DiskImage;
    (drive.model, drive.serial_number, drive.firmware, drive.wwn) = (None, None, None, None);
    drive.unit = some("file 8:1 inode 12 born 1794816000.000000000");
    drive.diskseq = None;
    drive.sources.clear();
    let area = unknown("a disk image is a file and has no firmware");
    let mut evidence = overwritten(drive, area, VerifyMode::Full);
    evidence.aftermath = evidence.aftermath.map(|a| Aftermath { partitions_reread: None, ..a });
    evidence
}

/// A drive of a virtual machine.
pub fn virtual_drive() -> Evidence {
    let mut drive = drive(Bus::Virtio, Medium::Virtual, "", "overlayblk", 10_737_418_240);
    (drive.model, drive.firmware, drive.wwn) = (None, None, None);
    overwritten(drive, unknown("a virtual drive has no firmware"), VerifyMode::Full)
}
