//! The way to a drive's firmware: the kernel's pass-through of each protocol, on the block device
//! itself. So the kernel goes from a namespace to its controller, and no name is made of another.
//!
//! Root (CAP_SYS_ADMIN for NVMe, CAP_SYS_RAWIO for the others) may send every command on a
//! descriptor that was opened for reading only; nobody else gets more than INQUIRY and its like
//! through. What goes wrong between here and the drive is never taken for the drive's own answer.

use std::fs::{File, OpenOptions};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::OFlag;

use super::passthrough::{MmcCommand, NvmeCommand, Payload, ScsiRequest};
use super::system::{Dev, System};
use super::{identify, ioctl};
use crate::device::{Channel, Protocol};
use crate::model::{Bus, DriveFacts, Identity};
use crate::proto::nvme::{NamespaceId, Status};
use crate::proto::{Answer, Command, Data, NoAnswer, ata, mmc};

/// Asks a drive's firmware, beside whoever uses the drive.
#[derive(Debug)]
pub(super) struct Beside {
    file: File,
    protocol: Protocol,
}

impl Beside {
    /// Opens the drive that `facts` describe, for reading and without claiming it.
    ///
    /// # Errors
    /// There is no firmware to speak to, it cannot be opened, or it is another drive by now: in
    /// one sentence without a full stop.
    pub(super) fn open(facts: &DriveFacts) -> Result<Self, String> {
        // What has no firmware is not even opened.
        way(&facts.identity)?;
        let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits())
            .open(&facts.path)
            .map_err(|error| format!("its firmware cannot be asked: {error}"))?;
        let found = file.metadata().map_err(|error| format!("it does not answer: {error}"))?;
        let dev = Dev::unpack(found.rdev());
        let now = identify(&System::live(), dev.major, dev.minor);
        if !found.file_type().is_block_device()
            || !now.is_ok_and(|now| now.same_attachment(&facts.identity))
        {
            return Err("it is another drive by now".to_owned());
        }
        let protocol = protocol(&System::live(), file.as_fd(), dev, &facts.identity)?;
        Ok(Self { file, protocol })
    }
}

impl Channel for Beside {
    fn protocol(&self) -> Result<Protocol, String> {
        Ok(self.protocol)
    }

    fn send(&self, command: &Command, timeout: Duration) -> Result<Answer, NoAnswer> {
        // Somebody may be using the drive.
        if !command.only_asks() {
            return Err(not_sent("only questions are passed on here"));
        }
        send(self.file.as_fd(), self.protocol, command, timeout)
    }
}

/// The three ways that Linux has.
enum Way {
    Nvme,
    Scsi,
    Mmc,
}

fn way(identity: &Identity) -> Result<Way, String> {
    let no = |why: &str| Err(why.to_owned());
    match identity.bus {
        Bus::Nvme => Ok(Way::Nvme),
        Bus::Sata | Bus::Pata | Bus::Sas | Bus::Scsi | Bus::Usb => Ok(Way::Scsi),
        Bus::Mmc => Ok(Way::Mmc),
        Bus::File => no("a disk image is a file and has no firmware"),
        Bus::Loop => no("a loop device has no firmware"),
        Bus::Virtio => no("a virtual drive has no firmware"),
        Bus::Other => no("drives that are attached in this way are not spoken to"),
    }
}

/// What the firmware of an open block device understands.
pub(super) fn protocol(
    system: &System,
    fd: BorrowedFd<'_>,
    dev: Dev,
    identity: &Identity,
) -> Result<Protocol, String> {
    match way(identity)? {
        Way::Scsi => Ok(Protocol::Scsi),
        Way::Nvme => {
            let asked = ioctl::nvme_namespace(fd)
                .map_err(|errno| format!("it does not say its namespace: {}", errno.desc()))?;
            if system.number(format!("sys/dev/block/{dev}/nsid")) != Some(asked) {
                return Err("the kernel gives two numbers for its namespace".to_owned());
            }
            let id = NamespaceId::new(asked).ok_or("its namespace has no number")?;
            Ok(Protocol::Nvme(id))
        }
        Way::Mmc => {
            let text = system.text(format!("sys/dev/block/{dev}/device/rca"));
            text.as_deref()
                .and_then(|text| u16::from_str_radix(text.strip_prefix("0x")?, 16).ok())
                .map(Protocol::Mmc)
                .ok_or_else(|| "the kernel does not say its address".to_owned())
        }
    }
}

/// Sends one command to the firmware of an open block device.
pub(super) fn send(
    fd: BorrowedFd<'_>,
    protocol: Protocol,
    command: &Command,
    timeout: Duration,
) -> Result<Answer, NoAnswer> {
    match (protocol, command) {
        (Protocol::Nvme(_), Command::Nvme(command)) => {
            let request = NvmeCommand {
                opcode: command.opcode(),
                nsid: command.nsid(),
                words: command.words(),
                timeout_ms: milliseconds(timeout),
                ..NvmeCommand::default()
            };
            let mut buffer = room(command.data());
            let sent = ioctl::nvme_admin(fd, &request, &mut payload(command.data(), &mut buffer));
            nvme_answer(sent, buffer)
        }
        (Protocol::Scsi, Command::Scsi(command)) => {
            scsi(fd, command.cdb(), command.data(), timeout)
        }
        (Protocol::Scsi, Command::Ata(command)) => {
            scsi(fd, &ata::pass_through::cdb16(command), command.data(), timeout)
        }
        (Protocol::Mmc(_), Command::Mmc(command)) => {
            let blocks = command.blocks();
            let request = MmcCommand {
                write_flag: i32::from(matches!(command.data(), Data::Out(_))),
                opcode: command.opcode().into(),
                arg: command.argument(),
                flags: command.flags(),
                blksz: if blocks == 0 { 0 } else { mmc::BLOCK_BYTES },
                blocks,
                cmd_timeout_ms: milliseconds(timeout),
                ..MmcCommand::default()
            };
            let mut buffer = room(command.data());
            match ioctl::mmc(fd, &request, &mut payload(command.data(), &mut buffer)) {
                Ok(response) => Ok(Answer::Mmc { response, data: buffer }),
                Err(errno) => Err(no_answer(errno)),
            }
        }
        _ => Err(not_sent("the drive speaks another protocol")),
    }
}

fn scsi(
    fd: BorrowedFd<'_>,
    cdb: &[u8],
    data: &Data,
    timeout: Duration,
) -> Result<Answer, NoAnswer> {
    let mut buffer = room(data);
    let mut sense = [0; ScsiRequest::SENSE_BYTES as usize];
    let request = ScsiRequest::new(milliseconds(timeout));
    let done = ioctl::scsi(fd, request, cdb, &mut sense, &mut payload(data, &mut buffer));
    scsi_answer(&done.map_err(no_answer)?, &sense, buffer)
}

/// Room for what comes from the drive.
fn room(data: &Data) -> Vec<u8> {
    match data {
        Data::In(bytes) => vec![0; usize::try_from(*bytes).unwrap_or(0)],
        Data::None | Data::Out(_) => Vec::new(),
    }
}

fn payload<'a>(data: &'a Data, buffer: &'a mut [u8]) -> Payload<'a> {
    match data {
        Data::None => Payload::None,
        Data::In(_) => Payload::In(buffer),
        Data::Out(bytes) => Payload::Out(bytes),
    }
}

/// The kernel takes zero for its own default, and more than an `int` holds for no limit at all.
fn milliseconds(timeout: Duration) -> u32 {
    const LONGEST: u32 = i32::MAX.unsigned_abs();
    u32::try_from(timeout.as_millis()).unwrap_or(LONGEST).clamp(1, LONGEST)
}

fn not_sent(why: &str) -> NoAnswer {
    NoAnswer::NotSent(why.to_owned())
}

/// What an error of the ioctl itself means. Only errors that the kernel gives before it has sent
/// anything say that nothing was sent.
fn no_answer(errno: Errno) -> NoAnswer {
    let words = errno.desc().to_owned();
    match errno {
        Errno::EPERM
        | Errno::EACCES
        | Errno::ENOTTY
        | Errno::EINVAL
        | Errno::ENOMEM
        | Errno::EOVERFLOW
        | Errno::EOPNOTSUPP
        | Errno::ENOSYS => NoAnswer::NotSent(words),
        Errno::ENODEV | Errno::ENXIO | Errno::ENOMEDIUM => NoAnswer::Gone(words),
        // EINTR: the controller was reset under the command; EIO, ETIMEDOUT and all others.
        _ => NoAnswer::Lost(words),
    }
}

fn nvme_answer(sent: Result<u16, Errno>, data: Vec<u8>) -> Result<Answer, NoAnswer> {
    let status = Status::from_raw(sent.map_err(no_answer)?);
    // The host's own words for a command that it gave up or that a path lost.
    if status.is_path_related() {
        return Err(NoAnswer::Lost(status.to_string()));
    }
    let data = if status.is_success() { data } else { Vec::new() };
    Ok(Answer::Nvme { status, data })
}

/// What came of a SCSI request: first what the host adapter says, then its driver, and only then
/// the drive.
fn scsi_answer(done: &ScsiRequest, sense: &[u8], mut data: Vec<u8>) -> Result<Answer, NoAnswer> {
    match done.host_status {
        0 => {}
        1 => return Err(NoAnswer::Gone("the adapter finds no drive".to_owned())),
        4 => return Err(NoAnswer::Gone("the adapter finds no such drive".to_owned())),
        3 => return Err(NoAnswer::Lost("the command took too long".to_owned())),
        8 => return Err(NoAnswer::Lost("the bus was reset".to_owned())),
        other => return Err(NoAnswer::Lost(format!("the adapter's status is {other:02x}h"))),
    }
    // Bit 3 says that there is sense data; kernels from 5.14 on leave the rest at zero.
    if done.driver_status & !0x08 != 0 {
        let status = done.driver_status;
        return Err(NoAnswer::Lost(format!("the driver's status is {status:02x}h")));
    }
    let sense = sense.get(..usize::from(done.sb_len_wr)).unwrap_or(sense).to_vec();
    // A negative rest comes from adapters that count wrongly.
    let rest = usize::try_from(done.resid).unwrap_or(0);
    data.truncate(data.len().saturating_sub(rest));
    Ok(Answer::Scsi { status: done.status, sense, data })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::nvme::Identify;

    fn done() -> ScsiRequest {
        ScsiRequest::new(1)
    }

    #[test]
    fn a_request_that_went_well() {
        let answer = scsi_answer(&done(), &[9; 252], vec![1, 2, 3, 4]);
        let expected = Answer::Scsi { status: 0, sense: vec![], data: vec![1, 2, 3, 4] };
        assert_eq!(answer, Ok(expected));
        // Two bytes did not come.
        let short = ScsiRequest { resid: 2, ..done() };
        let expected = Answer::Scsi { status: 0, sense: vec![], data: vec![1, 2] };
        assert_eq!(scsi_answer(&short, &[9; 252], vec![1, 2, 3, 4]), Ok(expected));
        for (resid, left) in [(5, 0), (i32::MAX, 0), (-1, 4), (i32::MIN, 4)] {
            let odd = ScsiRequest { resid, ..done() };
            let answer = scsi_answer(&odd, &[], vec![1, 2, 3, 4]).unwrap();
            assert_eq!(answer.data().len(), left, "{resid}");
        }
    }

    #[test]
    fn a_check_condition_is_an_answer() {
        for driver_status in [0, 8] {
            let done = ScsiRequest { status: 2, sb_len_wr: 3, driver_status, ..done() };
            let answer = scsi_answer(&done, &[0x72, 5, 0x20, 0, 9], vec![]);
            let expected = Answer::Scsi { status: 2, sense: vec![0x72, 5, 0x20], data: vec![] };
            assert_eq!(answer, Ok(expected));
        }
        // More than there is room for.
        let done = ScsiRequest { status: 2, sb_len_wr: 255, ..done() };
        let answer = scsi_answer(&done, &[0x72; 252], vec![]).unwrap();
        assert_eq!(answer.status().len(), 253);
    }

    #[test]
    fn trouble_on_the_way_is_no_answer() {
        let lost = [2, 3, 5, 6, 7, 8, 9, 0x0b, 0x0e, 0x14, 0xffff];
        for host_status in lost {
            let done = ScsiRequest { host_status, status: 0, ..done() };
            let answer = scsi_answer(&done, &[], vec![]);
            assert!(matches!(answer, Err(NoAnswer::Lost(_))), "{host_status}: {answer:?}");
        }
        for host_status in [1, 4] {
            let done = ScsiRequest { host_status, ..done() };
            assert!(matches!(scsi_answer(&done, &[], vec![]), Err(NoAnswer::Gone(_))));
        }
        // A driver that gave up, with or without sense data: 06h is its time-out.
        for driver_status in [0x01, 0x04, 0x06, 0x0e, 0x16, 0x40] {
            let done = ScsiRequest { driver_status, status: 2, ..done() };
            let answer = scsi_answer(&done, &[], vec![]);
            assert!(matches!(answer, Err(NoAnswer::Lost(_))), "{driver_status}: {answer:?}");
        }
    }

    #[test]
    fn only_what_was_not_sent_counts_as_not_sent() {
        for errno in [Errno::EPERM, Errno::EACCES, Errno::ENOTTY, Errno::EINVAL, Errno::ENOMEM] {
            assert!(matches!(no_answer(errno), NoAnswer::NotSent(_)), "{errno}");
        }
        for errno in [Errno::ENODEV, Errno::ENXIO, Errno::ENOMEDIUM] {
            assert!(matches!(no_answer(errno), NoAnswer::Gone(_)), "{errno}");
        }
        // EFAULT may come when the answer is copied back.
        for errno in
            [Errno::EINTR, Errno::EIO, Errno::ETIMEDOUT, Errno::EFAULT, Errno::EBUSY, Errno::EILSEQ]
        {
            assert!(matches!(no_answer(errno), NoAnswer::Lost(_)), "{errno}");
        }
    }

    #[test]
    fn what_the_host_says_is_not_the_controllers_answer() {
        let answer = nvme_answer(Ok(0), vec![1, 2]);
        let expected = Answer::Nvme { status: Status::from_raw(0), data: vec![1, 2] };
        assert_eq!(answer, Ok(expected));
        // Invalid opcode, do not retry: the page that did not come is not one of zeros.
        let answer = nvme_answer(Ok(0x4001), vec![0, 0]);
        let expected = Answer::Nvme { status: Status::from_raw(0x4001), data: vec![] };
        assert_eq!(answer, Ok(expected));
        for given_up in [0x370, 0x371, 0x4371] {
            assert!(matches!(nvme_answer(Ok(given_up), vec![]), Err(NoAnswer::Lost(_))));
        }
        assert!(matches!(nvme_answer(Err(Errno::EINTR), vec![]), Err(NoAnswer::Lost(_))));
    }

    #[test]
    fn time_in_milliseconds() {
        assert_eq!(milliseconds(Duration::ZERO), 1);
        assert_eq!(milliseconds(Duration::from_millis(1)), 1);
        assert_eq!(milliseconds(Duration::from_secs(4 * 3600)), 14_400_000);
        assert_eq!(milliseconds(Duration::from_millis(0x7fff_ffff)), 0x7fff_ffff);
        assert_eq!(milliseconds(Duration::from_millis(0x8000_0000)), 0x7fff_ffff);
        assert_eq!(milliseconds(Duration::MAX), 0x7fff_ffff);
    }

    /// Whatever the descriptor is: another protocol's command is not sent.
    #[test]
    fn another_protocols_command_is_not_sent() {
        let file = tempfile::tempfile().unwrap();
        let one = NamespaceId::new(1).unwrap();
        let commands = [
            Command::Nvme(Identify::Controller.command()),
            Command::Ata(ata::identify_device::command()),
            Command::Mmc(mmc::ext_csd::command()),
        ];
        for protocol in [Protocol::Nvme(one), Protocol::Scsi, Protocol::Mmc(1)] {
            for command in &commands {
                // Where the protocol fits, the kernel says that a file takes no such request.
                let answer = send(file.as_fd(), protocol, command, Duration::from_secs(1));
                assert!(matches!(answer, Err(NoAnswer::NotSent(_))), "{protocol:?} {answer:?}");
            }
        }
    }
}
