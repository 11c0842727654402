//! A real block device or disk image, opened exclusively: positional reads and writes around the
//! page cache.

use std::fs::{File, Metadata, OpenOptions};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag, PosixFadviseAdvice, posix_fadvise};

use super::channel::{self, Beside};
use super::engine::{Limits, Parallel};
use super::rescan::rescan;
use super::system::Dev;
use super::{System, examine, identify, identify_image, ioctl, look, reset};
use crate::device::{Bay, Channel, Drive, DriveError, DriveErrorKind, Engine, Protocol};
use crate::model::{Bus, DriveFacts, DriveKind, Identity, Inventory, Refusal, RefusalCode};
use crate::proto::{Answer, Command, NoAnswer};

/// How long an unexplained EBUSY is waited out: a run that was killed may still be letting go.
const BUSY_PATIENCE: Duration = Duration::from_secs(5);

/// The drives of the running system.
#[derive(Debug)]
pub struct LinuxBay {
    system: System,
    choice: EngineChoice,
}

/// Which engine moves the bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// io_uring where it is allowed, threads where it is not.
    #[default]
    Auto,
    /// Threads that read and write.
    Threads,
}

impl LinuxBay {
    /// The machine this runs on.
    #[must_use]
    pub fn live(choice: EngineChoice) -> Self {
        Self { system: System::live(), choice }
    }
}

impl Bay for LinuxBay {
    fn look(&self) -> Inventory {
        look(&self.system)
    }

    fn examine(&self, path: &Path) -> Result<DriveFacts, Refusal> {
        examine(&self.system, path)
    }

    fn channel(&self, facts: &DriveFacts) -> Result<Box<dyn Channel>, String> {
        Ok(Box::new(Beside::open(facts)?))
    }

    fn open_exclusive(&self, facts: &DriveFacts) -> Result<Arc<dyn Drive>, Refusal> {
        self.claim(facts, true)
    }

    fn open_read_only(&self, facts: &DriveFacts) -> Result<Arc<dyn Drive>, Refusal> {
        self.claim(facts, false)
    }
}

impl LinuxBay {
    /// Opens a drive exclusively, for writing too or for reading alone, and makes sure that it is the
    /// one that was asked for.
    fn claim(&self, facts: &DriveFacts, write: bool) -> Result<Arc<dyn Drive>, Refusal> {
        let path = Path::new(&facts.path);
        let refusal = || -> Result<Option<Refusal>, Refusal> {
            let refusal = self.examine(path)?.refusal;
            Ok(refusal.filter(|refusal| write || !refusal.code.allows_reading()))
        };
        let mut waited = Duration::ZERO;
        let pause = Duration::from_millis(100);
        let drive = loop {
            match open(path, facts, self.choice, write) {
                Err(Errno::EBUSY) if waited < BUSY_PATIENCE => {
                    // Somebody who can be seen will not let go by himself.
                    if let Some(refusal) = refusal()? {
                        return Err(refusal);
                    }
                    std::thread::sleep(pause);
                    waited += pause;
                }
                Err(errno) => return Err(refused(&facts.path, errno)),
                Ok(drive) => break Arc::new(drive),
            }
        };
        // Asked again now that nobody else can take it: what was free may have been taken since.
        if let Some(refusal) = refusal()? {
            return Err(refusal);
        }
        match drive.identify() {
            Ok(now) if now.same_attachment(&facts.identity) => Ok(drive),
            Ok(_) => Err(Refusal::new(
                RefusalCode::Replaced,
                format!("{} is not the drive in the plan any more; make a new plan.", facts.path),
            )),
            Err(error) => Err(Refusal::new(
                RefusalCode::Unreadable,
                format!("{} does not say what it is ({error}); check its cable.", facts.path),
            )),
        }
    }
}

fn refused(path: &str, errno: Errno) -> Refusal {
    let (code, text) = match errno {
        Errno::EBUSY => {
            (RefusalCode::Busy, "is in use by another program; close that program and try again")
        }
        Errno::EACCES | Errno::EPERM => {
            (RefusalCode::Permission, "must not be opened by this user; run as root")
        }
        Errno::EROFS => (RefusalCode::ReadOnly, "is read-only; take off its write protection"),
        Errno::ENOMEDIUM => (RefusalCode::NoMedium, "has no medium in it; put one in"),
        Errno::ENOENT | Errno::ENXIO | Errno::ENODEV => {
            (RefusalCode::NotFound, "is not there any more; connect it again")
        }
        Errno::EMFILE | Errno::ENFILE => {
            (RefusalCode::Unreadable, "is one drive too many at a time; name fewer of them")
        }
        _ => (RefusalCode::Unreadable, "cannot be opened; check its cable"),
    };
    Refusal::new(code, format!("{path} {text} ({}).", errno.desc()))
}

/// An open drive.
#[derive(Debug)]
struct OpenDrive {
    file: Arc<Flock<File>>,
    direct: bool,
    /// Whether it is a disk image.
    image: bool,
    /// Of a disk image that was opened for reading alone: when it had last been changed.
    untouched_since: Option<Changed>,
    choice: EngineChoice,
    /// How it is attached.
    bus: Bus,
    /// What its firmware understands.
    protocol: Result<Protocol, String>,
}

/// When a file's content and its inode were last changed, in seconds and nanoseconds.
type Changed = [(i64, i64); 2];

fn changed(found: &Metadata) -> Changed {
    [(found.mtime(), found.mtime_nsec()), (found.ctime(), found.ctime_nsec())]
}

/// Opens exclusively. `O_EXCL` claims a block device against mounts, md, dm and other exclusive
/// openers; the lock keeps a second `nulstil` from a disk image, for which `O_EXCL` means nothing.
fn open(
    path: &Path,
    facts: &DriveFacts,
    choice: EngineChoice,
    write: bool,
) -> Result<OpenDrive, Errno> {
    let image = facts.identity.kind == DriveKind::DiskImage;
    let flags = |direct| {
        let mut flags = OFlag::O_CLOEXEC | OFlag::O_NOCTTY;
        flags.set(OFlag::O_DIRECT, direct);
        // On a regular file O_EXCL without O_CREAT is undefined.
        flags.set(OFlag::O_EXCL, !image);
        flags.bits()
    };
    let attempt =
        |direct| OpenOptions::new().read(true).write(write).custom_flags(flags(direct)).open(path);
    // A disk image whose size is not a multiple of the block cannot be written directly, and some
    // file systems have no direct I/O; the certificate says which it was.
    let odd = image && !facts.identity.capacity_bytes.is_multiple_of(4096);
    let (file, direct) = match attempt(!odd) {
        Err(error) if !odd && image && error.raw_os_error() == Some(Errno::EINVAL as i32) => {
            (attempt(false), false)
        }
        result => (result, !odd),
    };
    let file = file.map_err(|error| errno(&error))?;
    let kind = file.metadata().map_err(|error| errno(&error))?.file_type();
    if (image && !kind.is_file()) || (!image && !kind.is_block_device()) {
        return Err(Errno::ENODEV);
    }
    // On a block device the lock also keeps udev from probing a half-erased drive.
    let file = Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|_| Errno::EBUSY)?;
    let found = file.metadata().map_err(|error| errno(&error))?;
    let dev = Dev::unpack(found.rdev());
    let protocol = channel::protocol(&System::live(), file.as_fd(), dev, &facts.identity);
    let bus = facts.identity.bus;
    let untouched_since = (image && !write).then(|| changed(&found));
    Ok(OpenDrive { file: Arc::new(file), direct, image, untouched_since, choice, bus, protocol })
}

fn errno(error: &std::io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(0))
}

impl OpenDrive {
    /// Its device number.
    fn number(&self) -> std::io::Result<(u32, u32)> {
        let device = self.file.metadata()?.rdev();
        let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Ok((number(nix::sys::stat::major(device)), number(nix::sys::stat::minor(device))))
    }

    /// What its queue says of itself; nothing, if it is a disk image.
    fn limits(&self) -> Limits {
        let Some((major, minor)) = self.number().ok().filter(|_| !self.image) else {
            return Limits::default();
        };
        let system = System::live();
        let queue = |name| format!("sys/dev/block/{major}:{minor}/queue/{name}");
        let kib: Option<u64> = system.number(queue("max_hw_sectors_kb"));
        Limits {
            largest: kib.map(|kib| kib.saturating_mul(1024)),
            optimal: system.number(queue("optimal_io_size")),
            rotational: system.flag(queue("rotational")),
        }
    }
}

impl Channel for OpenDrive {
    fn protocol(&self) -> Result<Protocol, String> {
        self.protocol.clone()
    }

    fn send(&self, command: &Command, timeout: Duration) -> Result<Answer, NoAnswer> {
        let protocol = self.protocol.clone().map_err(NoAnswer::NotSent)?;
        channel::send(self.file.as_fd(), protocol, command, timeout)
    }
}

impl Drive for OpenDrive {
    fn identify(&self) -> Result<Identity, DriveError> {
        if self.image {
            let found = self.file.metadata().map_err(|error| trouble(&error))?;
            // The lock keeps only those away who ask for it, and what was read before may be read
            // no more.
            if self.untouched_since.is_some_and(|before| before != changed(&found)) {
                return Err(DriveError {
                    kind: DriveErrorKind::Gone,
                    message: "the file was changed while it was read".to_owned(),
                });
            }
            return Ok(identify_image(&found));
        }
        let (major, minor) = self.number().map_err(|error| trouble(&error))?;
        let seen = identify(&System::live(), major, minor).map_err(|refusal| DriveError {
            kind: DriveErrorKind::Gone,
            message: refusal.message,
        })?;
        // sysfs says who it is; the descriptor says what it is like.
        let fd = self.file.as_fd();
        let asked = |error: Errno| trouble(&error.into());
        Ok(Identity {
            capacity_bytes: ioctl::capacity_bytes(fd).map_err(asked)?,
            logical_block_bytes: ioctl::logical_block_bytes(fd).map_err(asked)?,
            physical_block_bytes: ioctl::physical_block_bytes(fd).map_err(asked)?,
            // Kernels before 5.15 have no such number, here or in sysfs.
            diskseq: ioctl::diskseq(fd).ok().or(seen.diskseq),
            ..seen
        })
    }

    fn rescan(&self) -> Result<(), DriveError> {
        let (major, minor) = self.number().map_err(|error| trouble(&error))?;
        rescan(&System::live(), Dev { major, minor }).map_err(|error| trouble(&error))
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DriveError> {
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, offset + done as u64) {
                Ok(0) => return Err(beyond_the_end()),
                Ok(n) => done += n,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(trouble(&error)),
            }
        }
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> Result<(), DriveError> {
        let mut done = 0;
        while let Some(rest) = data.get(done..).filter(|rest| !rest.is_empty()) {
            match self.file.write_at(rest, offset + done as u64) {
                Ok(0) => return Err(beyond_the_end()),
                Ok(n) => done += n,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(trouble(&error)),
            }
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), DriveError> {
        self.file.sync_all().map_err(|error| trouble(&error))?;
        if !self.direct {
            // What is read back should come from below, not from the pages just written.
            posix_fadvise(self.file.as_fd(), 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)
                .map_err(|error| trouble(&error.into()))?;
        }
        Ok(())
    }

    fn direct_io(&self) -> bool {
        self.direct
    }

    fn reread_partitions(&self) -> Option<bool> {
        (!self.image).then(|| ioctl::reread_partitions(self.file.as_fd()).is_ok())
    }

    fn reset(&self) -> Result<String, String> {
        if self.image {
            return Err("A disk image has no cache of its own.".to_owned());
        }
        let fd = self.file.as_fd();
        let number = self.number().map_err(|error| format!("The drive is gone ({error})."))?;
        let protocol = self.protocol.as_ref().ok().copied();
        let reset = reset::reset(&System::live(), fd, number, protocol, self.bus);
        ioctl::drop_pages(fd).map_err(|errno| {
            format!("The kernel did not drop what it holds of the drive ({}).", errno.desc())
        })?;
        // Whether that worked is asked again, and recorded, at the end of the run.
        let _ = self.reread_partitions();
        reset
    }

    fn engine(self: Arc<Self>, memory: usize) -> Box<dyn Engine> {
        let file = || Arc::clone(&self.file);
        let limits = self.limits();
        let uring = || Parallel::uring(file(), self.direct, limits, memory).ok();
        let uring = (self.choice == EngineChoice::Auto).then(uring).flatten();
        let threads = || Parallel::threads(file(), self.direct, limits, memory);
        Box::new(uring.unwrap_or_else(threads))
    }
}

pub(super) fn beyond_the_end() -> DriveError {
    DriveError {
        kind: DriveErrorKind::NoSpace,
        message: "the drive ends before this place".to_owned(),
    }
}

pub(super) fn trouble(error: &std::io::Error) -> DriveError {
    let kind = match errno(error) {
        Errno::ENXIO | Errno::ENODEV | Errno::ENOMEDIUM => DriveErrorKind::Gone,
        Errno::EROFS | Errno::EPERM | Errno::EACCES => DriveErrorKind::ReadOnly,
        Errno::ENOSPC => DriveErrorKind::NoSpace,
        _ => DriveErrorKind::Media,
    };
    DriveError { kind, message: error.to_string() }
}
