//! What was started before this program: the kernel, the live image, and what the firmware and the
//! TPM say of it.

use sha2::{Digest as _, Sha256};

use super::system::System;
use crate::model::{Boot, Lockdown, SecureBoot, Tpm, hex};

/// The variables of UEFI that say it: one byte after four of attributes.
const SECURE_BOOT: &str =
    "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
const SETUP_MODE: &str = "sys/firmware/efi/efivars/SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c";

/// Where the live image notes what it found on its medium: lines as of `sha256sum`.
pub const MEDIUM: &str = "run/nulstil/medium.sha256";

/// The parameter of the kernel that names the live image.
const IMAGE: &str = "nulstil.id=";

/// A file of a log, or a list, larger than this is none.
const LARGEST: usize = 16 << 20;

/// What the system says of its start.
#[must_use]
pub fn boot_facts(system: &System) -> Boot {
    let pcr = |number: u8| digest(&system.text(format!("sys/class/tpm/tpm0/pcr-sha256/{number}"))?);
    let log = system.bytes("sys/kernel/security/tpm0/binary_bios_measurements").ok();
    let log = log.filter(|log| !log.is_empty() && log.len() <= LARGEST);
    let image_id = system.text("proc/cmdline").and_then(|line| image_id(&line));
    let image_files = image_id.is_some().then(|| files(system)).flatten();
    Boot {
        kernel: system.text("proc/sys/kernel/osrelease"),
        image_id,
        image_files,
        secure_boot: secure_boot(system),
        lockdown: lockdown(&system.text("sys/kernel/security/lockdown").unwrap_or_default()),
        tpm: tpm(system),
        pcr4: pcr(4),
        pcr7: pcr(7),
        pcr8: pcr(8),
        pcr9: pcr(9),
        event_log_sha256: log.map(|log| hex(&Sha256::digest(log))),
    }
}

/// The id of the live image on the kernel's command line: SHA-256 in hexadecimal digits, as
/// `image/build` gave it.
#[must_use]
pub fn image_id(words: &str) -> Option<String> {
    let id = words.split_ascii_whitespace().find_map(|word| word.strip_prefix(IMAGE))?;
    digest(id).filter(|digest| digest == id)
}

/// A SHA-256 as it stands in documents; the kernel writes some in capitals.
fn digest(text: &str) -> Option<String> {
    let is = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is.then(|| text.to_ascii_lowercase())
}

fn files(system: &System) -> Option<Vec<String>> {
    let text = system.text(MEDIUM)?;
    Some(text.lines().map(str::to_owned).collect())
}

fn secure_boot(system: &System) -> SecureBoot {
    if !system.exists("sys/firmware/efi") {
        return SecureBoot::NoUefi;
    }
    let variable = |path: &str| match *system.bytes(path).ok()? {
        [_, _, _, _, value] => Some(value),
        _ => None,
    };
    match (variable(SECURE_BOOT), variable(SETUP_MODE)) {
        (Some(1), _) => SecureBoot::On,
        (Some(0), Some(1)) => SecureBoot::SetupMode,
        (Some(0), _) => SecureBoot::Off,
        _ => SecureBoot::Unknown,
    }
}

/// The kernel lists the levels with the present one in brackets.
fn lockdown(text: &str) -> Lockdown {
    let chosen = text.split_ascii_whitespace().find(|word| word.starts_with('['));
    match chosen {
        Some("[none]") => Lockdown::None,
        Some("[integrity]") => Lockdown::Integrity,
        Some("[confidentiality]") => Lockdown::Confidentiality,
        _ => Lockdown::Unknown,
    }
}

fn tpm(system: &System) -> Tpm {
    if !system.exists("sys/class/tpm/tpm0") {
        return Tpm::None;
    }
    match system.number("sys/class/tpm/tpm0/tpm_version_major") {
        Some(1_u8) => Tpm::V1,
        Some(2) => Tpm::V2,
        _ => Tpm::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn put(root: &Path, path: &str, bytes: impl AsRef<[u8]>) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    #[test]
    fn nothing_is_known_of_a_system_that_says_nothing() {
        let root = tempfile::tempdir().unwrap();
        let boot = boot_facts(&System::recorded(root.path()));
        assert_eq!(boot, Boot { secure_boot: SecureBoot::NoUefi, ..Boot::default() });
    }

    #[test]
    fn a_live_image_under_secure_boot_with_a_tpm() {
        let root = tempfile::tempdir().unwrap();
        let (id, pcr) = ("ab".repeat(32), "0F".repeat(32));
        let at = |path: &str, bytes: &[u8]| put(root.path(), path, bytes);
        at("proc/sys/kernel/osrelease", b"6.12.57+deb13-amd64\n");
        at("proc/cmdline", format!("quiet nulstil.id={id} console=tty0\n").as_bytes());
        at(MEDIUM, format!("{pcr}  vmlinuz\n{pcr}  initrd\n").as_bytes());
        at(SECURE_BOOT, &[6, 0, 0, 0, 1]);
        at(SETUP_MODE, &[6, 0, 0, 0, 0]);
        at("sys/kernel/security/lockdown", b"none [integrity] confidentiality\n");
        at("sys/class/tpm/tpm0/tpm_version_major", b"2\n");
        at("sys/class/tpm/tpm0/pcr-sha256/4", format!("{pcr}\n").as_bytes());
        at("sys/class/tpm/tpm0/pcr-sha256/9", b"no digest\n");
        at("sys/kernel/security/tpm0/binary_bios_measurements", b"log");
        let boot = boot_facts(&System::recorded(root.path()));
        assert_eq!(boot.kernel.as_deref(), Some("6.12.57+deb13-amd64"));
        assert_eq!(boot.image_id.as_ref(), Some(&id));
        let files = [format!("{pcr}  vmlinuz"), format!("{pcr}  initrd")];
        assert_eq!(boot.image_files.as_deref(), Some(&files[..]));
        assert_eq!(boot.secure_boot, SecureBoot::On);
        assert_eq!(boot.lockdown, Lockdown::Integrity);
        assert_eq!(boot.tpm, Tpm::V2);
        assert_eq!(boot.pcr4, Some("0f".repeat(32)));
        assert_eq!((boot.pcr7, boot.pcr9), (None, None));
        let log = hex(&Sha256::digest(b"log"));
        assert_eq!(boot.event_log_sha256, Some(log));
    }

    #[test]
    fn what_is_not_said_is_not_known() {
        let root = tempfile::tempdir().unwrap();
        let said = || secure_boot(&System::recorded(root.path()));
        put(root.path(), "sys/firmware/efi/runtime", "");
        assert_eq!(said(), SecureBoot::Unknown);
        put(root.path(), SECURE_BOOT, [6, 0, 0, 0, 0]);
        assert_eq!(said(), SecureBoot::Off);
        put(root.path(), SETUP_MODE, [6, 0, 0, 0, 1]);
        assert_eq!(said(), SecureBoot::SetupMode);
        put(root.path(), SECURE_BOOT, [6, 0, 0, 0]);
        assert_eq!(said(), SecureBoot::Unknown);
        for (text, level) in [
            ("[none] integrity confidentiality", Lockdown::None),
            ("none integrity [confidentiality]", Lockdown::Confidentiality),
            ("none integrity", Lockdown::Unknown),
            ("", Lockdown::Unknown),
        ] {
            assert_eq!(lockdown(text), level, "{text}");
        }
        // A medium is ours only if the kernel was started with an image of ours.
        put(root.path(), MEDIUM, "x");
        put(root.path(), "proc/cmdline", "nulstil.id=short");
        let boot = boot_facts(&System::recorded(root.path()));
        assert_eq!((boot.image_id, boot.image_files), (None, None));
    }
}
