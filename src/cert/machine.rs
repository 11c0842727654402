//! Whether a whole machine is done: said when its report is made, and judged again by whoever
//! verifies it.

use serde::{Deserialize, Serialize};

use crate::model::{Bus, HiddenDrives, Identity, Outcome, Refusal, RefusalCode};

/// One line of a machine report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MachineDrive {
    /// The device node or file.
    pub path: Option<String>,
    /// The drive.
    pub drive: Option<Identity>,
    /// What became of it; null if nobody asked for it to be erased.
    pub outcome: Option<Outcome>,
    /// Why it was not erased, if it was not asked for or refused.
    pub refusal: Option<Refusal>,
    /// SHA-256 of its signed certificate in canonical form, hexadecimal.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub certificate_digest: Option<String>,
}

impl MachineDrive {
    /// What the drive is called at the beginning of a sentence.
    #[must_use]
    pub fn named(&self) -> String {
        let path = self.path.as_deref().unwrap_or("A drive");
        let serial = self.drive.as_ref().and_then(|drive| drive.serial_number.as_ref());
        let serial = serial.map_or_else(String::new, |serial| format!(" (serial {serial})"));
        format!("{path}{serial}")
    }
}

/// Why the machine is not complete, one sentence each; none if a drive of it was seen, every one that
/// was seen is sanitized, and nothing speaks for more.
#[must_use]
pub fn lacks(hidden: &HiddenDrives, drives: &[MachineDrive]) -> Vec<String> {
    let mut lacks = hidden.reasons.clone();
    if hidden.possible && lacks.is_empty() {
        lacks.push("There may be drives that cannot be seen.".to_owned());
    }
    if drives.iter().all(is_guest) {
        lacks.push("No drive of this machine was seen.".to_owned());
    }
    lacks.extend(drives.iter().filter_map(lack));
    lacks
}

/// A loop device, or what is plugged in from outside and is what the system runs from or an empty slot,
/// that nobody asked for: they are not the machine's.
fn is_guest(line: &MachineDrive) -> bool {
    let Some(drive) = &line.drive else { return false };
    let refused = line.refusal.as_ref().map(|refusal| refusal.code);
    let is_no_drive = matches!(refused, Some(RefusalCode::BootMedium | RefusalCode::EmptySlot));
    line.outcome.is_none() && (drive.bus == Bus::Loop || (drive.is_pluggable() && is_no_drive))
}

fn lack(line: &MachineDrive) -> Option<String> {
    let what = match line.outcome {
        Some(Outcome::Sanitized) if line.certificate_digest.is_some() => return None,
        _ if is_guest(line) => return None,
        Some(Outcome::Sanitized) => "has no certificate",
        Some(Outcome::NotSanitized) => "is not sanitized",
        Some(Outcome::Indeterminate) => "is not proven to be sanitized",
        Some(Outcome::Aborted) => "was not erased to the end",
        Some(Outcome::FoundBlank) => "was found blank, and was not erased",
        Some(Outcome::NotBlank) => "is not blank, and was not erased",
        Some(Outcome::ToBeDestroyed) => "was not erased, and has to be destroyed",
        Some(Outcome::Refused) | None => "was not erased",
    };
    Some(format!("{} {what}.", line.named()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Medium, test_identity};

    fn line(outcome: Option<Outcome>, bus: Bus, refusal: Option<RefusalCode>) -> MachineDrive {
        let serial_number = Some("S1".to_owned());
        MachineDrive {
            path: Some("/dev/sda".to_owned()),
            drive: Some(Identity { bus, serial_number, ..test_identity() }),
            outcome,
            refusal: refusal.map(|code| Refusal::new(code, "why")),
            certificate_digest: outcome.map(|_| "00".to_owned()),
        }
    }

    fn card(line: MachineDrive) -> MachineDrive {
        let drive = line.drive.map(|drive| Identity { medium: Medium::SdCard, ..drive });
        MachineDrive { drive, ..line }
    }

    fn none_hidden() -> HiddenDrives {
        HiddenDrives { possible: false, reasons: Vec::new() }
    }

    #[test]
    fn every_drive_of_the_machine_counts() {
        use Outcome::{
            Aborted, FoundBlank, Indeterminate, NotBlank, NotSanitized, Refused, Sanitized,
            ToBeDestroyed,
        };
        use RefusalCode::{BootMedium, EmptySlot, Mounted, NoMedium, Virtual};
        let erased = line(Some(Sanitized), Bus::Sata, None);
        let cases = [
            (erased.clone(), None),
            (line(Some(NotSanitized), Bus::Sata, None), Some("is not sanitized.")),
            (line(Some(Indeterminate), Bus::Sata, None), Some("is not proven to be sanitized.")),
            (line(Some(Aborted), Bus::Sata, None), Some("was not erased to the end.")),
            (line(Some(Refused), Bus::Usb, Some(BootMedium)), Some("was not erased.")),
            (line(Some(FoundBlank), Bus::Sata, None), Some("was found blank, and was not erased.")),
            (line(Some(FoundBlank), Bus::Loop, None), Some("was found blank, and was not erased.")),
            (line(Some(NotBlank), Bus::Sata, None), Some("is not blank, and was not erased.")),
            (
                line(Some(ToBeDestroyed), Bus::Sata, None),
                Some("was not erased, and has to be destroyed."),
            ),
            (line(None, Bus::Sata, None), Some("was not erased.")),
            (line(None, Bus::Sata, Some(BootMedium)), Some("was not erased.")),
            (line(None, Bus::Usb, Some(Mounted)), Some("was not erased.")),
            (line(None, Bus::Usb, Some(NoMedium)), Some("was not erased.")),
            (line(None, Bus::Virtio, Some(Virtual)), Some("was not erased.")),
            (line(None, Bus::Usb, Some(BootMedium)), None),
            (line(None, Bus::Usb, Some(EmptySlot)), None),
            (line(None, Bus::Sata, Some(EmptySlot)), Some("was not erased.")),
            (line(None, Bus::Mmc, Some(BootMedium)), Some("was not erased.")),
            (card(line(None, Bus::Mmc, Some(BootMedium))), None),
            (card(line(None, Bus::Mmc, Some(Mounted))), Some("was not erased.")),
            (line(None, Bus::Loop, Some(Virtual)), None),
            (
                MachineDrive { certificate_digest: None, ..erased.clone() },
                Some("has no certificate."),
            ),
        ];
        for (line, expected) in cases {
            let expected: Vec<_> =
                expected.map(|what| format!("/dev/sda (serial S1) {what}")).into_iter().collect();
            // Beside another drive, so that there is one.
            let beside =
                MachineDrive { certificate_digest: Some("01".to_owned()), ..erased.clone() };
            assert_eq!(lacks(&none_hidden(), &[line.clone(), beside]), expected, "{line:?}");
        }
        let nothing = MachineDrive { path: None, drive: None, ..line(None, Bus::Sata, None) };
        assert_eq!(lacks(&none_hidden(), &[nothing]), ["A drive was not erased."]);
    }

    #[test]
    fn a_machine_without_a_drive_is_not_complete() {
        let stick = line(None, Bus::Usb, Some(RefusalCode::BootMedium));
        let image = line(None, Bus::Loop, None);
        for drives in [&[][..], &[stick, image]] {
            assert_eq!(lacks(&none_hidden(), drives), ["No drive of this machine was seen."]);
        }
    }

    #[test]
    fn drives_that_may_be_hidden_are_lacking() {
        let erased = [line(Some(Outcome::Sanitized), Bus::Sata, None)];
        let reasons = vec!["The VMD shows no drive.".to_owned()];
        for possible in [true, false] {
            let hidden = HiddenDrives { possible, reasons: reasons.clone() };
            assert_eq!(lacks(&hidden, &erased), reasons);
        }
        let hidden = HiddenDrives { possible: true, reasons: Vec::new() };
        assert_eq!(lacks(&hidden, &erased), ["There may be drives that cannot be seen."]);
        assert_eq!(lacks(&none_hidden(), &erased), [""; 0]);
    }
}
