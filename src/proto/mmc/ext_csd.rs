//! EXT_CSD: 512 bytes that a card tells about itself, and CMD8 SEND_EXT_CSD to read them.
//!
//! Offsets and bits checked against Linux (`include/linux/mmc/mmc.h`, `drivers/mmc/core/mmc.c`)
//! and mmc-utils (`mmc.h`, `mmc_cmds.c`).

use super::super::field::le32;
use super::super::{Data, Malformed};
use super::erase::Addressing;
use super::{ADTC, BLOCK_BYTES, Command, R1};

/// CMD8.
pub const OPCODE: u8 = 8;

/// As sent.
#[must_use]
pub fn command() -> Command {
    Command::new("SEND_EXT_CSD", OPCODE, 0, R1 | ADTC, Data::In(BLOCK_BYTES))
}

/// How the card makes data unreadable when it sanitizes (SECURE_REMOVAL_TYPE).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// Erases the physical memory.
    Erase,
    /// Overwrites with a character, then erases.
    OverwriteErase,
    /// Overwrites with a character, its complement, and a random character.
    ComplementRandom,
    /// As the vendor likes.
    Vendor,
}

/// How long a write protection lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteProtection {
    /// There is none.
    None,
    /// Until the next power cycle.
    PowerOn,
    /// For ever.
    Permanent,
}

/// How many of the reserved blocks are used up (PRE_EOL_INFO).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreEol {
    /// Less than 80 %.
    Normal,
    /// 80 %.
    Warning,
    /// 90 %.
    Urgent,
}

/// What an erase and a certificate want to know. Fields of one byte are as the register has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtCsd {
    /// EXT_CSD_REV: 5 is eMMC 4.41, 6 is 4.5, 7 is 5.0, 8 is 5.1.
    pub revision: u8,
    /// SEC_COUNT: blocks of 512 bytes in the user area.
    pub sectors: u32,
    /// How the card is set to remove data; since 5.0.
    pub removal: Option<Removal>,
    /// Other ways that it knows, as bits 0 to 3 in the order of [`Removal`]; since 5.0.
    pub removals_supported: Option<u8>,
    /// CACHE_CTRL: the cache is on.
    pub cache_on: bool,
    /// RST_n_FUNCTION, bits 1:0: 1 is enabled for ever, 2 disabled for ever, 0 not set.
    pub reset_function: u8,
    /// USER_WP: what protecting a part of the user area now would do. Whether a part is
    /// protected it does not say.
    pub user_write_protection: WriteProtection,
    /// RPMB_SIZE_MULT: 128 KiB each.
    pub rpmb_size_mult: u8,
    /// BOOT_WP, bits 2 and 0: what protects the boot areas.
    pub boot_write_protection: WriteProtection,
    /// BOOT_WP_STATUS for boot areas 1 and 2, in Linux boot0 and boot1.
    pub boot_area_protection: [WriteProtection; 2],
    /// ERASE_GROUP_DEF: erase groups are of the high-capacity size.
    pub high_capacity_groups: bool,
    /// PARTITION_CONFIG, bits 2:0, which partition commands now address: 0 user area, 1 and 2
    /// boot, 3 RPMB, 4 to 7 general purpose.
    pub partition_access: u8,
    /// ERASED_MEM_CONT: erased blocks read as FFh, otherwise as 00h.
    pub erased_reads_ones: bool,
    /// HC_WP_GRP_SIZE: erase groups in a write protect group.
    pub write_protect_group: u8,
    /// ERASE_TIMEOUT_MULT: 300 ms each, for one high-capacity erase group.
    pub erase_timeout_mult: u8,
    /// HC_ERASE_GRP_SIZE: 512 KiB each.
    pub erase_group_size: u8,
    /// BOOT_SIZE_MULT: 128 KiB each, for each of the two boot areas.
    pub boot_size_mult: u8,
    /// SEC_TRIM_MULT: a secure trim may take so many times the erase timeout. Obsolete since 4.5.
    pub secure_trim_mult: u8,
    /// SEC_ERASE_MULT: the same for a secure erase. Obsolete since 4.5.
    pub secure_erase_mult: u8,
    /// SEC_ER_EN: secure erase and secure trim are there.
    pub secure_erase: bool,
    /// SEC_BD_BLK_EN: retired blocks can be erased automatically.
    pub erases_bad_blocks: bool,
    /// SEC_GB_CL_EN: trim, and with `secure_erase` secure trim, is there.
    pub trim: bool,
    /// SEC_SANITIZE: sanitize is there.
    pub sanitize: bool,
    /// PRE_EOL_INFO; since 5.0. `None` if the card does not say.
    pub pre_eol: Option<PreEol>,
    /// DEVICE_LIFE_TIME_EST_TYP_A; since 5.0. 1 is 0 to 10 % of the life used, 10 is 90 to 100 %,
    /// 11 is more than that. `None` if the card does not say.
    pub life_time_a: Option<u8>,
    /// DEVICE_LIFE_TIME_EST_TYP_B, the same for the other kind of memory.
    pub life_time_b: Option<u8>,
}

const REV_5_0: u8 = 7;
/// Above 2 GiB addresses count blocks (Linux, `mmc_decode_ext_csd`).
const LARGEST_BYTE_ADDRESSED: u32 = (2 << 30) / BLOCK_BYTES;

impl ExtCsd {
    /// # Errors
    /// Fewer than 512 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let short = Malformed::Short { page: "EXT_CSD", needed: 512, got: bytes.len() };
        let page = bytes.first_chunk::<512>().ok_or(short)?;
        let revision = page[192];
        // Before 5.0 these bytes are reserved.
        let since_5_0 = |at: usize| (revision >= REV_5_0).then_some(page[at]);
        let life = |at| since_5_0(at).filter(|life| matches!(life, 1..=11));
        Ok(Self {
            revision,
            sectors: le32(page, 212).ok_or(short)?,
            removal: since_5_0(16).map(|byte| match byte >> 4 & 0x03 {
                0 => Removal::Erase,
                1 => Removal::OverwriteErase,
                2 => Removal::ComplementRandom,
                _ => Removal::Vendor,
            }),
            removals_supported: since_5_0(16).map(|byte| byte & 0x0f),
            cache_on: page[33] & 0x01 != 0,
            reset_function: page[162] & 0x03,
            user_write_protection: WriteProtection::from_bits(page[171], 0x04, 0x01),
            rpmb_size_mult: page[168],
            boot_write_protection: WriteProtection::from_bits(page[173], 0x04, 0x01),
            boot_area_protection: [
                WriteProtection::from_bits(page[174], 0x02, 0x01),
                WriteProtection::from_bits(page[174], 0x08, 0x04),
            ],
            high_capacity_groups: page[175] & 0x01 != 0,
            partition_access: page[179] & 0x07,
            erased_reads_ones: page[181] != 0,
            write_protect_group: page[221],
            erase_timeout_mult: page[223],
            erase_group_size: page[224],
            boot_size_mult: page[226],
            secure_trim_mult: page[229],
            secure_erase_mult: page[230],
            secure_erase: page[231] & 0x01 != 0,
            erases_bad_blocks: page[231] & 0x04 != 0,
            trim: page[231] & 0x10 != 0,
            sanitize: page[231] & 0x40 != 0,
            pre_eol: match since_5_0(267) {
                Some(1) => Some(PreEol::Normal),
                Some(2) => Some(PreEol::Warning),
                Some(3) => Some(PreEol::Urgent),
                _ => None,
            },
            life_time_a: life(268),
            life_time_b: life(269),
        })
    }

    /// What addresses count.
    #[must_use]
    pub fn addressing(&self) -> Addressing {
        if self.sectors > LARGEST_BYTE_ADDRESSED { Addressing::Sectors } else { Addressing::Bytes }
    }

    /// What a byte of an erased block reads as.
    #[must_use]
    pub fn erased_byte(&self) -> u8 {
        if self.erased_reads_ones { 0xff } else { 0x00 }
    }

    /// Milliseconds that a card may take for one high-capacity erase group. 0 is not defined.
    #[must_use]
    pub fn erase_timeout_ms(&self) -> u32 {
        u32::from(self.erase_timeout_mult) * 300
    }

    /// Bytes in a high-capacity erase group. 0 is not supported.
    #[must_use]
    pub fn erase_group_bytes(&self) -> u32 {
        u32::from(self.erase_group_size) * 512 * 1024
    }

    /// Bytes in each of the two boot areas.
    #[must_use]
    pub fn boot_area_bytes(&self) -> u32 {
        u32::from(self.boot_size_mult) * 128 * 1024
    }

    /// Bytes in the replay protected memory block.
    #[must_use]
    pub fn rpmb_bytes(&self) -> u32 {
        u32::from(self.rpmb_size_mult) * 128 * 1024
    }

    /// As a card sends it: only what is in this struct.
    #[must_use]
    pub fn bytes(&self) -> [u8; 512] {
        let mut page = [0; 512];
        page[192] = self.revision;
        page[212..216].copy_from_slice(&self.sectors.to_le_bytes());
        let removal = match self.removal {
            None | Some(Removal::Erase) => 0,
            Some(Removal::OverwriteErase) => 1,
            Some(Removal::ComplementRandom) => 2,
            Some(Removal::Vendor) => 3,
        };
        page[16] = removal << 4 | self.removals_supported.unwrap_or(0) & 0x0f;
        page[33] = u8::from(self.cache_on);
        page[162] = self.reset_function & 0x03;
        page[168] = self.rpmb_size_mult;
        page[171] = self.user_write_protection.bits(0x04, 0x01);
        page[173] = self.boot_write_protection.bits(0x04, 0x01);
        let [first, second] = self.boot_area_protection;
        page[174] = first.bits(0x02, 0x01) | second.bits(0x08, 0x04);
        page[175] = u8::from(self.high_capacity_groups);
        page[179] = self.partition_access & 0x07;
        page[181] = u8::from(self.erased_reads_ones);
        page[221] = self.write_protect_group;
        page[223] = self.erase_timeout_mult;
        page[224] = self.erase_group_size;
        page[226] = self.boot_size_mult;
        page[229] = self.secure_trim_mult;
        page[230] = self.secure_erase_mult;
        page[231] = u8::from(self.secure_erase)
            | u8::from(self.erases_bad_blocks) << 2
            | u8::from(self.trim) << 4
            | u8::from(self.sanitize) << 6;
        page[267] = match self.pre_eol {
            None => 0,
            Some(PreEol::Normal) => 1,
            Some(PreEol::Warning) => 2,
            Some(PreEol::Urgent) => 3,
        };
        page[268] = self.life_time_a.unwrap_or(0);
        page[269] = self.life_time_b.unwrap_or(0);
        page
    }
}

impl WriteProtection {
    fn from_bits(byte: u8, permanent: u8, power_on: u8) -> Self {
        if byte & permanent != 0 {
            Self::Permanent
        } else if byte & power_on != 0 {
            Self::PowerOn
        } else {
            Self::None
        }
    }

    fn bits(self, permanent: u8, power_on: u8) -> u8 {
        match self {
            Self::None => 0,
            Self::PowerOn => power_on,
            Self::Permanent => permanent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(set: &[(usize, u8)]) -> ExtCsd {
        let mut page = [0; 512];
        page[192] = 8;
        for (at, byte) in set {
            page[*at] = *byte;
        }
        let read = ExtCsd::parse(&page).unwrap();
        assert_eq!(ExtCsd::parse(&read.bytes()).as_ref(), Ok(&read));
        read
    }

    #[test]
    fn request() {
        let command = command();
        assert_eq!((command.opcode(), command.argument(), command.flags()), (8, 0, 0x35));
        assert_eq!((command.data(), command.blocks()), (&Data::In(512), 1));
    }

    #[test]
    fn each_byte_is_its_own() {
        use WriteProtection as Wp;
        let blank = page(&[]);
        let expected = ExtCsd {
            revision: 8,
            sectors: 0,
            removal: Some(Removal::Erase),
            removals_supported: Some(0),
            cache_on: false,
            reset_function: 0,
            user_write_protection: Wp::None,
            rpmb_size_mult: 0,
            boot_write_protection: Wp::None,
            boot_area_protection: [Wp::None, Wp::None],
            high_capacity_groups: false,
            partition_access: 0,
            erased_reads_ones: false,
            write_protect_group: 0,
            erase_timeout_mult: 0,
            erase_group_size: 0,
            boot_size_mult: 0,
            secure_trim_mult: 0,
            secure_erase_mult: 0,
            secure_erase: false,
            erases_bad_blocks: false,
            trim: false,
            sanitize: false,
            pre_eol: None,
            life_time_a: None,
            life_time_b: None,
        };
        assert_eq!(blank, expected);
        let with = |change: fn(&mut ExtCsd)| {
            let mut expected = blank.clone();
            change(&mut expected);
            expected
        };
        type Change = fn(&mut ExtCsd);
        let table: &[(usize, u8, Change)] = &[
            (16, 0x0f, |e| e.removals_supported = Some(0x0f)),
            (16, 0x10, |e| e.removal = Some(Removal::OverwriteErase)),
            (16, 0x20, |e| e.removal = Some(Removal::ComplementRandom)),
            (16, 0x30, |e| e.removal = Some(Removal::Vendor)),
            (16, 0xc0, |_| ()),
            (33, 0x01, |e| e.cache_on = true),
            (33, 0xfe, |_| ()),
            (162, 0x02, |e| e.reset_function = 2),
            (162, 0xfc, |_| ()),
            (168, 0xff, |e| e.rpmb_size_mult = 0xff),
            (171, 0x01, |e| e.user_write_protection = Wp::PowerOn),
            (171, 0x04, |e| e.user_write_protection = Wp::Permanent),
            (171, 0x05, |e| e.user_write_protection = Wp::Permanent),
            (171, 0xda, |_| ()),
            (173, 0x01, |e| e.boot_write_protection = Wp::PowerOn),
            (173, 0x04, |e| e.boot_write_protection = Wp::Permanent),
            (173, 0xfa, |_| ()),
            (174, 0x01, |e| e.boot_area_protection[0] = Wp::PowerOn),
            (174, 0x02, |e| e.boot_area_protection[0] = Wp::Permanent),
            (174, 0x04, |e| e.boot_area_protection[1] = Wp::PowerOn),
            (174, 0x08, |e| e.boot_area_protection[1] = Wp::Permanent),
            (174, 0xf0, |_| ()),
            (175, 0x01, |e| e.high_capacity_groups = true),
            (175, 0xfe, |_| ()),
            (179, 0x07, |e| e.partition_access = 7),
            (179, 0xf8, |_| ()),
            (181, 0x01, |e| e.erased_reads_ones = true),
            (192, 0x07, |e| e.revision = 7),
            (212, 0x01, |e| e.sectors = 1),
            (215, 0x80, |e| e.sectors = 1 << 31),
            (221, 0xff, |e| e.write_protect_group = 0xff),
            (223, 0xff, |e| e.erase_timeout_mult = 0xff),
            (224, 0xff, |e| e.erase_group_size = 0xff),
            (226, 0xff, |e| e.boot_size_mult = 0xff),
            (229, 0xff, |e| e.secure_trim_mult = 0xff),
            (230, 0xff, |e| e.secure_erase_mult = 0xff),
            (231, 0x01, |e| e.secure_erase = true),
            (231, 0x04, |e| e.erases_bad_blocks = true),
            (231, 0x10, |e| e.trim = true),
            (231, 0x40, |e| e.sanitize = true),
            (231, 0xaa, |_| ()),
            (267, 0x01, |e| e.pre_eol = Some(PreEol::Normal)),
            (267, 0x02, |e| e.pre_eol = Some(PreEol::Warning)),
            (267, 0x03, |e| e.pre_eol = Some(PreEol::Urgent)),
            (267, 0x04, |_| ()),
            (268, 0x01, |e| e.life_time_a = Some(1)),
            (268, 0x0b, |e| e.life_time_a = Some(11)),
            (268, 0x0c, |_| ()),
            (269, 0x0a, |e| e.life_time_b = Some(10)),
        ];
        for (at, byte, change) in table {
            assert_eq!(page(&[(*at, *byte)]), with(*change), "byte {at} is {byte:#x}");
        }
        // No other byte counts.
        for at in (0..512).filter(|at| !table.iter().any(|(known, ..)| at == known)) {
            let of_sectors = (212..216).contains(&at);
            assert!(of_sectors || page(&[(at, 0xff)]) == blank, "byte {at}");
        }
    }

    #[test]
    fn units() {
        let ext_csd = page(&[(168, 32), (223, 1), (224, 1), (226, 255)]);
        assert_eq!(ext_csd.rpmb_bytes(), 4 << 20);
        assert_eq!(ext_csd.erase_timeout_ms(), 300);
        assert_eq!(ext_csd.erase_group_bytes(), 512 << 10);
        assert_eq!(ext_csd.boot_area_bytes(), 255 * 128 * 1024);
        assert_eq!((ext_csd.erased_byte(), page(&[(181, 1)]).erased_byte()), (0x00, 0xff));
    }

    #[test]
    fn large_cards_count_blocks() {
        // 2 GiB exactly, and a block more.
        assert_eq!(page(&[(214, 0x40)]).addressing(), Addressing::Bytes);
        assert_eq!(page(&[(214, 0x40), (212, 1)]).addressing(), Addressing::Sectors);
    }

    #[test]
    fn before_5_0_the_bytes_are_reserved() {
        let old = page(&[(192, 6), (16, 0x31), (267, 1), (268, 1), (269, 1)]);
        assert_eq!((old.removal, old.removals_supported), (None, None));
        assert_eq!((old.pre_eol, old.life_time_a, old.life_time_b), (None, None, None));
    }

    #[test]
    fn nothing_short_is_read() {
        let page = [0xa5; 513];
        for end in 0..512 {
            assert!(ExtCsd::parse(&page[..end]).is_err());
        }
        assert!(ExtCsd::parse(&page).is_ok());
        for byte in 0..=u8::MAX {
            assert!(ExtCsd::parse(&[byte; 512]).is_ok());
        }
    }
}
