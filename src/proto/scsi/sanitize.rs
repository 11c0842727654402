//! SANITIZE (SBC-4): the drive erases all of its medium, reallocated blocks included.
//!
//! Checked against sg3_utils (`sg_sanitize.c`) and opensea-transport (`scsi_cmds.c`).

use super::super::Data;
use super::super::field::be16;
use super::Command;
use super::decode::Rejected;

/// The first byte of the command.
pub const OPERATION_CODE: u8 = 0x48;

/// What the command does, as its five-bit field says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceAction {
    /// 01h
    Overwrite,
    /// 02h
    BlockErase,
    /// 03h
    CryptographicErase,
    /// 1Fh
    ExitFailureMode,
}

impl ServiceAction {
    /// Its number, as a question for
    /// [supported operation codes](super::report_supported_operation_codes) needs it.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Overwrite => 0x01,
            Self::BlockErase => 0x02,
            Self::CryptographicErase => 0x03,
            Self::ExitFailureMode => 0x1f,
        }
    }

    fn decode(code: u8) -> Option<Self> {
        [Self::Overwrite, Self::BlockErase, Self::CryptographicErase, Self::ExitFailureMode]
            .into_iter()
            .find(|action| action.code() == code)
    }
}

/// How many times an overwrite passes over the medium: 1 to 31. A translation to ATA or NVMe
/// does 16 at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passes(u8);

impl Passes {
    /// `None` for 0 and for more than 31.
    #[must_use]
    pub fn new(count: u8) -> Option<Self> {
        matches!(count, 1..=31).then_some(Self(count))
    }

    /// The number.
    #[must_use]
    pub fn count(self) -> u8 {
        self.0
    }
}

/// What an overwrite writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overwrite {
    /// How often.
    pub passes: Passes,
    /// Each pass writes the complement of the one before.
    pub invert: bool,
    /// Repeated all over the medium. SCSI takes up to a block; four bytes is what a translation
    /// to ATA takes.
    pub pattern: [u8; 4],
}

/// The ways to erase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erase {
    /// Writes over everything.
    Overwrite(Overwrite),
    /// Vendor-specific, block by block: what flash memory does.
    BlockErase,
    /// Changes the key that everything is encrypted with.
    CryptographicErase,
}

/// An erase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// How.
    pub erase: Erase,
    /// Answer when it has begun (IMMED); REQUEST SENSE tells how far it is.
    pub immediate: bool,
    /// If it fails, the medium may be made accessible again without being erased (AUSE).
    pub unrestricted_exit: bool,
    /// Zones keep their write pointers (ZNR); zoned drives only.
    pub zone_no_reset: bool,
}

/// The request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sanitize {
    /// Erases the whole medium. It cannot be stopped, and goes on after a power cycle.
    Start(Start),
    /// Makes the medium accessible after an erase that failed, as it then is. Only after one that
    /// was started with [`Start::unrestricted_exit`].
    ExitFailureMode,
}

impl Sanitize {
    /// What it does.
    #[must_use]
    pub fn service_action(&self) -> ServiceAction {
        match self {
            Self::ExitFailureMode => ServiceAction::ExitFailureMode,
            Self::Start(Start { erase: Erase::Overwrite(_), .. }) => ServiceAction::Overwrite,
            Self::Start(Start { erase: Erase::BlockErase, .. }) => ServiceAction::BlockErase,
            Self::Start(Start { erase: Erase::CryptographicErase, .. }) => {
                ServiceAction::CryptographicErase
            }
        }
    }

    /// As sent.
    #[must_use]
    pub fn command(&self) -> Command {
        let name = match self.service_action() {
            ServiceAction::Overwrite => "SANITIZE (overwrite)",
            ServiceAction::BlockErase => "SANITIZE (block erase)",
            ServiceAction::CryptographicErase => "SANITIZE (cryptographic erase)",
            ServiceAction::ExitFailureMode => "SANITIZE (exit failure mode)",
        };
        let flags = match self {
            Self::Start(start) => {
                u8::from(start.immediate) << 7
                    | u8::from(start.zone_no_reset) << 6
                    | u8::from(start.unrestricted_exit) << 5
            }
            Self::ExitFailureMode => 0,
        };
        let (length, data) = match self {
            Self::Start(Start { erase: Erase::Overwrite(overwrite), .. }) => {
                (LIST_BYTES, Data::Out(overwrite.list().to_vec()))
            }
            _ => (0, Data::None),
        };
        let action = flags | self.service_action().code();
        Command::new(name, [OPERATION_CODE, action, 0, 0, 0, 0, 0, 0, length, 0], data)
    }

    pub(super) fn decode(cdb: &[u8], out: &[u8]) -> Result<Self, Rejected> {
        let flags = *cdb.get(1).ok_or(Rejected::Field)?;
        let erase = match ServiceAction::decode(flags & 0x1f).ok_or(Rejected::Field)? {
            ServiceAction::Overwrite => {
                Erase::Overwrite(Overwrite::decode(out).ok_or(Rejected::ParameterList)?)
            }
            ServiceAction::BlockErase => Erase::BlockErase,
            ServiceAction::CryptographicErase => Erase::CryptographicErase,
            ServiceAction::ExitFailureMode => return Ok(Self::ExitFailureMode),
        };
        Ok(Self::Start(Start {
            erase,
            immediate: flags & 0x80 != 0,
            zone_no_reset: flags & 0x40 != 0,
            unrestricted_exit: flags & 0x20 != 0,
        }))
    }
}

/// The header and the pattern of an overwrite's parameter list.
const LIST_BYTES: u8 = 8;

impl Overwrite {
    /// The parameter list. TEST is 0: the drive does what it is told.
    fn list(&self) -> [u8; LIST_BYTES as usize] {
        let [a, b, c, d] = self.pattern;
        [u8::from(self.invert) << 7 | self.passes.count(), 0, 0, 4, a, b, c, d]
    }

    fn decode(list: &[u8]) -> Option<Self> {
        let first = *list.first()?;
        if be16(list, 2)? != 4 {
            return None;
        }
        Some(Self {
            passes: Passes::new(first & 0x1f)?,
            invert: first & 0x80 != 0,
            pattern: *list.get(4..)?.first_chunk()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(erase: Erase) -> Start {
        Start { erase, immediate: false, unrestricted_exit: false, zone_no_reset: false }
    }

    #[test]
    fn overwrite() {
        let overwrite = |passes, invert, pattern| {
            let passes = Passes::new(passes).unwrap();
            Sanitize::Start(start(Erase::Overwrite(Overwrite { passes, invert, pattern })))
                .command()
        };
        let command = overwrite(1, false, [0xde, 0xad, 0xbe, 0xef]);
        assert_eq!(command.cdb(), [0x48, 0x01, 0, 0, 0, 0, 0, 0, 8, 0]);
        assert_eq!(command.data(), &Data::Out(vec![0x01, 0, 0, 4, 0xde, 0xad, 0xbe, 0xef]));
        let command = overwrite(31, true, [0; 4]);
        assert_eq!(command.data(), &Data::Out(vec![0x9f, 0, 0, 4, 0, 0, 0, 0]));
        assert_eq!(command.name(), "SANITIZE (overwrite)");
    }

    #[test]
    fn passes_have_bounds() {
        assert_eq!([0, 1, 31, 32].map(|n| Passes::new(n).is_some()), [false, true, true, false]);
    }

    #[test]
    fn the_others_and_each_flag() {
        let byte_1 = |start: Start| {
            let command = Sanitize::Start(start).command();
            assert_eq!(command.data(), &Data::None);
            assert_eq!((command.cdb().len(), &command.cdb()[2..]), (10, &[0; 8][..]));
            command.cdb()[1]
        };
        assert_eq!(byte_1(start(Erase::BlockErase)), 0x02);
        assert_eq!(byte_1(start(Erase::CryptographicErase)), 0x03);
        let block = start(Erase::BlockErase);
        assert_eq!(byte_1(Start { immediate: true, ..block }), 0x82);
        assert_eq!(byte_1(Start { zone_no_reset: true, ..block }), 0x42);
        assert_eq!(byte_1(Start { unrestricted_exit: true, ..block }), 0x22);
        let exit = Sanitize::ExitFailureMode.command();
        assert_eq!(exit.cdb(), [0x48, 0x1f, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(exit.data(), &Data::None);
    }
}
