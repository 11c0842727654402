//! Making the kernel look again at the size of a drive.
//!
//! Two files are written, and each does half. libata keeps its own copy of IDENTIFY DEVICE, from
//! which it answers the READ CAPACITY of the layers above, and reads it anew only when it looks at
//! the port: that is what `scan` of the SCSI host makes it do (`ata_scsi_user_scan`, which waits
//! for it; `ata_dev_revalidate` takes the new size if it is the native one, and otherwise lets the
//! drive go and finds it anew, under another number). `rescan` of the SCSI device then makes the
//! disk driver ask for the capacity (`scsi_rescan_device`, `sd_rescan`) and give it to everybody
//! who has the drive open. Checked against drivers/ata/libata-core.c, libata-scsi.c and
//! drivers/scsi/scsi_scan.c of Linux.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use super::system::{Dev, System};

/// Looks again at the size of the block device with this number.
///
/// # Errors
/// It is no SCSI device, or the kernel does not do it.
pub(super) fn rescan(system: &System, dev: Dev) -> io::Result<()> {
    let device = format!("sys/dev/block/{dev}/device");
    let real = system.real(&device).ok_or(io::ErrorKind::NotFound)?;
    let libata = real.components().any(|part| {
        let port = part.as_os_str().to_string_lossy();
        port.strip_prefix("ata").is_some_and(|n| n.parse::<u32>().is_ok())
    });
    // Host, channel, target and logical unit.
    let address = real.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let parts: Vec<_> = address.split(':').collect();
    if let ([host, channel, target, unit], true) = (&parts[..], libata) {
        let scan = format!("sys/class/scsi_host/host{host}/scan");
        write(system, scan, &format!("{channel} {target} {unit}"))?;
    }
    write(system, format!("{device}/rescan"), "1")
}

/// Writes to a file that is there.
fn write(system: &System, path: impl AsRef<Path>, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).open(system.at(path))?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    const SDA: Dev = Dev { major: 8, minor: 0 };

    /// A machine whose one drive is the SCSI device below `port`, and what is written there.
    fn rescanned(port: &str, address: &str) -> (io::Result<()>, String, String) {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join("sys").join(path);
        let device = format!("devices/pci0/{port}/host2/target2:0:0/{address}");
        fs::create_dir_all(at(&device).join("block/sda")).unwrap();
        symlink("../..", at(&device).join("block/sda/device")).unwrap();
        fs::write(at(&device).join("rescan"), "").unwrap();
        fs::create_dir_all(at("dev/block")).unwrap();
        symlink(at(&device).join("block/sda"), at("dev/block/8:0")).unwrap();
        for host in ["host1", "host2"] {
            fs::create_dir_all(at("class/scsi_host").join(host)).unwrap();
            fs::write(at("class/scsi_host").join(host).join("scan"), "").unwrap();
        }
        let result = rescan(&System::recorded(dir.path()), SDA);
        assert_eq!(fs::read_to_string(at("class/scsi_host/host1/scan")).unwrap(), "");
        let text = |path| fs::read_to_string(path).unwrap();
        (result, text(at("class/scsi_host/host2/scan")), text(at(&device).join("rescan")))
    }

    #[test]
    fn a_sata_port_is_scanned_and_then_the_disk() {
        let (result, scan, rescan) = rescanned("ata3", "2:0:1:0");
        assert!(result.is_ok());
        assert_eq!((scan.as_str(), rescan.as_str()), ("0 1 0", "1"));
    }

    #[test]
    fn the_port_of_another_adapter_is_not_scanned() {
        let (result, scan, rescan) = rescanned("port-2:1", "2:0:1:0");
        assert!(result.is_ok());
        assert_eq!((scan.as_str(), rescan.as_str()), ("", "1"));
    }

    #[test]
    fn a_drive_that_is_not_there_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(rescan(&System::recorded(dir.path()), SDA).is_err());
    }
}
