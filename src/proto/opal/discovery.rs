//! Level 0 Discovery (section 3.3.6): what the drive says of its security without being asked by
//! anybody in particular.
//!
//! Layouts checked against nvme-cli's `sedopal_spec.h`, EDK2's `TcgStorageCore.h` and
//! `TcgStorageOpal.h`, and the tables of Opal SSC 2.30.

use super::super::field::{be16, be32, be64};
use crate::proto::Malformed;

const PAGE: &str = "TCG Level 0 Discovery";
const HEADER: usize = 48;

/// The answer under [`DISCOVERY_COM_ID`](super::DISCOVERY_COM_ID).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// Whether all of it came; if not, features may be missing.
    pub complete: bool,
    /// The features, as the drive orders them.
    pub features: Vec<Feature>,
}

/// One feature. Offsets below count from behind its four-byte header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// 0001h: the trusted peripheral, that is the drive's side of the protocol.
    Tper(Tper),
    /// 0002h: locking.
    Locking(Locking),
    /// 0003h: how ranges are to be aligned.
    Geometry(Geometry),
    /// 0100h, 0200h, 0203h and 0301h to 0304h: a security subsystem class.
    Ssc(Ssc),
    /// 0201h: single user mode.
    SingleUserMode(SingleUserMode),
    /// 0202h: additional data store tables.
    DataStore(DataStore),
    /// 0401h: control of locking ranges by address; it says nothing but that it is there.
    LockingRangesControl,
    /// 0402h: whether the owner's password can be used.
    BlockSid(BlockSid),
    /// 0403h: locking by namespace.
    NamespaceLocking(NamespaceLocking),
    /// 0404h: how a revert removes data.
    DataRemoval(DataRemoval),
    /// 0405h: how ranges of a namespace are to be aligned.
    NamespaceGeometry(Geometry),
    /// Any other.
    Other {
        /// Its code.
        code: u16,
        /// Bytes of its data.
        length: u8,
    },
}

/// Byte 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's own")]
pub struct Tper {
    /// Bit 0: what is used here.
    pub sync: bool,
    pub asynchronous: bool,
    pub ack_nak: bool,
    pub buffer_management: bool,
    pub streaming: bool,
    /// Bit 6.
    pub com_id_management: bool,
}

/// Byte 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locking {
    /// Bit 0: the drive can lock.
    pub supported: bool,
    /// Bit 1: somebody has taken it into use and owns the drive.
    pub enabled: bool,
    /// Bit 2: at least one range is locked; it cannot be read or not be written.
    pub locked: bool,
    /// Bit 3: the drive encrypts.
    pub media_encryption: bool,
    /// Bit 4: a shadow MBR is set up.
    pub mbr_enabled: bool,
    /// Bit 5: it has been put away until the next reset. Enabled and not done means that reads
    /// show the shadow, and not the data.
    pub mbr_done: bool,
    /// Bit 6: there can be no shadow MBR.
    pub mbr_shadowing_not_supported: bool,
    /// Bit 7: a hardware reset can lock, and bring the shadow MBR back.
    pub hardware_reset: bool,
}

/// How ranges are to be aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Byte 0, bit 0.
    pub alignment_required: bool,
    /// Bytes 8 to 11: bytes of a logical block.
    pub logical_block_bytes: u32,
    /// Bytes 12 to 19: in logical blocks.
    pub alignment_granularity: u64,
    /// Bytes 20 to 27.
    pub lowest_aligned_lba: u64,
}

/// A security subsystem class: which of TCG's dialects the drive speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ssc {
    /// Which one.
    pub family: SscFamily,
    /// Bytes 0 and 1: the first ComID to speak under.
    pub base_com_id: u16,
    /// Bytes 2 and 3: how many there are.
    pub com_ids: u16,
    /// Byte 9: the owner's password as made; 0 for the one that the drive tells everybody. None
    /// with Opal 1 and Enterprise, like the next.
    pub initial_pin: Option<u8>,
    /// Byte 10: the owner's password after a revert; 0 for the one as made.
    pub reverted_pin: Option<u8>,
}

/// The security subsystem classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are TCG's own")]
pub enum SscFamily {
    Enterprise,
    Opal1,
    Opal2,
    Opalite,
    Pyrite1,
    Pyrite2,
    Ruby,
}

impl SscFamily {
    /// Whether drives of this class encrypt. Those of Pyrite only lock: their data stays as it is,
    /// whatever becomes of the lock.
    #[must_use]
    pub const fn encrypts(self) -> bool {
        !matches!(self, Self::Pyrite1 | Self::Pyrite2)
    }

    const fn code(self) -> u16 {
        match self {
            Self::Enterprise => 0x0100,
            Self::Opal1 => 0x0200,
            Self::Opal2 => 0x0203,
            Self::Opalite => 0x0301,
            Self::Pyrite1 => 0x0302,
            Self::Pyrite2 => 0x0303,
            Self::Ruby => 0x0304,
        }
    }
}

/// Single user mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SingleUserMode {
    /// Bytes 0 to 3.
    pub locking_objects: u32,
    /// Byte 4, bit 0: some are in this mode.
    pub any: bool,
    /// Byte 4, bit 1: all are.
    pub all: bool,
    /// Byte 4, bit 2: the administrator sets the ranges.
    pub policy: bool,
}

/// Additional data store tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataStore {
    /// Bytes 2 and 3.
    pub max_tables: u16,
    /// Bytes 4 to 7: of all tables together.
    pub max_bytes: u32,
    /// Bytes 8 to 11: in bytes.
    pub alignment: u32,
}

/// Whether the owner's password can be used. Firmware blocks it at each start of the PC so that
/// nobody takes ownership; some drives then refuse Format and Sanitize as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockSid {
    /// Byte 0, bit 0: the owner's password is another than the one as made.
    pub owner_has_password: bool,
    /// Byte 0, bit 1: the owner's password is not accepted now.
    pub blocked: bool,
    /// Byte 1, bit 0: a hardware reset ends that too, not only a power cycle.
    pub cleared_by_hardware_reset: bool,
}

/// Locking by namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamespaceLocking {
    /// Byte 0, bit 7: ranges beyond those for whole namespaces.
    pub ranges: bool,
    /// Byte 0, bit 6.
    pub ranges_per_namespace: bool,
    /// Bytes 4 to 7.
    pub max_keys: u32,
    /// Bytes 8 to 11.
    pub unused_keys: u32,
    /// Bytes 12 to 15.
    pub max_ranges_per_namespace: u32,
}

/// How a revert removes data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataRemoval {
    /// Byte 1, bit 0: it is going on now.
    pub processing: bool,
    /// Byte 1, bit 1: it was interrupted. Reserved and 0 in older classes.
    pub interrupted: bool,
    /// Bit 0 of the bytes below: overwrite. For this and the others: none if not supported.
    pub overwrite: Option<DataRemovalMechanism>,
    /// Bit 1: block erase.
    pub block_erase: Option<DataRemovalMechanism>,
    /// Bit 2: cryptographic erase.
    pub crypto_erase: Option<DataRemovalMechanism>,
    /// Bit 5: the vendor's way. (nvme-cli has bit 4; Opal SSC 2.30 and EDK2 have bit 5.)
    pub vendor_erase: Option<DataRemovalMechanism>,
}

/// A way to remove data that the drive supports (byte 2), and how long it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataRemovalMechanism {
    /// From two bytes of bytes 4 to 15, in steps of two seconds or two minutes (byte 3). 131,070
    /// seconds or minutes stand for that and longer.
    pub seconds: Option<u32>,
}

impl Discovery {
    /// Reads the answer.
    ///
    /// # Errors
    /// Fewer than 48 bytes; a length that leaves no room for the header; a feature that ends
    /// behind the answer, or that is too short for what it says.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let short = Malformed::Short { page: PAGE, needed: HEADER, got: bytes.len() };
        let length = bytes.get(..HEADER).and_then(|header| be32(header, 0)).ok_or(short)?;
        // The length does not count itself.
        let end = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(4);
        let complete = end <= bytes.len();
        let answer = bytes.get(..end).unwrap_or(bytes);
        let mut rest = answer.get(HEADER..).ok_or(invalid("its length is too short"))?;
        let mut features = Vec::new();
        while let [high, low, _version, length, tail @ ..] = rest {
            let code = u16::from_be_bytes([*high, *low]);
            if code == 0 {
                // There is no such feature: what follows is padding.
                break;
            }
            let Some((data, next)) = tail.split_at_checked((*length).into()) else {
                if complete {
                    return Err(invalid("a feature is longer than the answer"));
                }
                break;
            };
            let feature = Feature::parse(code, data);
            features.push(feature.ok_or(invalid("a feature is too short for what it says"))?);
            rest = next;
        }
        Ok(Self { complete, features })
    }

    /// The locking feature. If the answer is complete and has none, the drive has no locks that
    /// this protocol knows of.
    #[must_use]
    pub fn locking(&self) -> Option<Locking> {
        self.features.iter().find_map(|feature| match feature {
            Feature::Locking(locking) => Some(*locking),
            _ => None,
        })
    }

    /// The Block SID feature.
    #[must_use]
    pub fn block_sid(&self) -> Option<BlockSid> {
        self.features.iter().find_map(|feature| match feature {
            Feature::BlockSid(block_sid) => Some(*block_sid),
            _ => None,
        })
    }

    /// The classes that the drive belongs to.
    pub fn sscs(&self) -> impl Iterator<Item = Ssc> {
        self.features.iter().filter_map(|feature| match feature {
            Feature::Ssc(ssc) => Some(*ssc),
            _ => None,
        })
    }

    /// The ComID to send [`Request`](super::Request)s under; none if the drive is of no class that
    /// understands them.
    #[must_use]
    pub fn com_id(&self) -> Option<u16> {
        self.sscs()
            .find(|ssc| ssc.family != SscFamily::Enterprise && ssc.base_com_id != 0)
            .map(|ssc| ssc.base_com_id)
    }

    /// The answer as a drive sends it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut answer = vec![0; HEADER];
        answer.extend(self.features.iter().flat_map(Feature::encode));
        let length = u32::try_from(answer.len() - 4).unwrap_or(u32::MAX).to_be_bytes();
        let revision = 1_u32.to_be_bytes();
        for (to, from) in answer.iter_mut().zip([length, revision].as_flattened()) {
            *to = *from;
        }
        answer
    }
}

fn invalid(why: &'static str) -> Malformed {
    Malformed::Invalid { page: PAGE, why }
}

const fn bit(byte: u8, n: u8) -> bool {
    byte >> n & 1 == 1
}

/// The byte whose bits these are, the lowest first.
fn byte(bits: [bool; 8]) -> u8 {
    bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit))
}

impl Feature {
    /// Reads the data of a feature; `None` if there is not enough.
    fn parse(code: u16, data: &[u8]) -> Option<Self> {
        let ssc = |family| Ssc::parse(family, data).map(Self::Ssc);
        Some(match code {
            0x0001 => Self::Tper(Tper::from_bits(*data.first()?)),
            0x0002 => Self::Locking(Locking::from_bits(*data.first()?)),
            0x0003 => Self::Geometry(Geometry::parse(data)?),
            0x0100 => ssc(SscFamily::Enterprise)?,
            0x0200 => ssc(SscFamily::Opal1)?,
            0x0201 => {
                let bits = *data.get(4)?;
                Self::SingleUserMode(SingleUserMode {
                    locking_objects: be32(data, 0)?,
                    any: bit(bits, 0),
                    all: bit(bits, 1),
                    policy: bit(bits, 2),
                })
            }
            0x0202 => Self::DataStore(DataStore {
                max_tables: be16(data, 2)?,
                max_bytes: be32(data, 4)?,
                alignment: be32(data, 8)?,
            }),
            0x0203 => ssc(SscFamily::Opal2)?,
            0x0301 => ssc(SscFamily::Opalite)?,
            0x0302 => ssc(SscFamily::Pyrite1)?,
            0x0303 => ssc(SscFamily::Pyrite2)?,
            0x0304 => ssc(SscFamily::Ruby)?,
            0x0401 => Self::LockingRangesControl,
            0x0402 => Self::BlockSid(BlockSid {
                owner_has_password: bit(*data.first()?, 0),
                blocked: bit(*data.first()?, 1),
                cleared_by_hardware_reset: bit(*data.get(1)?, 0),
            }),
            0x0403 => {
                let bits = *data.first()?;
                Self::NamespaceLocking(NamespaceLocking {
                    ranges: bit(bits, 7),
                    ranges_per_namespace: bit(bits, 6),
                    max_keys: be32(data, 4)?,
                    unused_keys: be32(data, 8)?,
                    max_ranges_per_namespace: be32(data, 12)?,
                })
            }
            0x0404 => Self::DataRemoval(DataRemoval::parse(data)?),
            0x0405 => Self::NamespaceGeometry(Geometry::parse(data)?),
            code => Self::Other { code, length: u8::try_from(data.len()).ok()? },
        })
    }

    /// Its header and its data, as long as the specification has it.
    fn encode(&self) -> Vec<u8> {
        let flat = |parts: &[&[u8]]| parts.concat();
        let (code, data) = match self {
            Self::Tper(tper) => (0x0001, flat(&[&[tper.to_bits()], &[0; 11]])),
            Self::Locking(locking) => (0x0002, flat(&[&[locking.to_bits()], &[0; 11]])),
            Self::Geometry(geometry) => (0x0003, geometry.encode()),
            Self::Ssc(ssc) => (ssc.family.code(), ssc.encode()),
            Self::SingleUserMode(mode) => {
                let bits =
                    byte([mode.any, mode.all, mode.policy, false, false, false, false, false]);
                (0x0201, flat(&[&mode.locking_objects.to_be_bytes(), &[bits], &[0; 7]]))
            }
            Self::DataStore(store) => {
                let (bytes, alignment) =
                    (store.max_bytes.to_be_bytes(), store.alignment.to_be_bytes());
                (0x0202, flat(&[&[0; 2], &store.max_tables.to_be_bytes(), &bytes, &alignment]))
            }
            Self::LockingRangesControl => (0x0401, vec![0; 12]),
            Self::BlockSid(block) => {
                let bits = u8::from(block.owner_has_password) | u8::from(block.blocked) << 1;
                (0x0402, flat(&[&[bits, block.cleared_by_hardware_reset.into()], &[0; 10]]))
            }
            Self::NamespaceLocking(locking) => {
                let bits =
                    u8::from(locking.ranges) << 7 | u8::from(locking.ranges_per_namespace) << 6;
                let counts =
                    [locking.max_keys, locking.unused_keys, locking.max_ranges_per_namespace];
                let counts = counts.map(u32::to_be_bytes);
                (0x0403, flat(&[&[bits, 0, 0, 0], counts.as_flattened()]))
            }
            Self::DataRemoval(removal) => (0x0404, removal.encode()),
            Self::NamespaceGeometry(geometry) => (0x0405, geometry.encode()),
            Self::Other { code, length } => (*code, vec![0; (*length).into()]),
        };
        let length = u8::try_from(data.len()).unwrap_or(u8::MAX);
        flat(&[&code.to_be_bytes(), &[0x10, length], &data])
    }
}

impl Tper {
    const fn from_bits(bits: u8) -> Self {
        Self {
            sync: bit(bits, 0),
            asynchronous: bit(bits, 1),
            ack_nak: bit(bits, 2),
            buffer_management: bit(bits, 3),
            streaming: bit(bits, 4),
            com_id_management: bit(bits, 6),
        }
    }

    fn to_bits(self) -> u8 {
        byte([
            self.sync,
            self.asynchronous,
            self.ack_nak,
            self.buffer_management,
            self.streaming,
            false,
            self.com_id_management,
            false,
        ])
    }
}

impl Locking {
    const fn from_bits(bits: u8) -> Self {
        Self {
            supported: bit(bits, 0),
            enabled: bit(bits, 1),
            locked: bit(bits, 2),
            media_encryption: bit(bits, 3),
            mbr_enabled: bit(bits, 4),
            mbr_done: bit(bits, 5),
            mbr_shadowing_not_supported: bit(bits, 6),
            hardware_reset: bit(bits, 7),
        }
    }

    fn to_bits(self) -> u8 {
        byte([
            self.supported,
            self.enabled,
            self.locked,
            self.media_encryption,
            self.mbr_enabled,
            self.mbr_done,
            self.mbr_shadowing_not_supported,
            self.hardware_reset,
        ])
    }
}

impl Geometry {
    fn parse(data: &[u8]) -> Option<Self> {
        Some(Self {
            alignment_required: bit(*data.first()?, 0),
            logical_block_bytes: be32(data, 8)?,
            alignment_granularity: be64(data, 12)?,
            lowest_aligned_lba: be64(data, 20)?,
        })
    }

    fn encode(self) -> Vec<u8> {
        let parts: [&[u8]; 5] = [
            &[self.alignment_required.into()],
            &[0; 7],
            &self.logical_block_bytes.to_be_bytes(),
            &self.alignment_granularity.to_be_bytes(),
            &self.lowest_aligned_lba.to_be_bytes(),
        ];
        parts.concat()
    }
}

impl Ssc {
    fn parse(family: SscFamily, data: &[u8]) -> Option<Self> {
        let (initial_pin, reverted_pin) = match family {
            SscFamily::Enterprise | SscFamily::Opal1 => (None, None),
            _ => (Some(*data.get(9)?), Some(*data.get(10)?)),
        };
        let (base_com_id, com_ids) = (be16(data, 0)?, be16(data, 2)?);
        Some(Self { family, base_com_id, com_ids, initial_pin, reverted_pin })
    }

    fn encode(self) -> Vec<u8> {
        let pins = [self.initial_pin.unwrap_or(0), self.reverted_pin.unwrap_or(0)];
        let ids = [self.base_com_id, self.com_ids].map(u16::to_be_bytes);
        let parts: [&[u8]; 4] = [ids.as_flattened(), &[0; 5], &pins, &[0; 5]];
        parts.concat()
    }
}

impl DataRemoval {
    fn parse(data: &[u8]) -> Option<Self> {
        let (state, supported, minutes) = (*data.get(1)?, *data.get(2)?, *data.get(3)?);
        // The outer level is "too short", the inner one "not supported".
        let mechanism = |n: u8| {
            let time = u32::from(be16(data, 4 + 2 * usize::from(n))?);
            let unit = if bit(minutes, n) { 120 } else { 2 };
            let seconds = (time != 0).then_some(time * unit);
            Some(bit(supported, n).then_some(DataRemovalMechanism { seconds }))
        };
        Some(Self {
            processing: bit(state, 0),
            interrupted: bit(state, 1),
            overwrite: mechanism(0)?,
            block_erase: mechanism(1)?,
            crypto_erase: mechanism(2)?,
            vendor_erase: mechanism(5)?,
        })
    }

    fn encode(self) -> Vec<u8> {
        let mut data = vec![0, u8::from(self.processing) | u8::from(self.interrupted) << 1];
        let mechanisms =
            [self.overwrite, self.block_erase, self.crypto_erase, None, None, self.vendor_erase];
        let (mut supported, mut minutes, mut times) = (0, 0, Vec::new());
        for (n, mechanism) in mechanisms.into_iter().enumerate() {
            let seconds = mechanism.and_then(|mechanism| mechanism.seconds).unwrap_or(0);
            // Seconds as long as they fit.
            let (unit, time) = match u16::try_from(seconds / 2) {
                Ok(time) => (0, time),
                Err(_) => (1, u16::try_from(seconds / 120).unwrap_or(u16::MAX)),
            };
            supported |= u8::from(mechanism.is_some()) << n;
            minutes |= unit << n;
            times.extend(time.to_be_bytes());
        }
        data.extend([supported, minutes]);
        data.append(&mut times);
        data.resize(32, 0);
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(features: &[&[u8]]) -> Vec<u8> {
        let features = features.concat();
        let mut answer = vec![0; 48];
        let length = u32::try_from(44 + features.len()).unwrap();
        answer[..4].copy_from_slice(&length.to_be_bytes());
        answer[7] = 1;
        answer.extend(features);
        answer
    }

    fn feature(code: u16, data: &[u8]) -> Vec<u8> {
        let length = u8::try_from(data.len()).unwrap();
        [&code.to_be_bytes()[..], &[0x10, length], data].concat()
    }

    fn only(code: u16, data: &[u8]) -> Feature {
        let bytes = answer(&[&feature(code, data)]);
        let discovery = Discovery::parse(&bytes).unwrap();
        assert!(discovery.complete);
        let [feature] = *discovery.features else { panic!("one feature") };
        feature
    }

    /// A Samsung drive that somebody owns and locked, in blocks as it comes.
    fn locked() -> Vec<u8> {
        let mut bytes = answer(&[
            &[0, 1, 0x10, 12, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0, 2, 0x10, 12, 0x1f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0, 3, 0x10, 28, 1, 0, 0, 0, 0, 0, 0, 0],
            &[0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0],
            &[2, 1, 0x10, 12, 0, 0, 0, 9, 5, 0, 0, 0, 0, 0, 0, 0],
            &[2, 2, 0x10, 12, 0, 0, 0, 9, 0, 0xa0, 0, 0, 0, 0, 0, 1],
            &[2, 3, 0x10, 16, 0x10, 0x04, 0, 1, 0, 0, 4, 0, 9, 0, 0, 0, 0, 0, 0, 0],
            &[4, 2, 0x10, 12, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0xc0, 1, 0x10, 3, 1, 2, 3],
        ]);
        bytes.resize(512, 0);
        bytes
    }

    #[test]
    fn a_locked_drive() {
        let discovery = Discovery::parse(&locked()).unwrap();
        let ssc = Ssc {
            family: SscFamily::Opal2,
            base_com_id: 0x1004,
            com_ids: 1,
            initial_pin: Some(0),
            reverted_pin: Some(0),
        };
        let locking = Locking {
            supported: true,
            enabled: true,
            locked: true,
            media_encryption: true,
            mbr_enabled: true,
            mbr_done: false,
            mbr_shadowing_not_supported: false,
            hardware_reset: false,
        };
        let block_sid =
            BlockSid { owner_has_password: true, blocked: true, cleared_by_hardware_reset: true };
        let expected = [
            Feature::Tper(Tper {
                sync: true,
                asynchronous: false,
                ack_nak: false,
                buffer_management: false,
                streaming: true,
                com_id_management: false,
            }),
            Feature::Locking(locking),
            Feature::Geometry(Geometry {
                alignment_required: true,
                logical_block_bytes: 512,
                alignment_granularity: 8,
                lowest_aligned_lba: 0,
            }),
            Feature::SingleUserMode(SingleUserMode {
                locking_objects: 9,
                any: true,
                all: false,
                policy: true,
            }),
            Feature::DataStore(DataStore { max_tables: 9, max_bytes: 0xa0_0000, alignment: 1 }),
            Feature::Ssc(ssc),
            Feature::BlockSid(block_sid),
            Feature::Other { code: 0xc001, length: 3 },
        ];
        assert_eq!(discovery.features, expected);
        assert_eq!((discovery.locking(), discovery.block_sid()), (Some(locking), Some(block_sid)));
        assert_eq!(discovery.sscs().collect::<Vec<_>>(), [ssc]);
        assert_eq!(discovery.com_id(), Some(0x1004));
    }

    /// Each bit and number alone, at its own place.
    #[test]
    fn fields() {
        for n in 0..8 {
            let Feature::Locking(locking) = only(0x0002, &[1 << n]) else { panic!() };
            let bits = [
                locking.supported,
                locking.enabled,
                locking.locked,
                locking.media_encryption,
                locking.mbr_enabled,
                locking.mbr_done,
                locking.mbr_shadowing_not_supported,
                locking.hardware_reset,
            ];
            assert_eq!(bits, [0, 1, 2, 3, 4, 5, 6, 7].map(|bit| bit == n));
            let Feature::Tper(tper) = only(0x0001, &[1 << n]) else { panic!() };
            let bits = [
                tper.sync,
                tper.asynchronous,
                tper.ack_nak,
                tper.buffer_management,
                tper.streaming,
                tper.com_id_management,
            ];
            assert_eq!(bits, [0, 1, 2, 3, 4, 6].map(|bit| bit == n));
            let Feature::SingleUserMode(mode) = only(0x0201, &[1, 2, 3, 4, 1 << n]) else {
                panic!()
            };
            assert_eq!(mode.locking_objects, 0x0102_0304);
            assert_eq!([mode.any, mode.all, mode.policy], [0, 1, 2].map(|bit| bit == n));
            let Feature::BlockSid(block) = only(0x0402, &[1 << n, !(1 << n)]) else { panic!() };
            assert_eq!((block.owner_has_password, block.blocked), (n == 0, n == 1));
            assert_eq!(block.cleared_by_hardware_reset, n != 0);
            let data = [1 << n, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
            let Feature::NamespaceLocking(locking) = only(0x0403, &data) else { panic!() };
            assert_eq!((locking.ranges, locking.ranges_per_namespace), (n == 7, n == 6));
            assert_eq!((locking.max_keys, locking.unused_keys), (0x0102_0304, 0x0506_0708));
            assert_eq!(locking.max_ranges_per_namespace, 0x090a_0b0c);
        }
        let data: Vec<u8> = (0..28).map(|n| if n == 0 { 0xff } else { n }).collect();
        let geometry = Geometry {
            alignment_required: true,
            logical_block_bytes: 0x0809_0a0b,
            alignment_granularity: 0x0c0d_0e0f_1011_1213,
            lowest_aligned_lba: 0x1415_1617_1819_1a1b,
        };
        assert_eq!(only(0x0003, &data), Feature::Geometry(geometry));
        assert_eq!(only(0x0405, &data), Feature::NamespaceGeometry(geometry));
        let data = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        let store =
            DataStore { max_tables: 0x0203, max_bytes: 0x0405_0607, alignment: 0x0809_0a0b };
        assert_eq!(only(0x0202, &data), Feature::DataStore(store));
        assert_eq!(only(0x0401, &[]), Feature::LockingRangesControl);
        assert_eq!(only(0x7777, &[0; 255]), Feature::Other { code: 0x7777, length: 255 });
    }

    #[test]
    fn classes() {
        let data = [0x10, 0x04, 0x01, 0x02, 5, 6, 7, 8, 9, 0xaa, 0xff, 12, 13, 14, 15, 16];
        for (code, family, pins, encrypts) in [
            (0x0100, SscFamily::Enterprise, false, true),
            (0x0200, SscFamily::Opal1, false, true),
            (0x0203, SscFamily::Opal2, true, true),
            (0x0301, SscFamily::Opalite, true, true),
            (0x0302, SscFamily::Pyrite1, true, false),
            (0x0303, SscFamily::Pyrite2, true, false),
            (0x0304, SscFamily::Ruby, true, true),
        ] {
            let ssc = Ssc {
                family,
                base_com_id: 0x1004,
                com_ids: 0x0102,
                initial_pin: pins.then_some(0xaa),
                reverted_pin: pins.then_some(0xff),
            };
            assert_eq!(only(code, &data), Feature::Ssc(ssc));
            assert_eq!(family.encrypts(), encrypts);
            let discovery = Discovery::parse(&answer(&[&feature(code, &data)])).unwrap();
            let expected = (family != SscFamily::Enterprise).then_some(0x1004);
            assert_eq!(discovery.com_id(), expected);
        }
        // Opal 1 has four bytes only.
        assert!(matches!(only(0x0200, &data[..4]), Feature::Ssc(_)));
    }

    #[test]
    fn removal_of_data() {
        let mut data = [0; 32];
        data[1] = 0x02;
        data[2] = 0b0010_0111;
        data[3] = 0b0010_0010;
        data[4..10].copy_from_slice(&[0x00, 0x05, 0x01, 0x00, 0x00, 0x00]);
        data[10..14].copy_from_slice(&[0xee; 4]);
        data[14..16].copy_from_slice(&[0xff, 0xff]);
        let takes = |seconds| Some(DataRemovalMechanism { seconds });
        let removal = DataRemoval {
            processing: false,
            interrupted: true,
            overwrite: takes(Some(10)),
            block_erase: takes(Some(256 * 120)),
            crypto_erase: takes(None),
            vendor_erase: takes(Some(65_535 * 120)),
        };
        assert_eq!(only(0x0404, &data), Feature::DataRemoval(removal));
        for (n, supported) in [
            (0, [true, false, false, false]),
            (1, [false, true, false, false]),
            (2, [false, false, true, false]),
            (3, [false; 4]),
            (4, [false; 4]),
            (5, [false, false, false, true]),
        ] {
            data[1] = 1;
            data[2] = 1 << n;
            let Feature::DataRemoval(removal) = only(0x0404, &data) else { panic!() };
            assert!(removal.processing && !removal.interrupted);
            let found = [
                removal.overwrite,
                removal.block_erase,
                removal.crypto_erase,
                removal.vendor_erase,
            ];
            assert_eq!(found.map(|mechanism| mechanism.is_some()), supported, "bit {n}");
        }
    }

    #[test]
    fn encoded_as_a_drive_does() {
        let removal: &[u8] =
            &[4, 4, 0x10, 32, 0, 1, 0x27, 0x20, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0x40, 0];
        let removal = [removal, &[0; 16]].concat();
        let pyrite: &[u8] =
            &[3, 3, 0x10, 16, 0x07, 0xfe, 0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0, 0, 0];
        let namespaces: &[u8] =
            &[4, 3, 0x10, 16, 0xc0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 7];
        let control: &[u8] = &[4, 1, 0x10, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let other = answer(&[&removal, pyrite, namespaces, control]);
        let discovery = Discovery::parse(&other).unwrap();
        assert_eq!(discovery.encode(), other);
        let Feature::DataRemoval(removal) = discovery.features[0] else { panic!() };
        let vendor = DataRemovalMechanism { seconds: Some(0x4000 * 120) };
        assert_eq!(removal.vendor_erase, Some(vendor));
        // All but the data of what is not known, and the numbers of authorities in Opal 2.
        let mut expected = locked();
        let opal2 = expected.windows(2).position(|code| code == [2, 3]).unwrap();
        expected[opal2 + 8..opal2 + 13].fill(0);
        let unknown = expected.windows(2).position(|code| code == [0xc0, 1]).unwrap();
        expected[unknown + 4..unknown + 7].fill(0);
        expected.truncate(unknown + 7);
        assert_eq!(Discovery::parse(&locked()).unwrap().encode(), expected);
    }

    #[test]
    fn what_did_not_come_is_missing() {
        let whole = locked();
        let length = usize::try_from(be32(&whole, 0).unwrap()).unwrap() + 4;
        let all = Discovery::parse(&whole).unwrap();
        for end in 48..length {
            let part = Discovery::parse(&whole[..end]).unwrap();
            assert!(!part.complete);
            assert_eq!(part.features, all.features[..part.features.len()]);
            assert!(part.features.len() < all.features.len());
        }
        assert_eq!(Discovery::parse(&whole[..length]).unwrap(), all);
    }

    #[test]
    fn lengths_that_contradict() {
        let why = |bytes: &[u8]| Discovery::parse(bytes).unwrap_err().to_string();
        let mut longer = answer(&[&feature(2, &[0; 12])]);
        longer[51] = 13;
        assert!(why(&longer).contains("longer than the answer"));
        assert!(why(&[0; 512]).contains("length is too short"));
        let short = Malformed::Short { page: PAGE, needed: 48, got: 47 };
        assert_eq!(Discovery::parse(&[0xff; 47]), Err(short));
        // A lock that nothing is said of is not an open one.
        for (code, enough) in [
            (0x0001, 1),
            (0x0002, 1),
            (0x0003, 28),
            (0x0100, 4),
            (0x0200, 4),
            (0x0201, 5),
            (0x0202, 12),
            (0x0203, 11),
            (0x0302, 11),
            (0x0402, 2),
            (0x0403, 16),
            (0x0404, 16),
            (0x0405, 28),
        ] {
            for length in 0..enough {
                let bytes = answer(&[&feature(code, &vec![0; length])]);
                assert!(why(&bytes).contains("too short for what it says"), "{code:x} {length}");
            }
            only(code, &vec![0; enough]);
        }
    }

    #[test]
    fn padding_is_no_feature() {
        let bytes = answer(&[&feature(2, &[7; 12]), &[0; 40]]);
        assert_eq!(Discovery::parse(&bytes).unwrap().features.len(), 1);
        let empty = Discovery::parse(&answer(&[])).unwrap();
        assert_eq!((empty.complete, empty.features.len(), empty.com_id()), (true, 0, None));
        assert_eq!((empty.locking(), empty.block_sid()), (None, None));
    }

    #[test]
    fn hostile() {
        let mut noise = 7_u32;
        for n in 0..3000 {
            let mut bytes = locked();
            for _ in 0..4 {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let [at, _, _, value] = noise.to_be_bytes();
                bytes[usize::from(at)] = value;
            }
            let end = if n % 2 == 0 { 512 } else { 200 };
            if let Ok(discovery) = Discovery::parse(&bytes[..end]) {
                let again = Discovery::parse(&discovery.encode());
                assert_eq!(again.map(|again| again.features), Ok(discovery.features));
            }
        }
    }
}
