//! Identify Namespace data structure (CNS 00h; NVM Command Set Specification).

use super::super::field::{le16, le64, le128};
use super::{Identify, array, put, read, reported};
use crate::proto::Malformed;

/// What a namespace is and how it is formatted. Offsets checked against libnvme's
/// `struct nvme_id_ns`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentifyNamespace {
    /// NSZE, bytes 7:0: logical blocks, LBA 0 to this less one.
    pub blocks: u64,
    /// NCAP, bytes 15:8: logical blocks that can be allocated at once.
    pub capacity_blocks: u64,
    /// NUSE, bytes 23:16: logical blocks that are allocated. That none are is a hint at most that
    /// data was erased.
    pub used_blocks: u64,
    /// NSFEAT, byte 24, bit 0: fewer blocks may be allocated than there are.
    pub thin_provisioned: bool,
    /// The formats that it can have, from byte 128: NLBAF (byte 25, one less) and NULBAF (byte 82)
    /// of them, at most 64.
    pub formats: Vec<LbaFormat>,
    /// What it has now.
    pub formatting: Formatting,
    /// NMIC, byte 30, bit 0: it can be attached to several controllers at once.
    pub shared: bool,
    /// FPI, byte 32: percent of a format that remain to be done, 0 to 127; none if it does not say.
    pub format_remaining_percent: Option<u8>,
    /// DLFEAT, byte 33, bits 2:0: what a deallocated block reads as.
    pub deallocated_reads: DeallocatedReads,
    /// DLFEAT, byte 33, bit 3: Write Zeroes can deallocate.
    pub write_zeroes_deallocates: bool,
    /// NVMCAP, bytes 63:48: bytes of the medium that belong to it.
    pub allocated_bytes: Option<u128>,
    /// NSATTR, byte 99, bit 0: write protected now.
    pub write_protected: bool,
    /// NVMSETID, bytes 101:100.
    pub nvm_set: Option<u16>,
    /// ENDGID, bytes 103:102.
    pub endurance_group: Option<u16>,
    /// NGUID, bytes 119:104, most significant byte first.
    pub nguid: Option<[u8; 16]>,
    /// EUI64, bytes 127:120, most significant byte first.
    pub eui64: Option<[u8; 8]>,
}

/// One format that a namespace can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LbaFormat {
    /// MS: bytes of metadata with each block.
    pub metadata_bytes: u16,
    /// LBADS: the exponent n of 2^n bytes a block; 0 if the format does not exist.
    pub block_exponent: u8,
    /// RP: 0 best to 3 degraded.
    pub relative_performance: u8,
}

/// How a namespace is formatted. Format NVM gives it the same again, so it only comes from an
/// identify page or a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formatting {
    /// Index of its [`LbaFormat`], 0 to 63.
    pub(super) format: u8,
    /// Metadata is transferred with the data of a block, not in a buffer of its own.
    pub(super) metadata_inline: bool,
    /// Type of protection information, 0 for none.
    pub(super) protection: u8,
    /// Protection information is at the beginning of the metadata, not at its end.
    pub(super) protection_first: bool,
}

/// What a deallocated block reads as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeallocatedReads {
    /// The drive does not say.
    NotReported,
    /// Every byte 00h.
    Zeros,
    /// Every byte FFh.
    Ones,
}

impl IdentifyNamespace {
    /// Reads the answer to [`Identify::Namespace`].
    ///
    /// # Errors
    /// Fewer than 4096 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        read(bytes, "Identify Namespace", Identify::BYTES, Self::fields)
    }

    /// The format that it has; none if the page does not list it.
    #[must_use]
    pub fn lba_format(&self) -> Option<LbaFormat> {
        let format = self.formats.get(usize::from(self.formatting.format));
        format.copied().filter(|format| (9..64).contains(&format.block_exponent))
    }

    /// Bytes of user data, without metadata; none if that is not a possible number.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        let block = 1_u64.checked_shl(self.lba_format()?.block_exponent.into())?;
        self.blocks.checked_mul(block)
    }

    fn fields(page: &[u8]) -> Option<Self> {
        let count = (usize::from(*page.get(25)?) + 1 + usize::from(*page.get(82)?)).min(64);
        let formats = page.get(128..384)?.as_chunks::<4>().0.iter().take(count);
        let (flbas, dps) = (*page.get(26)?, *page.get(29)?);
        // The upper bits count only if there are more formats than the lower ones can number.
        let upper = if count > 16 { flbas >> 5 & 3 } else { 0 };
        let fpi = *page.get(32)?;
        let dlfeat = *page.get(33)?;
        Some(Self {
            blocks: le64(page, 0)?,
            capacity_blocks: le64(page, 8)?,
            used_blocks: le64(page, 16)?,
            thin_provisioned: page.get(24)? & 1 == 1,
            formats: formats.map(|format| LbaFormat::from_bytes(*format)).collect(),
            formatting: Formatting {
                format: upper << 4 | flbas & 0xf,
                metadata_inline: flbas & 1 << 4 != 0,
                protection: dps & 7,
                protection_first: dps & 1 << 3 != 0,
            },
            shared: page.get(30)? & 1 == 1,
            format_remaining_percent: (fpi & 0x80 != 0).then_some(fpi & 0x7f),
            deallocated_reads: match dlfeat & 7 {
                1 => DeallocatedReads::Zeros,
                2 => DeallocatedReads::Ones,
                _ => DeallocatedReads::NotReported,
            },
            write_zeroes_deallocates: dlfeat & 1 << 3 != 0,
            allocated_bytes: reported(le128(page, 48)?),
            write_protected: page.get(99)? & 1 == 1,
            nvm_set: reported(le16(page, 100)?),
            endurance_group: reported(le16(page, 102)?),
            nguid: reported(array(page, 104)?),
            eui64: reported(array(page, 120)?),
        })
    }

    /// The page as a drive sends it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut page = vec![0; Identify::BYTES];
        let formatting = self.formatting;
        put(&mut page, 0, &self.blocks.to_le_bytes());
        put(&mut page, 8, &self.capacity_blocks.to_le_bytes());
        put(&mut page, 16, &self.used_blocks.to_le_bytes());
        let last_format = u8::try_from(self.formats.len().min(64)).unwrap_or(64).saturating_sub(1);
        let flbas = formatting.format & 0xf
            | (formatting.format >> 4 & 3) << 5
            | u8::from(formatting.metadata_inline) << 4;
        put(&mut page, 24, &[u8::from(self.thin_provisioned), last_format, flbas]);
        let dps = formatting.protection & 7 | u8::from(formatting.protection_first) << 3;
        put(&mut page, 29, &[dps, u8::from(self.shared)]);
        let fpi = self.format_remaining_percent.map_or(0, |percent| percent & 0x7f | 0x80);
        let dlfeat = match self.deallocated_reads {
            DeallocatedReads::NotReported => 0,
            DeallocatedReads::Zeros => 1,
            DeallocatedReads::Ones => 2,
        };
        put(&mut page, 32, &[fpi, dlfeat | u8::from(self.write_zeroes_deallocates) << 3]);
        put(&mut page, 48, &self.allocated_bytes.unwrap_or(0).to_le_bytes());
        put(&mut page, 99, &[u8::from(self.write_protected)]);
        put(&mut page, 100, &self.nvm_set.unwrap_or(0).to_le_bytes());
        put(&mut page, 102, &self.endurance_group.unwrap_or(0).to_le_bytes());
        put(&mut page, 104, &self.nguid.unwrap_or_default());
        put(&mut page, 120, &self.eui64.unwrap_or_default());
        let formats: Vec<u8> =
            self.formats.iter().take(64).flat_map(|format| format.to_bytes()).collect();
        put(&mut page, 128, &formats);
        page
    }
}

impl LbaFormat {
    const fn from_bytes([low, high, block_exponent, performance]: [u8; 4]) -> Self {
        let metadata_bytes = u16::from_le_bytes([low, high]);
        Self { metadata_bytes, block_exponent, relative_performance: performance & 3 }
    }

    const fn to_bytes(self) -> [u8; 4] {
        let [low, high] = self.metadata_bytes.to_le_bytes();
        [low, high, self.block_exponent, self.relative_performance & 3]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{survives, with};
    use super::*;

    /// 500 GB in blocks of 512 bytes, the second format of four.
    pub(in super::super) fn page() -> Vec<u8> {
        let mut page = vec![0; 4096];
        let fields: &[(usize, &[u8])] = &[
            (0, &[0x30, 0x60, 0x38, 0x3a]),
            (8, &[0x30, 0x60, 0x38, 0x3a]),
            (16, &[0x78, 0x56, 0x34, 0x12]),
            (25, &[3, 0x01]),
            (32, &[0x80, 0x09]),
            (48, &[0, 0x60, 0xc0, 0x70, 0x74]),
            (102, &[1]),
            (120, &[0x00, 0x25, 0x38, 0x5a, 0x91, 0x01, 0x02, 0x03]),
            (128, &[0, 0, 12, 0, 0, 0, 9, 2, 8, 0, 9, 3, 8, 0, 12, 1]),
        ];
        for (at, field) in fields {
            put(&mut page, *at, field);
        }
        page
    }

    fn parsed(at: usize, field: &[u8]) -> IdentifyNamespace {
        IdentifyNamespace::parse(&with(4096, at, field)).unwrap()
    }

    #[test]
    fn a_usual_namespace() {
        let namespace = IdentifyNamespace::parse(&page()).unwrap();
        let format = |metadata_bytes, block_exponent, relative_performance| LbaFormat {
            metadata_bytes,
            block_exponent,
            relative_performance,
        };
        let expected = IdentifyNamespace {
            blocks: 976_773_168,
            capacity_blocks: 976_773_168,
            used_blocks: 0x1234_5678,
            thin_provisioned: false,
            formats: vec![format(0, 12, 0), format(0, 9, 2), format(8, 9, 3), format(8, 12, 1)],
            formatting: Formatting {
                format: 1,
                metadata_inline: false,
                protection: 0,
                protection_first: false,
            },
            shared: false,
            format_remaining_percent: Some(0),
            deallocated_reads: DeallocatedReads::Zeros,
            write_zeroes_deallocates: true,
            allocated_bytes: Some(500_107_862_016),
            write_protected: false,
            nvm_set: None,
            endurance_group: Some(1),
            nguid: None,
            eui64: Some([0x00, 0x25, 0x38, 0x5a, 0x91, 0x01, 0x02, 0x03]),
        };
        assert_eq!(namespace, expected);
        assert_eq!(namespace.lba_format(), Some(format(0, 9, 2)));
        assert_eq!(namespace.bytes(), Some(500_107_862_016));
        assert_eq!(namespace.encode(), page());
    }

    /// Each field alone, at its own place.
    #[test]
    fn fields() {
        type Change = fn(&mut IdentifyNamespace);
        let high: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 1];
        let cases: &[(usize, &[u8], Change)] = &[
            (0, high, |n| n.blocks = 1 << 56),
            (8, high, |n| n.capacity_blocks = 1 << 56),
            (16, high, |n| n.used_blocks = 1 << 56),
            (24, &[0xff], |n| n.thin_provisioned = true),
            (26, &[0x1f], |n| {
                n.formatting.format = 15;
                n.formatting.metadata_inline = true;
            }),
            (29, &[0x0f], |n| {
                n.formatting.protection = 7;
                n.formatting.protection_first = true;
            }),
            (29, &[0x03], |n| n.formatting.protection = 3),
            (30, &[0xff], |n| n.shared = true),
            (32, &[0xe4], |n| n.format_remaining_percent = Some(100)),
            (33, &[0x01], |n| n.deallocated_reads = DeallocatedReads::Zeros),
            (33, &[0x02], |n| n.deallocated_reads = DeallocatedReads::Ones),
            (33, &[0x08], |n| n.write_zeroes_deallocates = true),
            (63, &[2], |n| n.allocated_bytes = Some(2 << 120)),
            (99, &[1], |n| n.write_protected = true),
            (100, &[1, 2], |n| n.nvm_set = Some(0x0201)),
            (102, &[1, 2], |n| n.endurance_group = Some(0x0201)),
            (104, &[7], |n| n.nguid = Some([7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
            (127, &[7], |n| n.eui64 = Some([0, 0, 0, 0, 0, 0, 0, 7])),
        ];
        for (at, field, change) in cases {
            let mut expected = parsed(0, &[]);
            change(&mut expected);
            let got = parsed(*at, field);
            assert_eq!(got, expected, "byte {at}");
            assert_eq!(IdentifyNamespace::parse(&got.encode()), Ok(got), "byte {at}");
        }
    }

    #[test]
    fn what_is_not_said_is_not_read() {
        assert_eq!(parsed(32, &[0x7f]).format_remaining_percent, None);
        assert_eq!(parsed(33, &[0x07]).deallocated_reads, DeallocatedReads::NotReported);
        let detached = parsed(0, &[]);
        assert_eq!((detached.lba_format(), detached.bytes()), (None, None));
    }

    #[test]
    fn more_than_sixteen_formats() {
        let mut page = with(4096, 25, &[16, 0x7f]);
        assert_eq!(IdentifyNamespace::parse(&page).unwrap().formatting.format, 63);
        assert_eq!(IdentifyNamespace::parse(&page).unwrap().formats.len(), 17);
        page[25] = 15;
        assert_eq!(IdentifyNamespace::parse(&page).unwrap().formatting.format, 15);
        page[82] = 9;
        let namespace = IdentifyNamespace::parse(&page).unwrap();
        assert_eq!((namespace.formats.len(), namespace.formatting.format), (25, 63));
        assert_eq!(namespace.lba_format(), None, "beyond the list");
        page[25] = 255;
        assert_eq!(IdentifyNamespace::parse(&page).unwrap().formats.len(), 64);
        page[380..384].copy_from_slice(&[64, 0, 12, 0xff]);
        let namespace = IdentifyNamespace::parse(&page).unwrap();
        let last = LbaFormat { metadata_bytes: 64, block_exponent: 12, relative_performance: 3 };
        assert_eq!(namespace.lba_format(), Some(last));
        assert_eq!(IdentifyNamespace::parse(&namespace.encode()), Ok(namespace));
    }

    #[test]
    fn a_size_that_cannot_be_is_none() {
        let mut page = page();
        page[7] = 0x80;
        assert_eq!(IdentifyNamespace::parse(&page).unwrap().bytes(), None);
        page[7] = 0;
        for exponent in [0, 8, 64, 255] {
            page[134] = exponent;
            assert_eq!(IdentifyNamespace::parse(&page).unwrap().bytes(), None, "{exponent}");
        }
        page[134] = 63;
        page[0..8].copy_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(IdentifyNamespace::parse(&page).unwrap().bytes(), Some(1 << 63));
    }

    #[test]
    fn hostile() {
        let short = Malformed::Short { page: "Identify Namespace", needed: 4096, got: 0 };
        assert_eq!(IdentifyNamespace::parse(&[]), Err(short));
        survives(&[0xff; 4096], |bytes| {
            if let Ok(namespace) = IdentifyNamespace::parse(bytes) {
                let _ = (namespace.bytes(), namespace.encode());
            }
        });
    }
}
