//! Whether this machine may have drives that no program on it can see: behind RAID firmware, Intel
//! RST or VMD, behind a controller without a driver, or inside of a RAID controller's volume.

use std::path::Path;

use super::blocks::disk_names;
use super::system::System;
use crate::model::HiddenDrives;

/// Looks at the PCI devices.
pub(super) fn look(system: &System) -> HiddenDrives {
    let devices = system.list("sys/bus/pci/devices").unwrap_or_default();
    let mut reasons: Vec<_> =
        devices.iter().filter_map(|address| controller(system, address)).collect();
    if devices.is_empty() {
        reasons.push(
            "The PCI bus cannot be seen, so that storage controllers may be missed; count the \
             drives in the computer by hand."
                .to_owned(),
        );
    }
    let disks = disk_names(system);
    reasons.extend(disks.iter().filter(|name| is_volume(system, name)).map(|name| {
        format!(
            "/dev/{name} is a volume that a RAID controller makes of drives it does not show; \
             switch the controller to HBA mode, or connect the drives to another one, and look \
             again."
        )
    }));
    HiddenDrives { possible: !reasons.is_empty(), reasons }
}

/// What one PCI device may hide.
fn controller(system: &System, address: &str) -> Option<String> {
    let dir = format!("sys/bus/pci/devices/{address}");
    let class = system.text(format!("{dir}/class"))?;
    let driver = system.link_name(format!("{dir}/driver"));
    let intel = system.text(format!("{dir}/vendor")).as_deref() == Some("0x8086");
    if intel && driver.as_deref() == Some("vmd") {
        return (!has_nvme_beneath(system, &dir)).then(|| {
            format!(
                "The Intel VMD controller {address} shows no drive; switch VMD off in the \
                 firmware setup and look again."
            )
        });
    }
    let remapped: u32 = system.number(format!("{dir}/remapped_nvme")).unwrap_or(0);
    if remapped > 0 {
        return Some(format!(
            "The SATA controller {address} hides {remapped} NVMe drive(s) (Intel RST); switch it \
             from RAID to AHCI in the firmware setup and look again."
        ));
    }
    if class.starts_with("0x0104") {
        return Some(format!(
            "The controller {address} is in RAID mode and may hide the drives behind it; switch \
             it to AHCI or HBA mode in the firmware setup and look again."
        ));
    }
    // Mass storage, and hosts of SD cards and eMMC.
    let storage = class.starts_with("0x01") || class.starts_with("0x0805");
    (storage && driver.is_none()).then(|| {
        format!(
            "The storage controller {address} has no driver, so that its drives are not seen; \
             connect them to another controller or use a system that has the driver."
        )
    })
}

/// Whether a disk is made by a RAID controller. The drivers hpsa, smartpqi and myrb say a
/// volume's level, and `N/A` of a drive (Linux `drivers/scsi/hpsa.c`, `smartpqi_init.c`); mpt2sas
/// and mpt3sas register volumes, by their SCSI address, in the class of `raid_class.c`.
fn is_volume(system: &System, name: &str) -> bool {
    let device = format!("sys/block/{name}/device");
    let level = system.text(format!("{device}/raid_level"));
    level.is_some_and(|level| !level.starts_with("N/A"))
        || system
            .real(&device)
            .and_then(|device| device.file_name().map(ToOwned::to_owned))
            .is_some_and(|address| system.exists(Path::new("sys/class/raid_devices").join(address)))
}

/// Whether an NVMe controller lies below a VMD, on the PCI domain of its own that it opens.
fn has_nvme_beneath(system: &System, dir: &str) -> bool {
    let Some(vmd) = system.real(dir) else { return false };
    let names = system.list("sys/class/nvme").unwrap_or_default();
    names.iter().any(|name| {
        let nvme = system.real(Path::new("sys/class/nvme").join(name));
        nvme.is_some_and(|nvme| nvme.starts_with(&vmd))
    })
}
