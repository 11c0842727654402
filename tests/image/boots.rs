//! The ways from a computer's firmware to the first screen. Those that a change of ours can hardly
//! break on its own are tried when NULSTIL_IMAGE_ALL is set.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::common::skipped;
use crate::qemu::{Computer, image};

/// What a computer starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Firmware {
    Bios,
    Uefi,
    /// 64-bit processors that some makers gave a 32-bit firmware.
    Uefi32,
    /// With Microsoft's keys, as PCs are sold.
    SecureBoot,
}

/// What it starts from.
#[derive(Debug, Clone, Copy)]
enum Medium<'a> {
    Stick(&'a Path),
    /// A stick, and drives that firmware and loader see before it.
    Behind(&'a Path, &'a Path),
    Cd(&'a Path),
    /// A folder on a TFTP server, the first file in it, and what to add to the network card.
    Network(&'a Path, &'a str, &'a str),
}

impl Firmware {
    /// The arguments of QEMU; nothing if the firmware is not installed.
    fn arguments(self, folder: &Path) -> Option<Vec<String>> {
        let (code, variables, machine) = match self {
            Self::Bios => return Some(words("-machine pc")),
            Self::Uefi => ("OVMF/OVMF_CODE_4M.fd", "OVMF/OVMF_VARS_4M.fd", "-machine q35"),
            Self::Uefi32 => (
                "OVMF/OVMF32_CODE_4M.secboot.fd",
                "OVMF/OVMF32_VARS_4M.fd",
                "-machine q35,smm=on -global driver=cfi.pflash01,property=secure,value=on",
            ),
            Self::SecureBoot => (
                "OVMF/OVMF_CODE_4M.secboot.fd",
                "OVMF/OVMF_VARS_4M.ms.fd",
                "-machine q35,smm=on -global driver=cfi.pflash01,property=secure,value=on",
            ),
        };
        let share = Path::new("/usr/share");
        fs::copy(share.join(variables), folder.join("variables")).ok()?;
        let flash = |unit, file: PathBuf, more| {
            format!("-drive if=pflash,format=raw,unit={unit}{more},file={}", file.display())
        };
        let flash =
            [flash(0, share.join(code), ",readonly=on"), flash(1, folder.join("variables"), "")];
        Some(words(&[machine, &flash[0], &flash[1]].join(" ")))
    }
}

impl Medium<'_> {
    /// The arguments of QEMU. What is written to the medium is forgotten.
    fn arguments(self) -> Vec<String> {
        match self {
            Self::Stick(file) => words(&format!(
                "-device qemu-xhci,id=usb -drive if=none,id=m,format=raw,snapshot=on,file={} \
                 -device usb-storage,drive=m,bus=usb.0,removable=on,serial=NR-STICK",
                file.display()
            )),
            Self::Behind(file, drive) => {
                let drive = |id| {
                    let file = drive.display();
                    format!("-drive if=none,id={id},format=raw,snapshot=on,file={file}")
                };
                let stick = format!(
                    "-drive if=none,id=m,format=raw,snapshot=on,file={} \
                     -device usb-storage,drive=m,bus=usb.0,port=2,removable=on,serial=NR-STICK",
                    file.display()
                );
                let before = "-device qemu-xhci,id=usb -device virtio-scsi-pci,id=scsi \
                              -device scsi-hd,drive=v,bus=scsi.0 \
                              -device usb-storage,drive=w,bus=usb.0,port=1";
                words(&[before, &drive("v"), &drive("w"), &stick].join(" "))
            }
            Self::Cd(file) => words(&format!(
                "-device ahci,id=cd -drive if=none,id=m,format=raw,media=cdrom,readonly=on,file={} \
                 -device ide-cd,drive=m,bus=cd.0",
                file.display()
            )),
            Self::Network(folder, file, more) => words(&format!(
                "-netdev user,id=net,tftp={},bootfile={file} -device virtio-rng-pci \
                 -device virtio-net-pci,netdev=net,bootindex=1{more}",
                folder.display()
            )),
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// The one file of the image's folder with this ending.
pub(crate) fn artefact(image: &Path, ending: &str) -> PathBuf {
    let files = fs::read_dir(image).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|e| e == ending)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    fs::canonicalize(found.remove(0)).unwrap()
}

/// A computer with a drive and this firmware, started from this medium; nothing if there is no such
/// firmware on the host.
fn started(test: &str, firmware: Firmware, medium: Medium<'_>) -> Option<Computer> {
    let folder = tempfile::tempdir().unwrap();
    let Some(firmware) = firmware.arguments(folder.path()) else {
        skipped(test, "this firmware for QEMU is missing (Debian: ovmf, ovmf-ia32)");
        return None;
    };
    let disk = folder.path().join("disk");
    fs::File::create(&disk).unwrap().set_len(16 << 20).unwrap();
    let drive = format!(
        "-device nvme,drive=d,serial=NR-NVME -drive if=none,id=d,format=raw,file={}",
        disk.display()
    );
    let arguments = [firmware, medium.arguments(), words(&drive)].concat();
    Some(Computer::switch_on(folder, &arguments))
}

/// What the kernel says of a timer that the host was too busy to emulate. On a PC it has to look for
/// that, so the command line of our media does not forbid it.
const STARVED: &str = "timer doesn't work";

/// It comes to the first question, on the serial line and on the screen.
fn boots(test: &str, image: &Path, firmware: Firmware, medium: Medium<'_>) {
    let Some(mut computer) = started(test, firmware, medium) else { return };
    let come = |text: &str| text.contains("after the kernel started") || text.contains(STARVED);
    let mut text = computer.until("that it started", come);
    for _ in 0..3 {
        if text.contains(STARVED) {
            computer = started(test, firmware, medium).unwrap();
            text = computer.until("that it started", come);
        }
    }
    let ready = text.lines().find(|line| line.contains("after the kernel started"));
    eprintln!("{test}: {}", ready.unwrap());
    let stick = matches!(medium, Medium::Stick(_) | Medium::Behind(..));
    let asked: &[&str] = match stick {
        true => {
            &["Scan mærkaten på computeren", "Serienummer NR-NVME", "Computeren kører fra den."]
        }
        // A CD holds neither rules nor keys, and no room for results.
        false => &["Nulstil-stikket sidder ikke i computeren: sæt det i."],
    };
    computer.shows(image, asked);
    computer.line_shows(asked);
    computer.picture(&format!("{test}.png"));
}

/// Whether the ways are asked for that are not tried each time.
fn all(test: &str) -> bool {
    let all = std::env::var_os("NULSTIL_IMAGE_ALL").is_some();
    if !all {
        skipped(test, "only with NULSTIL_IMAGE_ALL=1");
    }
    all
}

/// Makes a test of each: its name, the firmware, and the medium from the image's folder.
macro_rules! ways {
    ($($name:ident: $firmware:ident $medium:ident $artefact:literal $($rare:ident)?;)+) => { $(
        #[test]
        fn $name() {
            let test = stringify!($name);
            let Some(image) = image(test) else { return };
            $( if !$rare(test) { return; } )?
            let file = artefact(&image, $artefact);
            boots(test, &image, Firmware::$firmware, Medium::$medium(&file));
        }
    )+ };
}

ways! {
    stick_bios: Bios Stick "img";
    stick_uefi: Uefi Stick "img";
    stick_secure_boot: SecureBoot Stick "img";
    stick_uefi32: Uefi32 Stick "img" all;
    cd_bios: Bios Cd "iso";
    cd_uefi: Uefi Cd "iso";
    cd_secure_boot: SecureBoot Cd "iso" all;
    cd_uefi32: Uefi32 Cd "iso" all;
    iso_on_a_stick_bios: Bios Stick "iso" all;
    iso_on_a_stick_uefi: Uefi Stick "iso" all;
    iso_on_a_stick_secure_boot: SecureBoot Stick "iso" all;
}

#[test]
fn network() {
    let Some(image) = image("network").filter(|_| all("network")) else { return };
    let folder = fs::canonicalize(image.join("pxe")).unwrap();
    // Without the card's own program the firmware's is used, as in PCs. That of QEMU's cards does not
    // say how long a file was, and shim then refuses it.
    for (name, firmware, first, card) in [
        ("network_bios", Firmware::Bios, "bios.0", ""),
        ("network_uefi", Firmware::Uefi, "bootx64.efi", ",romfile="),
        ("network_secure_boot", Firmware::SecureBoot, "bootx64.efi", ",romfile="),
    ] {
        boots(name, &image, firmware, Medium::Network(&folder, first, card));
    }
}

/// Drives of the computer that hold the same files under the same names, with another initrd: the
/// stick starts from its own.
#[test]
fn a_drive_of_the_computer_does_not_take_over() {
    let test = "a_drive_of_the_computer_does_not_take_over";
    let Some(image) = image(test) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (stick, drive) = (artefact(&image, "img"), folder.path().join("drive"));
    fs::copy(&stick, &drive).unwrap();
    let initrd = folder.path().join("initrd");
    fs::write(&initrd, "nothing that starts").unwrap();
    let at = format!("{}@@1M", drive.display());
    for words in [
        &["mdel", "-i", &at, "::/EFI/BOOT/BOOTX64.EFI"][..],
        &["mlabel", "-i", &at, "::WINDOWS"],
        &["mcopy", "-o", "-i", &at, initrd.to_str().unwrap(), "::/boot/initrd"],
    ] {
        let ran = Command::new(words[0]).args(&words[1..]).status();
        if ran.is_err() {
            return skipped(test, "mcopy is missing: apt install mtools");
        }
        assert!(ran.unwrap().success(), "{words:?}");
    }
    boots(test, &image, Firmware::SecureBoot, Medium::Behind(&stick, &drive));
}

/// The stick with one bit of the kernel changed.
fn tampered(image: &Path, folder: &TempDir) -> PathBuf {
    let kernel = fs::read(image.join("vmlinuz")).unwrap();
    let mut stick = fs::read(artefact(image, "img")).unwrap();
    // Clusters begin at whole sectors, and mtools copies a file in one piece.
    let begin = (0..stick.len()).step_by(512).find(|at| stick[*at..].starts_with(&kernel)).unwrap();
    stick[begin + kernel.len() / 2] ^= 1;
    let file = folder.path().join("tampered.img");
    fs::write(&file, stick).unwrap();
    file
}

#[test]
fn a_changed_kernel_is_refused_under_secure_boot() {
    let test = "a_changed_kernel_is_refused_under_secure_boot";
    let Some(image) = image(test) else { return };
    let folder = tempfile::tempdir().unwrap();
    let stick = tampered(&image, &folder);
    let Some(mut computer) = started(test, Firmware::SecureBoot, Medium::Stick(&stick)) else {
        return;
    };
    let text = computer.until("that it is refused", |text| text.contains("Make it again."));
    assert!(text.contains("bad shim signature"), "{text}");
    assert!(!text.contains("looking for drives"), "{text}");
    computer.picture("tampered.png");
}
