//! Who uses a drive. Everything goes by device number: the drive's, its partitions', those of
//! everything built on them, and the files behind loop devices.
//!
//! It sees the mounts of this process's mount namespace and what sysfs shows. What else may hold a
//! drive (another namespace, ZFS, an external journal) only shows at the exclusive open.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::blocks::{Blocks, Node, dev_path};
use super::boot;
use super::mounts::{self, Mount, parse_mountinfo, parse_swaps};
use super::reason::Reason;
use super::system::{Dev, FileId, FileRef, System, shown};
use crate::model::RefusalCode;

/// What the running system uses.
#[derive(Debug)]
pub(super) struct InUse {
    mounts: Vec<(Mount, BTreeSet<Dev>)>,
    swap_devices: BTreeSet<Dev>,
    swap_files: Vec<FileRef>,
    /// Devices of mounted btrfs file systems, which show one of them (or none) in mountinfo.
    btrfs: BTreeSet<String>,
    /// Devices that this system runs from, by name, with what says so.
    boot: BTreeMap<String, String>,
}

impl InUse {
    /// # Errors
    /// Why it cannot be told what is in use: the caller must then take everything for used.
    pub(super) fn read(system: &System, blocks: &Blocks) -> Result<Self, String> {
        let proc = |name: &str| {
            let read = system.bytes(format!("proc/{name}"));
            read.map_err(|e| format!("/proc/{name} cannot be read ({e})"))
        };
        let mounts = parse_mountinfo(&proc("self/mountinfo")?)
            .map_err(|e| format!("/proc/self/mountinfo is not understood ({e})"))?;
        let swaps = parse_swaps(&proc("swaps")?)
            .map_err(|e| format!("/proc/swaps is not understood ({e})"))?;
        let btrfs_sets =
            btrfs(system).map_err(|e| format!("/sys/fs/btrfs cannot be read ({e})"))?;
        let mut found = Self {
            mounts: mounts
                .into_iter()
                .map(|mount| {
                    let devices = devices(system, blocks, &mount, &btrfs_sets);
                    (mount, devices)
                })
                .collect(),
            swap_devices: BTreeSet::new(),
            swap_files: Vec::new(),
            btrfs: btrfs_sets.into_iter().flatten().collect(),
            boot: boot::hints(system, blocks),
        };
        found.add_swaps(system, blocks, swaps)?;
        found.follow_images(blocks);
        Ok(found)
    }

    fn add_swaps(
        &mut self,
        system: &System,
        blocks: &Blocks,
        swaps: Vec<mounts::Swap>,
    ) -> Result<(), String> {
        for swap in swaps {
            if swap.is_file {
                let live = system.is_live().then(|| std::fs::metadata(&swap.path));
                let id = live.and_then(Result::ok).map(|found| FileId::of(&found));
                self.swap_files.push(FileRef { path: swap.path, id });
                continue;
            }
            let dev = blocks.find(system, &swap.path).and_then(|node| node.dev);
            let unknown = || format!("the swap space {} is on no known drive", shown(&swap.path));
            self.swap_devices.insert(dev.ok_or_else(unknown)?);
        }
        Ok(())
    }

    /// A system that runs from an image (a squashfs in a file, perhaps in a file again) runs from
    /// the drive that the file lies on, even if that is no longer mounted in sight.
    fn follow_images(&mut self, blocks: &Blocks) {
        loop {
            let known = self.boot.len();
            for (node, backing) in blocks.loops() {
                let is_image = self.boot.contains_key(&node.name)
                    || self.mounts_on(node.dev).any(|mount| {
                        boot::is_boot_point(&mount.point)
                            || matches!(mount.fs_type.as_str(), "squashfs" | "erofs")
                    });
                if !is_image || backing.device.is_some() {
                    continue;
                }
                for below in self.file_system_of(&backing.file) {
                    let Some(below) = blocks.by_dev(below) else { continue };
                    let why = format!("{} lies on it", shown(&backing.file.path));
                    self.boot.entry(below.name.clone()).or_insert(why);
                }
            }
            if self.boot.len() == known {
                return;
            }
        }
    }

    fn mounts_on(&self, dev: Option<Dev>) -> impl Iterator<Item = &Mount> {
        self.mounts
            .iter()
            .filter(move |(_, devices)| dev.is_some_and(|dev| devices.contains(&dev)))
            .map(|(mount, _)| mount)
    }

    /// The devices of the file system that a file lies on.
    fn file_system_of(&self, file: &FileRef) -> BTreeSet<Dev> {
        if let Some(id) = file.id.filter(|id| !id.dev.is_anonymous()) {
            return BTreeSet::from([id.dev]);
        }
        // By the longest mount point above it; of mounts upon each other the last counts.
        let above = self.mounts.iter().filter(|(mount, _)| file.path.starts_with(&mount.point));
        let nearest = above.max_by_key(|(mount, _)| mount.point.components().count());
        nearest.map(|(_, devices)| devices.clone()).unwrap_or_default()
    }

    /// The kind of file system with this device number.
    pub(super) fn fs_type(&self, dev: Dev) -> Option<&str> {
        let found = self.mounts.iter().find(|(mount, _)| mount.dev == dev);
        found.map(|(mount, _)| mount.fs_type.as_str())
    }

    /// Everything that speaks against erasing the whole drive `disk`.
    pub(super) fn reasons(&self, blocks: &Blocks, disk: &str) -> Vec<Reason> {
        let mut reasons = self.uses(blocks, disk, None);
        let Some(node) = blocks.get(disk) else { return reasons };
        let Some(backing) = &node.backing else { return reasons };
        match backing.device {
            None => reasons.extend(self.file_uses(blocks, &backing.file, Some(&node.name))),
            Some(device) => match device.and_then(|dev| blocks.by_dev(dev)) {
                None => reasons.push(Reason::untold("it lies on a device that is not known")),
                Some(below) => {
                    for base in blocks.disks_below(&below.name) {
                        reasons.extend(self.below(blocks, &base, disk));
                    }
                }
            },
        }
        reasons
    }

    /// A loop device over a drive is as used as that drive, its own part in it set aside.
    fn below(&self, blocks: &Blocks, base: &str, disk: &str) -> Vec<Reason> {
        let mut reasons = self.uses(blocks, base, Some(disk));
        for reason in &mut reasons {
            reason.what = format!("lies on {}, which {}", dev_path(base), reason.what);
        }
        reasons
    }

    /// Everything that speaks against overwriting a file: its uses as another loop device's
    /// backing file (than `own`) and as swap space.
    pub(super) fn file_uses(
        &self,
        blocks: &Blocks,
        file: &FileRef,
        own: Option<&str>,
    ) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if self.swap_files.iter().any(|swap| swap.same(file)) {
            reasons.push(Reason::swap("is a swap file in use"));
        }
        for (node, backing) in blocks.loops() {
            if Some(node.name.as_str()) != own && backing.file.same(file) {
                let path = node.path();
                reasons.push(Reason::held(match own {
                    Some(_) => format!("shares its backing file with {path}"),
                    None => format!("is the backing file of {path}"),
                }));
            }
        }
        reasons
    }

    /// Walks up from the drive over everything that is built on it, except the device `skip`.
    fn uses(&self, blocks: &Blocks, disk: &str, skip: Option<&str>) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let mut seen: BTreeSet<&str> = skip.into_iter().collect();
        let mut open = vec![disk];
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            let Some(node) = blocks.get(name) else { continue };
            let through = if name == disk { String::new() } else { format!(" (through {name})") };
            self.node_uses(node, &through, &mut reasons);
            open.extend(blocks.partitions(name).map(|part| part.name.as_str()));
            for holder in node.holders.iter().filter(|holder| Some(holder.as_str()) != skip) {
                let label = blocks.get(holder).map_or(holder, |holder| &holder.label);
                reasons.push(Reason::held(format!("is part of the {label}{through}")));
                open.push(holder);
            }
            for (over, backing) in
                blocks.loops().filter(|(over, _)| Some(over.name.as_str()) != skip)
            {
                if backing.device == Some(node.dev) {
                    let label = &over.label;
                    reasons.push(Reason::held(format!("lies under the {label}{through}")));
                    open.push(&over.name);
                } else if backing.file.id.map(|id| id.dev) == node.dev && node.dev.is_some() {
                    let file = shown(&backing.file.path);
                    let label = &over.label;
                    reasons.push(Reason::held(format!(
                        "holds {file}, which the {label} uses{through}"
                    )));
                }
            }
        }
        reasons
    }

    /// What uses this one device itself.
    fn node_uses(&self, node: &Node, through: &str, reasons: &mut Vec<Reason>) {
        let Some(dev) = node.dev else {
            reasons.push(Reason::untold("the kernel gives it no device number"));
            return;
        };
        if let Some(why) = self.boot.get(&node.name) {
            reasons.push(Reason::boot(format!("is what this system runs from: {why}{through}")));
        }
        for mount in self.mounts_on(Some(dev)) {
            let point = shown(&mount.point);
            reasons.push(if boot::is_boot_point(&mount.point) {
                let what = format!("is what this system runs from: mounted at {point}{through}");
                Reason::boot(what)
            } else {
                let what = format!("is mounted at {point}{through}");
                Reason::new(RefusalCode::Mounted, what, "unmount it first")
            });
        }
        if self.swap_devices.contains(&dev) {
            reasons.push(Reason::swap(format!("is in use as swap space{through}")));
        }
        if self.btrfs.contains(&node.name) {
            let what = format!("is part of a btrfs file system in use{through}");
            reasons.push(Reason::held(what));
        }
    }
}

/// The kernel names of the devices of each btrfs file system in use.
fn btrfs(system: &System) -> std::io::Result<Vec<Vec<String>>> {
    let sets = system.list("sys/fs/btrfs")?;
    sets.iter().map(|set| system.list(format!("sys/fs/btrfs/{set}/devices"))).collect()
}

/// The devices that a mount lies on.
fn devices(
    system: &System,
    blocks: &Blocks,
    mount: &Mount,
    btrfs: &[Vec<String>],
) -> BTreeSet<Dev> {
    if !mount.dev.is_anonymous() {
        return BTreeSet::from([mount.dev]);
    }
    if !mount.source.starts_with("/dev") {
        return BTreeSet::new();
    }
    let Some(source) = blocks.find(system, Path::new(&mount.source)) else {
        return BTreeSet::new();
    };
    let others = btrfs.iter().filter(|set| set.contains(&source.name)).flatten();
    others.filter_map(|name| blocks.get(name)?.dev).chain(source.dev).collect()
}
