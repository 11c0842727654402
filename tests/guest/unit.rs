//! A simulated drive as an initiator meets it: a command descriptor block and data go in; status,
//! sense data and data come out. What erases, hides and lies is the simulator's own; here is only
//! what stands around it: a logical unit's reads and writes, what a host's driver asks before it
//! shows a drive, and for a SATA drive the translator.

use std::sync::Arc;
use std::time::Duration;

use nulstil::device::Drive;
use nulstil::proto::ata::{identify_device, pass_through};
use nulstil::proto::scsi::decode::{Rejected, Request};
use nulstil::proto::scsi::inquiry::{DeviceType, Inquiry, Standard};
use nulstil::proto::scsi::read_capacity::{Capacity, ReadCapacity};
use nulstil::proto::scsi::sense::Sense;
use nulstil::proto::scsi::test_unit_ready::TestUnitReady;
use nulstil::proto::scsi::vpd::block_device_characteristics::{
    self as characteristics, BlockDeviceCharacteristics, ReadAfterErase, Rotation, Zoned,
};
use nulstil::proto::scsi::vpd::{
    ata_information, device_identification, supported_pages, unit_serial_number,
};
use nulstil::proto::{Answer, Command};

/// What answers a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u8,
    pub(super) sense: Vec<u8>,
    pub(super) data: Vec<u8>,
}

/// What a drive is, beside its firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An ATA drive behind a translator.
    Sata(Rotation),
    /// A drive that speaks SCSI itself.
    Sas,
}

/// A simulated drive with a number on its label.
pub(super) struct Unit {
    pub(super) drive: Arc<dyn Drive>,
    pub(super) kind: Kind,
    pub(super) serial: String,
}

const NOT_READABLE: Sense = Sense::new(0x3, 0x11, 0x00);
const NOT_WRITABLE: Sense = Sense::new(0x3, 0x0c, 0x00);
const NO_SUCH_FIELD: Sense = Sense::new(0x5, 0x24, 0x00);
const NO_SUCH_BLOCK: Sense = Sense::new(0x5, 0x21, 0x00);
const LOST: Sense = Sense::new(0xb, 0x4b, 0x00);

/// Answers come at once here.
const AT_ONCE: Duration = Duration::ZERO;

type Carried = Result<Vec<u8>, Reply>;

impl Unit {
    /// Carries out one command. `out` is what came with it.
    pub(super) fn command(&self, cdb: &[u8], out: &[u8]) -> Reply {
        let carried = match *cdb {
            [0x12, evpd, page, high, low, _] => {
                self.inquiry((evpd & 1 == 1).then_some(page)).map(|page| cut(page, &[high, low]))
            }
            [0x1a, _, page, _, room, _] => mode_page(page).map(|page| cut(page, &[room])),
            [0xa0, _, _, _, _, _, a, b, c, d, ..] => Ok(cut(one_unit(), &[a, b, c, d])),
            [0x25, ..] => self.capacity().map(|capacity| short(&capacity)),
            [0x9e, 0x10, _, _, _, _, _, _, _, _, a, b, c, d, ..] => {
                self.capacity().map(|capacity| cut(capacity.bytes().to_vec(), &[a, b, c, d]))
            }
            [0x28, _, ref lba @ .., _, h, l, _] => self.read(number(lba), number(&[h, l])),
            [0x2a, _, ref lba @ .., _, _, _, _] => self.write(number(lba), out),
            [0x88, _, ref lba @ .., a, b, c, d, _, _] => {
                self.read(number(lba), number(&[a, b, c, d]))
            }
            [0x8a, _, ref lba @ .., _, _, _, _, _, _] => self.write(number(lba), out),
            [0x35 | 0x91, ..] => self.flush(),
            _ => return self.firmware(cdb, out),
        };
        match carried {
            Ok(data) => Reply { status: 0, sense: Vec::new(), data },
            Err(reply) => reply,
        }
    }

    /// Passes a command on to the simulated firmware, byte by byte as it came.
    fn firmware(&self, cdb: &[u8], out: &[u8]) -> Reply {
        let command = match (self.kind, cdb.first()) {
            (
                Kind::Sata(_),
                Some(&(pass_through::OPERATION_CODE_16 | pass_through::OPERATION_CODE_12)),
            ) => pass_through::decode(cdb, out).map(Command::Ata).map_err(|_| Rejected::Field),
            // A translator's drive is always ready, as far as this one tells.
            (Kind::Sata(_), Some(0x00)) => {
                return Reply { status: 0, sense: Vec::new(), data: Vec::new() };
            }
            (Kind::Sata(_), _) => Err(Rejected::OperationCode),
            (Kind::Sas, _) => {
                Request::decode(cdb, out).map(|request| Command::Scsi(request.command()))
            }
        };
        command.map_or_else(|rejected| check(&rejected.sense()), |command| self.send(&command))
    }

    fn send(&self, command: &Command) -> Reply {
        match self.drive.send(command, AT_ONCE) {
            Ok(Answer::Scsi { status, sense, data }) => Reply { status, sense, data },
            // Something happened on the way, which no sense data tells better.
            _ => check(&LOST),
        }
    }

    /// What the firmware says to a question.
    fn ask(&self, command: Command) -> Carried {
        let reply = self.send(&command);
        if reply.status == 0 { Ok(reply.data) } else { Err(reply) }
    }

    fn inquiry(&self, page: Option<u8>) -> Carried {
        const PAGES: [u8; 4] = [
            supported_pages::CODE,
            unit_serial_number::CODE,
            device_identification::CODE,
            characteristics::CODE,
        ];
        let scsi = |inquiry: Inquiry| self.ask(Command::Scsi(inquiry.command()));
        match (page, self.kind) {
            (Some(unit_serial_number::CODE), _) => Ok(unit_serial_number::bytes(&self.serial)),
            (Some(device_identification::CODE), _) => Ok(self.name()),
            (Some(supported_pages::CODE), Kind::Sas) => Ok(supported_pages::bytes(&PAGES)),
            (None, Kind::Sas) => scsi(Inquiry::Standard),
            (Some(page), Kind::Sas) => scsi(Inquiry::Page(page)),
            (None, Kind::Sata(_)) => Ok(Standard {
                qualifier: 0,
                device_type: DeviceType::Disk,
                removable: false,
                protect: false,
                vendor: Some("ATA".to_owned()),
                product: Some("SIMULATED DRIVE".to_owned()),
                revision: Some("1".to_owned()),
            }
            .bytes()
            .to_vec()),
            (Some(supported_pages::CODE), Kind::Sata(_)) => {
                let [a, b, c, d] = PAGES;
                Ok(supported_pages::bytes(&[a, b, c, ata_information::CODE, d]))
            }
            (Some(ata_information::CODE), Kind::Sata(_)) => {
                let identify = self.ask(Command::Ata(identify_device::command()))?;
                // The translator's own name and the signature of the drive are not looked at.
                let mut page = vec![0, ata_information::CODE, 0x02, 0x38];
                page.resize(56, b' ');
                page.extend([0xec, 0, 0, 0]);
                page.extend(identify);
                Ok(page)
            }
            (Some(characteristics::CODE), Kind::Sata(rotation)) => Ok(BlockDeviceCharacteristics {
                rotation,
                product_type: None,
                after_block_erase: ReadAfterErase::NotSpecified,
                after_cryptographic_erase: ReadAfterErase::NotSpecified,
                form_factor: None,
                zoned: Zoned::NotReported,
                multiple_actuators: false,
            }
            .bytes()),
            (Some(_), Kind::Sata(_)) => Err(check(&NO_SUCH_FIELD)),
        }
    }

    /// Page 83h with an NAA name of this unit's own: locally assigned (3h), from its serial number.
    fn name(&self) -> Vec<u8> {
        let sum = self.serial.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let [first, rest @ ..] = sum.to_be_bytes();
        let mut page = vec![0, device_identification::CODE, 0, 12, 1, 3, 0, 8, 0x30 | first & 0x0f];
        page.extend(rest);
        page
    }

    fn capacity(&self) -> Result<Capacity, Reply> {
        if self.kind == Kind::Sas {
            let page = self.ask(Command::Scsi(ReadCapacity.command()))?;
            return Capacity::parse(&page).map_err(|_| check(&NO_SUCH_FIELD));
        }
        // A translator reads it from the drive each time: a hidden area may have gone.
        let looked = self.drive.rescan().and_then(|()| self.drive.identify());
        let found = looked.map_err(|_| check(&LOST))?;
        Ok(Capacity {
            last_block: found.blocks().saturating_sub(1),
            block_bytes: found.logical_block_bytes,
            protection: None,
            basis: 0,
            physical_exponent: 0,
            provisioned: false,
            unmapped_reads_zero: false,
            lowest_aligned_block: 0,
        })
    }

    /// What keeps a SCSI drive from moving data now.
    fn ready(&self) -> Result<(), Reply> {
        match self.kind {
            Kind::Sas => self.ask(Command::Scsi(TestUnitReady.command())).map(drop),
            Kind::Sata(_) => Ok(()),
        }
    }

    fn read(&self, lba: u64, blocks: u64) -> Carried {
        self.ready()?;
        let (offset, bytes) = self.place(lba, blocks)?;
        let mut buffer = vec![0; usize::try_from(bytes).unwrap_or(0)];
        let read = self.drive.read_at(offset, &mut buffer);
        read.map(|()| buffer).map_err(|_| check(&NOT_READABLE))
    }

    fn write(&self, lba: u64, data: &[u8]) -> Carried {
        self.ready()?;
        let (offset, _) = self.place(lba, 0)?;
        let written = self.drive.write_at(offset, data);
        written.map(|()| Vec::new()).map_err(|_| check(&NOT_WRITABLE))
    }

    fn flush(&self) -> Carried {
        self.ready()?;
        self.drive.flush().map(|()| Vec::new()).map_err(|_| check(&NOT_WRITABLE))
    }

    /// Offset and length in bytes of so many blocks.
    fn place(&self, lba: u64, blocks: u64) -> Result<(u64, u64), Reply> {
        let found = self.drive.identify().map_err(|_| check(&LOST))?;
        let block = u64::from(found.logical_block_bytes);
        match lba.checked_add(blocks) {
            Some(end) if end <= found.blocks() => Ok((lba * block, blocks * block)),
            _ => Err(check(&NO_SUCH_BLOCK)),
        }
    }
}

fn check(sense: &Sense) -> Reply {
    Reply { status: 2, sense: sense.fixed().to_vec(), data: Vec::new() }
}

/// A big-endian number.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// As much of an answer as the allocation length, big-endian, has room for.
fn cut(mut data: Vec<u8>, room: &[u8]) -> Vec<u8> {
    data.truncate(usize::try_from(number(room)).unwrap_or(usize::MAX));
    data
}

/// READ CAPACITY (10).
fn short(capacity: &Capacity) -> Vec<u8> {
    let last = u32::try_from(capacity.last_block).unwrap_or(u32::MAX);
    [last.to_be_bytes(), capacity.block_bytes.to_be_bytes()].concat()
}

/// REPORT LUNS: number 0 and no other.
fn one_unit() -> Vec<u8> {
    let mut list = vec![0, 0, 0, 8];
    list.resize(16, 0);
    list
}

/// MODE SENSE (6) for the caching page, with the write cache on, so that a host flushes it.
fn mode_page(page: u8) -> Carried {
    const CACHING: u8 = 0x08;
    const ALL: u8 = 0x3f;
    match page & 0x3f {
        CACHING | ALL => {
            let mut answer = vec![23, 0, 0, 0, CACHING, 0x12, 0x04];
            answer.resize(24, 0);
            Ok(answer)
        }
        _ => Err(check(&NO_SUCH_FIELD)),
    }
}
