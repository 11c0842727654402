//! The block devices of a machine and which lies on which: disks, partitions, holders, loops.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Component, Path, PathBuf};

use super::loops::{self, Backing};
use super::system::{Dev, System};

/// One block device: a whole disk, a partition, or something made of them.
#[derive(Debug)]
pub(super) struct Node {
    /// The kernel's name (`sda1`).
    pub(super) name: String,
    /// The whole disk's name; its own unless it is a partition.
    pub(super) disk: String,
    /// Where its attributes are.
    pub(super) dir: String,
    pub(super) dev: Option<Dev>,
    /// What it is, for people: `LVM volume vg-root (dm-0)`.
    pub(super) label: String,
    dm_name: Option<String>,
    /// The names of what uses it: device-mapper, md, bcache.
    pub(super) holders: Vec<String>,
    /// The names of what it is made of.
    slaves: Vec<String>,
    /// What is attached to it, if it is a loop device.
    pub(super) backing: Option<Backing>,
}

impl Node {
    fn read(system: &System, name: String, disk: String, dir: String) -> io::Result<Self> {
        let dm_name = system.text(format!("{dir}/dm/name"));
        Ok(Self {
            dev: system.number(format!("{dir}/dev")),
            label: label(system, &name, &dir, dm_name.as_deref()),
            holders: system.list(format!("{dir}/holders"))?,
            slaves: system.list(format!("{dir}/slaves"))?,
            backing: None,
            dm_name,
            name,
            disk,
            dir,
        })
    }

    /// A loop device with nothing attached.
    fn idle_loop(system: &System, name: String, dir: String) -> Self {
        Self {
            dev: system.number(format!("{dir}/dev")),
            label: format!("loop device {name}"),
            holders: Vec::new(),
            slaves: Vec::new(),
            backing: None,
            dm_name: None,
            disk: name.clone(),
            name,
            dir,
        }
    }

    pub(super) fn is_partition(&self) -> bool {
        self.name != self.disk
    }

    /// Its node under `/dev`; the kernel writes `!` for `/` in names.
    pub(super) fn path(&self) -> String {
        dev_path(&self.name)
    }
}

/// The device node of a kernel name.
pub(super) fn dev_path(name: &str) -> String {
    format!("/dev/{}", name.replace('!', "/"))
}

/// The names of whole disks and the number of each attachment, sorted: it is another one when a medium was
/// exchanged. Cheap enough to ask every second.
#[must_use]
pub fn attachments(system: &System) -> Vec<(String, Option<u64>)> {
    let number = |name: String| {
        // What somebody attaches to a loop device is no drive that was plugged in.
        let is_loop = name.starts_with("loop");
        let diskseq = (!is_loop).then(|| system.number(format!("sys/block/{name}/diskseq")));
        (name, diskseq.flatten())
    };
    disk_names(system).into_iter().map(number).collect()
}

/// The names that the kernel gives whole disks, sorted.
#[must_use]
pub(super) fn disk_names(system: &System) -> Vec<String> {
    system.list("sys/block").unwrap_or_default()
}

/// All block devices, by name.
#[derive(Debug)]
pub(super) struct Blocks {
    nodes: BTreeMap<String, Node>,
}

impl Blocks {
    pub(super) fn read(system: &System) -> io::Result<Self> {
        let mut blocks = Self { nodes: BTreeMap::new() };
        for disk in system.list("sys/block")? {
            let dir = format!("sys/block/{disk}");
            // A machine may have a hundred loop devices with nothing attached: nothing can lie on
            // one, and asking each for it took longer than everything else.
            if disk.starts_with("loop") && !system.exists(format!("{dir}/loop")) {
                blocks.nodes.insert(disk.clone(), Node::idle_loop(system, disk, dir));
                continue;
            }
            for part in system.list(&dir)?.into_iter().filter(|name| name.starts_with(&disk)) {
                let part_dir = format!("{dir}/{part}");
                if system.exists(format!("{part_dir}/partition")) {
                    blocks.add(system, part, disk.clone(), part_dir)?;
                }
            }
            blocks.add(system, disk.clone(), disk, dir)?;
        }
        // Only now, because a loop device may lie on any other device.
        let loops: Vec<_> = (blocks.nodes.values())
            .filter_map(|node| Some((node.name.clone(), blocks.attached(system, node)?)))
            .collect();
        for (name, backing) in loops {
            if let Some(node) = blocks.nodes.get_mut(&name) {
                node.backing = Some(backing);
            }
        }
        Ok(blocks)
    }

    /// The whole disk with this number alone: it is asked for again and again while the drive is
    /// worked on, and a machine may have a hundred others.
    pub(super) fn disk(system: &System, dev: Dev) -> io::Result<Option<Node>> {
        let is_it = |name: &String| system.number(format!("sys/block/{name}/dev")) == Some(dev);
        let Some(name) = system.list("sys/block")?.into_iter().find(is_it) else { return Ok(None) };
        let dir = format!("sys/block/{name}");
        let node = Node::read(system, name.clone(), name, dir)?;
        let backing = Self { nodes: BTreeMap::new() }.attached(system, &node);
        Ok(Some(Node { backing, ..node }))
    }

    /// What is attached to `node`, if it is a loop device.
    fn attached(&self, system: &System, node: &Node) -> Option<Backing> {
        let is_loop = node.name.starts_with("loop") && !node.is_partition();
        is_loop.then(|| loops::backing(system, self, &node.name, node.dev))?
    }

    fn add(&mut self, system: &System, name: String, disk: String, dir: String) -> io::Result<()> {
        self.nodes.insert(name.clone(), Node::read(system, name, disk, dir)?);
        Ok(())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.nodes.get(name)
    }

    pub(super) fn by_dev(&self, dev: Dev) -> Option<&Node> {
        self.all().find(|node| node.dev == Some(dev))
    }

    pub(super) fn partitions<'a>(&'a self, disk: &'a str) -> impl Iterator<Item = &'a Node> {
        self.all().filter(move |node| node.disk == disk && node.is_partition())
    }

    /// Every attached loop device with what is attached.
    pub(super) fn loops(&self) -> impl Iterator<Item = (&Node, &Backing)> {
        self.all().filter_map(|node| Some((node, node.backing.as_ref()?)))
    }

    /// The whole disks that a device is made of, itself if it is one.
    pub(super) fn disks_below(&self, name: &str) -> BTreeSet<String> {
        let (mut below, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut open = vec![name.to_owned()];
        while let Some(node) = open.pop().and_then(|name| self.get(&name)) {
            if !seen.insert(node.name.clone()) {
                continue;
            }
            if node.is_partition() {
                open.push(node.disk.clone());
            } else if node.slaves.is_empty() {
                below.insert(node.name.clone());
            } else {
                open.extend(node.slaves.iter().cloned());
            }
        }
        below
    }

    /// The device that a path means: by device number, or by name where there is no such node
    /// (always so in a recording).
    pub(super) fn find(&self, system: &System, path: &Path) -> Option<&Node> {
        if system.is_live()
            && let Ok(found) = fs::metadata(path)
        {
            let block = found.file_type().is_block_device();
            return block.then(|| self.by_dev(Dev::unpack(found.rdev())))?;
        }
        let path = follow(system, path);
        let name = path.strip_prefix("/dev").ok()?.to_str()?;
        if let Some(volume) = name.strip_prefix("mapper/") {
            return self.all().find(|node| node.dm_name.as_deref() == Some(volume));
        }
        self.get(&name.replace('/', "!"))
    }
}

/// Follows the links of a tree whose device nodes are missing.
fn follow(system: &System, path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..40 {
        let Ok(target) = fs::read_link(system.at(&path)) else { break };
        let joined = path.parent().unwrap_or(Path::new("/")).join(target);
        path = PathBuf::new();
        for part in joined.components() {
            if part == Component::ParentDir {
                path.pop();
            } else {
                path.push(part);
            }
        }
    }
    path
}

fn label(system: &System, name: &str, dir: &str, dm_name: Option<&str>) -> String {
    if let Some(volume) = dm_name {
        let uuid = system.text(format!("{dir}/dm/uuid")).unwrap_or_default();
        let kind = match uuid.split('-').next() {
            Some("LVM") => "LVM volume",
            Some("CRYPT") if uuid.starts_with("CRYPT-LUKS") => "LUKS volume",
            Some("CRYPT") => "encrypted volume",
            Some("mpath") => "multipath device",
            _ => "device-mapper volume",
        };
        return format!("{kind} {volume} ({name})");
    }
    let kind = match name {
        _ if system.exists(format!("{dir}/md")) || name.starts_with("md") => "software RAID",
        _ if name.starts_with("bcache") => "bcache device",
        _ if name.starts_with("loop") => "loop device",
        _ => "device",
    };
    format!("{kind} {name}")
}
