//! The live image in QEMU, as `image/build` made it: the kernel starts our program as its first
//! process, which finds the drivers, shows every drive on the serial line and the screen, and
//! switches the computer off. `image/boots.rs` has the ways from the firmware to there.

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
use std::process::Command;

use qemu::{Computer, image};
use serde_json::json;

/// Kernel, initrd and loaders are to be at most 64 MB; the loaders take 6 of them.
const MOST_BYTES: u64 = 58_000_000;

#[test]
fn it_lists_every_drive_and_switches_off() {
    let Some(image) = image("it_lists_every_drive_and_switches_off") else { return };
    let (kernel, initrd) = (image.join("vmlinuz"), image.join("initrd"));
    let bytes = fs::metadata(&kernel).unwrap().len() + fs::metadata(&initrd).unwrap().len();
    assert!(bytes <= MOST_BYTES, "kernel and initrd have {bytes} bytes");

    let disks = [
        ("NVME", "nvme"),
        ("SATA", "ide-hd,bus=ahci.0"),
        ("SCSI", "scsi-hd,bus=scsi.0"),
        ("USB", "usb-storage,bus=xhci.0"),
        ("LATE", ""),
    ];
    let controllers = ["ahci,id=ahci", "virtio-scsi-pci,id=scsi", "qemu-xhci,id=xhci"];
    let mut computer = Computer::start(&kernel, &initrd, &disks, &controllers);
    let all = |text: &str| {
        ["NVME", "SATA", "SCSI", "USB"].iter().all(|name| text.contains(&format!("NR-{name},")))
    };
    let text = computer.until("all drives", |text| {
        // The last list only: what is on the screen now.
        text.rsplit("live image").next().is_some_and(|now| all(now) && now.contains("and Enter"))
    });
    assert!(!text.contains("NR-LATE"), "{text}");
    assert!(
        text.contains("/dev/nvme0n1") && text.contains("could be erased by: overwrite"),
        "{text}"
    );
    computer.picture("list.png");

    // Plugged in later: it is shown without anybody asking.
    let late = json!({ "driver": "usb-storage", "bus": "xhci.0", "drive": "LATE", "id": "late", "serial": "NR-LATE" });
    computer.order("device_add", late);
    computer.until("the drive that came later", |text| {
        text.rsplit("live image").next().is_some_and(|now| all(now) && now.contains("NR-LATE,"))
    });
    // Taken out again.
    let shown = computer.serial().len();
    computer.order("device_del", json!({ "id": "late" }));
    computer.until("the list without it", |text| {
        let new = text.get(shown..).unwrap_or_default();
        all(new) && !new.contains("NR-LATE") && new.contains("and Enter")
    });

    // A line that is not the word only looks again; three keys do not restart the computer.
    computer.types(&["o", "f", "ret"]);
    computer.presses(&["ctrl", "alt", "delete"]);
    computer.picture("again.png");
    computer.types(&["o", "f", "f", "ret"]);
    let end = computer.said(|message| message["event"] == "SHUTDOWN");
    assert_eq!(end["data"]["reason"], "guest-shutdown", "{end}\n{}", computer.serial());
    assert!(computer.qemu.wait().unwrap().success());
    assert!(computer.serial().contains("switching off"), "{}", computer.serial());
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

    let mut computer = Computer::start(&image.join("vmlinuz"), &cut, &[], &[]);
    let text = computer.until("that it is not whole", |text| text.contains("not whole in memory"));
    assert!(!text.contains("live image\r\n"), "{text}");
}
