//! Which drive a path or a device number means.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};

use super::blocks::{Blocks, Node, dev_path};
use super::discover::{Survey, no_drive, too_small};
use super::identity;
use super::reason::{Reason, gravest};
use super::system::{Dev, FileId, FileRef, System, shown};
use crate::model::{Capabilities, DriveFacts, Identity, Refusal, RefusalCode, clean};

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

/// The drive that `path` means, whatever its name: a block device goes by its device number, a
/// regular file is a disk image.
///
/// # Errors
/// No such path, no permission to follow it, not a drive, or a partition.
pub fn examine(system: &System, path: &Path) -> Result<DriveFacts, Refusal> {
    let survey = Survey::read(system).map_err(|e| unreadable(path, &e))?;
    if !system.is_live() {
        let node = survey.blocks.find(system, path).ok_or_else(|| not_found(path))?;
        return whole_drive(system, &survey.blocks, node, path).map(|()| survey.facts(node, true));
    }
    // First the links, then the file: what is judged is what the returned path says.
    let found = fs::canonicalize(path).and_then(|real| Ok((fs::metadata(&real)?, real)));
    let (found, real) = found.map_err(|e| match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => not_found(path),
        io::ErrorKind::PermissionDenied => denied(path),
        _ => unreadable(path, &e),
    })?;
    let kind = found.file_type();
    if kind.is_block_device() {
        let dev = Dev::unpack(found.rdev());
        let node = survey.blocks.by_dev(dev).ok_or_else(|| leads_nowhere(path, dev))?;
        whole_drive(system, &survey.blocks, node, path)?;
        let mut facts = survey.facts(node, true);
        if facts.refusal.is_none() {
            facts.refusal = forbidden(Path::new(&facts.path)).map(|why| why.refuse(&facts.path));
        }
        Ok(facts)
    } else if kind.is_file() {
        image(&survey, &real, &found)
    } else {
        Err(not_a_drive(path, if kind.is_dir() { "a directory" } else { "no block device" }))
    }
}

/// Who the whole block device with this number is now. For a descriptor that is already open.
///
/// # Errors
/// There is no such device, or it is not a whole drive.
pub fn identify(system: &System, major: u32, minor: u32) -> Result<Identity, Refusal> {
    let dev = Dev { major, minor };
    let name = format!("Block device {dev}");
    let path = Path::new(&name);
    let node = Blocks::disk(system, dev).map_err(|e| unreadable(path, &e))?;
    let node = node.ok_or_else(|| leads_nowhere(path, dev))?;
    match no_drive(system, &node) {
        Some(what) => Err(not_a_drive(path, what)),
        None => Ok(identity::of(system, &node)),
    }
}

fn leads_nowhere(path: &Path, dev: Dev) -> Refusal {
    let path = shown(path);
    let message = format!("{path} leads to no device ({dev}); check the connection.");
    Refusal::new(RefusalCode::NoMedium, message)
}

/// Whether `node` is a whole drive.
fn whole_drive(system: &System, blocks: &Blocks, node: &Node, path: &Path) -> Result<(), Refusal> {
    let disk = blocks.get(&node.disk).unwrap_or(node);
    if let Some(what) = no_drive(system, disk) {
        let mut below = blocks.disks_below(&disk.name);
        below.remove(&disk.name);
        let below: Vec<_> = below.iter().map(|name| dev_path(name)).collect();
        let on = if below.is_empty() { "" } else { " on " };
        return Err(not_a_drive(path, &format!("{what}{on}{}", below.join(" and "))));
    }
    if node.is_partition() {
        let (path, disk) = (shown(path), disk.path());
        let message = format!("{path} is a partition; name the whole drive {disk}.");
        return Err(Refusal::new(RefusalCode::Partition, message));
    }
    Ok(())
}

/// A regular file on this machine, as a disk image.
fn image(survey: &Survey<'_>, real: &Path, found: &fs::Metadata) -> Result<DriveFacts, Refusal> {
    let id = FileId::of(found);
    if let Ok(in_use) = &survey.in_use
        && let Some(kind) = in_use.fs_type(id.dev).filter(|kind| KERNEL_FILES.contains(kind))
    {
        return Err(not_a_drive(real, &format!("one of the kernel's own files ({kind})")));
    }
    // The path goes into the plan and the certificate, and must lead back to the file.
    let exact = |text: &&str| clean(text.as_bytes()).as_deref() == Some(text);
    let Some(path) = real.to_str().filter(exact) else {
        let real = shown(real);
        let message =
            format!("{real} has a name that cannot be written in a certificate; rename it.");
        return Err(Refusal::new(RefusalCode::Unreadable, message));
    };
    let identity = identity::image(found);
    let file = FileRef { path: real.to_owned(), id: Some(id) };
    let mut reasons = match &survey.in_use {
        Ok(in_use) => in_use.file_uses(&survey.blocks, &file, None),
        Err(why) => vec![Reason::untold(why)],
    };
    if identity.capacity_bytes == 0 {
        let advice = "name a file with content";
        reasons.push(Reason::new(RefusalCode::NoMedium, "is empty", advice));
    }
    reasons.extend(too_small(&identity));
    reasons.extend(not_writable(real, found));
    let refusal = gravest(reasons).map(|reason| reason.refuse(path));
    let capabilities = Capabilities { zoned: "none".to_owned(), ..Capabilities::default() };
    Ok(DriveFacts { path: path.to_owned(), identity, capabilities, refusal })
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
        Err(Errno::EROFS) => Some(read_only()),
        _ => forbidden(path),
    }
}

/// Why this user may not write to a file or device, if so.
fn forbidden(path: &Path) -> Option<Reason> {
    let error = access(path, AccessFlags::W_OK).err()?;
    let what = format!("may not be written by this user ({})", error.desc());
    Some(Reason::new(RefusalCode::Permission, what, "run as root or change its permissions"))
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
