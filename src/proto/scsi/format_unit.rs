//! FORMAT UNIT (SBC-4): the drive writes and checks every block that it gives out.
//!
//! Only a full format can be said here: a fast format (FFMT of 1 or 2) writes nothing. The sizes
//! and the protection stay what they are. Grown defects stay retired and are not written, unless
//! the drive knows "security initialize".
//!
//! Layout and the codes of the protection types checked against sg3_utils (`sg_format.c`,
//! `sg_format.8`). opensea-operations (`format.c`) puts PROTECTION FIELD USAGE of type 3 into
//! byte 1; it belongs into byte 0.

use super::super::Data;
use super::Command;
use super::decode::Rejected;
use super::protection::{Protection, ProtectionType};

/// The first byte of the command.
pub const OPERATION_CODE: u8 = 0x04;

/// The request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatUnit {
    /// Answer when it has begun (IMMED); REQUEST SENSE or TEST UNIT READY tell how far it is.
    pub immediate: bool,
    /// Write reassigned blocks, too (SI). Few drives know it.
    pub security_initialize: bool,
    /// As the drive has it, from [READ CAPACITY](super::read_capacity).
    pub protection: Option<Protection>,
}

const LONG_LIST: u8 = 0x20;
const FORMAT_DATA: u8 = 0x10;
/// Format options valid, and among them: an initialization pattern descriptor follows.
const FOV_IP: u8 = 0x88;
const IMMEDIATE: u8 = 0x02;
const SECURITY_INITIALIZE: u8 = 0x20;

impl FormatUnit {
    /// As sent. The parameter list is always there, as IMMED is in it.
    #[must_use]
    pub fn command(&self) -> Command {
        let (format, usage) = match self.protection.map(Protection::kind) {
            None => (0b00, 0),
            Some(ProtectionType::Type1) => (0b10, 0),
            Some(ProtectionType::Type2) => (0b11, 0),
            Some(ProtectionType::Type3) => (0b11, 1),
        };
        let exponent = self.protection.map_or(0, Protection::interval_exponent);
        let options = if self.security_initialize { FOV_IP } else { 0 }
            | if self.immediate { IMMEDIATE } else { 0 };
        // Only the long header has room for the exponent. No defect list follows either.
        let (long, mut list) = if exponent == 0 {
            (0, vec![usage, options, 0, 0])
        } else {
            (LONG_LIST, vec![usage, options, 0, exponent, 0, 0, 0, 0])
        };
        if self.security_initialize {
            list.extend([SECURITY_INITIALIZE, 0, 0, 0]);
        }
        let cdb = [OPERATION_CODE, format << 6 | long | FORMAT_DATA, 0, 0, 0, 0];
        Command::new("FORMAT UNIT", cdb, Data::Out(list))
    }

    pub(super) fn decode(cdb: &[u8], out: &[u8]) -> Result<Self, Rejected> {
        let [usage, options, _, last, ..] = out else { return Err(Rejected::ParameterList) };
        let flags = *cdb.get(1).ok_or(Rejected::Field)?;
        let kind = match (flags >> 6, usage) {
            (0b10, _) => Some(ProtectionType::Type1),
            (0b11, 0) => Some(ProtectionType::Type2),
            (0b11, _) => Some(ProtectionType::Type3),
            _ => None,
        };
        let exponent = if flags & LONG_LIST == 0 { 0 } else { *last };
        let protection = match kind {
            Some(kind) => Some(Protection::new(kind, exponent).ok_or(Rejected::ParameterList)?),
            None => None,
        };
        Ok(Self {
            immediate: options & IMMEDIATE != 0,
            security_initialize: options & FOV_IP == FOV_IP,
            protection,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(protection: Option<Protection>, immediate: bool, si: bool) -> (Vec<u8>, Data) {
        let command = FormatUnit { immediate, security_initialize: si, protection }.command();
        (command.cdb().to_vec(), command.data().clone())
    }

    #[test]
    fn without_protection() {
        let cdb = vec![0x04, 0x10, 0, 0, 0, 0];
        assert_eq!(sent(None, false, false), (cdb.clone(), Data::Out(vec![0, 0, 0, 0])));
        assert_eq!(sent(None, true, false), (cdb.clone(), Data::Out(vec![0, 0x02, 0, 0])));
        let list = vec![0, 0x88, 0, 0, 0x20, 0, 0, 0];
        assert_eq!(sent(None, false, true), (cdb, Data::Out(list)));
    }

    #[test]
    fn each_protection_type_stays() {
        for (kind, byte_1, usage) in [
            (ProtectionType::Type1, 0x90, 0),
            (ProtectionType::Type2, 0xd0, 0),
            (ProtectionType::Type3, 0xd0, 1),
        ] {
            let (cdb, list) = sent(Protection::new(kind, 0), false, false);
            assert_eq!((cdb[1], list), (byte_1, Data::Out(vec![usage, 0, 0, 0])));
            // The exponent needs the long header.
            let (cdb, list) = sent(Protection::new(kind, 3), true, true);
            assert_eq!(cdb, [0x04, byte_1 | 0x20, 0, 0, 0, 0]);
            let expected = vec![usage, 0x8a, 0, 3, 0, 0, 0, 0, 0x20, 0, 0, 0];
            assert_eq!(list, Data::Out(expected));
        }
    }

    /// Byte 4 is where a fast format would be.
    #[test]
    fn never_a_fast_format() {
        for (immediate, si) in [(false, false), (true, false), (false, true), (true, true)] {
            assert_eq!(sent(None, immediate, si).0[4], 0);
        }
    }
}
