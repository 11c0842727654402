//! Simulated NVMe drives for a guest, over NVMe/TCP (NVM Express TCP Transport Specification 1.0),
//! answered for by the test itself. What erases and lies is the simulator's own; here is only what
//! stands around it: the transport, a controller's registers, and a namespace's reads and writes.
//! No digests, one queue for I/O, and data always come with the command that they belong to.

use std::io::{Error, Read, Result, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use nulstil::device::Drive;
use nulstil::proto::nvme::{Admin, Condition, Identify, IdentifyController, Status};
use nulstil::proto::{Answer, Command};
use nulstil::sim::{FirmwareFault, NvmeFirmware, SimDrive, SimTime};

use super::shelf::{Pace, stocked};

/// PDU types, in byte 0.
const INITIALIZE: u8 = 0x00;
const INITIALIZED: u8 = 0x01;
const COMMAND: u8 = 0x04;
const RESPONSE: u8 = 0x05;
const DATA_TO_HOST: u8 = 0x07;

/// A command is one submission queue entry behind the header of its PDU.
const HEADER: usize = 8;
const ENTRY: usize = 64;

/// MDTS: a command moves at most 2^5 pages of 4 KiB.
const TRANSFER_EXPONENT: u8 = 5;
const TRANSFER: u32 = 4096 << TRANSFER_EXPONENT;

/// Entries of each queue, less one (CAP.MQES), as the host may use them.
const LAST_ENTRY: u16 = 127;

/// The first version with fabrics, 1.2.1. A host then asks for nothing that the simulator lacks.
const VERSION: u64 = 0x0001_0201;

/// Answers come at once here.
const AT_ONCE: Duration = Duration::ZERO;

/// Drives, each one a subsystem with one controller and one namespace.
#[derive(Default)]
pub(super) struct Target {
    clock: SimTime,
    drives: Vec<(String, Arc<dyn Drive>)>,
}

/// What ends a command: dwords 0 and 1, the status, and what goes to the host before.
type Done = (u64, Status, Vec<u8>);

impl Target {
    /// Puts a drive in.
    pub(super) fn drive(
        &mut self,
        serial: &str,
        firmware: NvmeFirmware,
        old: &[u8],
        faults: &[FirmwareFault],
    ) -> SimDrive {
        let drive = stocked(&self.clock, serial, old, 0, faults).commanded_by(firmware);
        self.drives.push((serial.to_owned(), drive.open()));
        drive
    }

    /// The subsystems' names, in the order in which the drives were put in.
    pub(super) fn names(&self) -> Vec<String> {
        self.drives.iter().map(|(serial, _)| name(serial)).collect()
    }

    /// Answers for the drives until the test ends; on which port of this machine.
    pub(super) fn serve(self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let pace = Pace::of(&self.clock);
        let shared = Arc::new((self, pace));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                // The end of a connection is how a guest goes away.
                std::thread::spawn(move || {
                    let (target, pace) = &*shared;
                    target.connection(stream, pace)
                });
            }
        });
        port
    }

    /// One connection is one queue.
    fn connection(&self, mut stream: TcpStream, pace: &Pace) -> Result<()> {
        let (kind, _) = pdu(&mut stream)?;
        if kind != INITIALIZE {
            return Err(Error::other("it does not begin with ICReq"));
        }
        stream.write_all(&initialized())?;
        let mut queue = None;
        loop {
            let (kind, body) = pdu(&mut stream)?;
            let entry = Entry::parse(&body).filter(|_| kind == COMMAND);
            let entry = entry.ok_or_else(|| Error::other("not a command"))?;
            pace.keep();
            let done = match &mut queue {
                _ if entry.opcode() == FABRICS && entry.fabrics() == CONNECT => {
                    let found = self.connect(&entry);
                    let status = if found.is_some() { success() } else { no(INVALID_PARAMETERS) };
                    queue = found;
                    Some((0, status, Vec::new()))
                }
                Some(queue) => queue.command(&entry),
                None => return Err(Error::other("a command before Connect")),
            };
            if let Some(done) = done {
                stream.write_all(&completed(&entry, done))?;
            }
        }
    }

    /// Connect: which queue of which subsystem this is.
    fn connect(&self, entry: &Entry<'_>) -> Option<Queue> {
        let name_asked = entry.out.get(256..512)?.split(|byte| *byte == 0).next()?;
        let (serial, drive) =
            self.drives.iter().find(|(serial, _)| name(serial).as_bytes() == name_asked)?;
        Some(Queue {
            serial: serial.clone(),
            drive: Arc::clone(drive),
            is_admin: u16::from_le_bytes(entry.field(42)) == 0,
            configuration: 0,
        })
    }
}

/// The NQN of a drive's subsystem.
fn name(serial: &str) -> String {
    format!("nqn.2026-11.test.nulstil:{serial}")
}

/// The opcode of all fabrics commands, and their types.
const FABRICS: u8 = 0x7f;
const PROPERTY_SET: u8 = 0x00;
const CONNECT: u8 = 0x01;
const PROPERTY_GET: u8 = 0x04;

/// Connect Invalid Parameters: command specific (1h), do not retry.
const INVALID_PARAMETERS: u16 = 0x4182;

struct Queue {
    serial: String,
    drive: Arc<dyn Drive>,
    is_admin: bool,
    /// CC, the controller configuration.
    configuration: u32,
}

impl Queue {
    /// Carries out a command; `None` if it stays unanswered, as a request to be told of events does.
    fn command(&mut self, entry: &Entry<'_>) -> Option<Done> {
        let (status, data) = match (self.is_admin, entry.opcode()) {
            (true, FABRICS) => return Some(self.fabrics(entry)),
            (true, 0x0c) => return None,
            // Set Features, number of queues: both counts, less one, are 0.
            (true, 0x09) if entry.words()[0] & 0xff == 0x07 => (success(), Vec::new()),
            (true, _) => self.admin(entry),
            (false, 0x00) => (media(self.drive.flush(), Condition::WriteFault), Vec::new()),
            (false, 0x01) => (self.write(entry), Vec::new()),
            (false, 0x02) => self.read(entry),
            (false, _) => (refused(Condition::InvalidOpcode), Vec::new()),
        };
        Some((0, status, data))
    }

    /// The registers CAP, VS, CC and CSTS.
    fn fabrics(&mut self, entry: &Entry<'_>) -> Done {
        const CONFIGURATION: u32 = 0x14;
        let register = u32::from_le_bytes(entry.field(44));
        let value = match (entry.fabrics(), register) {
            // A timeout of 30 s (TO), contiguous queues (CQR), and the NVM command set.
            (PROPERTY_GET, 0x00) => 1 << 37 | 60 << 24 | 1 << 16 | u64::from(LAST_ENTRY),
            (PROPERTY_GET, 0x08) => VERSION,
            (PROPERTY_GET, CONFIGURATION) => self.configuration.into(),
            (PROPERTY_GET, 0x1c) => status_register(self.configuration).into(),
            (PROPERTY_SET, CONFIGURATION) => {
                let new = u32::from_le_bytes(entry.field(48));
                // Clearing EN is a reset of the controller.
                if self.configuration & 1 == 1 && new & 1 == 0 {
                    let _ = self.drive.reset();
                }
                self.configuration = new;
                0
            }
            _ => return (0, refused(Condition::InvalidField), Vec::new()),
        };
        (value, success(), Vec::new())
    }

    /// Passes a command on to the simulated firmware.
    fn admin(&self, entry: &Entry<'_>) -> (Status, Vec<u8>) {
        let Some(command) = Admin::decode(entry.opcode(), entry.nsid(), entry.words(), entry.out)
        else {
            return (refused(Condition::InvalidField), Vec::new());
        };
        let is_controller = Identify::decode(&command) == Some(Identify::Controller);
        match self.drive.send(&Command::Nvme(command), AT_ONCE) {
            Ok(Answer::Nvme { status, data }) if is_controller => {
                (status, controller(&data, &self.serial))
            }
            Ok(Answer::Nvme { status, data }) => (status, data),
            // Something happened on the way.
            _ => (refused(Condition::InternalError), Vec::new()),
        }
    }

    fn read(&self, entry: &Entry<'_>) -> (Status, Vec<u8>) {
        let Some((offset, bytes)) = self.place(entry) else { return out_of_range() };
        let mut data = vec![0; bytes];
        let read = self.drive.read_at(offset, &mut data);
        (media(read, Condition::UnrecoveredReadError), data)
    }

    fn write(&self, entry: &Entry<'_>) -> Status {
        match self.place(entry) {
            Some((offset, bytes)) if bytes == entry.out.len() => {
                media(self.drive.write_at(offset, entry.out), Condition::WriteFault)
            }
            Some(_) => refused(Condition::InvalidField),
            None => out_of_range().0,
        }
    }

    /// Offset and length in bytes of the blocks that are meant (SLBA and NLB), if they are there.
    fn place(&self, entry: &Entry<'_>) -> Option<(u64, usize)> {
        let found = self.drive.identify().ok()?;
        let block = u64::from(found.logical_block_bytes);
        let first = u64::from_le_bytes(entry.field(40));
        let blocks = u64::from(u16::from_le_bytes(entry.field(48))) + 1;
        let is_there = first.checked_add(blocks).is_some_and(|end| end <= found.blocks());
        is_there.then(|| (first * block, usize::try_from(blocks * block).unwrap()))
    }
}

/// A command as it came: its submission queue entry, and the data that came along.
struct Entry<'a> {
    entry: &'a [u8; ENTRY],
    out: &'a [u8],
}

impl<'a> Entry<'a> {
    fn parse(body: &'a [u8]) -> Option<Self> {
        let (entry, out) = body.split_first_chunk()?;
        Some(Self { entry, out })
    }

    fn field<const N: usize>(&self, at: usize) -> [u8; N] {
        self.entry[at..at + N].try_into().unwrap()
    }

    fn opcode(&self) -> u8 {
        self.entry[0]
    }

    /// FCTYPE of a fabrics command.
    fn fabrics(&self) -> u8 {
        self.entry[4]
    }

    fn nsid(&self) -> u32 {
        u32::from_le_bytes(self.field(4))
    }

    /// Command dwords 10 to 15.
    fn words(&self) -> [u32; 6] {
        std::array::from_fn(|n| u32::from_le_bytes(self.field(40 + 4 * n)))
    }

    /// Room for data at the host: the length in SGL1.
    fn room(&self) -> usize {
        usize::try_from(u32::from_le_bytes(self.field(32))).unwrap()
    }
}

/// Reads a PDU: its type, and what stands behind its common header.
fn pdu(stream: &mut impl Read) -> Result<(u8, Vec<u8>)> {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header)?;
    let [kind, _, _, _, length @ ..] = header;
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap();
    if length < HEADER || length > HEADER + ENTRY + TRANSFER as usize {
        return Err(Error::other("a PDU of an impossible length"));
    }
    let mut body = vec![0; length - HEADER];
    stream.read_exact(&mut body)?;
    Ok((kind, body))
}

/// The common header of a PDU whose data, if any, follow directly.
fn header(kind: u8, flags: u8, bytes: u8, data: usize) -> Vec<u8> {
    let place = if data == 0 { 0 } else { bytes };
    let mut pdu = vec![kind, flags, bytes, place];
    pdu.extend((u32::from(bytes) + u32::try_from(data).unwrap()).to_le_bytes());
    pdu
}

/// ICResp: version 0, no alignment, no digests, and R2T (which nobody sends) with this much at once.
fn initialized() -> Vec<u8> {
    let mut pdu = header(INITIALIZED, 0, 128, 0);
    pdu.extend([0; 4]);
    pdu.extend(TRANSFER.to_le_bytes());
    pdu.resize(128, 0);
    pdu
}

/// What goes back: the data, as much of it as there is room for, and the completion queue entry. No
/// host that does one thing at a time looks at the entry's SQHD.
fn completed(entry: &Entry<'_>, (result, status, mut data): Done) -> Vec<u8> {
    const LAST: u8 = 0x04;
    let id: [u8; 2] = entry.field(2);
    let mut pdu = Vec::new();
    if status.is_success() && !data.is_empty() {
        data.truncate(entry.room());
        pdu = header(DATA_TO_HOST, LAST, 24, data.len());
        pdu.extend(id);
        // TTAG and DATAO are 0.
        pdu.extend([0; 6]);
        pdu.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        pdu.extend([0; 4]);
        pdu.extend(data);
    }
    pdu.extend(header(RESPONSE, 0, 24, 0));
    pdu.extend(result.to_le_bytes());
    pdu.extend([0; 4]);
    pdu.extend(id);
    pdu.extend((status.raw() << 1).to_le_bytes());
    pdu
}

/// CSTS: ready when it is enabled, and done with a shutdown at once.
fn status_register(configuration: u32) -> u32 {
    let shut_down = if configuration >> 14 & 3 == 0 { 0 } else { 2 };
    configuration & 1 | shut_down << 2
}

/// The simulator's Identify Controller, with what is on the label and what only fabrics need.
fn controller(page: &[u8], serial: &str) -> Vec<u8> {
    let Ok(mut found) = IdentifyController::parse(page) else { return page.to_vec() };
    found.serial_number = Some(serial.to_owned());
    found.model = Some("SIMULATED DRIVE".to_owned());
    found.max_transfer = Some(TRANSFER_EXPONENT);
    found.subsystem = Some(name(serial));
    let mut page = found.encode();
    let mut put = |at: usize, field: &[u8]| page[at..at + field.len()].copy_from_slice(field);
    let capsule = u32::try_from(ENTRY).unwrap() + TRANSFER;
    // KAS in units of 100 ms, SQES and CQES, MAXCMD, and SGLS: any alignment.
    put(320, &10_u16.to_le_bytes());
    put(512, &[0x66, 0x44]);
    put(514, &(LAST_ENTRY + 1).to_le_bytes());
    put(536, &1_u32.to_le_bytes());
    // IOCCSZ and IORCSZ in units of 16 bytes: a command with its data, and one completion.
    put(1792, &(capsule / 16).to_le_bytes());
    put(1796, &1_u32.to_le_bytes());
    page
}

fn success() -> Status {
    no(0)
}

fn no(raw: u16) -> Status {
    Status::from_raw(raw)
}

fn refused(condition: Condition) -> Status {
    Status::of(condition, true)
}

/// LBA Out of Range, do not retry.
fn out_of_range() -> (Status, Vec<u8>) {
    (no(0x4080), Vec::new())
}

fn media<T, E>(result: std::result::Result<T, E>, otherwise: Condition) -> Status {
    result.map_or_else(|_| refused(otherwise), |_| success())
}
