//! Level 0 Discovery (section 3.3.6): what the drive says of its security without being asked by
//! anybody in particular.
//!
//! Layouts checked against nvme-cli's `sedopal_spec.h`, EDK2's `TcgStorageCore.h` and
//! `TcgStorageOpal.h`, and the tables of Opal SSC 2.30.

mod block_sid;
mod data_removal;
mod data_store;
mod geometry;
mod locking;
mod ssc;
#[cfg(test)]
mod tests;
mod tper;

pub use block_sid::BlockSid;
pub use data_removal::{DataRemoval, DataRemovalMechanism};
pub use data_store::DataStore;
pub use geometry::Geometry;
pub use locking::{Locking, NamespaceLocking, SingleUserMode};
pub use ssc::{Ssc, SscFamily};
pub use tper::Tper;

use super::super::field::be32;
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
            0x0201 => Self::SingleUserMode(SingleUserMode::parse(data)?),
            0x0202 => Self::DataStore(DataStore::parse(data)?),
            0x0203 => ssc(SscFamily::Opal2)?,
            0x0301 => ssc(SscFamily::Opalite)?,
            0x0302 => ssc(SscFamily::Pyrite1)?,
            0x0303 => ssc(SscFamily::Pyrite2)?,
            0x0304 => ssc(SscFamily::Ruby)?,
            0x0401 => Self::LockingRangesControl,
            0x0402 => Self::BlockSid(BlockSid::parse(data)?),
            0x0403 => Self::NamespaceLocking(NamespaceLocking::parse(data)?),
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
            Self::SingleUserMode(mode) => (0x0201, mode.encode()),
            Self::DataStore(store) => (0x0202, store.encode()),
            Self::LockingRangesControl => (0x0401, vec![0; 12]),
            Self::BlockSid(block) => (0x0402, block.encode()),
            Self::NamespaceLocking(locking) => (0x0403, locking.encode()),
            Self::DataRemoval(removal) => (0x0404, removal.encode()),
            Self::NamespaceGeometry(geometry) => (0x0405, geometry.encode()),
            Self::Other { code, length } => (*code, vec![0; (*length).into()]),
        };
        let length = u8::try_from(data.len()).unwrap_or(u8::MAX);
        flat(&[&code.to_be_bytes(), &[0x10, length], &data])
    }
}
