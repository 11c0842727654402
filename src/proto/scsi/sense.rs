//! Sense data: what a drive says about a command, or about itself (SPC-5).
//!
//! Layouts and codes checked against sg3_utils (`sg_lib.c`, `sg_lib_data.c`).

use super::super::Malformed;
use super::super::field::{be16, be32, be64};

const NAME: &str = "sense data";

/// What sense data says, in either format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sense {
    /// It is about an earlier command, not about the one that it came with.
    pub deferred: bool,
    /// Sense key, 0 to 15.
    pub key: u8,
    /// Additional sense code.
    pub asc: u8,
    /// Additional sense code qualifier.
    pub ascq: u8,
    /// The INFORMATION field; for errors of the medium the logical block address.
    pub information: Option<u64>,
    /// How far a long operation is, in parts of 65536. Only the sense keys NO SENSE (0) and
    /// NOT READY (2) carry it.
    pub progress: Option<u16>,
}

/// As people write it: 02/04/1B.
impl std::fmt::Display for Sense {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02X}/{:02X}/{:02X}", self.key, self.asc, self.ascq)
    }
}

/// What a technique does about it depends on this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// 00/00/00: nothing to report, and nothing is running.
    Idle,
    /// 00/5E: idle or standby; nothing is running.
    LowPower,
    /// 00 or 01/00/1D: an ATA command's registers are attached. Not an error.
    AtaRegisters,
    /// 02/04/00, 01, 1A: becoming ready, or not ready for no known reason.
    BecomingReady,
    /// 02/04/02: START STOP UNIT is needed.
    NeedsStart,
    /// 04/04: a format is running.
    FormatInProgress,
    /// 04/1B: a sanitize operation is running.
    SanitizeInProgress,
    /// 04/07, 09, 14: something else is running, as a self-test. It passes.
    OtherInProgress,
    /// 02/3A: a card reader without a card.
    NoMedium,
    /// 03/11/15: reads fail until the block is written, as announced by WABEREQ and WACEREQ.
    WriteAfterSanitizeRequired,
    /// 03/11: a block cannot be read.
    UnrecoveredRead,
    /// 03/0C: a block cannot be written.
    WriteError,
    /// 03/31/00: a format did not finish; the drive is unusable until one does.
    FormatCorrupt,
    /// 03/31/01: a format failed.
    FormatFailed,
    /// 03/31/03: a sanitize operation failed.
    SanitizeFailed,
    /// 05/20/00: the drive does not know the command.
    UnsupportedCommand,
    /// 05/24/00: the drive does not accept a field of the command.
    UnsupportedField,
    /// 05/26/00 to 02: the drive does not accept the parameter list.
    UnsupportedParameter,
    /// 05/21/04: a write out of order in a zone, or, right after an ATA pass-through command, an
    /// aborted ATA command as older kernels report it.
    UnalignedWriteOrAtaAbort,
    /// 05/2C/00: not now, after what came before.
    SequenceError,
    /// 06/28, 06/29: a reset, a power cycle or another medium. What ran before is unknown, and
    /// the drive has to be identified again.
    Reset,
    /// 06/2A, 06/3F/0E: parameters or logical units changed.
    Changed,
    /// Any other 06: reported once, then gone.
    UnitAttention,
    /// 05 or 07/20/02, 07/74, 05/74/71: locked, or nobody has authenticated.
    Locked,
    /// 07/27: write protected.
    WriteProtected,
    /// 0B/10/01 to 03: the protection information does not fit the data, as after an erase.
    ProtectionMismatch,
    /// Any other 0B: aborted; it may be tried again.
    Aborted,
    /// Nothing of the above.
    Other,
}

impl Sense {
    /// Nothing but key and codes.
    #[must_use]
    pub const fn new(key: u8, asc: u8, ascq: u8) -> Self {
        Self { deferred: false, key, asc, ascq, information: None, progress: None }
    }

    /// Reads both formats. Bytes after the additional length do not count.
    ///
    /// # Errors
    /// Not sense data, or too short for the additional sense code: a missing code must not
    /// become the 00/00 that means "idle".
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let Some(first) = bytes.first() else { return Err(short(1, 0)) };
        let deferred = first & 1 == 1;
        match first & 0x7f {
            0x70 | 0x71 => Self::parse_fixed(told(bytes), deferred),
            0x72 | 0x73 => Self::parse_descriptors(told(bytes), deferred),
            _ => Err(Malformed::Invalid { page: NAME, why: "the response code is not 70h to 73h" }),
        }
    }

    fn parse_fixed(bytes: &[u8], deferred: bool) -> Result<Self, Malformed> {
        let [first, _, key, ..] = bytes else { return Err(short(14, bytes.len())) };
        let Some([asc, ascq, rest @ ..]) = bytes.get(12..) else {
            return Err(short(14, bytes.len()));
        };
        let key = key & 0x0f;
        // What bytes 15 to 17 mean depends on the key.
        let progress = match rest {
            [_, valid, ..] if valid & 0x80 != 0 && carries_progress(key) => be16(bytes, 16),
            _ => None,
        };
        let information = if first & 0x80 != 0 { be32(bytes, 3).map(u64::from) } else { None };
        Ok(Self { deferred, key, asc: *asc, ascq: *ascq, information, progress })
    }

    fn parse_descriptors(bytes: &[u8], deferred: bool) -> Result<Self, Malformed> {
        let [_, key, asc, ascq, _, _, _, _, ..] = bytes else {
            return Err(short(8, bytes.len()));
        };
        let key = key & 0x0f;
        let valid = |descriptor: &&[u8], at| descriptor.get(at).is_some_and(|b| b & 0x80 != 0);
        let information = descriptor(bytes, INFORMATION)
            .filter(|found| valid(found, 0))
            .and_then(|found| be64(found, 2));
        let progress = descriptor(bytes, SENSE_KEY_SPECIFIC)
            .filter(|found| valid(found, 2) && carries_progress(key))
            .and_then(|found| be16(found, 3));
        Ok(Self { deferred, key, asc: *asc, ascq: *ascq, information, progress })
    }

    /// What it means for a technique. If it is `deferred`, then about an earlier command.
    #[must_use]
    pub fn meaning(&self) -> Meaning {
        match (self.key, self.asc, self.ascq) {
            (0x0, 0x00, 0x00) => Meaning::Idle,
            (0x0, 0x5e, _) => Meaning::LowPower,
            (0x0 | 0x1, 0x00, 0x1d) => Meaning::AtaRegisters,
            (0x2, 0x04, 0x00 | 0x01 | 0x1a) => Meaning::BecomingReady,
            (0x2, 0x04, 0x02) => Meaning::NeedsStart,
            // REQUEST SENSE may report progress with the key NO SENSE.
            (0x0 | 0x2, 0x04, 0x04) => Meaning::FormatInProgress,
            (0x0 | 0x2, 0x04, 0x1b) => Meaning::SanitizeInProgress,
            (0x0 | 0x2, 0x04, 0x07 | 0x09 | 0x14) => Meaning::OtherInProgress,
            (0x2, 0x3a, _) => Meaning::NoMedium,
            (0x3, 0x11, 0x15) => Meaning::WriteAfterSanitizeRequired,
            (0x3, 0x11, _) => Meaning::UnrecoveredRead,
            (0x3, 0x0c, _) => Meaning::WriteError,
            (0x3, 0x31, 0x00) => Meaning::FormatCorrupt,
            (0x3, 0x31, 0x01) => Meaning::FormatFailed,
            (0x3, 0x31, 0x03) => Meaning::SanitizeFailed,
            (0x5, 0x20, 0x00) => Meaning::UnsupportedCommand,
            (0x5, 0x24, 0x00) => Meaning::UnsupportedField,
            (0x5, 0x26, 0x00..=0x02) => Meaning::UnsupportedParameter,
            (0x5, 0x21, 0x04) => Meaning::UnalignedWriteOrAtaAbort,
            (0x5, 0x2c, 0x00) => Meaning::SequenceError,
            (0x6, 0x28 | 0x29, _) => Meaning::Reset,
            (0x6, 0x2a, _) | (0x6, 0x3f, 0x0e) => Meaning::Changed,
            (0x6, _, _) => Meaning::UnitAttention,
            (0x5 | 0x7, 0x20, 0x02) | (0x7, 0x74, _) | (0x5, 0x74, 0x71) => Meaning::Locked,
            (0x7, 0x27, _) => Meaning::WriteProtected,
            (0xb, 0x10, 0x01..=0x03) => Meaning::ProtectionMismatch,
            (0xb, _, _) => Meaning::Aborted,
            _ => Meaning::Other,
        }
    }

    /// The fixed format. INFORMATION of more than 32 bits is left out, as SPC-5 asks.
    #[must_use]
    pub fn fixed(&self) -> [u8; 18] {
        let information = self.information.and_then(|block| u32::try_from(block).ok());
        let valid = if information.is_some() { 0x80 } else { 0 };
        let [i0, i1, i2, i3] = information.unwrap_or(0).to_be_bytes();
        let (sksv, [p0, p1]) = self.progress_bytes();
        let first = 0x70 | u8::from(self.deferred) | valid;
        let (key, asc, ascq) = (self.key & 0x0f, self.asc, self.ascq);
        [first, 0, key, i0, i1, i2, i3, 10, 0, 0, 0, 0, asc, ascq, 0, sksv, p0, p1]
    }

    /// The descriptor format.
    #[must_use]
    pub fn descriptors(&self) -> Vec<u8> {
        let mut descriptors = Vec::new();
        if let Some(information) = self.information {
            descriptors.extend([INFORMATION, 10, 0x80, 0]);
            descriptors.extend(information.to_be_bytes());
        }
        if self.progress.is_some() {
            let (sksv, [p0, p1]) = self.progress_bytes();
            descriptors.extend([SENSE_KEY_SPECIFIC, 6, 0, 0, sksv, p0, p1, 0]);
        }
        let first = 0x72 | u8::from(self.deferred);
        let length = if self.information.is_some() { 12 } else { 0 }
            + if self.progress.is_some() { 8 } else { 0 };
        let mut bytes = vec![first, self.key & 0x0f, self.asc, self.ascq, 0, 0, 0, length];
        bytes.append(&mut descriptors);
        bytes
    }

    fn progress_bytes(&self) -> (u8, [u8; 2]) {
        self.progress.map_or((0, [0, 0]), |progress| (0x80, progress.to_be_bytes()))
    }
}

const INFORMATION: u8 = 0x00;
const SENSE_KEY_SPECIFIC: u8 = 0x02;

/// The content of the first descriptor of this type in descriptor format sense data, without its
/// type and length.
#[must_use]
pub fn descriptor(bytes: &[u8], kind: u8) -> Option<&[u8]> {
    let mut rest = told(bytes).get(8..)?;
    while let [found, length, tail @ ..] = rest {
        let (content, next) = tail.split_at_checked(usize::from(*length))?;
        if *found == kind {
            return Some(content);
        }
        rest = next;
    }
    None
}

/// The bytes that the additional length, at the same place in both formats, covers.
fn told(bytes: &[u8]) -> &[u8] {
    let end = bytes.get(7).map_or(bytes.len(), |additional| 8 + usize::from(*additional));
    bytes.get(..end).unwrap_or(bytes)
}

fn carries_progress(key: u8) -> bool {
    matches!(key, 0x0 | 0x2)
}

fn short(needed: usize, got: usize) -> Malformed {
    Malformed::Short { page: NAME, needed, got }
}

#[cfg(test)]
mod tests {
    use super::super::hostile;
    use super::*;

    /// 02/04/1B, half done, in the fixed format.
    const SANITIZING: [u8; 18] =
        [0x70, 0, 0x02, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x04, 0x1b, 0, 0x80, 0x80, 0x01];

    #[test]
    fn fixed_format() {
        let sense = Sense::parse(&SANITIZING).unwrap();
        assert_eq!(sense.to_string(), "02/04/1B");
        assert_eq!(sense, Sense { progress: Some(0x8001), ..Sense::new(2, 0x04, 0x1b) });
        assert_eq!(sense.meaning(), Meaning::SanitizeInProgress);
        assert_eq!(sense.fixed(), SANITIZING);
        // VALID, the four bytes of INFORMATION, a deferred error; no bytes after the codes.
        let unread = [0xf1, 0, 0x03, 0x01, 0x02, 0x03, 0x04, 6, 0, 0, 0, 0, 0x11, 0x14];
        let expected =
            Sense { deferred: true, information: Some(0x0102_0304), ..Sense::new(3, 0x11, 0x14) };
        assert_eq!(Sense::parse(&unread), Ok(expected));
        // Without VALID there is no address; the flags above the key are not the key.
        let mut unread = unread;
        (unread[0], unread[2]) = (0x70, 0xe3);
        assert_eq!(Sense::parse(&unread), Ok(Sense::new(3, 0x11, 0x14)));
    }

    #[test]
    fn progress_needs_its_valid_bit_and_one_of_two_keys() {
        for (key, sksv, progress) in
            [(0, 0x80, Some(0x8001)), (2, 0x00, None), (2, 0x7f, None), (5, 0x80, None)]
        {
            let mut bytes = SANITIZING;
            (bytes[2], bytes[15]) = (key, sksv);
            assert_eq!(Sense::parse(&bytes).unwrap().progress, progress, "{key} {sksv}");
            // The same in the other format.
            let bytes = [0x72, key, 4, 0x1b, 0, 0, 0, 8, 2, 6, 0, 0, sksv, 0x80, 0x01, 0];
            assert_eq!(Sense::parse(&bytes).unwrap().progress, progress, "{key} {sksv}");
        }
    }

    #[test]
    fn descriptor_format() {
        // An unknown descriptor, an ATA status return, INFORMATION, then progress.
        let mut bytes = vec![0x73, 0x02, 0x04, 0x04, 0, 0, 0, 38];
        bytes.extend([0x80, 2, 0xaa, 0xbb]);
        bytes.extend([0x09, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x50]);
        bytes.extend([0x00, 0x0a, 0x80, 0, 0, 0, 0, 1, 2, 3, 4, 5]);
        bytes.extend([0x02, 0x06, 0, 0, 0x80, 0x12, 0x34, 0]);
        let expected = Sense {
            deferred: true,
            information: Some(0x01_0203_0405),
            progress: Some(0x1234),
            ..Sense::new(2, 0x04, 0x04)
        };
        assert_eq!(Sense::parse(&bytes), Ok(expected.clone()));
        assert_eq!(descriptor(&bytes, 0x09).map(<[u8]>::len), Some(12));
        assert_eq!(descriptor(&bytes, 0x03), None);
        // Bytes beyond the additional length are left over from something else.
        bytes[7] = 18;
        let sense = Sense::parse(&bytes).unwrap();
        assert_eq!((sense.information, sense.progress), (None, None));
        let mut bytes = vec![0x73, 0x02, 0x04, 0x04, 0, 0, 0, 20];
        bytes.extend([0x00, 0x0a, 0x80, 0, 0, 0, 0, 1, 2, 3, 4, 5]);
        bytes.extend([0x02, 0x06, 0, 0, 0x80, 0x12, 0x34, 0]);
        assert_eq!(expected.descriptors(), bytes);
    }

    #[test]
    fn both_encoders_are_read_back() {
        for deferred in [false, true] {
            for information in [None, Some(0), Some(u64::from(u32::MAX))] {
                for progress in [None, Some(0), Some(u16::MAX)] {
                    let sense =
                        Sense { deferred, information, progress, ..Sense::new(2, 0x04, 0x1b) };
                    assert_eq!(Sense::parse(&sense.fixed()).as_ref(), Ok(&sense));
                    assert_eq!(Sense::parse(&sense.descriptors()), Ok(sense));
                }
            }
        }
        let far = Sense { information: Some(1 << 32), ..Sense::new(3, 0x11, 0) };
        assert_eq!(Sense::parse(&far.fixed()).unwrap().information, None);
        assert_eq!(Sense::parse(&far.descriptors()), Ok(far));
    }

    #[test]
    fn silence_is_not_idle() {
        assert_eq!(
            Sense::parse(&[0; 252]).map_err(|e| e.to_string()),
            Err("sense data: the response code is not 70h to 73h".to_owned())
        );
        assert_eq!(Sense::parse(&[]), Err(short(1, 0)));
        let mut bytes = Sense::new(0, 0, 0).fixed();
        assert_eq!(Sense::parse(&bytes).unwrap().meaning(), Meaning::Idle);
        assert_eq!(Sense::parse(&bytes[..13]), Err(short(14, 13)));
        // Eighteen bytes, of which the drive says that only the first eight count.
        bytes[7] = 0;
        assert_eq!(Sense::parse(&bytes), Err(short(14, 8)));
        assert_eq!(Sense::parse(&[0x72, 0, 0, 0, 0, 0, 0]), Err(short(8, 7)));
    }

    #[test]
    fn meanings() {
        use Meaning as M;
        let table = [
            (0x0, 0x00, 0x00, M::Idle),
            (0x0, 0x00, 0x01, M::Other),
            (0x1, 0x00, 0x00, M::Other),
            (0x0, 0x5e, 0x03, M::LowPower),
            (0x1, 0x00, 0x1d, M::AtaRegisters),
            (0x0, 0x00, 0x1d, M::AtaRegisters),
            (0x2, 0x04, 0x00, M::BecomingReady),
            (0x2, 0x04, 0x01, M::BecomingReady),
            (0x2, 0x04, 0x1a, M::BecomingReady),
            (0x2, 0x04, 0x02, M::NeedsStart),
            (0x2, 0x04, 0x03, M::Other),
            (0x2, 0x04, 0x04, M::FormatInProgress),
            (0x0, 0x04, 0x04, M::FormatInProgress),
            (0x2, 0x04, 0x1b, M::SanitizeInProgress),
            (0x0, 0x04, 0x1b, M::SanitizeInProgress),
            (0x2, 0x04, 0x07, M::OtherInProgress),
            (0x2, 0x04, 0x09, M::OtherInProgress),
            (0x2, 0x04, 0x14, M::OtherInProgress),
            (0x2, 0x3a, 0x02, M::NoMedium),
            (0x3, 0x11, 0x15, M::WriteAfterSanitizeRequired),
            (0x3, 0x11, 0x14, M::UnrecoveredRead),
            (0x3, 0x0c, 0x03, M::WriteError),
            (0x3, 0x31, 0x00, M::FormatCorrupt),
            (0x3, 0x31, 0x01, M::FormatFailed),
            (0x3, 0x31, 0x02, M::Other),
            (0x3, 0x31, 0x03, M::SanitizeFailed),
            (0x4, 0x31, 0x03, M::Other),
            (0x5, 0x20, 0x00, M::UnsupportedCommand),
            (0x5, 0x24, 0x00, M::UnsupportedField),
            (0x5, 0x26, 0x02, M::UnsupportedParameter),
            (0x5, 0x26, 0x03, M::Other),
            (0x5, 0x21, 0x04, M::UnalignedWriteOrAtaAbort),
            (0x5, 0x2c, 0x00, M::SequenceError),
            (0x6, 0x29, 0x04, M::Reset),
            (0x6, 0x28, 0x00, M::Reset),
            (0x6, 0x2a, 0x09, M::Changed),
            (0x6, 0x3f, 0x0e, M::Changed),
            (0x6, 0x3f, 0x01, M::UnitAttention),
            (0x7, 0x20, 0x02, M::Locked),
            (0x5, 0x20, 0x02, M::Locked),
            (0x7, 0x74, 0x40, M::Locked),
            (0x5, 0x74, 0x71, M::Locked),
            (0x5, 0x74, 0x40, M::Other),
            (0x7, 0x27, 0x00, M::WriteProtected),
            (0xb, 0x10, 0x01, M::ProtectionMismatch),
            (0xb, 0x10, 0x04, M::Aborted),
            (0xb, 0x00, 0x00, M::Aborted),
        ];
        for (key, asc, ascq, meaning) in table {
            assert_eq!(Sense::new(key, asc, ascq).meaning(), meaning, "{key:x}/{asc:x}/{ascq:x}");
        }
    }

    #[test]
    fn an_aborted_ata_command_as_older_kernels_report_it() {
        let bytes = [0x70, 0, 5, 0, 0, 0, 0, 10, 4, 0x51, 0x40, 1, 0x21, 0x04, 0, 0, 0, 0];
        assert_eq!(Sense::parse(&bytes).unwrap().meaning(), Meaning::UnalignedWriteOrAtaAbort);
    }

    #[test]
    fn nothing_panics() {
        hostile(&SANITIZING, Sense::parse);
        let sense = Sense { information: Some(9), progress: Some(9), ..Sense::new(2, 4, 0x1b) };
        hostile(&sense.descriptors(), Sense::parse);
        hostile(&sense.descriptors(), |bytes| descriptor(bytes, 2).map(<[u8]>::len));
    }
}
