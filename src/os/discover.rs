//! Which drives there are, which one a path means, and why one must not be erased.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};

use super::blocks::{Blocks, Node, dev_path};
use super::bus::attachment;
use super::hidden;
use super::identity;
use super::in_use::{InUse, Reason, gravest};
use super::system::{Dev, FileId, FileRef, System, shown};
use crate::model::{
    Bus, Capabilities, DriveFacts, Identity, Inventory, Medium, Refusal, RefusalCode, clean,
};

/// Block devices that are no drives of this computer: the start of the name, which a number
/// follows, and what they are.
const NO_DRIVES: [(&str, &str); 12] = [
    ("ram", "a RAM disk"),
    ("zram", "compressed memory"),
    ("dm-", "a device-mapper volume"),
    ("md", "a software RAID"),
    ("md_d", "a software RAID"),
    ("sr", "an optical drive"),
    ("scd", "an optical drive"),
    ("fd", "a floppy drive"),
    ("zd", "a ZFS volume"),
    ("bcache", "a bcache device"),
    ("drbd", "a DRBD device"),
    ("mtdblock", "raw flash memory"),
];

/// File systems whose files are the kernel's or the firmware's own.
const KERNEL_FILES: [&str; 11] = [
    "proc",
    "sysfs",
    "efivarfs",
    "debugfs",
    "tracefs",
    "securityfs",
    "configfs",
    "cgroup",
    "cgroup2",
    "pstore",
    "bpf",
];

/// The machine as it is at one moment.
struct Survey<'a> {
    system: &'a System,
    blocks: Blocks,
    /// What is in use; or why that cannot be told, and then everything counts as in use.
    in_use: Result<InUse, String>,
}

/// Every drive there is, and whether there may be more. Opens none of them.
#[must_use]
pub fn look(system: &System) -> Inventory {
    let mut hidden_drives = hidden::look(system);
    let mut drives = Vec::new();
    match Survey::read(system) {
        Ok(survey) => {
            let disks = survey.blocks.all().filter(|node| !node.is_partition());
            drives.extend(
                disks.filter(|node| survey.is_listed(node)).map(|node| survey.facts(node, false)),
            );
        }
        Err(e) => {
            hidden_drives.possible = true;
            hidden_drives.reasons.push(format!(
                "The drives cannot be read from /sys/block ({e}); run as root and look again."
            ));
        }
    }
    drives.sort_by(|a, b| a.path.cmp(&b.path));
    Inventory { drives, hidden_drives }
}

/// The drive that `path` means, whatever its name: a block device goes by its device number, a
/// regular file is a disk image.
///
/// # Errors
/// No such path, no permission to follow it, not a drive, or a partition.
pub fn examine(system: &System, path: &Path) -> Result<DriveFacts, Refusal> {
    let survey = Survey::read(system).map_err(|e| unreadable(path, &e))?;
    if !system.is_live() {
        let node = survey.blocks.find(system, path).ok_or_else(|| not_found(path))?;
        return survey.drive(node, path).map(|disk| survey.facts(disk, true));
    }
    let found = fs::metadata(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => not_found(path),
        io::ErrorKind::PermissionDenied => denied(path),
        _ => unreadable(path, &e),
    })?;
    let kind = found.file_type();
    if kind.is_block_device() {
        let node = survey.by_dev(Dev::unpack(found.rdev()), path)?;
        survey.drive(node, path).map(|disk| survey.facts(disk, true))
    } else if kind.is_file() {
        survey.image(path, &found)
    } else {
        let what = if kind.is_dir() { "a directory" } else { "not a block device" };
        Err(not_a_drive(path, what))
    }
}

/// Who the whole block device with this number is now. For a descriptor that is already open.
///
/// # Errors
/// There is no such device, or it is not a whole drive.
pub fn identify(system: &System, major: u32, minor: u32) -> Result<Identity, Refusal> {
    let dev = Dev { major, minor };
    let path = format!("Block device {dev}");
    let blocks = Blocks::read(system).map_err(|e| unreadable(Path::new(&path), &e))?;
    let survey = Survey { system, blocks, in_use: Err(String::new()) };
    let node = survey.by_dev(dev, Path::new(&path))?;
    survey.drive(node, Path::new(&path)).map(|disk| identity::of(system, disk))
}

impl<'a> Survey<'a> {
    fn read(system: &'a System) -> io::Result<Self> {
        let blocks = Blocks::read(system)?;
        let in_use = InUse::read(system, &blocks);
        Ok(Self { system, blocks, in_use })
    }

    fn by_dev(&self, dev: Dev, path: &Path) -> Result<&Node, Refusal> {
        self.blocks.by_dev(dev).ok_or_else(|| {
            let path = shown(path);
            let message = format!("{path} leads to no device ({dev}); check the connection.");
            Refusal::new(RefusalCode::NotFound, message)
        })
    }

    /// Whether `look` shows this whole disk.
    fn is_listed(&self, node: &Node) -> bool {
        let attached = !node.name.starts_with("loop") || node.backing.is_some();
        attached && self.no_drive(node).is_none()
    }

    /// What a whole block device is, if not a drive of this computer.
    fn no_drive(&self, node: &Node) -> Option<&'static str> {
        let numbered = |start: &str| {
            let rest = node.name.strip_prefix(start);
            rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        let known = NO_DRIVES.iter().find(|(start, _)| numbered(start)).map(|(_, what)| *what);
        let has = |file: &str| self.system.exists(format!("{}/{file}", node.dir));
        let is = |start: &str, part: &str| node.name.starts_with(start) && node.name.contains(part);
        known
            .or_else(|| has("dm").then_some("a device-mapper volume"))
            .or_else(|| has("md").then_some("a software RAID"))
            .or_else(|| {
                let area = ["boot", "rpmb", "gp"].iter().any(|area| is("mmcblk", area));
                area.then_some("a special area of a memory card")
            })
            .or_else(|| {
                let hidden = self.system.flag(format!("{}/hidden", node.dir));
                hidden.then_some("one of several paths to a drive")
            })
            .or_else(|| {
                let idle = node.name.starts_with("nbd") && self.sectors(node) == 0;
                idle.then_some("a network block device without a drive")
            })
    }

    /// The whole drive that `node` is.
    fn drive<'b>(&'b self, node: &'b Node, path: &Path) -> Result<&'b Node, Refusal> {
        let disk = self.blocks.get(&node.disk).unwrap_or(node);
        if let Some(what) = self.no_drive(disk) {
            let below = self.blocks.disks_below(&disk.name);
            let below: Vec<_> = below
                .iter()
                .filter(|name| **name != disk.name)
                .map(|name| dev_path(name))
                .collect();
            let what = match below.as_slice() {
                [] => what.to_owned(),
                _ => format!("{what} on {}", below.join(" and ")),
            };
            return Err(not_a_drive(path, &what));
        }
        if node.is_partition() {
            let message =
                format!("{} is a partition; name the whole drive {}.", shown(path), disk.path());
            return Err(Refusal::new(RefusalCode::Partition, message));
        }
        Ok(disk)
    }

    fn facts(&self, node: &Node, named: bool) -> DriveFacts {
        let identity = identity::of(self.system, node);
        let dir = &node.dir;
        let text = |file: &str| self.system.text(format!("{dir}/{file}"));
        let discard: u64 =
            self.system.number(format!("{dir}/queue/discard_max_bytes")).unwrap_or(0);
        let capabilities = Capabilities {
            discard: discard > 0,
            volatile_write_cache: text("queue/write_cache").as_deref() == Some("write back"),
            removable: self.system.flag(format!("{dir}/removable")),
            zoned: text("queue/zoned").unwrap_or_else(|| "none".to_owned()),
        };
        let mut reasons = match &self.in_use {
            Ok(in_use) => in_use.reasons(&self.blocks, &node.name),
            Err(why) => vec![Reason::untold(why)],
        };
        reasons.extend(self.state(node, &identity, &capabilities));
        if !named {
            reasons.extend(self.only_when_named(node));
        }
        let path = node.path();
        let refusal = gravest(reasons).map(|reason| reason.refuse(&path));
        DriveFacts { path, identity, capabilities, refusal }
    }

    /// What speaks against erasing in the drive itself.
    fn state(&self, node: &Node, identity: &Identity, can: &Capabilities) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if identity.capacity_bytes == 0 {
            reasons.push(if identity.bus == Bus::Loop {
                let what = "has no file attached";
                Reason::new(RefusalCode::NoMedium, what, "attach one first")
            } else {
                let what = "has no medium in it, or is broken and shows no size";
                Reason::new(RefusalCode::NoMedium, what, "insert a medium, or destroy the drive")
            });
        } else if let Some(reason) = too_small(identity) {
            reasons.push(reason);
        }
        if self.system.flag(format!("{}/ro", node.dir)) {
            reasons.push(Reason::new(
                RefusalCode::ReadOnly,
                "is read-only",
                "release its write protection first",
            ));
        }
        if can.zoned == "host-managed" {
            reasons.push(Reason::new(
                RefusalCode::Zoned,
                "has zones that the host must manage, on which plain overwriting does not work",
                "use its maker's tool, or destroy it",
            ));
        }
        reasons
    }

    fn only_when_named(&self, node: &Node) -> Option<Reason> {
        let attached = attachment(self.system, &node.name);
        let what = match attached.bus {
            _ if attached.network => {
                "is reached over a network and is only erased when it is named"
            }
            Bus::Loop => "is a loop device and is only erased when it is named",
            _ if attached.medium == Medium::Virtual => {
                "is a virtual drive and is only erased when it is named"
            }
            _ => return None,
        };
        Some(Reason::new(RefusalCode::Virtual, what, "name it if you mean it"))
    }

    fn sectors(&self, node: &Node) -> u64 {
        self.system.number(format!("{}/size", node.dir)).unwrap_or(0)
    }

    /// A regular file on this machine, as a disk image.
    fn image(&self, path: &Path, found: &fs::Metadata) -> Result<DriveFacts, Refusal> {
        let real = fs::canonicalize(path).map_err(|e| unreadable(path, &e))?;
        let id = FileId::of(found);
        if let Ok(in_use) = &self.in_use
            && let Some(kind) = in_use.fs_type(id.dev).filter(|kind| KERNEL_FILES.contains(kind))
        {
            return Err(not_a_drive(path, &format!("one of the kernel's own files ({kind})")));
        }
        // The path goes into the plan and the certificate, and must lead back to the file.
        let Some(text) =
            real.to_str().filter(|text| clean(text.as_bytes()).as_deref() == Some(text))
        else {
            let message = format!(
                "{} has a name that cannot be written in a certificate; rename it.",
                shown(&real)
            );
            return Err(Refusal::new(RefusalCode::Unreadable, message));
        };
        let identity = identity::image(found);
        let file = FileRef { path: real.clone(), id: Some(id) };
        let mut reasons = match &self.in_use {
            Ok(in_use) => in_use.file_uses(&self.blocks, &file, None),
            Err(why) => vec![Reason::untold(why)],
        };
        if identity.capacity_bytes == 0 {
            let what = "is empty";
            reasons.push(Reason::new(RefusalCode::NoMedium, what, "name a file with content"));
        } else if let Some(reason) = too_small(&identity) {
            reasons.push(reason);
        }
        reasons.extend(not_writable(&real, found));
        let refusal = gravest(reasons).map(|reason| reason.refuse(text));
        let capabilities = Capabilities { zoned: "none".to_owned(), ..Capabilities::default() };
        Ok(DriveFacts { path: text.to_owned(), identity, capabilities, refusal })
    }
}

/// Why this file cannot be written. Root may write what nobody is permitted to; a file without
/// any write permission is still meant to be kept.
fn not_writable(path: &Path, found: &fs::Metadata) -> Option<Reason> {
    let advice = "make it writable first";
    let read_only = || Reason::new(RefusalCode::ReadOnly, "is read-only", advice);
    if found.mode() & 0o222 == 0 {
        return Some(read_only());
    }
    match access(path, AccessFlags::W_OK) {
        Ok(()) => None,
        Err(Errno::EROFS) => Some(read_only()),
        Err(e) => {
            let what = format!("may not be written by this user ({})", e.desc());
            Some(Reason::new(
                RefusalCode::Permission,
                what,
                "run as root or change its permissions",
            ))
        }
    }
}

fn too_small(identity: &Identity) -> Option<Reason> {
    let block = identity.logical_block_bytes;
    (identity.capacity_bytes < u64::from(block)).then(|| {
        let what = format!("is shorter than one block of {block} bytes");
        Reason::new(RefusalCode::TooSmall, what, "check that it is the right one")
    })
}

fn not_found(path: &Path) -> Refusal {
    let message = format!("{} does not exist; check the name.", shown(path));
    Refusal::new(RefusalCode::NotFound, message)
}

fn denied(path: &Path) -> Refusal {
    let message = format!("{} may not be looked at by this user; run as root.", shown(path));
    Refusal::new(RefusalCode::Permission, message)
}

fn not_a_drive(path: &Path, what: &str) -> Refusal {
    let message = format!("{} is {what}, not a drive; name a whole drive.", shown(path));
    Refusal::new(RefusalCode::NotADrive, message)
}

fn unreadable(path: &Path, error: &io::Error) -> Refusal {
    let message = format!("{} cannot be examined ({error}); run as root.", shown(path));
    Refusal::new(RefusalCode::Unreadable, message)
}
