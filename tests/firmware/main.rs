//! Every technique that has a drive's own firmware erase it, on simulated drives with every fault:
//! no lie ends as a purge, no machine runs for ever, and what is left can be erased afterwards.
//!
//! Here is what the tests share: a drive for each technique ([`rigs`]), and ways to erase one and
//! to look at what came of it. `table` tries everything with everything, `power` cuts it off,
//! `markers` is about the blocks that prove it, and the rest is what one protocol alone does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod ata;
mod markers;
mod mmc;
mod nvme;
mod power;
mod scsi;
#[path = "../sim_common/mod.rs"]
mod sim_common;
mod table;

use nulstil::model::{
    Bus, Completion, Exchange, Identity, Medium, Method, TechniqueId, VerifyMode,
};
use nulstil::plan::{AfterPurge, Fallback};
use nulstil::proto::ata::identify_device::{Sanitize as AtaSanitize, Security};
use nulstil::proto::scsi::sanitize::ServiceAction;
use nulstil::sim::{AtaFirmware, Fault, MmcFirmware, NvmeFirmware, ScsiFirmware, SimBay, SimDrive};
use sim_common::{Bench, MIB, bay, identity};

/// A drive that has exactly one technique.
struct Rig {
    technique: TechniqueId,
    identity: Identity,
    firmware: fn(SimDrive) -> SimDrive,
}

impl Rig {
    fn claims(&self) -> Method {
        self.technique.claims(self.identity.medium)
    }
}

fn ssd(bus: Bus) -> Identity {
    Identity { bus, medium: Medium::Ssd, ..identity("S1", MIB) }
}

fn of(bus: Bus, medium: Medium) -> Identity {
    Identity { bus, medium, ..identity("S1", MIB) }
}

fn hdd() -> Identity {
    Identity { medium: Medium::Hdd, ..ssd(Bus::Sata) }
}

fn nvme(drive: SimDrive, sanitize: u32, format: u8) -> SimDrive {
    drive.commanded_by(NvmeFirmware::default().able_to(sanitize, format))
}

fn sanitizes(crypto_scramble: bool, block_erase: bool, overwrite: bool) -> AtaSanitize {
    let bare = AtaSanitize { acs3_commands: true, antifreeze_lock: true, ..AtaSanitize::default() };
    AtaSanitize { crypto_scramble, block_erase, overwrite, ..bare }
}

/// A SATA drive that erases itself only with a password.
fn by_password(enhanced_erase: bool) -> AtaFirmware {
    AtaFirmware::ssd().able_to(None, Some(Security { enhanced_erase, ..Security::default() }))
}

fn scsi(drive: SimDrive, sanitize: &[ServiceAction], format: bool) -> SimDrive {
    drive.commanded_by(ScsiFirmware::default().able_to(sanitize, format))
}

fn rigs() -> Vec<Rig> {
    use ServiceAction::{BlockErase, CryptographicErase, Overwrite};
    let rig = |technique, bus, firmware| Rig { technique, identity: ssd(bus), firmware };
    let ata = |technique, identity, firmware| Rig { technique, identity, firmware };
    vec![
        rig(TechniqueId::NvmeSanitizeCryptoErase, Bus::Nvme, |d| nvme(d, 0b001, 0)),
        rig(TechniqueId::NvmeSanitizeBlockErase, Bus::Nvme, |d| nvme(d, 0b010, 0)),
        rig(TechniqueId::NvmeSanitizeOverwrite, Bus::Nvme, |d| nvme(d, 0b100, 0)),
        rig(TechniqueId::NvmeFormatUserDataErase, Bus::Nvme, |d| nvme(d, 0, 0)),
        ata(TechniqueId::AtaSanitizeCryptoScramble, ssd(Bus::Sata), |d| {
            d.commanded_by(AtaFirmware::ssd().able_to(Some(sanitizes(true, false, false)), None))
        }),
        ata(TechniqueId::AtaSanitizeBlockErase, ssd(Bus::Sata), |d| {
            d.commanded_by(AtaFirmware::ssd().able_to(Some(sanitizes(false, true, false)), None))
        }),
        ata(TechniqueId::AtaSanitizeOverwrite, hdd(), |d| {
            d.commanded_by(AtaFirmware::hdd().able_to(Some(sanitizes(false, false, true)), None))
        }),
        ata(TechniqueId::AtaSecurityEraseEnhanced, ssd(Bus::Sata), |d| {
            d.commanded_by(by_password(true))
        }),
        ata(TechniqueId::AtaSecurityErase, hdd(), |d| d.commanded_by(by_password(false))),
        rig(TechniqueId::ScsiSanitizeCryptoErase, Bus::Sas, |d| {
            scsi(d, &[CryptographicErase], false)
        }),
        rig(TechniqueId::ScsiSanitizeBlockErase, Bus::Sas, |d| scsi(d, &[BlockErase], false)),
        Rig {
            technique: TechniqueId::ScsiSanitizeOverwrite,
            identity: of(Bus::Sas, Medium::Hdd),
            firmware: |d| scsi(d, &[Overwrite], false),
        },
        rig(TechniqueId::ScsiFormatUnit, Bus::Sas, |d| scsi(d, &[], true)),
        Rig {
            technique: TechniqueId::EmmcSanitize,
            identity: of(Bus::Mmc, Medium::Emmc),
            firmware: |d| d.commanded_by(MmcFirmware::default()),
        },
    ]
}

/// What an earlier owner left: nothing that repeats, so that every sample counts.
fn old_data() -> Vec<u8> {
    let mut noise = 0x9e37_79b9_u32;
    let mut next = || {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        noise.to_le_bytes()[1]
    };
    (0..MIB).map(|_| next()).collect()
}

/// A bench on which a purge, or what comes closest, is all that happens.
fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.method = Some(Method::Purge);
    bench.policy.after_purge = AfterPurge::Nothing;
    bench.policy.fallback = Fallback::Clear;
    bench
}

fn drive(bench: &Bench, rig: &Rig, faults: &[Fault]) -> SimDrive {
    let drive = SimDrive::holding(rig.identity.clone(), old_data(), &bench.clock);
    faults.iter().fold((rig.firmware)(drive), |drive, fault| drive.with(fault.clone()))
}

/// Blocks that hold the same as before.
fn left(content: &[u8]) -> usize {
    content.chunks(512).zip(old_data().chunks(512)).filter(|(now, before)| now == before).count()
}

/// Erases one SAS drive or card, with nothing else going on; what is left on it.
fn one(bench: &Bench, identity: &Identity, drive: SimDrive) -> (SimDrive, SimBay) {
    bench.clear();
    let bay = bay([("/dev/x", identity, &drive)]);
    bench.wipe(&bay, "zeros", VerifyMode::Full).unwrap();
    (drive, bay)
}

/// Wipes a SATA drive as far as it can be wiped, and says what is in the certificate.
fn wiped(bench: &Bench, identity: &Identity, drive: &SimDrive) -> (Completion, Vec<Exchange>) {
    bench.clear();
    bench.wipe(&bay([("/dev/x", identity, drive)]), "zeros", VerifyMode::Full).unwrap();
    let certificate = bench.certificate();
    let erase = &certificate.evidence().unwrap().firmware[0];
    (erase.completion.clone(), erase.exchanges.clone())
}

fn sent(exchanges: &[Exchange], command: &str) -> u32 {
    exchanges.iter().filter(|e| e.command == command).map(|e| e.times).sum()
}

/// The commands of the first technique, in order.
fn commands(bench: &Bench) -> Vec<String> {
    let certificate = bench.certificate();
    let erase = &certificate.evidence().unwrap().firmware[0];
    erase.exchanges.iter().map(|exchange| exchange.command.clone()).collect()
}
