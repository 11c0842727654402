//! Which drive this is, each field with where it came from.

use std::collections::BTreeMap;

use super::blocks::Node;
use super::bus::{attachment, controllers, is_nvme_subsystem};
use super::system::{FileId, System, shown};
use crate::model::{Bus, DriveKind, Identity, Medium};
use crate::proto::scsi::vpd::{ata_information, device_identification, unit_serial_number};

/// sysfs counts in these, whatever the drive's own block size is.
const SECTOR: u64 = 512;

const VENDOR: &str = "vendor";
const MODEL: &str = "model";
const SERIAL: &str = "serialNumber";
const FIRMWARE: &str = "firmware";
const WWN: &str = "wwn";

/// The identity of a whole block device.
pub(super) fn of(system: &System, node: &Node) -> Identity {
    let name = node.name.as_str();
    let dir = &node.dir;
    let attached = attachment(system, name);
    let mut names = Names::default();
    let mut unit = match attached.bus {
        Bus::Loop => loop_unit(node),
        Bus::Mmc => mmc(system, dir, &mut names),
        _ if name.starts_with("nvme") => nvme(system, dir, &mut names),
        Bus::Virtio => {
            names.offer(SERIAL, system.firmware_text(format!("{dir}/serial")), "virtio");
            None
        }
        _ => scsi(system, dir, &mut names),
    };
    if unit.is_none() && !names.is_distinct() {
        unit = Some(name.to_owned());
    }
    let block_size = |kind| system.number(format!("{dir}/queue/{kind}_block_size"));
    let logical = block_size("logical").unwrap_or(512);
    let sectors: u64 = system.number(format!("{dir}/size")).unwrap_or(0);
    names.into_identity(Identity {
        kind: DriveKind::BlockDevice,
        bus: attached.bus,
        medium: attached.medium,
        vendor: None,
        model: None,
        serial_number: None,
        firmware: None,
        wwn: None,
        unit,
        capacity_bytes: sectors.saturating_mul(SECTOR),
        logical_block_bytes: logical,
        physical_block_bytes: block_size("physical").unwrap_or(logical),
        diskseq: system.number(format!("{dir}/diskseq")),
        sources: BTreeMap::new(),
    })
}

/// The identity of a disk image, from the metadata of the (opened) regular file.
#[must_use]
pub fn image(metadata: &std::fs::Metadata) -> Identity {
    let FileId { dev, inode } = FileId::of(metadata);
    Identity {
        kind: DriveKind::DiskImage,
        bus: Bus::File,
        medium: Medium::DiskImage,
        vendor: None,
        model: None,
        serial_number: None,
        firmware: None,
        wwn: None,
        unit: Some(format!("file {dev} inode {inode}{}", born(metadata))),
        capacity_bytes: metadata.len(),
        logical_block_bytes: 512,
        physical_block_bytes: 512,
        diskseq: None,
        sources: BTreeMap::new(),
    }
}

/// When a file was made, where the file system says it. A file system gives the inode of a deleted
/// file to the next one: without this a new file could pass for the old.
fn born(metadata: &std::fs::Metadata) -> String {
    metadata
        .created()
        .ok()
        .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
        .map_or_else(String::new, |at| format!(" born {}.{:09}", at.as_secs(), at.subsec_nanos()))
}

/// Names found so far: the first source that has one wins.
#[derive(Debug, Default)]
struct Names {
    found: BTreeMap<&'static str, String>,
    sources: BTreeMap<&'static str, String>,
}

impl Names {
    fn offer(&mut self, field: &'static str, value: Option<String>, source: &str) {
        let Some(value) = value.filter(|_| !self.found.contains_key(field)) else { return };
        // Two drives behind two such bridges would be taken for one.
        if matches!(field, SERIAL | WWN) && is_filler(&value) {
            self.sources.insert(field, format!("{source} says {value}, which names no drive"));
            return;
        }
        self.sources.insert(field, source.to_owned());
        self.found.insert(field, value);
    }

    fn is_distinct(&self) -> bool {
        self.found.contains_key(SERIAL) || self.found.contains_key(WWN)
    }

    fn into_identity(mut self, blank: Identity) -> Identity {
        Identity {
            vendor: self.found.remove(VENDOR),
            model: self.found.remove(MODEL),
            serial_number: self.found.remove(SERIAL),
            firmware: self.found.remove(FIRMWARE),
            wwn: self.found.remove(WWN),
            sources: self.sources.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
            ..blank
        }
    }
}

/// Whether a maker left this in place of a number: one character over and over, or counting up.
fn is_filler(value: &str) -> bool {
    const COUNTING: &str = "01234567890123456789ABCDEF0123456789ABCDEF";
    let number = value.split_once('.').map_or(value, |(_, number)| number).to_ascii_uppercase();
    let number = number.strip_prefix("0X").unwrap_or(&number);
    let mut characters = number.chars();
    let first = characters.next();
    characters.all(|c| Some(c) == first)
        || (number.len() >= 6 && number.starts_with(['0', '1']) && COUNTING.contains(number))
}

fn scsi(system: &System, dir: &str, names: &mut Names) -> Option<String> {
    let device = format!("{dir}/device");
    let page = |name: &str| system.bytes(format!("{device}/{name}")).ok();
    // A SATA drive's own words come before those of the bridge or adapter in front of it.
    if let Some(ata) = page("vpd_pg89").and_then(|page| ata_information::parse(&page).ok()?) {
        names.offer(SERIAL, ata.serial, "vpd_pg89");
        names.offer(MODEL, ata.model, "vpd_pg89");
        names.offer(FIRMWARE, ata.firmware, "vpd_pg89");
    }
    names.offer(
        SERIAL,
        page("vpd_pg80").and_then(|page| unit_serial_number::parse(&page).ok()?),
        "vpd_pg80",
    );
    names.offer(
        WWN,
        page("vpd_pg83").and_then(|page| device_identification::logical_unit_name(&page).ok()?),
        "vpd_pg83",
    );
    let wwid = system.firmware_text(format!("{device}/wwid"));
    let is_number = |wwid: &String| wwid.starts_with("naa.") || wwid.starts_with("eui.");
    names.offer(WWN, wwid.filter(is_number), "wwid");
    let inquiry = |file: &str| system.firmware_text(format!("{device}/{file}"));
    // "ATA" is not a maker: it says that the drive behind speaks ATA.
    names.offer(VENDOR, inquiry("vendor").filter(|vendor| vendor != "ATA"), "scsi inquiry");
    names.offer(MODEL, inquiry("model"), "scsi inquiry");
    names.offer(FIRMWARE, inquiry("rev"), "scsi inquiry");
    if names.found.contains_key(SERIAL) {
        return None;
    }
    // A stick's only serial number is that of its plug; several drives may sit behind one.
    let device = system.real(&device)?;
    let plug = device.ancestors().find(|dir| system.exists(dir.join("idVendor")))?;
    names.offer(SERIAL, system.firmware_text(plug.join("serial")), "usb device");
    names.found.get(SERIAL)?;
    let address = device.file_name()?.to_string_lossy().into_owned();
    Some(format!("lun {}", address.rsplit(':').next()?))
}

fn nvme(system: &System, dir: &str, names: &mut Names) -> Option<String> {
    let device = system.real(format!("{dir}/device"))?;
    for place in std::iter::once(&device).chain(&controllers(system, &device)) {
        let source = if is_nvme_subsystem(place) { "nvme subsystem" } else { "nvme controller" };
        names.offer(SERIAL, system.firmware_text(place.join("serial")), source);
        names.offer(MODEL, system.firmware_text(place.join("model")), source);
        names.offer(FIRMWARE, system.firmware_text(place.join("firmware_rev")), source);
    }
    names.offer(WWN, system.firmware_text(format!("{dir}/wwid")), "nvme namespace");
    for file in ["nguid", "eui"] {
        let id = system.firmware_text(format!("{dir}/{file}"));
        let id = id.map(|id| format!("eui.{}", id.replace(['-', ' '], "")));
        names.offer(WWN, id, "nvme namespace");
    }
    let nsid: u32 = system.number(format!("{dir}/nsid"))?;
    Some(format!("nsid {nsid}"))
}

fn mmc(system: &System, dir: &str, names: &mut Names) -> Option<String> {
    let card = |file: &str| system.firmware_text(format!("{dir}/device/{file}"));
    names.offer(VENDOR, card("manfid").map(|id| format!("manfid {id}")), "mmc cid");
    names.offer(MODEL, card("name"), "mmc cid");
    names.offer(SERIAL, card("serial"), "mmc cid");
    names.offer(FIRMWARE, card("fwrev"), "mmc card");
    None
}

fn loop_unit(node: &Node) -> Option<String> {
    let backing = node.backing.as_ref()?;
    let path = shown(&backing.file.path);
    let file = match backing.file.id {
        Some(FileId { dev, inode }) => format!("file {dev} inode {inode} at {path}"),
        None => format!("file at {path}"),
    };
    Some(format!("{file} offset {}", backing.offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fillers_name_no_drive() {
        for filler in ["0123456789ABCDEF", "123456789012", "000000000000", "0x00000000"] {
            assert!(is_filler(filler), "{filler}");
        }
        assert!(is_filler("naa.0000000000000000") && is_filler("eui.ffffffffffffffff"));
        for serial in ["S3YLNX0K123456", "WD-WC4MJY3254768", "0x1f345678", "12345"] {
            assert!(!is_filler(serial), "{serial}");
        }
        assert!(!is_filler("naa.5002538e40123456"));
    }
}
