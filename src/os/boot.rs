//! What this system was started from, as far as the kernel's command line and the boot loader
//! say; where it is mounted is in `in_use`.

use std::collections::BTreeMap;
use std::path::Path;

use super::blocks::{Blocks, Node};
use super::stick::Labelled;
use super::system::System;

const LOADER_PARTITION: &str =
    "sys/firmware/efi/efivars/LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

/// Where systems, installed ones and live ones, mount what they run from.
const BOOT_POINTS: [&str; 8] = [
    "/",
    "/boot",
    "/boot/efi",
    "/efi",
    "/run/live/medium",
    "/lib/live/mount/medium",
    "/cdrom",
    "/run/initramfs/live",
];

pub(super) fn is_boot_point(point: &Path) -> bool {
    BOOT_POINTS.iter().any(|known| point == Path::new(known))
}

/// The devices this system was started from, by kernel name, with what says so.
pub(super) fn hints(system: &System, blocks: &Blocks) -> BTreeMap<String, String> {
    let mut hints = BTreeMap::new();
    let mut add = |node: Option<&Node>, why: String| {
        if let Some(node) = node {
            hints.entry(node.name.clone()).or_insert(why);
        }
    };
    if let Some(name) = Labelled::noted_in(system) {
        add(blocks.get(&name), "it is the stick that it was started with".to_owned());
    }
    let cmdline = system.text("proc/cmdline").unwrap_or_default();
    for root in cmdline.split_whitespace().filter_map(|word| word.strip_prefix("root=")) {
        let root = root.trim_matches('"');
        let node = match root.strip_prefix("PARTUUID=") {
            // What follows a slash counts on from that partition, on the same drive.
            Some(uuid) => partition(system, blocks, uuid.split('/').next().unwrap_or(uuid)),
            None if root.starts_with("/dev/") => blocks.find(system, Path::new(root)),
            None => None,
        };
        add(node, format!("the kernel was started with root={root}"));
    }
    if let Some(uuid) = system.bytes(LOADER_PARTITION).ok().and_then(|raw| efi_text(&raw)) {
        let node = partition(system, blocks, &uuid);
        add(node, "the boot loader was started from it".to_owned());
    }
    hints
}

/// The partition with this PARTUUID, where the kernel gives it.
fn partition<'a>(system: &System, blocks: &'a Blocks, uuid: &str) -> Option<&'a Node> {
    blocks.all().filter(|node| node.is_partition()).find(|node| {
        let uevent = system.text(format!("{}/uevent", node.dir)).unwrap_or_default();
        let mut found = uevent.lines().filter_map(|line| line.strip_prefix("PARTUUID="));
        found.any(|found| found.eq_ignore_ascii_case(uuid))
    })
}

/// An EFI variable as efivarfs shows it: four bytes of attributes, then UTF-16LE up to a NUL.
fn efi_text(raw: &[u8]) -> Option<String> {
    let units = raw.get(4..)?.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
    let text = String::from_utf16(&units.take_while(|unit| *unit != 0).collect::<Vec<_>>()).ok()?;
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn efi_variable() {
        assert_eq!(efi_text(b"\x06\0\0\0a\09\0-\0\xe4\0\0\0x\0").as_deref(), Some("a9-\u{e4}"));
        assert_eq!(efi_text(b"\x06\0\0\0\0\0"), None);
        assert_eq!(efi_text(b"\x06\0"), None);
    }
}
