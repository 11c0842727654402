//! Methods and techniques in the words of NIST SP 800-88 and IEEE 2883.

use serde::{Deserialize, Serialize};

use super::Medium;

/// The sanitization method: what kind of recovery the result withstands (SP 800-88r2, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Logical techniques on all user-addressable locations; withstands simple, non-invasive
    /// recovery through the interface that the user has.
    Clear,
    /// Withstands state-of-the-art laboratory techniques.
    Purge,
    /// As purge, and the medium can no longer store data (IEEE 2883 says Destruct). No software
    /// reaches it; it is named so that records of destroyed drives can use the same word.
    Destroy,
}

impl Method {
    /// The term of NIST SP 800-88 as it is written there; the same in every language.
    #[must_use]
    pub const fn term(self) -> &'static str {
        match self {
            Self::Clear => "Clear",
            Self::Purge => "Purge",
            Self::Destroy => "Destroy",
        }
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Clear => "clear",
            Self::Purge => "purge",
            Self::Destroy => "destroy",
        })
    }
}

/// How a drive is sanitized; the stable ids that stand in plans and certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TechniqueId {
    /// NVMe Sanitize, action Crypto Erase.
    NvmeSanitizeCryptoErase,
    /// NVMe Sanitize, action Block Erase.
    NvmeSanitizeBlockErase,
    /// NVMe Sanitize, action Overwrite.
    NvmeSanitizeOverwrite,
    /// NVMe Format NVM, secure erase setting 2, cryptographic erase.
    NvmeFormatCryptoErase,
    /// NVMe Format NVM, secure erase setting 1, user data erase.
    NvmeFormatUserDataErase,
    /// ATA SANITIZE DEVICE, CRYPTO SCRAMBLE EXT.
    AtaSanitizeCryptoScramble,
    /// ATA SANITIZE DEVICE, BLOCK ERASE EXT.
    AtaSanitizeBlockErase,
    /// ATA SANITIZE DEVICE, OVERWRITE EXT.
    AtaSanitizeOverwrite,
    /// ATA SECURITY ERASE UNIT, enhanced mode.
    AtaSecurityEraseEnhanced,
    /// ATA SECURITY ERASE UNIT, normal mode.
    AtaSecurityErase,
    /// SCSI SANITIZE, service action CRYPTOGRAPHIC ERASE.
    ScsiSanitizeCryptoErase,
    /// SCSI SANITIZE, service action BLOCK ERASE.
    ScsiSanitizeBlockErase,
    /// SCSI SANITIZE, service action OVERWRITE, one pass.
    ScsiSanitizeOverwrite,
    /// SCSI FORMAT UNIT, never a fast format.
    ScsiFormatUnit,
    /// eMMC: every block trimmed or erased, and then SANITIZE_START.
    EmmcSanitize,
    /// The host writes every user-addressable block. Reaches Clear, on any medium.
    Overwrite,
}

/// The user password, at level High, that every copy of this program sets right before a SECURITY
/// ERASE UNIT: these letters, and zeros up to 32 bytes.
///
/// It protects nothing and is published on purpose. If the power fails during the erase, the drive
/// stays locked with it, and whoever has the drive then must be able to open it, with this program
/// or any other: a random password would be lost together with the power, and an empty one locks
/// some drives for good.
pub const ATA_PASSWORD: &str = "NULSTIL";

impl TechniqueId {
    /// Whether it sets [`ATA_PASSWORD`] and takes it away at its end.
    #[must_use]
    pub const fn sets_password(self) -> bool {
        matches!(self, Self::AtaSecurityEraseEnhanced | Self::AtaSecurityErase)
    }

    /// The highest method it may claim on a medium. Conservative: in doubt Clear
    /// (`reference/standards.md`, table 2.2).
    ///
    /// NVMe Sanitize is a dedicated, standardized sanitize command (SP 800-88r2, section 3.1.2).
    /// What NVMe Format reaches is up to its maker. On media that are not really there nothing is
    /// purged.
    ///
    /// ATA SANITIZE DEVICE and SCSI SANITIZE are such commands too; but each of their operations is
    /// listed for the media that it was made for, and so an overwrite purges no flash, and a block
    /// erase nothing else. SP 800-88r2 does not name SECURITY ERASE UNIT, and SP 800-88r1, which
    /// did, is withdrawn. FORMAT UNIT may leave retired blocks as they are. What the standards say
    /// of the sanitize operation of eMMC has not been read.
    #[must_use]
    pub const fn claims(self, medium: Medium) -> Method {
        match self {
            Self::NvmeSanitizeCryptoErase
            | Self::NvmeSanitizeBlockErase
            | Self::NvmeSanitizeOverwrite => match medium {
                Medium::Ssd => Method::Purge,
                _ => Method::Clear,
            },
            Self::AtaSanitizeCryptoScramble | Self::ScsiSanitizeCryptoErase => match medium {
                Medium::Ssd | Medium::Hdd => Method::Purge,
                _ => Method::Clear,
            },
            Self::AtaSanitizeBlockErase | Self::ScsiSanitizeBlockErase => match medium {
                Medium::Ssd => Method::Purge,
                _ => Method::Clear,
            },
            Self::AtaSanitizeOverwrite | Self::ScsiSanitizeOverwrite => match medium {
                Medium::Hdd => Method::Purge,
                _ => Method::Clear,
            },
            Self::NvmeFormatCryptoErase
            | Self::NvmeFormatUserDataErase
            | Self::AtaSecurityEraseEnhanced
            | Self::AtaSecurityErase
            | Self::ScsiFormatUnit
            | Self::EmmcSanitize
            | Self::Overwrite => Method::Clear,
        }
    }

    /// Whether it destroys a key and leaves the rest where it is.
    #[must_use]
    pub const fn is_cryptographic(self) -> bool {
        matches!(
            self,
            Self::NvmeSanitizeCryptoErase
                | Self::NvmeFormatCryptoErase
                | Self::AtaSanitizeCryptoScramble
                | Self::ScsiSanitizeCryptoErase
        )
    }
}

/// What one pass of an overwrite writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Pass {
    /// Every byte 0x00.
    Zeros,
    /// Every byte 0xFF.
    Ones,
    /// Every byte the given value.
    Byte {
        /// The value, 0 to 255.
        value: u8,
    },
    /// The AES-128-CTR key stream of a fresh random key, addressed by byte offset.
    Random,
}

/// A named scheme: its passes in order.
///
/// `nist-clear` is what SP 800-88 asks for (one pass, verified). The multi-pass schemes exist
/// because contracts still name them; SP 800-88r2 (section 3.1.1) says that multi-pass overwrite
/// is not needed, and every certificate repeats it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scheme {
    name: String,
    passes: Vec<Pass>,
}

/// Every scheme that has a fixed name. `byte=HH` is the one that has not.
const SCHEMES: &[(&str, &[Pass])] = &[
    ("zeros", &[Pass::Zeros]),
    ("ones", &[Pass::Ones]),
    ("random", &[Pass::Random]),
    ("nist-clear", &[Pass::Zeros]),
    ("dod-short-3", &[Pass::Zeros, Pass::Ones, Pass::Random]),
    ("hmg-is5-enhanced", &[Pass::Zeros, Pass::Ones, Pass::Random]),
];

impl Scheme {
    /// The name as given on the command line and written in the certificate.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The passes, first to last; never empty.
    #[must_use]
    pub fn passes(&self) -> &[Pass] {
        &self.passes
    }
}

/// What serde writes is the name.
#[cfg(feature = "schema")]
impl schemars::JsonSchema for Scheme {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scheme".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<_> = SCHEMES.iter().map(|(name, _)| *name).collect();
        schemars::json_schema!({
            "description": "The name of a pass scheme; byte=HH writes that byte.",
            "type": "string",
            "pattern": format!("^({}|byte=[0-9a-f]{{2}})$", names.join("|")),
        })
    }
}

impl Default for Scheme {
    fn default() -> Self {
        Self { name: "nist-clear".to_owned(), passes: vec![Pass::Zeros] }
    }
}

impl std::str::FromStr for Scheme {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((name, passes)) = SCHEMES.iter().find(|(name, _)| *name == text) {
            return Ok(Self { name: (*name).to_owned(), passes: passes.to_vec() });
        }
        if let Some(hex) = text.strip_prefix("byte=")
            && hex.len() == 2
            && hex.bytes().all(|b| b.is_ascii_hexdigit())
            && let Ok(value) = u8::from_str_radix(hex, 16)
        {
            let name = format!("byte={value:02x}");
            return Ok(Self { name, passes: vec![Pass::Byte { value }] });
        }
        let names: Vec<_> = SCHEMES.iter().map(|(name, _)| *name).collect();
        Err(format!("unknown pass scheme; use one of {}, byte=HH", names.join(", ")))
    }
}

impl TryFrom<String> for Scheme {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Scheme> for String {
    fn from(scheme: Scheme) -> Self {
        scheme.name
    }
}

/// How much is read back after the last pass, from least to most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum VerifyMode {
    /// Nothing; the result is never better than indeterminate.
    None,
    /// A few thousand random blocks: a statistical statement (see [`super::sampling`]).
    Quick,
    /// The rule of NIST SP 800-88r1, section 4.7: ten percent, spread evenly and at random.
    #[default]
    Sample,
    /// Every block.
    Full,
}

impl std::fmt::Display for VerifyMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Quick => "quick",
            Self::Sample => "sample",
            Self::Full => "full",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_what_their_names_say() {
        let passes = |text: &str| text.parse::<Scheme>().unwrap().passes().to_vec();
        assert_eq!(passes("nist-clear"), [Pass::Zeros]);
        assert_eq!(passes("dod-short-3"), [Pass::Zeros, Pass::Ones, Pass::Random]);
        assert_eq!(passes("byte=A5"), [Pass::Byte { value: 0xa5 }]);
        assert_eq!(Scheme::default(), "nist-clear".parse().unwrap());
        for wrong in ["", "byte=", "byte=5", "byte=1g", "byte=+1", "byte=100", "gutmann", "Zeros"] {
            assert!(wrong.parse::<Scheme>().is_err(), "{wrong} was accepted");
        }
    }

    #[test]
    fn ata_claims_by_medium() {
        use TechniqueId::{
            AtaSanitizeBlockErase, AtaSanitizeCryptoScramble, AtaSanitizeOverwrite,
            AtaSecurityErase, AtaSecurityEraseEnhanced,
        };
        let purges = [
            (AtaSanitizeCryptoScramble, vec![Medium::Ssd, Medium::Hdd]),
            (AtaSanitizeBlockErase, vec![Medium::Ssd]),
            (AtaSanitizeOverwrite, vec![Medium::Hdd]),
            (AtaSecurityEraseEnhanced, vec![]),
            (AtaSecurityErase, vec![]),
        ];
        let media = [
            Medium::Hdd,
            Medium::Ssd,
            Medium::Emmc,
            Medium::SdCard,
            Medium::Virtual,
            Medium::DiskImage,
            Medium::Unknown,
        ];
        for (technique, on) in purges {
            for medium in media {
                let purged = technique.claims(medium) == Method::Purge;
                assert_eq!(purged, on.contains(&medium), "{technique:?} {medium:?}");
            }
        }
        assert!(AtaSanitizeCryptoScramble.is_cryptographic());
        assert!(!AtaSanitizeBlockErase.is_cryptographic());
    }

    #[test]
    fn one_name_for_one_byte() {
        let upper: Scheme = "byte=AB".parse().unwrap();
        let lower: Scheme = "byte=ab".parse().unwrap();
        assert_eq!(upper, lower);
    }
}
