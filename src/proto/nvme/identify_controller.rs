//! Identify Controller data structure (CNS 01h, section 5.1.13.2.1).

use super::super::field::{le16, le32, le128};
use super::{Identify, array, bit, put, read, reported};
use crate::model::clean;
use crate::proto::Malformed;

/// What a controller says of itself and its subsystem. Offsets checked against libnvme's
/// `struct nvme_id_ctrl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentifyController {
    /// SN, bytes 23:4.
    pub serial_number: Option<String>,
    /// MN, bytes 63:24.
    pub model: Option<String>,
    /// FR, bytes 71:64.
    pub firmware: Option<String>,
    /// CMIC, byte 76.
    pub paths: Paths,
    /// MDTS, byte 77: the exponent n, if a command may move at most 2^n pages of the smallest
    /// memory page size (CAP.MPSMIN, in practice 4 KiB).
    pub max_transfer: Option<u8>,
    /// CNTLID, bytes 79:78.
    pub controller_id: u16,
    /// VER, bytes 83:80; none before NVMe 1.2.
    pub version: Option<Version>,
    /// CNTRLTYPE, byte 111; none before NVMe 1.4.
    pub controller_type: Option<ControllerType>,
    /// OACS, bytes 257:256.
    pub admin: AdminCapabilities,
    /// LPA, byte 261.
    pub logs: LogCapabilities,
    /// WCTEMP, bytes 267:266: kelvin from which the drive is too warm to work as it should.
    pub warning_temperature: Option<u16>,
    /// HMPRE, bytes 275:272: host memory that the drive would like, in units of 4 KiB.
    pub host_memory_preferred: Option<u32>,
    /// HMMIN, bytes 279:276: host memory that the drive needs at least, in units of 4 KiB.
    pub host_memory_minimum: Option<u32>,
    /// TNVMCAP, bytes 295:280: bytes of the whole subsystem.
    pub total_capacity: Option<u128>,
    /// UNVMCAP, bytes 311:296: bytes that belong to no namespace. Known if the total is.
    pub unallocated_capacity: Option<u128>,
    /// RPMBS, bits 2:0 of bytes 315:312: number of replay protected memory blocks. Sanitize does
    /// not touch them.
    pub replay_protected_blocks: u8,
    /// EDSTT, bytes 317:316: minutes that an extended self-test takes.
    pub self_test_minutes: Option<u16>,
    /// SANICAP, bytes 331:328.
    pub sanitize: SanitizeCapabilities,
    /// PELS, bytes 355:352: the most that the persistent event log holds, in units of 64 KiB.
    pub persistent_event_log_size: Option<u32>,
    /// NN, bytes 519:516: the highest namespace number there can be.
    pub highest_namespace: u32,
    /// ONCS, bytes 521:520.
    pub nvm: NvmCapabilities,
    /// FUSES, bytes 523:522, bit 0: whether Compare and Write can be one operation.
    pub fused_compare_and_write: bool,
    /// FNA, byte 524.
    pub format: FormatAttributes,
    /// VWC, byte 525.
    pub write_cache: WriteCache,
    /// AWUN, bytes 527:526: blocks, less one, that are always written as a whole.
    pub atomic_write_blocks: u16,
    /// MNAN, bytes 543:540: the most namespaces there can be.
    pub max_namespaces: Option<u32>,
    /// SUBNQN, bytes 1023:768: the name of the subsystem.
    pub subsystem: Option<String>,
}

/// CMIC: what else the subsystem has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paths(pub u8);

impl Paths {
    /// More than one port.
    #[must_use]
    pub const fn several_ports(self) -> bool {
        bit(self.0 as u32, 0)
    }

    /// More than one controller, so that the same namespaces are seen more than once.
    #[must_use]
    pub const fn several_controllers(self) -> bool {
        bit(self.0 as u32, 1)
    }
}

/// VER: the specification that the controller follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Bits 31:16.
    pub major: u16,
    /// Bits 15:8.
    pub minor: u8,
    /// Bits 7:0.
    pub tertiary: u8,
}

impl Version {
    fn from_bytes([tertiary, minor, low, high]: [u8; 4]) -> Option<Self> {
        let major = u16::from_le_bytes([low, high]);
        (major != 0).then_some(Self { major, minor, tertiary })
    }

    const fn to_bytes(self) -> [u8; 4] {
        let [low, high] = self.major.to_le_bytes();
        [self.tertiary, self.minor, low, high]
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.tertiary != 0 {
            write!(f, ".{}", self.tertiary)?;
        }
        Ok(())
    }
}

/// CNTRLTYPE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControllerType {
    /// Reads and writes user data.
    Io,
    /// Tells where others are.
    Discovery,
    /// Manages only.
    Administrative,
    /// A value of a later specification.
    Unknown(u8),
}

/// OACS: optional admin commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdminCapabilities(pub u16);

impl AdminCapabilities {
    /// Security Send and Security Receive.
    #[must_use]
    pub const fn security(self) -> bool {
        bit(self.0 as u32, 0)
    }

    /// Format NVM.
    #[must_use]
    pub const fn format(self) -> bool {
        bit(self.0 as u32, 1)
    }

    /// Namespace Management and Namespace Attachment.
    #[must_use]
    pub const fn namespace_management(self) -> bool {
        bit(self.0 as u32, 3)
    }

    /// Device Self-test.
    #[must_use]
    pub const fn self_test(self) -> bool {
        bit(self.0 as u32, 4)
    }

    /// Lockdown, by which firmware can prohibit commands.
    #[must_use]
    pub const fn lockdown(self) -> bool {
        bit(self.0 as u32, 10)
    }
}

/// LPA: which logs there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogCapabilities(pub u8);

impl LogCapabilities {
    /// Logs can be read from any place in them, and more than 16 KiB at once.
    #[must_use]
    pub const fn extended_data(self) -> bool {
        bit(self.0 as u32, 2)
    }

    /// The persistent event log.
    #[must_use]
    pub const fn persistent_events(self) -> bool {
        bit(self.0 as u32, 4)
    }
}

/// SANICAP: which sanitize operations there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SanitizeCapabilities(pub u32);

impl SanitizeCapabilities {
    /// Crypto Erase.
    #[must_use]
    pub const fn crypto_erase(self) -> bool {
        bit(self.0, 0)
    }

    /// Block Erase.
    #[must_use]
    pub const fn block_erase(self) -> bool {
        bit(self.0, 1)
    }

    /// Overwrite.
    #[must_use]
    pub const fn overwrite(self) -> bool {
        bit(self.0, 2)
    }

    /// VERS: the media verification state, see [`Afterwards`](super::Afterwards).
    #[must_use]
    pub const fn verification(self) -> bool {
        bit(self.0, 3)
    }

    /// NVERS: the same for the sanitization of one namespace.
    #[must_use]
    pub const fn namespace_verification(self) -> bool {
        bit(self.0, 4)
    }

    /// NDI: a request not to deallocate is not honoured.
    #[must_use]
    pub const fn always_deallocates(self) -> bool {
        bit(self.0, 29)
    }

    /// NODMMAS: whether the drive writes to the medium once more after a sanitize that does not
    /// deallocate; none if it does not say.
    #[must_use]
    pub const fn modifies_media_afterwards(self) -> Option<bool> {
        match self.0 >> 30 {
            1 => Some(false),
            2 => Some(true),
            _ => None,
        }
    }
}

/// ONCS: optional commands on user data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NvmCapabilities(pub u16);

impl NvmCapabilities {
    /// Dataset Management, of which Deallocate is one.
    #[must_use]
    pub const fn dataset_management(self) -> bool {
        bit(self.0 as u32, 2)
    }

    /// Write Zeroes.
    #[must_use]
    pub const fn write_zeroes(self) -> bool {
        bit(self.0 as u32, 3)
    }

    /// Saved and selectable feature values.
    #[must_use]
    pub const fn saves_features(self) -> bool {
        bit(self.0 as u32, 4)
    }

    /// Reservations.
    #[must_use]
    pub const fn reservations(self) -> bool {
        bit(self.0 as u32, 5)
    }
}

/// FNA: what Format NVM touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatAttributes(pub u8);

impl FormatAttributes {
    /// A format without erase is of all namespaces, whichever is named.
    #[must_use]
    pub const fn formats_every_namespace(self) -> bool {
        bit(self.0 as u32, 0)
    }

    /// An erase is of all namespaces, whichever is named.
    #[must_use]
    pub const fn erases_every_namespace(self) -> bool {
        bit(self.0 as u32, 1)
    }

    /// The cryptographic erase.
    #[must_use]
    pub const fn crypto_erase(self) -> bool {
        bit(self.0 as u32, 2)
    }

    /// Whether the number that means all namespaces may be given. On the wire the bit says that
    /// it may not.
    #[must_use]
    pub const fn takes_every_namespace(self) -> bool {
        !bit(self.0 as u32, 3)
    }
}

/// VWC: the volatile write cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteCache(pub u8);

impl WriteCache {
    /// Whether there is one.
    #[must_use]
    pub const fn present(self) -> bool {
        bit(self.0 as u32, 0)
    }

    /// Whether one Flush can be for all namespaces; none before NVMe 1.4.
    #[must_use]
    pub const fn flushes_every_namespace(self) -> Option<bool> {
        match self.0 >> 1 & 3 {
            2 => Some(false),
            3 => Some(true),
            _ => None,
        }
    }
}

impl IdentifyController {
    /// Reads the answer to [`Identify::Controller`].
    ///
    /// # Errors
    /// Fewer than 4096 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        read(bytes, "Identify Controller", Identify::BYTES, Self::fields)
    }

    fn fields(page: &[u8]) -> Option<Self> {
        let total_capacity = reported(le128(page, 280)?);
        Some(Self {
            serial_number: clean(page.get(4..24)?),
            model: clean(page.get(24..64)?),
            firmware: clean(page.get(64..72)?),
            paths: Paths(*page.get(76)?),
            max_transfer: reported(*page.get(77)?),
            controller_id: le16(page, 78)?,
            version: Version::from_bytes(array(page, 80)?),
            controller_type: match *page.get(111)? {
                0 => None,
                1 => Some(ControllerType::Io),
                2 => Some(ControllerType::Discovery),
                3 => Some(ControllerType::Administrative),
                other => Some(ControllerType::Unknown(other)),
            },
            admin: AdminCapabilities(le16(page, 256)?),
            logs: LogCapabilities(*page.get(261)?),
            warning_temperature: reported(le16(page, 266)?),
            host_memory_preferred: reported(le32(page, 272)?),
            host_memory_minimum: reported(le32(page, 276)?),
            total_capacity,
            unallocated_capacity: total_capacity.and(le128(page, 296)),
            replay_protected_blocks: *page.get(312)? & 7,
            self_test_minutes: reported(le16(page, 316)?),
            sanitize: SanitizeCapabilities(le32(page, 328)?),
            persistent_event_log_size: reported(le32(page, 352)?),
            highest_namespace: le32(page, 516)?,
            nvm: NvmCapabilities(le16(page, 520)?),
            fused_compare_and_write: le16(page, 522)? & 1 == 1,
            format: FormatAttributes(*page.get(524)?),
            write_cache: WriteCache(*page.get(525)?),
            atomic_write_blocks: le16(page, 526)?,
            max_namespaces: reported(le32(page, 540)?),
            // A string that ends at its first NUL.
            subsystem: clean(page.get(768..1024)?.split(|byte| *byte == 0).next()?),
        })
    }

    /// The page as a drive sends it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut page = vec![0; Identify::BYTES];
        let mut text = |at: usize, length: usize, text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default();
            put(&mut page, at, format!("{text:length$.length$}").as_bytes());
        };
        text(4, 20, &self.serial_number);
        text(24, 40, &self.model);
        text(64, 8, &self.firmware);
        put(&mut page, 76, &[self.paths.0, self.max_transfer.unwrap_or(0)]);
        put(&mut page, 78, &self.controller_id.to_le_bytes());
        put(&mut page, 80, &self.version.map_or([0; 4], Version::to_bytes));
        let controller_type = match self.controller_type {
            None => 0,
            Some(ControllerType::Io) => 1,
            Some(ControllerType::Discovery) => 2,
            Some(ControllerType::Administrative) => 3,
            Some(ControllerType::Unknown(other)) => other,
        };
        put(&mut page, 111, &[controller_type]);
        put(&mut page, 256, &self.admin.0.to_le_bytes());
        put(&mut page, 261, &[self.logs.0]);
        put(&mut page, 266, &self.warning_temperature.unwrap_or(0).to_le_bytes());
        put(&mut page, 272, &self.host_memory_preferred.unwrap_or(0).to_le_bytes());
        put(&mut page, 276, &self.host_memory_minimum.unwrap_or(0).to_le_bytes());
        put(&mut page, 280, &self.total_capacity.unwrap_or(0).to_le_bytes());
        put(&mut page, 296, &self.unallocated_capacity.unwrap_or(0).to_le_bytes());
        put(&mut page, 312, &[self.replay_protected_blocks & 7]);
        put(&mut page, 316, &self.self_test_minutes.unwrap_or(0).to_le_bytes());
        put(&mut page, 328, &self.sanitize.0.to_le_bytes());
        put(&mut page, 352, &self.persistent_event_log_size.unwrap_or(0).to_le_bytes());
        put(&mut page, 516, &self.highest_namespace.to_le_bytes());
        put(&mut page, 520, &self.nvm.0.to_le_bytes());
        put(&mut page, 522, &u16::from(self.fused_compare_and_write).to_le_bytes());
        put(&mut page, 524, &[self.format.0, self.write_cache.0]);
        put(&mut page, 526, &self.atomic_write_blocks.to_le_bytes());
        put(&mut page, 540, &self.max_namespaces.unwrap_or(0).to_le_bytes());
        let name = self.subsystem.as_deref().unwrap_or_default().as_bytes();
        put(&mut page, 768, name.get(..256).unwrap_or(name));
        page
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{survives, with};
    use super::*;

    fn parsed(at: usize, field: &[u8]) -> IdentifyController {
        IdentifyController::parse(&with(4096, at, field)).unwrap()
    }

    fn empty() -> IdentifyController {
        parsed(0, &[])
    }

    #[test]
    fn a_page_of_zeros_reports_nothing() {
        let expected = IdentifyController {
            serial_number: None,
            model: None,
            firmware: None,
            paths: Paths(0),
            max_transfer: None,
            controller_id: 0,
            version: None,
            controller_type: None,
            admin: AdminCapabilities(0),
            logs: LogCapabilities(0),
            warning_temperature: None,
            host_memory_preferred: None,
            host_memory_minimum: None,
            total_capacity: None,
            unallocated_capacity: None,
            replay_protected_blocks: 0,
            self_test_minutes: None,
            sanitize: SanitizeCapabilities(0),
            persistent_event_log_size: None,
            highest_namespace: 0,
            nvm: NvmCapabilities(0),
            fused_compare_and_write: false,
            format: FormatAttributes(0),
            write_cache: WriteCache(0),
            atomic_write_blocks: 0,
            max_namespaces: None,
            subsystem: None,
        };
        assert_eq!(empty(), expected);
    }

    /// Each field alone, at its own place.
    #[test]
    fn fields() {
        type Change = fn(&mut IdentifyController);
        let cases: &[(usize, &[u8], Change)] = &[
            (4, b"S4EWNF0M123456      ", |c| c.serial_number = Some("S4EWNF0M123456".into())),
            (23, b"Z", |c| c.serial_number = Some("Z".into())),
            (24, b"Samsung SSD 970 EVO Plus 500GB          ", |c| {
                c.model = Some("Samsung SSD 970 EVO Plus 500GB".into());
            }),
            (63, b"Z", |c| c.model = Some("Z".into())),
            (64, b"2B2QEXM7", |c| c.firmware = Some("2B2QEXM7".into())),
            (76, &[0x0a], |c| c.paths = Paths(0x0a)),
            (77, &[9], |c| c.max_transfer = Some(9)),
            (78, &[4, 1], |c| c.controller_id = 0x0104),
            (80, &[1, 3, 1, 0], |c| {
                c.version = Some(Version { major: 1, minor: 3, tertiary: 1 });
            }),
            (111, &[1], |c| c.controller_type = Some(ControllerType::Io)),
            (111, &[2], |c| c.controller_type = Some(ControllerType::Discovery)),
            (111, &[3], |c| c.controller_type = Some(ControllerType::Administrative)),
            (111, &[4], |c| c.controller_type = Some(ControllerType::Unknown(4))),
            (256, &[0x17, 0x04], |c| c.admin = AdminCapabilities(0x0417)),
            (261, &[0x14], |c| c.logs = LogCapabilities(0x14)),
            (266, &[0x5e, 0x01], |c| c.warning_temperature = Some(350)),
            (272, &[1, 2, 3, 4], |c| c.host_memory_preferred = Some(0x0403_0201)),
            (276, &[1, 2, 3, 4], |c| c.host_memory_minimum = Some(0x0403_0201)),
            (280, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2], |c| {
                c.total_capacity = Some(2 << 120 | 1);
                c.unallocated_capacity = Some(0);
            }),
            (312, &[0xff], |c| c.replay_protected_blocks = 7),
            (316, &[0x23, 0], |c| c.self_test_minutes = Some(35)),
            (328, &[7, 0, 0, 0xa0], |c| c.sanitize = SanitizeCapabilities(0xa000_0007)),
            (352, &[0x40, 0, 0, 1], |c| c.persistent_event_log_size = Some(0x0100_0040)),
            (516, &[1, 0, 0, 2], |c| c.highest_namespace = 0x0200_0001),
            (520, &[0x5f, 1], |c| c.nvm = NvmCapabilities(0x015f)),
            (522, &[1], |c| c.fused_compare_and_write = true),
            (524, &[5], |c| c.format = FormatAttributes(5)),
            (525, &[7], |c| c.write_cache = WriteCache(7)),
            (526, &[0xff, 3], |c| c.atomic_write_blocks = 0x03ff),
            (540, &[0, 0, 1, 0], |c| c.max_namespaces = Some(0x1_0000)),
            (768, b"nqn.2014.08.org.nvmexpress:x\0rest", |c| {
                c.subsystem = Some("nqn.2014.08.org.nvmexpress:x".into());
            }),
        ];
        for (at, field, change) in cases {
            let mut expected = empty();
            change(&mut expected);
            let got = parsed(*at, field);
            assert_eq!(got, expected, "byte {at}");
            assert_eq!(IdentifyController::parse(&got.encode()), Ok(got), "byte {at}");
        }
        // Nothing is unallocated unless there is a total to take it from.
        assert_eq!(parsed(296, &[1]), empty());
        let mut page = with(4096, 280, &[9]);
        page[296] = 1;
        let both = IdentifyController::parse(&page).unwrap();
        assert_eq!((both.total_capacity, both.unallocated_capacity), (Some(9), Some(1)));
        assert_eq!(both.encode()[280..312], page[280..312]);
    }

    /// What the simulator sends is what a drive sends, byte for byte.
    #[test]
    fn encoded_as_a_drive_does() {
        let mut page = vec![0; 4096];
        let fields: &[(usize, &[u8])] = &[
            (4, b"S4EWNF0M123456      "),
            (24, b"Samsung SSD 970 EVO Plus 500GB          "),
            (64, b"2B2QEXM7"),
            (77, &[9, 4, 0, 0, 3, 1, 0]),
            (111, &[1]),
            (256, &[0x17]),
            (261, &[0x1e]),
            (266, &[0x66, 1]),
            (280, &[0, 0x60, 0xc0, 0x70, 0x74]),
            (316, &[0x23]),
            (328, &[3, 0, 0, 0x60]),
            (516, &[1]),
            (520, &[0x5f]),
            (524, &[5, 1, 0xff, 3]),
            (768, b"nqn.1994-11.com.samsung:nvme:970"),
        ];
        for (at, field) in fields {
            put(&mut page, *at, field);
        }
        let controller = IdentifyController::parse(&page).unwrap();
        assert_eq!(controller.total_capacity, Some(500_107_862_016));
        assert_eq!(controller.version.unwrap().to_string(), "1.3");
        assert_eq!(controller.encode(), page);
    }

    #[test]
    fn bits() {
        let only = |n: u32| 1_u32 << n;
        for n in 0..32 {
            let sanitize = SanitizeCapabilities(only(n));
            assert_eq!(sanitize.crypto_erase(), n == 0);
            assert_eq!(sanitize.block_erase(), n == 1);
            assert_eq!(sanitize.overwrite(), n == 2);
            assert_eq!(sanitize.verification(), n == 3);
            assert_eq!(sanitize.namespace_verification(), n == 4);
            assert_eq!(sanitize.always_deallocates(), n == 29);
            let modifies = match n {
                30 => Some(false),
                31 => Some(true),
                _ => None,
            };
            assert_eq!(sanitize.modifies_media_afterwards(), modifies);
        }
        assert_eq!(SanitizeCapabilities(0xc000_0000).modifies_media_afterwards(), None);
        for n in 0..16 {
            let admin = AdminCapabilities(1 << n);
            assert_eq!(admin.security(), n == 0);
            assert_eq!(admin.format(), n == 1);
            assert_eq!(admin.namespace_management(), n == 3);
            assert_eq!(admin.self_test(), n == 4);
            assert_eq!(admin.lockdown(), n == 10);
            let nvm = NvmCapabilities(1 << n);
            assert_eq!(nvm.dataset_management(), n == 2);
            assert_eq!(nvm.write_zeroes(), n == 3);
            assert_eq!(nvm.saves_features(), n == 4);
            assert_eq!(nvm.reservations(), n == 5);
        }
        for n in 0..8 {
            let format = FormatAttributes(1 << n);
            assert_eq!(format.formats_every_namespace(), n == 0);
            assert_eq!(format.erases_every_namespace(), n == 1);
            assert_eq!(format.crypto_erase(), n == 2);
            assert_eq!(format.takes_every_namespace(), n != 3);
            let paths = Paths(1 << n);
            assert_eq!((paths.several_ports(), paths.several_controllers()), (n == 0, n == 1));
            let logs = LogCapabilities(1 << n);
            assert_eq!((logs.extended_data(), logs.persistent_events()), (n == 2, n == 4));
            assert_eq!(WriteCache(1 << n).present(), n == 0);
        }
        let flush = |bits: u8| WriteCache(bits).flushes_every_namespace();
        assert_eq!([flush(1), flush(3), flush(5), flush(7)], [None, None, Some(false), Some(true)]);
    }

    #[test]
    fn versions_have_an_order() {
        let version = |major, minor, tertiary| Version { major, minor, tertiary };
        assert!(version(1, 2, 1) < version(1, 3, 0) && version(1, 4, 0) < version(2, 0, 0));
        assert_eq!(version(1, 2, 1).to_string(), "1.2.1");
    }

    #[test]
    fn hostile() {
        let short = Malformed::Short { page: "Identify Controller", needed: 4096, got: 4095 };
        assert_eq!(IdentifyController::parse(&[0; 4095]), Err(short));
        survives(&[0xff; 4096], IdentifyController::parse);
        // Text of any length is cut to its field.
        let long = IdentifyController { model: Some("x".repeat(99)), ..empty() };
        assert_eq!(IdentifyController::parse(&long.encode()).unwrap().model, Some("x".repeat(40)));
        assert_eq!(IdentifyController::parse(&long.encode()).unwrap().firmware, None);
    }
}
