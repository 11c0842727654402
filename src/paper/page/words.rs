//! The page's own words in both languages, side by side. The terms of the standards and the names
//! of commands stay as they are.

use crate::model::{
    Bus, Completion, Ending, HiddenArea, Language, Medium, Pass, TechniqueId, VerifyMode,
};

impl Language {
    /// The one of two texts that is in this language.
    pub(super) const fn pick<'a>(self, english: &'a str, danish: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::Danish => danish,
        }
    }
}

/// A number with its thousands apart, by a space that does not break.
pub(super) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the unit that drives are sold in.
pub(super) fn size(bytes: u64, language: Language) -> String {
    let units = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];
    let Some((unit, factor)) = units.into_iter().find(|(_, factor)| bytes >= *factor) else {
        return format!("{bytes}\u{a0}byte");
    };
    let tenths = u128::from(bytes) * 10 / u128::from(factor);
    let (whole, tenth) = (tenths / 10, tenths % 10);
    match tenth {
        0 => format!("{whole}\u{a0}{unit}"),
        _ => format!("{whole}{}{tenth}\u{a0}{unit}", language.pick(".", ",")),
    }
}

/// A part of a whole in percent, cut and not rounded: only all is 100.
pub(super) fn percent(part: u64, whole: u64, language: Language) -> String {
    let tenths = (u128::from(part) * 1000).checked_div(u128::from(whole)).unwrap_or(0);
    match tenths % 10 {
        0 => format!("{}\u{a0}%", tenths / 10),
        tenth => format!("{}{}{tenth}\u{a0}%", tenths / 10, language.pick(".", ",")),
    }
}

pub(super) const fn medium(medium: Medium, language: Language) -> &'static str {
    match medium {
        Medium::Hdd => language.pick("hard disk (HDD)", "harddisk (HDD)"),
        Medium::Ssd => "SSD",
        Medium::Emmc => "eMMC",
        Medium::SdCard => language.pick("SD card", "SD-kort"),
        Medium::Virtual => language.pick("virtual drive", "virtuel disk"),
        Medium::DiskImage => language.pick("disk image (a file)", "diskbillede (en fil)"),
        Medium::Unknown => language.pick("type not known", "type ukendt"),
    }
}

pub(super) const fn bus(bus: Bus) -> Option<&'static str> {
    match bus {
        Bus::Nvme => Some("NVMe"),
        Bus::Sata => Some("SATA"),
        Bus::Pata => Some("PATA"),
        Bus::Sas => Some("SAS"),
        Bus::Scsi => Some("SCSI"),
        Bus::Usb => Some("USB"),
        Bus::Mmc => Some("MMC"),
        Bus::Virtio => Some("virtio"),
        Bus::Loop => Some("loop"),
        Bus::File | Bus::Other => None,
    }
}

pub(super) const fn technique(id: TechniqueId, language: Language) -> &'static str {
    match id {
        TechniqueId::NvmeSanitizeCryptoErase => "NVMe Sanitize, Crypto Erase",
        TechniqueId::NvmeSanitizeBlockErase => "NVMe Sanitize, Block Erase",
        TechniqueId::NvmeSanitizeOverwrite => "NVMe Sanitize, Overwrite",
        TechniqueId::NvmeFormatCryptoErase => "NVMe Format, cryptographic erase",
        TechniqueId::NvmeFormatUserDataErase => "NVMe Format, user data erase",
        TechniqueId::AtaSanitizeCryptoScramble => "ATA SANITIZE, CRYPTO SCRAMBLE EXT",
        TechniqueId::AtaSanitizeBlockErase => "ATA SANITIZE, BLOCK ERASE EXT",
        TechniqueId::AtaSanitizeOverwrite => "ATA SANITIZE, OVERWRITE EXT",
        TechniqueId::AtaSecurityEraseEnhanced => "ATA SECURITY ERASE UNIT, enhanced",
        TechniqueId::AtaSecurityErase => "ATA SECURITY ERASE UNIT",
        TechniqueId::ScsiSanitizeCryptoErase => "SCSI SANITIZE, CRYPTOGRAPHIC ERASE",
        TechniqueId::ScsiSanitizeBlockErase => "SCSI SANITIZE, BLOCK ERASE",
        TechniqueId::ScsiSanitizeOverwrite => "SCSI SANITIZE, OVERWRITE",
        TechniqueId::ScsiFormatUnit => "SCSI FORMAT UNIT",
        TechniqueId::EmmcSanitize => "eMMC SANITIZE_START",
        TechniqueId::Overwrite => language.pick(
            "overwrite of every user-addressable block",
            "overskrivning af alle blokke, som brugeren kan nå",
        ),
    }
}

pub(super) const fn completion(completion: &Completion, language: Language) -> &'static str {
    match completion {
        Completion::Completed { .. } => {
            language.pick("the drive says: completed", "disken siger: gennemført")
        }
        Completion::Rejected { .. } => {
            language.pick("NOT carried out: the drive refused", "IKKE udført: disken afviste")
        }
        Completion::Failed { .. } => {
            language.pick("FAILED, says the drive", "MISLYKKEDES, siger disken")
        }
        Completion::Unknown { .. } => {
            language.pick("the end is NOT known", "udfaldet er IKKE kendt")
        }
    }
}

pub(super) fn pass(pass: Pass, language: Language) -> String {
    match pass {
        Pass::Zeros => language.pick("zeros (00)", "nuller (00)").to_owned(),
        Pass::Ones => language.pick("ones (FF)", "ettaller (FF)").to_owned(),
        Pass::Byte { value } => format!("byte {value:02X}"),
        Pass::Random => language.pick("random", "tilfældige data").to_owned(),
    }
}

pub(super) const fn verify_mode(mode: VerifyMode, language: Language) -> &'static str {
    match mode {
        VerifyMode::None => language.pick("none", "ingen"),
        VerifyMode::Quick => language.pick("random blocks", "tilfældige blokke"),
        VerifyMode::Sample => language.pick(
            "sample, 10 % rule (SP 800-88r1, 4.7)",
            "stikprøve, 10 %-reglen (SP 800-88r1, 4.7)",
        ),
        VerifyMode::Full => language.pick("every block", "hver blok"),
    }
}

pub(super) const fn ending(ending: &Ending, language: Language) -> &'static str {
    match ending {
        Ending::Completed => language.pick("completed", "gennemført til ende"),
        Ending::Aborted => language.pick("stopped by somebody", "stoppet af nogen"),
        Ending::Incomplete => {
            language.pick("cut off, never continued", "afbrudt, aldrig genoptaget")
        }
        Ending::Failed { .. } => language.pick("could not go on", "kunne ikke fortsætte"),
    }
}

pub(super) fn hidden(area: &HiddenArea, language: Language) -> String {
    match area {
        HiddenArea::None => language.pick("nothing hidden", "intet skjult").to_owned(),
        HiddenArea::Present { accessible, native } => format!(
            "{} {} {} {}",
            number(native.saturating_sub(*accessible)),
            language.pick("of", "af"),
            number(*native),
            language.pick("blocks hidden", "blokke skjult")
        ),
        // The reason was written in English when the drive was asked.
        HiddenArea::Unknown { reason } => match language {
            Language::English => format!("not known: {reason}"),
            Language::Danish => "ukendt; grunden står i det underskrevne dokument".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_000_204_886_016), "1\u{a0}000\u{a0}204\u{a0}886\u{a0}016");
        assert_eq!(size(256_060_514_304, Language::English), "256\u{a0}GB");
        assert_eq!(size(1_500_301_910_016, Language::Danish), "1,5\u{a0}TB");
        assert_eq!(size(512, Language::Danish), "512\u{a0}byte");
        assert_eq!(percent(999_999, 1_000_000, Language::English), "99.9\u{a0}%");
        assert_eq!(percent(7, 7, Language::Danish), "100\u{a0}%");
        assert_eq!(percent(1, 0, Language::Danish), "0\u{a0}%");
    }
}
