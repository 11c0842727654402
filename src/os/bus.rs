//! How a drive is attached and what holds its data, decided as `lsblk` does: from the resolved
//! sysfs path and the classes of its host, in this order.

use std::path::{Path, PathBuf};

use super::system::System;
use crate::model::{Bus, Medium};
use crate::proto::scsi::vpd::block_device_characteristics::{BlockDeviceCharacteristics, Rotation};

/// How a drive is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attachment {
    pub(super) bus: Bus,
    pub(super) medium: Medium,
    /// Whether it is another machine's drive, reached over a network.
    pub(super) network: bool,
}

/// Drives of a virtual machine, or made by the kernel: by the start of their names.
const VIRTUAL: [(&str, Bus); 4] =
    [("vd", Bus::Virtio), ("xvd", Bus::Other), ("loop", Bus::Loop), ("ubd", Bus::Other)];

/// What hypervisors call the drives they make, by the start of what the drive says as its vendor or
/// model: QEMU, VirtualBox, VMware, Hyper-V, bhyve (`pci_ahci.c`, `pci_nvme.c` of FreeBSD), OpenVMM
/// and the clouds. Such a drive may report to be an SSD and answer GOOD to whatever it is told; what
/// lies beneath it is not known.
const HYPERVISORS: [&str; 14] = [
    "QEMU",
    "VBOX",
    "ORCL-VBOX",
    "VMware",
    "Msft",
    "Virtual HD",
    "Google",
    "nvme_card",
    "Amazon Elastic Block Store",
    "XENSRC",
    "Parallels",
    "BHYVE",
    "bhyve",
    "MSFT NVMe Accelerator",
];

/// Whether a hypervisor made this drive, or passes it on by virtio.
fn is_virtual(system: &System, device: &Path) -> bool {
    let made = |place: &Path| {
        ["vendor", "model"].into_iter().any(|file| {
            let said = system.text(place.join(file)).unwrap_or_default();
            HYPERVISORS.iter().any(|name| said.starts_with(name))
        })
    };
    let virtio = |part: &str| {
        part.strip_prefix("virtio").is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()))
    };
    made(device)
        || controllers(system, device).iter().any(|controller| made(controller))
        || device.components().any(|part| virtio(&part.as_os_str().to_string_lossy()))
}

pub(super) fn attachment(system: &System, name: &str) -> Attachment {
    if let Some((_, bus)) = VIRTUAL.iter().find(|(start, _)| name.starts_with(start)) {
        return Attachment { bus: *bus, medium: Medium::Virtual, network: false };
    }
    let device = system.real(format!("sys/block/{name}/device")).unwrap_or_default();
    let (bus, network) = if name.starts_with("nvme") {
        nvme(system, &device)
    } else if name.starts_with("mmcblk") {
        (Bus::Mmc, false)
    } else if name.starts_with("nbd") || name.starts_with("rbd") {
        (Bus::Other, true)
    } else {
        scsi(system, &device)
    };
    let medium = match bus {
        // A card says no more of its maker than a number; nothing purges it anyhow.
        _ if bus != Bus::Mmc && is_virtual(system, &device) => Medium::Virtual,
        Bus::Mmc => match system.text(format!("sys/block/{name}/device/type")).as_deref() {
            Some("MMC") => Medium::Emmc,
            Some("SD") => Medium::SdCard,
            _ => Medium::Unknown,
        },
        Bus::Nvme | Bus::Sata | Bus::Pata | Bus::Sas | Bus::Scsi => rotation(system, name),
        // A bridge may hide what is behind it.
        _ => Medium::Unknown,
    };
    Attachment { bus, medium, network }
}

fn nvme(system: &System, device: &Path) -> (Bus, bool) {
    let network = controllers(system, device).iter().any(|controller| {
        let transport = system.text(controller.join("transport")).unwrap_or_default();
        matches!(transport.as_str(), "tcp" | "rdma" | "fc" | "loop")
    });
    (if network { Bus::Other } else { Bus::Nvme }, network)
}

/// The directories of the controllers behind a namespace, whose `device` is either a controller
/// or, with multipath, a subsystem with several. The numbers in their names do not say which.
pub(super) fn controllers(system: &System, device: &Path) -> Vec<PathBuf> {
    if !is_nvme_subsystem(device) {
        return vec![device.to_owned()];
    }
    let is_controller = |name: &String| {
        let number = name.strip_prefix("nvme").unwrap_or_default();
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    };
    let names = system.list(device).unwrap_or_default();
    names.into_iter().filter(is_controller).map(|name| device.join(name)).collect()
}

pub(super) fn is_nvme_subsystem(device: &Path) -> bool {
    let name = device.file_name().unwrap_or_default();
    name.to_string_lossy().starts_with("nvme-subsys")
}

fn scsi(system: &System, device: &Path) -> (Bus, bool) {
    let parts: Vec<_> = device.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    let numbered = |start: &str| {
        parts.iter().rev().find(|part| {
            part.strip_prefix(start).is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()))
        })
    };
    let host = numbered("host").map(AsRef::as_ref).unwrap_or_default();
    let is = |class: &str| !host.is_empty() && system.exists(format!("sys/class/{class}/{host}"));
    if is("spi_host") {
        return (Bus::Scsi, false);
    }
    if is("fc_host") || is("iscsi_host") {
        return (Bus::Other, true);
    }
    if is("sas_host") || parts.iter().any(|part| part.starts_with("end_device-")) {
        return (Bus::Sas, false);
    }
    if numbered("usb").is_some() {
        return (Bus::Usb, false);
    }
    match system.text(format!("sys/class/scsi_host/{host}/proc_name")) {
        Some(driver) if driver.starts_with("ahci") || driver.starts_with("sata") => {
            (Bus::Sata, false)
        }
        Some(driver) if driver.contains("ata") => (Bus::Pata, false),
        Some(_) => (Bus::Scsi, false),
        None => (Bus::Other, false),
    }
}

fn rotation(system: &System, name: &str) -> Medium {
    match system.text(format!("sys/block/{name}/queue/rotational")).as_deref() {
        Some("0") => Medium::Ssd,
        // The kernel also says 1 of a drive that does not tell, as some old SSDs.
        Some("1") => {
            let page = system.bytes(format!("sys/block/{name}/device/vpd_pgb1"));
            let page = page.ok().and_then(|page| BlockDeviceCharacteristics::parse(&page).ok());
            match page.map(|page| page.rotation) {
                Some(Rotation::NotReported) => Medium::Unknown,
                _ => Medium::Hdd,
            }
        }
        _ => Medium::Unknown,
    }
}
