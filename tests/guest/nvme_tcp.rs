//! Simulated NVMe drives for a guest, which the test itself offers over NVMe/TCP. What erases and
//! lies is the simulator's own; here is only what stands around it: NVMe over Fabrics (NVM Express
//! Base Specification 2.1, section 6), a controller's registers, and a namespace's reads and writes.

use std::io::{Error, Result, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nulstil::device::Drive;
use nulstil::proto::nvme::{Admin, Condition, FormatNvm, Identify, IdentifyController, Status};
use nulstil::proto::{Answer, Command};
use nulstil::sim::{FirmwareFault, NvmeFirmware, SimDrive, SimTime};

use super::capsule::{
    COMMAND, Done, ENTRY, Entry, INITIALIZE, TRANSFER, completed, entry, initialized, pdu,
};
use super::shelf::{Pace, stocked};

/// Entries of each queue, less one (CAP.MQES), as the host may use them.
const LAST_ENTRY: u16 = 127;

/// The first version with fabrics, 1.2.1. A host then asks for nothing that the simulator lacks.
const VERSION: u64 = 0x0001_0201;

/// Answers come at once here.
const AT_ONCE: Duration = Duration::ZERO;

/// A subsystem with one controller and one namespace.
pub(super) struct Subsystem {
    serial: String,
    pub(super) drive: SimDrive,
    open: Arc<dyn Drive>,
    /// What was on it after each format, before the host came to write anything.
    pub(super) formatted: Mutex<Vec<Vec<u8>>>,
}

/// What a guest's host can connect to.
#[derive(Default)]
pub(super) struct Target {
    clock: SimTime,
    subsystems: Vec<Arc<Subsystem>>,
}

impl Target {
    /// Puts a drive in.
    pub(super) fn drive(
        &mut self,
        serial: &str,
        firmware: NvmeFirmware,
        old: &[u8],
        faults: &[FirmwareFault],
    ) -> Arc<Subsystem> {
        let drive = stocked(&self.clock, serial, old, 0, faults).commanded_by(firmware);
        let (serial, open) = (serial.to_owned(), drive.open());
        let added = Arc::new(Subsystem { serial, drive, open, formatted: Mutex::default() });
        self.subsystems.push(Arc::clone(&added));
        added
    }

    /// The subsystems' names, in the order in which the drives were put in.
    pub(super) fn names(&self) -> Vec<String> {
        self.subsystems.iter().map(|subsystem| subsystem.name()).collect()
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
        let name = entry.out.get(256..512)?.split(|byte| *byte == 0).next()?;
        let named = |subsystem: &&Arc<Subsystem>| subsystem.name().as_bytes() == name;
        Some(Queue {
            of: Arc::clone(self.subsystems.iter().find(named)?),
            is_admin: u16::from_le_bytes(entry.field(42)) == 0,
            configuration: 0,
        })
    }
}

impl Subsystem {
    /// Its NQN.
    fn name(&self) -> String {
        format!("nqn.2026-11.test.nulstil:{}", self.serial)
    }

    /// The simulator's Identify Controller, with what is on the label and what only fabrics need.
    fn controller(&self, page: &[u8]) -> Vec<u8> {
        let Ok(mut found) = IdentifyController::parse(page) else { return page.to_vec() };
        found.serial_number = Some(self.serial.clone());
        found.model = Some("SIMULATED DRIVE".to_owned());
        found.subsystem = Some(self.name());
        // MDTS counts in powers of two of 4 KiB.
        found.max_transfer = u8::try_from((TRANSFER / 4096).ilog2()).ok();
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
}

/// The opcode of all fabrics commands, and their types.
const FABRICS: u8 = 0x7f;
const PROPERTY_SET: u8 = 0x00;
const CONNECT: u8 = 0x01;
const PROPERTY_GET: u8 = 0x04;

/// Connect Invalid Parameters: command specific (1h), do not retry.
const INVALID_PARAMETERS: u16 = 0x4182;

/// LBA Out of Range, do not retry.
const OUT_OF_RANGE: u16 = 0x4080;

/// A connection's end: one queue of a controller.
struct Queue {
    of: Arc<Subsystem>,
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
            // Keep Alive.
            (true, 0x18) => (success(), Vec::new()),
            // Set Features, number of queues: both counts, less one, are 0.
            (true, 0x09) if entry.words()[0] & 0xff == 0x07 => (success(), Vec::new()),
            (true, _) => self.admin(entry),
            (false, 0x00) => (media(self.of.open.flush(), Condition::WriteFault), Vec::new()),
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
                    let _ = self.of.open.reset();
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
        let formats = FormatNvm::decode(&command).is_some();
        let answer = self.of.open.send(&Command::Nvme(command), AT_ONCE);
        if formats {
            self.of.formatted.lock().unwrap().push(self.of.drive.content());
        }
        match answer {
            Ok(Answer::Nvme { status, data }) if is_controller => {
                (status, self.of.controller(&data))
            }
            Ok(Answer::Nvme { status, data }) => (status, data),
            // Something happened on the way.
            _ => (refused(Condition::InternalError), Vec::new()),
        }
    }

    fn read(&self, entry: &Entry<'_>) -> (Status, Vec<u8>) {
        let Some((offset, bytes)) = self.place(entry) else {
            return (no(OUT_OF_RANGE), Vec::new());
        };
        let mut data = vec![0; bytes];
        let read = self.of.open.read_at(offset, &mut data);
        (media(read, Condition::UnrecoveredReadError), data)
    }

    fn write(&self, entry: &Entry<'_>) -> Status {
        match self.place(entry) {
            Some((offset, bytes)) if bytes == entry.out.len() => {
                media(self.of.open.write_at(offset, entry.out), Condition::WriteFault)
            }
            Some(_) => refused(Condition::InvalidField),
            None => no(OUT_OF_RANGE),
        }
    }

    /// Offset and length in bytes of the blocks that are meant (SLBA and NLB), if they are there.
    fn place(&self, entry: &Entry<'_>) -> Option<(u64, usize)> {
        let found = self.of.open.identify().ok()?;
        let block = u64::from(found.logical_block_bytes);
        let first = u64::from_le_bytes(entry.field(40));
        let blocks = u64::from(u16::from_le_bytes(entry.field(48))) + 1;
        let is_there = first.checked_add(blocks).is_some_and(|end| end <= found.blocks());
        is_there.then(|| (first * block, usize::try_from(blocks * block).unwrap()))
    }
}

/// CSTS: ready when it is enabled, and done with a shutdown at once.
fn status_register(configuration: u32) -> u32 {
    let shut_down = if configuration >> 14 & 3 == 0 { 0 } else { 2 };
    configuration & 1 | shut_down << 2
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

fn media<T, E>(result: std::result::Result<T, E>, otherwise: Condition) -> Status {
    result.map_or_else(|_| refused(otherwise), |_| success())
}

/// What a host of one's own hears: connection by connection, the queues of the drive A.
#[test]
fn a_host_connects() {
    let mut target = Target::default();
    let a = target.drive("A", NvmeFirmware::default(), &[7; 8 << 9], &[]);
    target.drive("B", NvmeFirmware::default(), &[8; 8 << 9], &[]);
    let names = target.names();
    let port = target.serve();
    let connect = |name: &str, queue: u8| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let mut hello = vec![0, 0, 128, 0, 128, 0, 0, 0];
        hello.resize(128, 0);
        stream.write_all(&hello).unwrap();
        assert_eq!(pdu(&mut stream).unwrap().0, 1);
        let mut data = vec![0; 1024];
        data[256..256 + name.len()].copy_from_slice(name.as_bytes());
        let (status, _, _) = ask(&mut stream, &[(0, &[0x7f]), (4, &[1]), (42, &[queue])], &data);
        (status, stream)
    };
    assert_eq!(connect("nqn.2026-11.test.nulstil:C", 0).0, 0x4182);
    let (status, mut admin) = connect(&names[0], 0);
    assert_eq!(status, 0);
    let mut property = |kind: u8, at: u8, value: &[u8]| {
        let (status, result, _) =
            ask(&mut admin, &[(0, &[0x7f]), (4, &[kind]), (44, &[at]), (48, value)], &[]);
        assert_eq!(status, 0, "{at:x}");
        u64::from_le_bytes(result)
    };
    // CAP, VS, and CSTS before and after CC.EN is set, and after a normal shutdown.
    assert_eq!(property(4, 0x00, &[]), 0x20_3c01_007f);
    assert_eq!(property(4, 0x08, &[]), 0x1_0201);
    assert_eq!(property(4, 0x1c, &[]), 0);
    property(0, 0x14, &[1, 0, 0x46, 0]);
    assert_eq!((property(4, 0x14, &[]), property(4, 0x1c, &[])), (0x46_0001, 1));
    assert_eq!(a.drive.changes(), 0);
    property(0, 0x14, &[1, 0x40, 0x46, 0]);
    assert_eq!(property(4, 0x1c, &[]), 0b1001);
    property(0, 0x14, &[0; 4]);
    assert_eq!((property(4, 0x1c, &[]), a.drive.changes()), (0, 1), "no reset");
    // One queue for I/O, and Identify Controller.
    let features: [(usize, &[u8]); 3] = [(0, &[0x09]), (40, &[7]), (44, &[3, 0, 3])];
    assert_eq!(ask(&mut admin, &features, &[]).1, [0; 8]);
    let identify: [(usize, &[u8]); 3] = [(0, &[0x06]), (32, &[0, 0x10]), (40, &[1])];
    let (_, _, page) = ask(&mut admin, &identify, &[]);
    assert_eq!((&page[4..7], page[77], page.len()), (&b"A  "[..], 5, 4096));
    assert_eq!(page[320..322], [10, 0]);
    assert_eq!(page[512..516], [0x66, 0x44, 128, 0]);
    assert_eq!(page[536..540], [1, 0, 0, 0]);
    assert_eq!(page[768..794], *b"nqn.2026-11.test.nulstil:A");
    // 64 bytes and 128 KiB; 16 bytes.
    assert_eq!(page[1792..1800], [4, 0x20, 0, 0, 1, 0, 0, 0]);
    // What the simulator does not know stays unknown.
    assert_ne!(ask(&mut admin, &[(0, &[0x80]), (4, &[1]), (40, &[0, 0])], &[]).0, 0);

    // Block 1 is written, blocks 0 and 1 are read, and there is no block 8.
    let (_, mut blocks) = connect(&names[0], 1);
    let second: [(usize, &[u8]); 3] = [(0, &[1]), (4, &[1]), (40, &[1])];
    assert_eq!(ask(&mut blocks, &second, &[9; 512]).0, 0);
    assert_ne!(ask(&mut blocks, &second, &[9; 511]).0, 0);
    let read = |stream: &mut TcpStream, first: u8| {
        ask(stream, &[(0, &[2]), (32, &[0, 4]), (40, &[first]), (48, &[1])], &[])
    };
    assert_eq!(read(&mut blocks, 0).2, [[7; 512], [9; 512]].concat());
    assert_eq!(read(&mut blocks, 7).0, 0x4080);
}

/// Sends a command with these fields, and returns its status, dwords 0 and 1, and the data.
fn ask(stream: &mut TcpStream, fields: &[(usize, &[u8])], out: &[u8]) -> (u16, [u8; 8], Vec<u8>) {
    let mut message = vec![COMMAND, 0, 72, 72];
    message.extend(u32::try_from(72 + out.len()).unwrap().to_le_bytes());
    message.extend(entry(fields));
    message.extend(out);
    stream.write_all(&message).unwrap();
    let mut data = Vec::new();
    loop {
        let (kind, body) = pdu(stream).unwrap();
        if kind == 5 {
            let status = u16::from_le_bytes([body[14], body[15]]) >> 1;
            return (status, body[..8].try_into().unwrap(), data);
        }
        data.extend(&body[16..]);
    }
}
