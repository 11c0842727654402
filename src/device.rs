//! The seam to hardware: what the rest of the program may ask of a drive. [`crate::os`] and
//! [`crate::sim`] stand behind it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{DriveFacts, Identity, Inventory, Range, Refusal};
use crate::pattern::Pattern;
use crate::proto::nvme::NamespaceId;
use crate::proto::{Answer, Command, NoAnswer};

/// Finds drives and opens them.
pub trait Bay {
    /// Every drive there is. Changes none of them.
    fn look(&self) -> Inventory;

    /// The drive that `path` names, by whatever name. A refusal that comes with known facts is in
    /// [`DriveFacts::refusal`]; `Err` is for paths that lead to no drive at all.
    ///
    /// # Errors
    /// No such path, not a drive, a partition, or not to be examined.
    fn examine(&self, path: &Path) -> Result<DriveFacts, Refusal>;

    /// A way to ask the drive's firmware harmless questions, beside whoever uses it.
    ///
    /// # Errors
    /// Why there is none, in one sentence.
    fn channel(&self, facts: &DriveFacts) -> Result<Box<dyn Channel>, String>;

    /// Opens the drive for writing, exclusively, and checks on the opened descriptor that it is
    /// the one that `facts` describe.
    ///
    /// # Errors
    /// In use, no permission, read-only, or another drive than expected.
    fn open_exclusive(&self, facts: &DriveFacts) -> Result<Arc<dyn Drive>, Refusal>;

    /// The same for reading alone: nothing can be written to what it gives. A drive may be
    /// write-protected for it.
    ///
    /// # Errors
    /// In use, no permission, or another drive than expected.
    fn open_read_only(&self, facts: &DriveFacts) -> Result<Arc<dyn Drive>, Refusal>;
}

/// Speaks to a drive's firmware.
pub trait Channel: Send + Sync {
    /// What it understands.
    ///
    /// # Errors
    /// There is no firmware to speak to, or no way to: why, in one sentence.
    fn protocol(&self) -> Result<Protocol, String>;

    /// Sends one command and waits for its answer, at most for `timeout`.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    fn send(&self, command: &Command, timeout: Duration) -> Result<Answer, NoAnswer>;
}

/// What a [`Channel`] understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// NVMe admin commands; the drive is this namespace.
    Nvme(NamespaceId),
    /// SCSI commands, and ATA commands where a translator passes them on.
    Scsi,
    /// MMC commands, to the card with this relative address.
    Mmc(u16),
}

/// One drive, opened exclusively. It carries bytes and decides nothing.
pub trait Drive: Channel {
    /// Asks the opened descriptor, not the path, who it is now.
    ///
    /// # Errors
    /// The drive no longer answers; or it is a disk image that was opened for reading alone and was
    /// changed since.
    fn identify(&self) -> Result<Identity, DriveError>;

    /// Makes the host look at the drive's size again, which may have changed by a command; what it
    /// came to is for [`Drive::identify`] to say.
    ///
    /// # Errors
    /// The host has no way to look again, or the drive is gone.
    fn rescan(&self) -> Result<(), DriveError>;

    /// Fills `buffer` from byte `offset` on. Offset and length are multiples of the logical block
    /// size, except at the end of a disk image of odd size; `buffer` is aligned to 4096 bytes.
    ///
    /// # Errors
    /// Nothing is said about the buffer's content after an error.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DriveError>;

    /// Writes all of `data` at byte `offset`; alignment as for [`Drive::read_at`].
    ///
    /// # Errors
    /// Some of it may have been written.
    fn write_at(&self, offset: u64, data: &[u8]) -> Result<(), DriveError>;

    /// Empties the drive's write cache.
    ///
    /// # Errors
    /// Nothing written since the last flush can be relied on.
    fn flush(&self) -> Result<(), DriveError>;

    /// Whether reads and writes go around the page cache.
    fn direct_io(&self) -> bool;

    /// Makes the kernel read the partition table again; `None` where there is none to read.
    fn reread_partitions(&self) -> Option<bool>;

    /// Does what can be done to have the medium itself answer reads from now on: the kernel drops
    /// what it holds of the drive and reads the partition table again, and the drive is reset. It
    /// must have nothing under way, which a reset might cut off. `Ok` says how it was reset.
    ///
    /// A reset is no loss of power, and no standard says that a drive forgets what it has cached:
    /// a drive with a volatile cache may still answer from it.
    ///
    /// # Errors
    /// Why it was not reset, or is not known to have been, in one sentence. It can be used as
    /// before.
    fn reset(&self) -> Result<String, String>;

    /// What moves bytes in bulk on this drive. `memory` is how many bytes of buffers it may have.
    fn engine(self: Arc<Self>, memory: usize) -> Box<dyn Engine>;
}

/// Moves bytes in bulk between a pattern and a drive.
///
/// `ranges` neither touch nor overlap and are visited in their order, as one long stretch: the
/// bytes of a [`Moved`] count over all of them. `watch` is told, now and then, how many bytes are
/// done, and answers whether to go on.
pub trait Engine: Send {
    /// Its name and its way of I/O, for the certificate.
    fn name(&self) -> String;

    /// Writes the pattern over the ranges.
    fn write(
        &mut self,
        pattern: &Pattern,
        ranges: &[Range],
        watch: &mut dyn FnMut(u64) -> bool,
    ) -> Moved;

    /// Reads the ranges and compares them with the pattern. Every block of `block` bytes that
    /// differs and counts in [`Moved::bytes`] is given to `found`, with its byte offset and what
    /// was there.
    fn compare(
        &mut self,
        pattern: &Pattern,
        ranges: &[Range],
        block: u32,
        watch: &mut dyn FnMut(u64) -> bool,
        found: &mut dyn FnMut(u64, &[u8]),
    ) -> Moved;
}

/// How far a transfer came, and why it stopped there.
#[derive(Debug)]
pub struct Moved {
    /// Bytes from the start that are done, without a gap.
    pub bytes: u64,
    /// Why it stopped.
    pub stop: Stop,
}

/// Why a transfer stopped.
#[derive(Debug)]
pub enum Stop {
    /// Everything is done.
    End,
    /// The watcher asked for it.
    Asked,
    /// The operation behind what is done failed.
    Failed {
        /// Its length in bytes.
        bytes: u64,
        /// The drive's answer.
        error: DriveError,
    },
}

/// A drive did not do what it was asked. Becomes evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DriveError {
    /// What kind of trouble, as far as the kernel says.
    pub kind: DriveErrorKind,
    /// The kernel's own words.
    pub message: String,
}

/// Kinds of trouble that call for different reactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriveErrorKind {
    /// This place cannot be read or written; others may (EIO and its relatives).
    Media,
    /// Beyond the end of the drive, or no room behind it (ENOSPC): it may have shrunk.
    NoSpace,
    /// The drive is gone (ENXIO, ENODEV, ENOMEDIUM).
    Gone,
    /// The drive became read-only.
    ReadOnly,
}

/// The clock, as an argument: a simulated one makes hours pass in a test.
pub trait Time: Sync {
    /// The wall clock.
    fn now(&self) -> crate::model::Timestamp;

    /// Time since some fixed moment; never goes back.
    fn elapsed(&self) -> Duration;

    /// Lets this much time pass.
    fn wait(&self, time: Duration);

    /// Processor time that this process has used, over all its threads.
    fn cpu(&self) -> Duration;
}
