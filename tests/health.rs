//! What a drive thinks of its own health, asked in each protocol's way; and that what it says, or does not
//! say, is never taken for more.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod sim_common;

use std::time::Duration;

use nulstil::device::{Bay as _, Channel, Protocol};
use nulstil::model::{Bus, Identity, Medium};
use nulstil::proto::ata::{self, Registers, Width};
use nulstil::proto::nvme::Status;
use nulstil::proto::scsi::log_sense::InformationalExceptions;
use nulstil::proto::{Answer, Command, NoAnswer};
use nulstil::sim::{AtaFirmware, MmcFirmware, NvmeFirmware, ScsiFirmware, SimDrive};
use nulstil::technique::{Firmware, Health};
use sim_common::{Bench, MIB, bay, identity};

/// A drive that answers the question for its health so.
struct Says<'a>(&'a dyn Channel, &'a (dyn Fn(&Command) -> Option<Answer> + Sync));

impl Channel for Says<'_> {
    fn protocol(&self) -> Result<Protocol, String> {
        self.0.protocol()
    }

    fn send(&self, command: &Command, timeout: Duration) -> Result<Answer, NoAnswer> {
        self.1(command).map_or_else(|| self.0.send(command, timeout), Ok)
    }
}

fn health(
    bus: Bus,
    firmware: impl Fn(SimDrive) -> SimDrive,
    answer: &(dyn Fn(&Command) -> Option<Answer> + Sync),
) -> Health {
    let bench = Bench::new();
    let identity = Identity { bus, medium: Medium::Ssd, ..identity("S1", MIB) };
    let drive = firmware(bench.drive(&identity));
    let bay = bay([("/dev/sda", &identity, &drive)]);
    let channel = bay.channel(&bay.look().drives[0]).unwrap();
    let firmware = Firmware::ask(channel.as_ref(), bus);
    Health::ask(&firmware, &Says(channel.as_ref(), answer))
}

fn nvme_says(critical_warning: u8, status: u16) -> Health {
    health(Bus::Nvme, |drive| drive.commanded_by(NvmeFirmware::default()), &|command| {
        let Command::Nvme(admin) = command else { return None };
        let mut data = vec![0; 512];
        data[0] = critical_warning;
        let status = Status::from_raw(status);
        // Get Log Page, 02h.
        let is_it = admin.opcode() == 0x02 && admin.words()[0].to_le_bytes()[0] == 0x02;
        is_it.then_some(Answer::Nvme { status, data })
    })
}

fn ata_says(bus: Bus, lba: u64) -> Health {
    health(bus, |drive| drive.commanded_by(AtaFirmware::ssd()), &|command| {
        let Command::Ata(ata) = command else { return None };
        let registers = Registers::done(Width::Lba28, 0, lba);
        let sense = ata::sense::Answer::Descriptor(registers).encode();
        let is_it = ata.name() == "SMART RETURN STATUS";
        is_it.then_some(Answer::Scsi { status: 2, sense, data: Vec::new() })
    })
}

fn sas_says(asc: u8) -> Health {
    health(Bus::Sas, |drive| drive.commanded_by(ScsiFirmware::default()), &|command| {
        let Command::Scsi(scsi) = command else { return None };
        let data = InformationalExceptions { asc, ascq: 0, temperature: None }.bytes().to_vec();
        let is_it = scsi.cdb().starts_with(&[0x4d, 0, 0x6f]);
        is_it.then_some(Answer::Scsi { status: 0, sense: Vec::new(), data })
    })
}

#[test]
fn each_protocol_has_its_word_for_it() {
    assert_eq!(nvme_says(0, 0), Health::Good);
    for warning in [1, 4, 8, 0x0d] {
        assert_eq!(nvme_says(warning, 0), Health::Failing, "{warning}");
    }
    // Too warm is not broken, nor is a backup of the memory.
    assert_eq!(nvme_says(2, 0), Health::Good);
    assert_eq!(nvme_says(0x10, 0), Health::Good);
    assert_eq!(ata_says(Bus::Sata, 0xc2_4f00), Health::Good);
    assert_eq!(ata_says(Bus::Sata, 0x2c_f400), Health::Failing);
    assert_eq!(sas_says(0), Health::Good);
    assert_eq!(sas_says(0x5d), Health::Failing);
}

#[test]
fn what_does_not_say_is_not_called_good() {
    assert_eq!(nvme_says(0, 0x4002), Health::Unknown);
    assert_eq!(ata_says(Bus::Sata, 0), Health::Unknown);
    assert_eq!(ata_says(Bus::Usb, 0x2c_f400), Health::Unknown, "a bridge is not asked");
    assert_eq!(sas_says(0x0b), Health::Unknown);
    let silent = |_: &Command| None;
    let emmc = health(Bus::Mmc, |drive| drive.commanded_by(MmcFirmware::default()), &silent);
    assert_ne!(emmc, Health::Failing);
    assert_eq!(health(Bus::Sata, |drive| drive, &|_| None), Health::Unknown);
}
