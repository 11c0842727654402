//! The live image in QEMU, as `image/build` made it: the kernel starts our program as its first
//! process, which finds the drivers and starts the console, and switches the computer off. `image/boots.rs` has the ways from the firmware to there.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "tests run programs, say what they skip, and fail loudly"
)]

#[path = "image/boots.rs"]
mod boots;
mod common;
#[path = "image/console.rs"]
mod console;
mod qemu;
#[path = "image/recipe.rs"]
mod recipe;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::skipped;
use qemu::{Computer, drive, image};
use serde_json::json;

/// Kernel, initrd and loaders are to be at most 64 MB; the loaders take 6 of them.
const MOST_BYTES: u64 = 58_000_000;

#[test]
fn it_lists_every_drive_and_switches_off() {
    let Some(image) = image("it_lists_every_drive_and_switches_off") else { return };
    let (kernel, initrd) = (image.join("vmlinuz"), image.join("initrd"));
    let bytes = fs::metadata(&kernel).unwrap().len() + fs::metadata(&initrd).unwrap().len();
    assert!(bytes <= MOST_BYTES, "kernel and initrd have {bytes} bytes");

    let Some((words, mut arguments)) = stick(&image) else { return };
    let folder = tempfile::tempdir().unwrap();
    let late = "NR-LATE";
    for (name, device) in [
        ("NVME", "nvme"),
        ("SATA", "ide-hd,bus=ahci.0"),
        ("SCSI", "scsi-hd,bus=hba.0"),
        ("USB", "usb-storage,bus=usb.0"),
        ("LATE", ""),
    ] {
        let disk = folder.path().join(name);
        fs::File::create(&disk).unwrap().set_len(16 << 20).unwrap();
        arguments.extend(drive(name, &disk));
        if !device.is_empty() {
            let device = format!("{device},drive={name},serial=NR-{name}");
            arguments.extend(["-device".to_owned(), device]);
        }
    }
    let mut computer = Computer::boot(folder, &kernel, &initrd, &words, &arguments);
    let all = ["NR-NVME", "NR-SATA", "NR-SCSI", "NR-USB", "Disse 4 diske kan slettes"];
    computer.shows(&image, &all);
    computer.picture("start.png");
    computer.line_shows(&["Scan mærkaten"]);

    // Plugged in later: it is shown without anybody asking.
    let device = json!({ "driver": "usb-storage", "bus": "usb.0", "drive": "LATE", "id": "late", "serial": late });
    computer.order("device_add", device);
    computer.shows(&image, &["Disse 5 diske kan slettes", late]);
    // Taken out again.
    computer.order("device_del", json!({ "id": "late" }));
    computer.shows(&image, &all);

    // Three keys do not restart the computer, and one does not switch it off.
    computer.presses(&["ctrl", "alt", "delete"]);
    computer.types(&["f10"]);
    computer.shows(&image, &["Vil du slukke computeren?"]);
    computer.types(&["esc"]);
    computer.shows(&image, &all);
    computer.types(&["f9"]);
    computer.shows(&image, &["These 4 drives can be erased"]);
    computer.types(&["f10"]);
    computer.shows(&image, &["Do you want to switch the computer off?"]);
    computer.types(&["ret"]);
    let end = computer.said(|message| message["event"] == "SHUTDOWN");
    assert_eq!(end["data"]["reason"], "guest-shutdown", "{end}\n{}", computer.serial());
    assert!(computer.qemu.wait().unwrap().success());
    assert!(computer.serial().contains("switching off"), "{}", computer.serial());
}

/// The stick of this image: the words that name it to the kernel, and QEMU's arguments. What is written
/// to it is forgotten.
fn stick(image: &Path) -> Option<(String, Vec<String>)> {
    let file = boots::artefact(image, "img");
    let partition = format!("{}@@1M", file.display());
    let Ok(listed) = Command::new("mdir").args(["-b", "-i", &partition, "::/.nulstil"]).output()
    else {
        skipped("stick", "mdir is missing: apt install mtools");
        return None;
    };
    let listed = String::from_utf8(listed.stdout).unwrap();
    let id = listed.trim().rsplit('/').next().unwrap();
    let devices = "-device ahci,id=ahci -device virtio-scsi-pci,id=hba -device qemu-xhci,id=usb \
                   -device usb-storage,drive=m,bus=usb.0,removable=on,serial=NR-STICK";
    let medium = format!("-drive if=none,id=m,format=raw,snapshot=on,file={}", file.display());
    let arguments = [devices, &medium].join(" ");
    let arguments = arguments.split_whitespace().map(str::to_owned).collect();
    Some((format!("nulstil.id={id}"), arguments))
}

/// With too little memory the kernel unpacks a part of the image, and starts it all the same.
#[test]
fn an_image_that_is_not_whole_says_so() {
    let Some(image) = image("an_image_that_is_not_whole_says_so") else { return };
    let unpacked = Command::new("zstd").args(["-dcq"]).arg(image.join("initrd")).output().unwrap();
    assert!(unpacked.status.success());
    let archive = unpacked.stdout;
    let name = b"whole\0";
    let last = archive.windows(name.len()).rposition(|window| window == name).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("initrd");
    // The header of a file comes before its name, and has 110 bytes (cpio, newc).
    fs::write(&cut, &archive[..last - 110]).unwrap();

    let mut computer = Computer::boot(folder, &image.join("vmlinuz"), &cut, "", &[]);
    let text = computer.until("that it is not whole", |text| text.contains("not whole in memory"));
    assert!(!text.contains("after the kernel started"), "{text}");
}
