//! A ledger that credits a resale line for each drive that is proven to be sanitized, and for
//! nothing else:
//!
//! ```sh
//! cargo run --no-default-features --example credit_resale_line -- DID_OF_ROOT CERTIFICATE...
//! ```
//!
//! [`Ledger::credit`] takes a [`VerifiedCertificate`], which only [`cert::verify`] can make. A file,
//! a JSON value or a certificate that nobody checked does not fit, and such a ledger does not
//! compile; the documentation of `VerifiedCertificate` has the tests that show it.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example speaks to its user")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use nulstil::cert::{self, Trust, VerifiedCertificate, did, document};
use nulstil::model::{DriveKind, Medium, Method, Timestamp};

/// What is credited for one drive.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    drive: String,
    method: Method,
    asset_tag: Option<String>,
    computer: Option<String>,
}

/// Why nothing is credited.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum NotCredited {
    #[error("it does not prove that the drive is sanitized")]
    NotSanitized,
    #[error("it is about a disk image or a virtual drive, which nobody can sell")]
    NoDrive,
    #[error("the drive has no serial number, by which a second credit would be seen")]
    NoSerial,
    #[error("the drive {0} was credited before")]
    CreditedBefore(String),
}

#[derive(Debug, Default)]
struct Ledger {
    /// By the digest of the certificate, so that a line always names what it rests on.
    lines: BTreeMap<String, Line>,
    drives: BTreeSet<String>,
}

impl Ledger {
    fn credit(&mut self, certificate: &VerifiedCertificate) -> Result<&Line, NotCredited> {
        // Only a certificate: a report on a blank drive, say, is another business.
        let method = certificate.conclusion().and_then(|conclusion| conclusion.method);
        let (Some(method), Some(drive)) = (method, certificate.drive()) else {
            return Err(NotCredited::NotSanitized);
        };
        if !certificate.is_sanitized() || certificate.kind() != document::CERTIFICATE {
            return Err(NotCredited::NotSanitized);
        }
        if drive.kind != DriveKind::BlockDevice || drive.medium == Medium::Virtual {
            return Err(NotCredited::NoDrive);
        }
        let serial = drive.serial_number.as_deref().ok_or(NotCredited::NoSerial)?;
        let name = format!("{} serial {serial}", drive.model.as_deref().unwrap_or("drive"));
        if !self.drives.insert(name.clone()) {
            return Err(NotCredited::CreditedBefore(name));
        }
        let line = Line {
            drive: name,
            method,
            asset_tag: certificate.paperwork().and_then(|paperwork| paperwork.asset_tag),
            computer: certificate.computer().and_then(|computer| computer.serial_number),
        };
        Ok(self.lines.entry(certificate.digest().to_owned()).or_insert(line))
    }
}

/// Reads, verifies and credits one file; what came of it, for people.
fn enter(ledger: &mut Ledger, file: &str, trust: &Trust, now: Timestamp) -> Result<String, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let certificate =
        cert::verify(&bytes, trust, now).map_err(|why| format!("{file}: rejected: {why}"))?;
    let line = ledger.credit(&certificate).map_err(|why| format!("{file}: not credited: {why}"))?;
    let unknown = || "unknown".to_owned();
    Ok(format!(
        "credited: {}, {}, asset {}, computer {}, certificate {}",
        line.drive,
        line.method,
        line.asset_tag.clone().unwrap_or_else(unknown),
        line.computer.clone().unwrap_or_else(unknown),
        certificate.digest()
    ))
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let Some(Ok(root)) = words.next().map(|root| did::key(&root)) else {
        eprintln!("Name the root key (did:key:..., as \"nulstil key show\" prints it) and files.");
        return ExitCode::from(2);
    };
    let (trust, mut ledger) = (Trust::new(root), Ledger::default());
    let mut exit = ExitCode::SUCCESS;
    for file in words {
        match enter(&mut ledger, &file, &trust, now()) {
            Ok(line) => println!("{line}"),
            Err(why) => {
                println!("{why}");
                exit = ExitCode::FAILURE;
            }
        }
    }
    println!("{} credited", ledger.lines.len());
    exit
}

#[allow(clippy::disallowed_methods, reason = "the example is a program, and has its own clock")]
fn now() -> Timestamp {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = since_1970.map_or(0, |since| since.as_secs());
    Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of these vectors, entered one after the other; and how many are credited.
    fn entered(files: &[&str]) -> (Vec<Result<String, String>>, usize) {
        let root = "did:key:z6Mko7aFaDLQoU8h5P9ajwetwhBrqZxr9NbubqBtZcBtfdJs";
        let trust = Trust::new(did::key(root).unwrap());
        let now = "2026-12-01T12:00:00Z".parse().unwrap();
        let mut ledger = Ledger::default();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/certs/vectors/");
        let enter = |file: &&str| enter(&mut ledger, &format!("{folder}{file}"), &trust, now);
        let entered = files.iter().map(enter).collect();
        (entered, ledger.lines.len())
    }

    #[test]
    fn a_sanitized_drive_is_credited_once() {
        let (found, credited) = entered(&[
            "good/clear-hdd.cert.json",
            "good/purge-nvme-overwritten.cert.json",
            "good/clear-hdd.cert.json",
            // Another certificate of the same drive.
            "good/minified.cert.json",
        ]);
        let line = found[0].as_ref().unwrap();
        let part = "WD-WCC2E4AA0001, clear, asset ODK-00002, computer PC0002, certificate ";
        assert!(line.contains(part), "{line}");
        assert!(found[1].as_ref().unwrap().contains(", purge, "));
        for again in &found[2..] {
            assert!(again.as_ref().unwrap_err().ends_with("was credited before"), "{again:?}");
        }
        assert_eq!(credited, 2);
    }

    #[test]
    fn nothing_else_is_credited() {
        for (file, why) in [
            ("hostile/tampered-serial.cert.json", "rejected: the signature does not fit"),
            ("hostile/conclusion-verdict-upgraded.cert.json", "rejected: the conclusion"),
            ("hostile/authorization-of-itself.cert.json", "rejected: the signer was not entitled"),
            ("hostile/title-lies.cert.json", "does not prove that the drive is sanitized"),
            ("good/unverified.cert.json", "does not prove that the drive is sanitized"),
            ("good/newer-layout.cert.json", "does not prove that the drive is sanitized"),
            ("good/authorized-with-a-list.cert.json", "does not prove that the drive is"),
            ("good/session.machine.json", "does not prove that the drive is sanitized"),
            ("good/disk-image.cert.json", "disk image or a virtual drive"),
            ("good/virtual-drive.cert.json", "disk image or a virtual drive"),
            ("good/there-is-no-such-file", "No such file"),
        ] {
            let (found, credited) = entered(&[file]);
            let said = found[0].as_ref().unwrap_err();
            assert!(said.contains(why), "{said}");
            assert_eq!(credited, 0);
        }
    }
}
