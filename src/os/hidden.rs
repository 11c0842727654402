//! Whether this machine may have drives that no program on it can see: behind RAID firmware, Intel
//! RST or VMD, or behind a controller without a driver.

use std::path::Path;

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
    if system.list("sys/block").unwrap_or_default().is_empty() {
        reasons.push(
            "The kernel shows no drives at all (/sys/block); check that /sys is mounted."
                .to_owned(),
        );
    }
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
    (class.starts_with("0x01") && driver.is_none()).then(|| {
        format!(
            "The storage controller {address} has no driver, so that its drives are not seen; \
             connect them to another controller or use a system that has the driver."
        )
    })
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
