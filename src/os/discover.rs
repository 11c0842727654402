//! Which drives there are, and why one must not be erased.

use std::io;

use super::blocks::{Blocks, Node};
use super::bus::attachment;
use super::hidden;
use super::identity;
use super::in_use::InUse;
use super::reason::{Reason, gravest};
use super::stick;
use super::system::System;
use crate::model::{
    Bus, Capabilities, DriveFacts, Identity, Inventory, Medium, Refusal, RefusalCode,
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

/// The machine as it is at one moment.
pub(super) struct Survey<'a> {
    system: &'a System,
    pub(super) blocks: Blocks,
    /// What is in use; or why that cannot be told, and then everything counts as in use.
    pub(super) in_use: Result<InUse, String>,
}

/// Every drive there is, and whether there may be more. Opens none of
/// them but to read its first sector and those of its partitions, which tell a stick of ours, and
/// loop devices, which must be asked what lies behind them.
#[must_use]
pub fn look(system: &System) -> Inventory {
    let mut hidden_drives = hidden::look(system);
    let mut drives = Vec::new();
    match Survey::read(system) {
        Ok(survey) => {
            let disks = survey.blocks.all().filter(|node| !node.is_partition());
            let listed: Vec<_> = disks.filter(|node| survey.is_listed(node)).collect();
            // All at once: one that takes its time does not hold up the others.
            drives.extend(std::thread::scope(|scope| {
                let survey = &survey;
                let asking: Vec<_> = listed
                    .into_iter()
                    .map(|node| scope.spawn(|| survey.facts(node, false)))
                    .collect();
                let facts = |asked: std::thread::ScopedJoinHandle<'_, DriveFacts>| {
                    asked.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault))
                };
                asking.into_iter().map(facts).collect::<Vec<_>>()
            }));
            if drives.iter().all(is_stick) {
                hidden_drives.possible = true;
                hidden_drives.reasons.push(
                    "No drive is seen in this computer; look whether there is one and how it is \
                     connected, and whether the firmware setup hides it."
                        .to_owned(),
                );
            }
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

/// Whether it is a stick that this system runs from: no drive of the computer.
fn is_stick(drive: &DriveFacts) -> bool {
    let runs_from_it = |refusal: &Refusal| refusal.code == RefusalCode::BootMedium;
    drive.identity.bus == Bus::Usb && drive.refusal.as_ref().is_some_and(runs_from_it)
}

impl<'a> Survey<'a> {
    pub(super) fn read(system: &'a System) -> io::Result<Self> {
        let blocks = Blocks::read(system)?;
        let in_use = InUse::read(system, &blocks);
        Ok(Self { system, blocks, in_use })
    }

    /// Whether `look` shows this whole disk.
    fn is_listed(&self, node: &Node) -> bool {
        let attached = !node.name.starts_with("loop") || node.backing.is_some();
        attached && no_drive(self.system, node).is_none()
    }

    pub(super) fn facts(&self, node: &Node, named: bool) -> DriveFacts {
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
        reasons.extend(self.is_stick(node));
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
            } else if can.removable && identity.is_pluggable() {
                let what = "is a slot with nothing in it";
                Reason::new(RefusalCode::EmptySlot, what, "insert a medium if it is meant")
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

    /// A stick of ours holds keys and certificates, whichever it is.
    fn is_stick(&self, node: &Node) -> Option<Reason> {
        let all = self.blocks.partitions(&node.name).chain([node]);
        for part in all {
            match stick::has_label(self.system, part) {
                Some(false) => {}
                Some(true) => {
                    let it = if part.name == node.name { "it" } else { &part.name };
                    let what = format!("is a nulstil stick (NULSTILDATA is the label of {it})");
                    let advice =
                        "unplug it, or format it on another computer if it is to be erased";
                    return Some(Reason::new(RefusalCode::HoldsOutput, what, advice));
                }
                None => return Some(Reason::untold("its first sector takes too long to read")),
            }
        }
        None
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
}

/// What a whole block device is, if not a drive of this computer.
pub(super) fn no_drive(system: &System, node: &Node) -> Option<&'static str> {
    let (name, dir) = (node.name.as_str(), node.dir.as_str());
    let numbered = |start: &str| {
        let number = name.strip_prefix(start).unwrap_or_default();
        number.starts_with(|c: char| c.is_ascii_digit())
    };
    let has = |file: &str| system.exists(format!("{dir}/{file}"));
    if let Some((_, what)) = NO_DRIVES.iter().find(|(start, _)| numbered(start)) {
        Some(what)
    } else if has("md") {
        // Arrays may have names instead of numbers.
        Some("a software RAID")
    } else if numbered("mmcblk") && ["boot", "rpmb", "gp"].iter().any(|part| name.contains(part)) {
        Some("a special area of a memory card")
    } else if system.flag(format!("{dir}/hidden")) {
        Some("one of several paths to a drive")
    } else if numbered("nbd") && system.text(format!("{dir}/size")).as_deref() == Some("0") {
        Some("a network drive that is not connected")
    } else {
        None
    }
}

pub(super) fn too_small(identity: &Identity) -> Option<Reason> {
    let block = identity.logical_block_bytes;
    (identity.capacity_bytes < u64::from(block)).then(|| {
        let what = format!("is shorter than one block of {block} bytes");
        Reason::new(RefusalCode::TooSmall, what, "check that it is the right one")
    })
}
