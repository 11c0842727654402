//! Sticks of ours: file systems with our label, and one of them mounted for a moment.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use nix::mount::{MntFlags, MsFlags, mount, umount2};

use super::blocks::{Blocks, Node};
use super::bus::attachment;
use super::discover::no_drive;
use super::fat;
use super::system::System;
use crate::model;

/// Which file system this system runs from: the kernel's name of its device and the number of its
/// attachment. On a tmpfs, written by [`Labelled::is_ours`], and read by `boot`.
pub(super) const OURS: &str = "run/nulstil/stick";

/// How long a drive may take for its first sector: it may have to start turning.
const PATIENCE: Duration = Duration::from_secs(20);

/// A file system with our label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labelled {
    /// The kernel's name of the partition, or of a disk without partitions.
    name: String,
    /// The kernel's name of the disk.
    disk: String,
    /// The number of the attachment, where the kernel gives one: another one after it was unplugged.
    diskseq: Option<u64>,
}

/// Every file system with our label on what can be pulled out: a drive of the computer may pretend
/// to be a stick of ours. `known` says which of them were looked at before, by
/// attachment, so that a drive that is being worked on is not read again.
pub fn labelled(system: &System, known: &mut Vec<(Labelled, bool)>) -> Vec<Labelled> {
    let Ok(blocks) = Blocks::read(system) else { return Vec::new() };
    let disks =
        blocks.all().filter(|node| !node.is_partition() && no_drive(system, node).is_none());
    let disks = disks.filter(|disk| is_pluggable(system, &disk.name));
    let mut all = Vec::new();
    for disk in disks {
        let diskseq = system.number(format!("{}/diskseq", disk.dir));
        for node in blocks.partitions(&disk.name).chain([disk]) {
            let (name, disk) = (node.name.clone(), disk.name.clone());
            let labelled = Labelled { name, disk, diskseq };
            let before = known.iter().find(|(seen, _)| *seen == labelled && diskseq.is_some());
            let ours = match before {
                Some((_, ours)) => *ours,
                None => {
                    let ours = has_label(system, node).unwrap_or(false);
                    known.push((labelled.clone(), ours));
                    ours
                }
            };
            all.extend(ours.then_some(labelled));
        }
    }
    all
}

/// Whether a disk is plugged in from outside: by USB, or as an SD card.
fn is_pluggable(system: &System, disk: &str) -> bool {
    let attachment = attachment(system, disk);
    model::is_pluggable(attachment.bus, attachment.medium)
}

/// Whether our label is on this device. One that cannot be read has none; nothing is known of one
/// that does not answer.
pub(super) fn has_label(system: &System, node: &Node) -> Option<bool> {
    let path = system.at(node.path());
    let (sender, answer) = mpsc::channel();
    std::thread::spawn(move || {
        let mut sector = [0; fat::SECTOR];
        let read = File::open(path).and_then(|mut device| device.read_exact(&mut sector));
        // Whoever asked may have given up.
        let _ = sender.send(read.is_ok() && fat::is_ours(&sector));
    });
    answer.recv_timeout(PATIENCE).ok()
}

impl Labelled {
    /// Whether it is still plugged in, and was not unplugged in between.
    #[must_use]
    pub fn is_there(&self, system: &System) -> bool {
        let now: Option<u64> = system.number(format!("sys/block/{}/diskseq", self.disk));
        system.exists(format!("sys/class/block/{}", self.name)) && now == self.diskseq
    }

    /// Whether it must not be written.
    #[must_use]
    pub fn is_write_protected(&self, system: &System) -> bool {
        system.flag(format!("sys/block/{}/ro", self.disk))
    }

    /// Lets everybody on this computer know that this is what the system runs from.
    ///
    /// # Errors
    /// It cannot be written down.
    pub fn is_ours(&self, system: &System) -> io::Result<()> {
        let place = system.at(OURS);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(place, self.noted())
    }

    fn noted(&self) -> String {
        let seq = self.diskseq.map_or_else(String::new, |seq| seq.to_string());
        format!("{} {} {seq}", self.name, self.disk)
    }

    /// What [`Self::is_ours`] wrote, if that is still plugged in.
    pub(super) fn noted_in(system: &System) -> Option<String> {
        let noted = system.text(OURS)?;
        let mut words = noted.split(' ');
        let (name, disk) = (words.next()?.to_owned(), words.next()?.to_owned());
        let diskseq = words.next().and_then(|seq| seq.parse().ok());
        let labelled = Self { name, disk, diskseq };
        labelled.is_there(system).then_some(labelled.name)
    }

    /// Mounts it, for reading alone or for writing too; no device, no program on it counts.
    ///
    /// # Errors
    /// As mount(2) says; `EACCES` and `EROFS` are those of a medium that is write-protected.
    pub fn mount(&self, at: &Path, writable: bool) -> io::Result<Mounted> {
        fs::create_dir_all(at)?;
        let mut flags =
            MsFlags::MS_NODEV | MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC | MsFlags::MS_NOATIME;
        flags.set(MsFlags::MS_RDONLY, !writable);
        let device = super::blocks::dev_path(&self.name);
        mount(Some(device.as_str()), at, Some("vfat"), flags, Some("utf8,umask=0077"))?;
        Ok(Mounted { at: at.to_owned(), open: true })
    }
}

/// Unmounts whatever is mounted at this place, however often.
pub fn unmount(at: &Path) {
    while umount2(at, MntFlags::MNT_DETACH).is_ok() {}
}

/// A mounted stick. It is unmounted when this is dropped.
#[derive(Debug)]
pub struct Mounted {
    at: PathBuf,
    open: bool,
}

impl Mounted {
    /// Its root.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.at
    }

    /// How many bytes can still be written.
    ///
    /// # Errors
    /// It cannot be asked.
    pub fn free_bytes(&self) -> io::Result<u64> {
        let found = nix::sys::statvfs::statvfs(&self.at)?;
        Ok(found.blocks_available().saturating_mul(found.fragment_size()))
    }

    /// Unmounts it, after which everything is on it.
    ///
    /// # Errors
    /// Something was not written, or it is still in use.
    pub fn close(mut self) -> io::Result<()> {
        let folder = File::open(&self.at)?;
        let synced = nix::unistd::syncfs(&folder);
        drop(folder);
        self.open = false;
        umount2(&self.at, MntFlags::empty())
            .or_else(|_| umount2(&self.at, MntFlags::MNT_DETACH))?;
        synced.map_err(Into::into)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if self.open {
            let _ = umount2(&self.at, MntFlags::MNT_DETACH);
        }
    }
}
