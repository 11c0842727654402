//! IDENTIFY DEVICE (ECh): what a drive is, has and is locked by.
//!
//! 256 words of 16 bits. Most tell something only if another one says so; a word that does not is
//! "not reported" here. Kernel and bridges keep copies of this data that grow old: whoever changed
//! the drive asks the drive again.
//!
//! Words and bits were checked against smartmontools' ataidentify.cpp, and their validity rules
//! against openSeaChest and Linux' include/linux/ata.h.

#[cfg(test)]
mod tests;

use super::{Command, Width, block};
use crate::model::clean;
use crate::proto::{Data, Malformed};

const CODE: u8 = 0xec;
const PAGE: &str = "IDENTIFY DEVICE data";
/// The low byte of word 255 if its high byte is a checksum.
const SIGNATURE: u8 = 0xa5;

/// What the drive says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentifyDevice {
    /// Serial number.
    pub serial: Option<String>,
    /// Firmware revision.
    pub firmware: Option<String>,
    /// Model number.
    pub model: Option<String>,
    /// World wide name: a 64-bit NAA identifier.
    pub world_wide_name: Option<u64>,
    /// User-addressable sectors for 28-bit commands, at most 268,435,455.
    pub sectors28: Option<u32>,
    /// User-addressable sectors for 48-bit commands.
    pub sectors48: Option<u64>,
    /// User-addressable sectors in the field of 64 bits that newer drives may have.
    pub sectors_extended: Option<u64>,
    /// Bytes of a logical sector: 512 unless the drive says another size. `None` if it says one
    /// that cannot be.
    pub logical_sector_bytes: Option<u32>,
    /// Binary logarithm of the logical sectors in a physical one, 0 to 15.
    pub physical_exponent: u8,
    /// Logical sectors between the start of a physical one and LBA 0.
    pub alignment: Option<u16>,
    /// What turns, if anything does.
    pub rotation: Option<Rotation>,
    /// What it is attached by, in the drive's own words.
    pub transport: Option<Transport>,
    /// The SECURITY feature set; `None` if the drive does not have it.
    pub security: Option<Security>,
    /// TRUSTED SEND and RECEIVE, the way to TCG's protocols. (Word 48, which older drives use for
    /// something else; checked against `ata_id_has_tpm` in Linux' `include/linux/ata.h`.)
    pub trusted_computing: bool,
    /// The SANITIZE DEVICE feature set; `None` if the drive does not have it.
    pub sanitize: Option<Sanitize>,
    /// The volatile write cache.
    pub write_cache: Option<FeatureSet>,
    /// The host protected area.
    pub host_protected_area: Option<FeatureSet>,
    /// Passwords for the host protected area.
    pub set_max_security: Option<FeatureSet>,
    /// DEVICE CONFIGURATION OVERLAY.
    pub device_configuration_overlay: bool,
    /// ACCESSIBLE MAX ADDRESS, which took the place of the two before it.
    pub accessible_max_address: bool,
    /// READ LOG EXT and its logs.
    pub general_purpose_logging: bool,
    /// TRIM; `None` if the drive does not have it.
    pub trim: Option<Trim>,
    /// The drive says that it encrypts all user data.
    pub encrypts_all: bool,
}

/// A feature set that can be switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureSet {
    /// The drive has it.
    pub supported: bool,
    /// It is on.
    pub enabled: bool,
}

/// What turns inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// Nothing: a solid state drive.
    NonRotating,
    /// Disks, so many times a minute.
    PerMinute(u16),
}

/// What the drive is attached by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Parallel ATA.
    Parallel,
    /// Serial ATA.
    Serial,
    /// PCI Express.
    Pcie,
}

/// The SECURITY feature set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Security {
    /// A user password is set.
    pub enabled: bool,
    /// The drive serves no reads until it is unlocked.
    pub locked: bool,
    /// No SECURITY command works until the next power cycle.
    pub frozen: bool,
    /// Too many wrong passwords: none is taken until the next power cycle.
    pub count_expired: bool,
    /// The drive has the enhanced erase.
    pub enhanced_erase: bool,
    /// The level is Maximum, not High: the master password cannot unlock, only erase.
    pub level_maximum: bool,
    /// How long a normal erase takes.
    pub normal_erase_time: Option<EraseTime>,
    /// How long an enhanced erase takes.
    pub enhanced_erase_time: Option<EraseTime>,
    /// The master password's identifier, FFFEh while it is the factory's.
    pub master_password_identifier: Option<u16>,
}

/// How long a drive thinks that an erase takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EraseTime {
    /// So many minutes, always an even number.
    Minutes(u32),
    /// More than so many minutes: 508, or 65,532 in the newer encoding.
    MoreThanMinutes(u32),
}

/// The SANITIZE DEVICE feature set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sanitize {
    /// CRYPTO SCRAMBLE EXT.
    pub crypto_scramble: bool,
    /// BLOCK ERASE EXT.
    pub block_erase: bool,
    /// OVERWRITE EXT.
    pub overwrite: bool,
    /// SANITIZE ANTIFREEZE LOCK EXT.
    pub antifreeze_lock: bool,
    /// While it sanitizes, the drive answers the commands that ACS-3 lists, IDENTIFY DEVICE among
    /// them.
    pub acs3_commands: bool,
}

/// What TRIM does to what is read afterwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trim {
    /// Every read of a trimmed sector gives the same.
    pub deterministic: bool,
    /// It gives zeros.
    pub zeroes: bool,
}

/// The command.
#[must_use]
pub fn command() -> Command {
    Command { count: 1, data: Data::In(512), ..Command::new(CODE, Width::Lba28) }
}

/// Bits of a word.
const fn bit(bit: u8) -> u16 {
    1 << bit
}

/// Whether a word is one that a drive has written: those it does not know are all zeros or ones.
fn written(word: u16) -> bool {
    word != 0 && word != 0xffff
}

/// Whether bits 15:14 of a word that has them for this purpose say that it is valid.
fn valid(word: u16) -> bool {
    word >> 14 == 0b01
}

impl IdentifyDevice {
    /// Reads the data.
    ///
    /// # Errors
    /// Fewer than 512 bytes, a wrong checksum, data of a packet device, or nothing but zeros.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let page = block::first(PAGE, bytes)?;
        let invalid = |why| Err(Malformed::Invalid { page: PAGE, why });
        if page[510] == SIGNATURE && !block::adds_up(page) {
            return invalid("its checksum is wrong");
        }
        if *page == [0; 512] {
            return invalid("nothing but zeros");
        }
        let mut w = [0; 256];
        for (word, bytes) in w.iter_mut().zip(page.as_chunks::<2>().0) {
            *word = u16::from_le_bytes(*bytes);
        }
        if w[0] & bit(15) != 0 {
            return invalid("not an ATA drive's");
        }

        // Word 83 answers for 82, word 87 for 85 and 86; and bit 15 of 86 announces 119.
        let (supported, enabled) = (valid(w[83]), valid(w[87]));
        let feature_set = |supported_in: u16, enabled_in: u16, mask: u16| {
            (supported && enabled).then_some(FeatureSet {
                supported: supported_in & mask != 0,
                enabled: enabled_in & mask != 0,
            })
        };
        let w119 = enabled && w[86] & bit(15) != 0 && valid(w[119]);
        // Word 53 answers for 64 to 70.
        let additional = if w[53] & bit(1) != 0 && written(w[69]) { w[69] } else { 0 };
        let geometry = if valid(w[106]) { w[106] } else { 0 };

        Ok(Self {
            serial: text(&w[10..20]),
            firmware: text(&w[23..27]),
            model: text(&w[27..47]),
            world_wide_name: ((valid(w[84]) && w[84] & bit(8) != 0)
                || (enabled && w[87] & bit(8) != 0))
                .then(|| qword([w[111], w[110], w[109], w[108]]))
                .filter(|name| *name != 0 && *name != u64::MAX),
            sectors28: some(u32::from(w[61]) << 16 | u32::from(w[60])),
            sectors48: (supported && w[83] & bit(10) != 0)
                .then(|| qword([w[100], w[101], w[102], w[103]]))
                .filter(|sectors| *sectors != 0),
            sectors_extended: (additional & bit(3) != 0)
                .then(|| qword([w[230], w[231], w[232], w[233]]))
                .filter(|sectors| *sectors != 0),
            logical_sector_bytes: match geometry & bit(12) {
                0 => Some(512),
                _ => (u32::from(w[118]) << 16 | u32::from(w[117]))
                    .checked_mul(2)
                    .filter(|bytes| *bytes >= 512),
            },
            physical_exponent: match geometry & bit(13) {
                0 => 0,
                _ => (geometry & 0x0f) as u8,
            },
            alignment: valid(w[209]).then_some(w[209] & 0x3fff),
            rotation: match w[217] {
                1 => Some(Rotation::NonRotating),
                rate @ 0x0401..=0xfffe => Some(Rotation::PerMinute(rate)),
                _ => None,
            },
            transport: match w[222] >> 12 {
                // Before there was a word 222, having serial ATA capabilities said it.
                _ if !written(w[222]) => written(w[76]).then_some(Transport::Serial),
                0x0 => Some(Transport::Parallel),
                0x1 => Some(Transport::Serial),
                0xe => Some(Transport::Pcie),
                _ => None,
            },
            trusted_computing: valid(w[48]) && w[48] & bit(0) != 0,
            security: (written(w[128]) && w[128] & bit(0) != 0).then(|| Security {
                enabled: w[128] & bit(1) != 0,
                locked: w[128] & bit(2) != 0,
                frozen: w[128] & bit(3) != 0,
                count_expired: w[128] & bit(4) != 0,
                enhanced_erase: w[128] & bit(5) != 0,
                level_maximum: w[128] & bit(8) != 0,
                normal_erase_time: erase_time(w[89]),
                enhanced_erase_time: erase_time(w[90]),
                master_password_identifier: Some(w[92]).filter(|word| written(*word)),
            }),
            sanitize: (written(w[59]) && w[59] & bit(12) != 0).then(|| Sanitize {
                block_erase: w[59] & bit(15) != 0,
                overwrite: w[59] & bit(14) != 0,
                crypto_scramble: w[59] & bit(13) != 0,
                acs3_commands: w[59] & bit(11) != 0,
                antifreeze_lock: w[59] & bit(10) != 0,
            }),
            write_cache: feature_set(w[82], w[85], bit(5)),
            host_protected_area: feature_set(w[82], w[85], bit(10)),
            set_max_security: feature_set(w[83], w[86], bit(8)),
            device_configuration_overlay: supported && w[83] & bit(11) != 0,
            accessible_max_address: w119 && w[119] & bit(8) != 0,
            general_purpose_logging: valid(w[84]) && w[84] & bit(5) != 0,
            trim: (written(w[169]) && w[169] & bit(0) != 0).then(|| Trim {
                deterministic: additional & bit(14) != 0,
                zeroes: additional & bit(5) != 0,
            }),
            encrypts_all: additional & bit(4) != 0,
        })
    }

    /// User-addressable sectors, from the widest field that the drive fills in.
    #[must_use]
    pub fn sectors(&self) -> Option<u64> {
        self.sectors_extended.or(self.sectors48).or(self.sectors28.map(u64::from))
    }

    /// Bytes of a physical sector.
    #[must_use]
    pub fn physical_sector_bytes(&self) -> Option<u32> {
        1_u32.checked_shl(self.physical_exponent.into())?.checked_mul(self.logical_sector_bytes?)
    }

    /// The data of a drive that says this.
    #[must_use]
    pub fn encode(&self) -> [u8; 512] {
        let flags = |flags: &[(bool, u8)]| {
            flags.iter().fold(0, |word, (set, at)| if *set { word | bit(*at) } else { word })
        };
        let supported = |set: Option<FeatureSet>| set.is_some_and(|set| set.supported);
        let enabled = |set: Option<FeatureSet>| set.is_some_and(|set| set.enabled);
        let switched = self.write_cache.or(self.host_protected_area).or(self.set_max_security);

        let mut w = [0; 256];
        w[0] = 0x0040;
        put_text(&mut w[10..20], self.serial.as_deref());
        put_text(&mut w[23..27], self.firmware.as_deref());
        put_text(&mut w[27..47], self.model.as_deref());
        if self.trusted_computing {
            w[48] = bit(14) | bit(0);
        }
        w[53] = bit(1);
        if let Some(sanitize) = self.sanitize {
            w[59] = bit(12)
                | flags(&[
                    (sanitize.block_erase, 15),
                    (sanitize.overwrite, 14),
                    (sanitize.crypto_scramble, 13),
                    (sanitize.acs3_commands, 11),
                    (sanitize.antifreeze_lock, 10),
                ]);
        }
        put_number(&mut w[60..62], self.sectors28.unwrap_or(0).into());
        let trim = self.trim.unwrap_or_default();
        w[69] = flags(&[
            (trim.deterministic, 14),
            (trim.zeroes, 5),
            (self.encrypts_all, 4),
            (self.sectors_extended.is_some(), 3),
        ]);
        w[82] =
            flags(&[(supported(self.write_cache), 5), (supported(self.host_protected_area), 10)]);
        w[83] = bit(14)
            | flags(&[
                (supported(self.set_max_security), 8),
                (self.sectors48.is_some(), 10),
                (self.device_configuration_overlay, 11),
            ]);
        w[84] = bit(14)
            | flags(&[(self.general_purpose_logging, 5), (self.world_wide_name.is_some(), 8)]);
        w[85] = flags(&[(enabled(self.write_cache), 5), (enabled(self.host_protected_area), 10)]);
        if self.accessible_max_address {
            w[86] = bit(15);
            w[119] = bit(14) | bit(8);
        }
        w[86] |= flags(&[(enabled(self.set_max_security), 8)]);
        if switched.is_some() || self.accessible_max_address {
            w[87] = bit(14);
        }
        put_number(&mut w[100..104], self.sectors48.unwrap_or(0));
        w[106] = bit(14) | u16::from(self.physical_exponent & 0x0f);
        w[106] |= flags(&[(self.physical_exponent != 0, 13)]);
        if self.logical_sector_bytes != Some(512) {
            w[106] |= bit(12);
            put_number(&mut w[117..119], u64::from(self.logical_sector_bytes.unwrap_or(0) / 2));
        }
        put_number(&mut w[108..112], self.world_wide_name.unwrap_or(0));
        w[108..112].reverse();
        if let Some(security) = self.security {
            w[89] = erase_time_word(security.normal_erase_time);
            w[90] = erase_time_word(security.enhanced_erase_time);
            w[92] = security.master_password_identifier.unwrap_or(0);
            w[128] = bit(0)
                | flags(&[
                    (security.enabled, 1),
                    (security.locked, 2),
                    (security.frozen, 3),
                    (security.count_expired, 4),
                    (security.enhanced_erase, 5),
                    (security.level_maximum, 8),
                ]);
        }
        w[169] = flags(&[(self.trim.is_some(), 0)]);
        w[209] = self.alignment.map_or(0, |alignment| bit(14) | alignment & 0x3fff);
        w[217] = match self.rotation {
            None => 0,
            Some(Rotation::NonRotating) => 1,
            Some(Rotation::PerMinute(rate)) => rate,
        };
        // Bit 0 stands for the oldest version of each transport.
        w[222] = match self.transport {
            None => 0,
            Some(Transport::Parallel) => 0x0001,
            Some(Transport::Serial) => 0x1001,
            Some(Transport::Pcie) => 0xe001,
        };
        put_number(&mut w[230..234], self.sectors_extended.unwrap_or(0));

        let mut page = [0; 512];
        for (bytes, word) in page.as_chunks_mut::<2>().0.iter_mut().zip(w) {
            *bytes = word.to_le_bytes();
        }
        page[510] = SIGNATURE;
        block::seal(&mut page);
        page
    }
}

/// Words 89 and 90. Bit 15 says that there are 15 bits of two minutes each; without it there are 8,
/// and hdparm 9.43 and udev know no other. Checked against openSeaChest's ata_Security.c.
fn erase_time(word: u16) -> Option<EraseTime> {
    let (units, most) = match word & bit(15) {
        0 => (word & 0xff, 0xff),
        _ => (word & 0x7fff, 0x7fff),
    };
    match units {
        0 => None,
        // The highest number stands for all that are higher than the one before it.
        units if units == most => Some(EraseTime::MoreThanMinutes(u32::from(units - 1) * 2)),
        units => Some(EraseTime::Minutes(u32::from(units) * 2)),
    }
}

fn erase_time_word(time: Option<EraseTime>) -> u16 {
    match time {
        None => 0,
        Some(EraseTime::MoreThanMinutes(..=508)) => 0xff,
        Some(EraseTime::MoreThanMinutes(_)) => 0xffff,
        Some(EraseTime::Minutes(minutes @ ..=508)) => (minutes / 2) as u16,
        Some(EraseTime::Minutes(minutes)) => bit(15) | (minutes / 2).min(0x7ffe) as u16,
    }
}

/// Text has its first character in the upper byte of the first word.
fn text(words: &[u16]) -> Option<String> {
    clean(&words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>())
}

fn put_text(words: &mut [u16], text: Option<&str>) {
    let mut text = text.unwrap_or_default().bytes();
    let mut next = || text.next().unwrap_or(b' ');
    words.iter_mut().for_each(|word| *word = u16::from_be_bytes([next(), next()]));
}

/// Four words, the lowest first.
fn qword(words: [u16; 4]) -> u64 {
    words.iter().rev().fold(0, |number, word| number << 16 | u64::from(*word))
}

fn put_number(words: &mut [u16], mut number: u64) {
    for word in words {
        *word = (number & 0xffff) as u16;
        number >>= 16;
    }
}

fn some(number: u32) -> Option<u32> {
    (number != 0).then_some(number)
}
