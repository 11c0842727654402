//! Simulated drives for a guest. The drives are here, in the test, which can look at them at any
//! time; a program beside it (tests/adapter) has the guest's end of the cable.

use std::io::{Read as _, Result, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nulstil::clock::SystemClock;
use nulstil::device::Time as _;
use nulstil::model::{Bus, DriveKind, Identity, Medium};
use nulstil::proto::scsi::vpd::block_device_characteristics::Rotation;
use nulstil::sim::{AtaFirmware, Fault, FirmwareFault, Hides, ScsiFirmware, SimDrive, SimTime};

use super::unit::{Kind, Reply, Unit};
use super::{Beside, here};

/// A second of the guest is so many seconds of the drives: an erase that takes 40 s takes 4.
const FASTER: u32 = 10;

const BLOCK: u32 = 512;

/// No such target, see tests/adapter.
const NOBODY: u8 = 0xff;

/// Keeps the clock of simulated drives in step with the guest's.
pub(super) struct Pace {
    drives: SimTime,
    guest: SystemClock,
    last: Mutex<Duration>,
}

impl Pace {
    pub(super) fn of(drives: &SimTime) -> Self {
        let (guest, last) = (SystemClock::start(), Mutex::default());
        Self { drives: drives.clone(), guest, last }
    }

    /// Lets the time pass that has passed in the guest since the last time.
    pub(super) fn keep(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.guest.elapsed();
        self.drives.pass(now.saturating_sub(*last) * FASTER);
        *last = now;
    }
}

/// A drive that holds these bytes, the last `hidden` blocks of them out of sight.
pub(super) fn stocked(
    clock: &SimTime,
    serial: &str,
    old: &[u8],
    hidden: u64,
    faults: &[FirmwareFault],
) -> SimDrive {
    let identity = Identity {
        kind: DriveKind::BlockDevice,
        bus: Bus::Sas,
        medium: Medium::Unknown,
        vendor: None,
        model: None,
        serial_number: Some(serial.to_owned()),
        firmware: None,
        wwn: None,
        unit: None,
        capacity_bytes: old.len() as u64 - hidden * u64::from(BLOCK),
        logical_block_bytes: BLOCK,
        physical_block_bytes: BLOCK,
        diskseq: None,
        sources: Default::default(),
    };
    let drive = SimDrive::holding(identity, old.to_vec(), clock);
    faults.iter().fold(drive, |drive, fault| drive.with(Fault::Firmware(*fault)))
}

/// Drives in the order of their targets' numbers, and their clock.
#[derive(Default)]
pub(super) struct Shelf {
    clock: SimTime,
    units: Vec<Unit>,
}

impl Shelf {
    /// Puts an SSD behind SAT on it.
    pub(super) fn ssd(&mut self, serial: &str, old: &[u8], faults: &[FirmwareFault]) -> SimDrive {
        let firmware = AtaFirmware::ssd().numbered(serial);
        let drive = self.drive(serial, old, 0, faults).commanded_by(firmware);
        self.add(serial, Kind::Sata(Rotation::NonRotating), drive)
    }

    /// Puts a disk behind SAT on it that hides its last blocks in a host protected area.
    pub(super) fn hdd(&mut self, serial: &str, old: &[u8], hidden: u64) -> SimDrive {
        let firmware = AtaFirmware::hdd().numbered(serial).hiding(hidden, Hides::Hpa);
        let drive = self.drive(serial, old, hidden, &[]).commanded_by(firmware);
        self.add(serial, Kind::Sata(Rotation::PerMinute(7200)), drive)
    }

    /// Puts a SAS SSD on it.
    pub(super) fn sas(&mut self, serial: &str, old: &[u8], faults: &[FirmwareFault]) -> SimDrive {
        self.sas_with(ScsiFirmware::default(), serial, old, faults)
    }

    /// The same with this firmware.
    pub(super) fn sas_with(
        &mut self,
        firmware: ScsiFirmware,
        serial: &str,
        old: &[u8],
        faults: &[FirmwareFault],
    ) -> SimDrive {
        let drive = self.drive(serial, old, 0, faults).commanded_by(firmware);
        self.add(serial, Kind::Sas, drive)
    }

    fn add(&mut self, serial: &str, kind: Kind, drive: SimDrive) -> SimDrive {
        self.units.push(Unit { drive: drive.open(), kind, serial: serial.to_owned() });
        drive
    }

    fn drive(&self, serial: &str, old: &[u8], hidden: u64, faults: &[FirmwareFault]) -> SimDrive {
        stocked(&self.clock, serial, old, hidden, faults)
    }

    /// Builds the adapter, has it offer these drives on the socket `adapter` in `folder`, and
    /// answers for them until the guest is off.
    pub(super) fn serve(self, folder: &Path) -> Beside {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("adapter");
        let built = Command::new(env!("CARGO"))
            .args(["build", "--locked", "--quiet", "--manifest-path"])
            .arg(here().join("tests/adapter/Cargo.toml"))
            .arg("--target-dir")
            .arg(&place)
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let (device, drives) = (folder.join("adapter"), folder.join("drives"));
        let listener = UnixListener::bind(&drives).unwrap();
        let mut adapter = Beside(
            Command::new(place.join("debug/adapter"))
                .arg(&device)
                .arg(&drives)
                .stdin(Stdio::null())
                .spawn()
                .unwrap(),
        );
        let (stream, _) = listener.accept().unwrap();
        std::thread::spawn(move || self.answer(stream));
        while !device.exists() {
            assert!(adapter.0.try_wait().unwrap().is_none(), "the adapter did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        adapter
    }

    /// Answers each command, until the adapter is gone.
    fn answer(&self, mut from: UnixStream) -> Result<()> {
        let pace = Pace::of(&self.clock);
        loop {
            let mut target = [0];
            from.read_exact(&mut target)?;
            let (cdb, out) = (part(&mut from)?, part(&mut from)?);
            pace.keep();
            let nobody = || Reply { status: NOBODY, sense: Vec::new(), data: Vec::new() };
            let unit = self.units.get(usize::from(target[0]));
            let reply = unit.map_or_else(nobody, |unit| unit.command(&cdb, &out));
            let mut message = vec![reply.status];
            for part in [reply.sense, reply.data] {
                message.extend(u32::try_from(part.len()).unwrap().to_le_bytes());
                message.extend(part);
            }
            from.write_all(&message)?;
        }
    }
}

fn part(from: &mut UnixStream) -> Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let mut part = vec![0; usize::try_from(u32::from_le_bytes(length)).unwrap()];
    from.read_exact(&mut part)?;
    Ok(part)
}
