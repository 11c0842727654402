//! DEVICE CONFIGURATION OVERLAY (B1h): what a manufacturer, or anyone since, made a drive hide of
//! itself, blocks at its end among it.

use super::{Command, Width, block};
use crate::proto::{Data, Malformed};

const CODE: u8 = 0xb1;
const RESTORE: u16 = 0xc0;
const IDENTIFY: u16 = 0xc2;

const PAGE: &str = "DEVICE CONFIGURATION IDENTIFY data";
/// The low byte of the last word.
const SIGNATURE: u8 = 0xa5;

/// What can be asked of the feature set. A drive whose overlay is frozen aborts both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// What the drive has from its factory. Changes nothing.
    Identify,
    /// Makes the drive as it came from its factory. It aborts while a host protected area is set.
    Restore,
}

impl Request {
    /// The command.
    #[must_use]
    pub fn command(&self) -> Command {
        let new = Command::new(CODE, Width::Lba28);
        match self {
            Self::Identify => Command { feature: IDENTIFY, count: 1, data: Data::In(512), ..new },
            Self::Restore => Command { feature: RESTORE, ..new },
        }
    }

    /// The request that this command is; `None` if any of its bits is not as [`Request::command`]
    /// sets it.
    #[must_use]
    pub fn decode(command: &Command) -> Option<Self> {
        [Self::Identify, Self::Restore].into_iter().find(|request| request.command() == *command)
    }
}

/// What [`Request::Identify`] brings, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceConfiguration {
    /// Revision of the data's layout.
    pub revision: u16,
    /// How many sectors the drive has from its factory.
    pub sectors: u64,
}

impl DeviceConfiguration {
    /// Reads the data. Bridges invent it, so signature and checksum must be right. Checked against
    /// Hitachi's Travelstar C4K60 and IBM's Travelstar specifications.
    ///
    /// # Errors
    /// Fewer than 512 bytes, another signature, a wrong checksum, or an address that does not fit
    /// 48 bits.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let data = block::first(PAGE, bytes)?;
        let invalid = |why| Malformed::Invalid { page: PAGE, why };
        if data[510] != SIGNATURE || !block::adds_up(data) {
            return Err(invalid("its signature or its checksum is wrong"));
        }
        let [r0, r1, _, _, _, _, l0, l1, l2, l3, l4, l5, l6, l7, ..] = *data;
        let last = u64::from_le_bytes([l0, l1, l2, l3, l4, l5, l6, l7]);
        if last >> 48 != 0 {
            return Err(invalid("its maximum address has more than 48 bits"));
        }
        Ok(Self { revision: u16::from_le_bytes([r0, r1]), sectors: last + 1 })
    }

    /// The data of a drive that has this from its factory, and nothing that can be configured but
    /// its size.
    #[must_use]
    pub fn encode(&self) -> [u8; 512] {
        let mut data = [0; 512];
        data[..2].copy_from_slice(&self.revision.to_le_bytes());
        data[6..14].copy_from_slice(&self.sectors.saturating_sub(1).to_le_bytes());
        data[510] = SIGNATURE;
        block::seal(&mut data);
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ata::pass_through::{cdb12, cdb16, decode};
    use crate::proto::ata::tests::noise;

    #[test]
    fn requests_byte_by_byte() {
        let identify = Request::Identify.command();
        assert_eq!(identify.name(), "DEVICE CONFIGURATION IDENTIFY");
        let cdb = [0x85, 0x08, 0x0e, 0, 0xc2, 0, 1, 0, 0, 0, 0, 0, 0, 0x40, 0xb1, 0];
        assert_eq!(cdb16(&identify), cdb);
        let decoded = decode(&cdb, &[]).unwrap();
        assert_eq!(decoded.data(), &Data::In(512));
        assert_eq!(Request::decode(&decoded), Some(Request::Identify));
        let restore = Request::Restore.command();
        assert_eq!(restore.name(), "DEVICE CONFIGURATION RESTORE");
        let cdb = [0xa1, 0x06, 0x20, 0xc0, 0, 0, 0, 0, 0x40, 0xb1, 0, 0];
        assert_eq!(cdb12(&restore), Some(cdb));
        assert_eq!(Request::decode(&decode(&cdb, &[]).unwrap()), Some(Request::Restore));
        let freeze = Command { feature: 0xc1, ..Command::new(CODE, Width::Lba28) };
        assert_eq!(Request::decode(&freeze), None);
    }

    /// The values of Hitachi's 30 GB Travelstar C4K60.
    fn page() -> [u8; 512] {
        let mut page = [0; 512];
        page[..16].copy_from_slice(&[
            0x02, 0x00, 0x07, 0x00, 0x3f, 0x00, 0x3f, 0x3e, 0x7e, 0x03, 0, 0, 0, 0, 0x8f, 0x19,
        ]);
        page[510] = 0xa5;
        // 0x02 + 0x07 + 0x3f + 0x3f + 0x3e + 0x7e + 0x03 + 0x8f + 0x19 + 0xa5 = 0x293
        page[511] = 0x6d;
        page
    }

    #[test]
    fn a_real_page() {
        let expected = DeviceConfiguration { revision: 2, sectors: 0x037e_3e40 };
        assert_eq!(DeviceConfiguration::parse(&page()), Ok(expected));
        let longer = [&page()[..], &[1; 512]].concat();
        assert_eq!(DeviceConfiguration::parse(&longer), Ok(expected));
        let large = DeviceConfiguration { revision: 1, sectors: 0xa1b2_c3d4_e5f7 };
        let page = large.encode();
        let start = [1, 0, 0, 0, 0, 0, 0xf6, 0xe5, 0xd4, 0xc3, 0xb2, 0xa1, 0, 0, 0, 0];
        assert_eq!(page[..16], start);
        assert_eq!(page[510], 0xa5);
        assert_eq!(DeviceConfiguration::parse(&page), Ok(large));
    }

    #[test]
    fn hostile_pages() {
        let good = page();
        for bytes in 0..512 {
            assert!(DeviceConfiguration::parse(&good[..bytes]).is_err());
        }
        for at in [0, 6, 100, 510, 511] {
            let mut bad = good;
            bad[at] ^= 0x10;
            assert!(DeviceConfiguration::parse(&bad).is_err(), "{at}");
        }
        // The checksum is right, the signature is not.
        let mut unsigned = good;
        unsigned[510] = 0;
        block::seal(&mut unsigned);
        assert!(DeviceConfiguration::parse(&unsigned).is_err());
        let mut beyond = good;
        beyond[12] = 1;
        block::seal(&mut beyond);
        assert!(DeviceConfiguration::parse(&beyond).is_err(), "49 bits");
        assert!(DeviceConfiguration::parse(&[0; 512]).is_err());
        assert!(DeviceConfiguration::parse(&[0xff; 512]).is_err());
        for noise in noise(512) {
            let _ = DeviceConfiguration::parse(&noise);
        }
    }
}
