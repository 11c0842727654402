//! Reset of a drive that is done with what it was told, so that what it held of an earlier content
//! on its way to the host is gone. Conservative: nothing but this one drive is reset, and only after
//! it has said that it is done. (A sanitize operation would go on through a reset. It also empties
//! the drive's caches by itself, as nvme_sanitize_nvm(2) of libnvme says; a format or a security
//! erase need not.)
//!
//! Checked against Linux: `nvme_sysfs_reset` waits for the end of the reset and fails if the
//! controller is not live then, and a namespace that is still the same keeps its block device and
//! its open descriptors (drivers/nvme/host: core.c, sysfs.c); `scsi_ioctl_reset` resets a logical
//! unit if its driver can (drivers/scsi/scsi_error.c), which no libata driver does: their templates
//! have no such handler (`__ATA_BASE_SHT` in include/linux/libata.h).

use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use super::System;
use super::bus::controllers;
use super::ioctl;
use crate::device::Protocol;
use crate::model::Bus;

/// Resets the drive behind `fd`, the block device with this number.
///
/// # Errors
/// Why it was not reset, in one sentence.
pub(super) fn reset(
    system: &System,
    fd: BorrowedFd<'_>,
    number: (u32, u32),
    protocol: Option<Protocol>,
    bus: Bus,
) -> Result<String, String> {
    match (protocol, bus) {
        (Some(Protocol::Nvme(_)), _) => {
            let controller = controller(system, number)?;
            std::fs::write(system.at(controller.join("reset_controller")), "1")
                .map_err(|error| format!("The controller was not reset ({error})."))?;
            let state = system.text(controller.join("state")).unwrap_or_default();
            if state == "live" {
                Ok("NVMe controller reset".to_owned())
            } else {
                Err(format!("The controller was reset, and is not live again ({state})."))
            }
        }
        (Some(Protocol::Scsi), Bus::Sas) => ioctl::scsi_reset(fd)
            .map(|()| "SCSI logical unit reset".to_owned())
            .map_err(|errno| format!("The logical unit was not reset ({}).", errno.desc())),
        _ => Err("Linux offers no reset of a single drive on this bus.".to_owned()),
    }
}

/// The directory of the controller behind a namespace, if that namespace is all that would feel
/// its reset.
fn controller(system: &System, (major, minor): (u32, u32)) -> Result<PathBuf, String> {
    let device = system.real(format!("sys/dev/block/{major}:{minor}/device")).unwrap_or_default();
    let found = controllers(system, &device);
    let [controller] = found.as_slice() else {
        return Err("The drive is reached through more than one controller.".to_owned());
    };
    let names = system.list(controller).unwrap_or_default();
    // The block devices of its namespaces, hidden ones included.
    match names.iter().filter(|name| name.starts_with("nvme")).count() {
        1 => Ok(controller.clone()),
        _ => Err("The controller has other namespaces, which a reset would disturb.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A recorded machine in which these lie in the directory that 259:0 points to.
    fn machine(device: &str, entries: &[&str]) -> (tempfile::TempDir, System) {
        let dir = tempfile::TempDir::new().unwrap();
        for entry in entries {
            std::fs::create_dir_all(dir.path().join("sys/devices").join(device).join(entry))
                .unwrap();
        }
        let block = dir.path().join("sys/dev/block/259:0");
        std::fs::create_dir_all(&block).unwrap();
        symlink(dir.path().join("sys/devices").join(device), block.join("device")).unwrap();
        let system = System::recorded(dir.path());
        (dir, system)
    }

    #[test]
    fn only_a_controller_with_this_namespace_alone_is_reset() {
        let found = |device, entries: &[&str]| {
            let (_dir, system) = machine(device, entries);
            controller(&system, (259, 0))
        };
        let path = PathBuf::from("sys/devices/nvme0");
        assert_eq!(found("nvme0", &["nvme0n1", "hwmon1", "ng0n1", "power"]), Ok(path));
        let path = PathBuf::from("sys/devices/nvme-subsys0/nvme0");
        assert_eq!(found("nvme-subsys0", &["nvme0/nvme0c0n1", "nvme0n1"]), Ok(path));
        let others = found("nvme0", &["nvme0n1", "nvme0n2"]).unwrap_err();
        assert!(others.contains("other namespaces"), "{others}");
        let shared = found("nvme-subsys0", &["nvme0/nvme0c0n1", "nvme1/nvme0c1n1"]).unwrap_err();
        assert!(shared.contains("more than one"), "{shared}");
    }

    #[test]
    fn a_controller_is_reset_and_must_be_live_again() {
        let file = std::fs::File::open("/dev/null").unwrap();
        let fd = std::os::fd::AsFd::as_fd(&file);
        let id = crate::proto::nvme::NamespaceId::new(1).unwrap();
        let nvme = Some(Protocol::Nvme(id));
        for (state, ok) in [("live\n", true), ("resetting\n", false), ("dead\n", false)] {
            let (dir, system) = machine("nvme0", &["nvme0n1"]);
            let at = dir.path().join("sys/devices/nvme0");
            std::fs::write(at.join("state"), state).unwrap();
            let result = reset(&system, fd, (259, 0), nvme, Bus::Nvme);
            assert_eq!(result.is_ok(), ok, "{state}: {result:?}");
            assert_eq!(std::fs::read_to_string(at.join("reset_controller")).unwrap(), "1");
        }
        let (_dir, system) = machine("nvme0", &["nvme0n1"]);
        for (protocol, bus) in [(Some(Protocol::Scsi), Bus::Sata), (None, Bus::Nvme)] {
            let result = reset(&system, fd, (259, 0), protocol, bus);
            assert!(result.unwrap_err().contains("no reset of a single drive"));
        }
        // Not a SCSI device.
        let result = reset(&system, fd, (259, 0), Some(Protocol::Scsi), Bus::Sas);
        assert!(result.unwrap_err().contains("was not reset"));
    }
}
