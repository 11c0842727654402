//! Sanitize (opcode 84h, section 5.1.22): erases the whole subsystem, whatever its namespaces.
//!
//! That the command completes says only that the operation has begun; what came of it is in
//! [`SanitizeLog`](super::SanitizeLog). It goes on through resets and power cycles, and cannot be
//! cancelled. It does not reach boot partitions and replay protected memory blocks.

use super::{Admin, Data};

const OPCODE: u8 = 0x84;

/// A Sanitize command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sanitize {
    /// Begins an operation.
    Start {
        /// Which one.
        action: SanitizeAction,
        /// AUSE: if the operation fails, [`Sanitize::ExitFailureMode`] may give the half-erased
        /// drive back. Without it only another operation that succeeds does.
        unrestricted_exit: bool,
    },
    /// Leaves the failure that an operation with `unrestricted_exit` ended in. It erases nothing.
    ExitFailureMode,
    /// Leaves the media verification state; the drive then deallocates what it erased.
    ExitMediaVerification,
}

/// SANACT: how the subsystem is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SanitizeAction {
    /// Blocks are erased at a low level.
    BlockErase(Afterwards),
    /// Encryption keys are replaced.
    CryptoErase(Afterwards),
    /// Everything is written, once or more.
    Overwrite {
        /// OWPASS: how often.
        passes: OverwritePasses,
        /// OVRPAT: what is written. In which order its four bytes lie on the medium is unconfirmed,
        /// so that only four equal ones can be looked for afterwards.
        pattern: u32,
        /// OIPBP: each pass writes the inverse of the one before.
        invert: bool,
        /// NDAS: as in [`Afterwards::KeepAllocated`].
        keep_allocated: bool,
    },
}

/// What happens to the erased medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// It is deallocated: reads give what
    /// [`DeallocatedReads`](super::DeallocatedReads) says, whatever is on the medium.
    Deallocate,
    /// NDAS: it stays allocated, so that reads show the medium, or fail. A drive that
    /// [`always_deallocates`](super::SanitizeCapabilities::always_deallocates) refuses or ignores
    /// this.
    KeepAllocated,
    /// EMVS: the drive waits in the media verification state, where reads show the medium without
    /// error correction, until [`Sanitize::ExitMediaVerification`]. Only if
    /// [`verification`](super::SanitizeCapabilities::verification); not with an overwrite, and not
    /// together with the other.
    Verify,
}

/// 1 to 16 overwrite passes. On the wire, 16 is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OverwritePasses(u8);

impl OverwritePasses {
    /// One pass.
    pub const ONE: Self = Self(1);

    /// `None` unless 1 to 16.
    #[must_use]
    pub const fn new(passes: u8) -> Option<Self> {
        match passes {
            1..=16 => Some(Self(passes)),
            _ => None,
        }
    }

    /// How many.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Sanitize {
    /// Command dword 10: the same comes back in
    /// [`SanitizeLog::command_dword10`](super::SanitizeLog::command_dword10).
    #[must_use]
    pub fn dword10(self) -> u32 {
        const AUSE: u32 = 1 << 3;
        const OIPBP: u32 = 1 << 8;
        const NDAS: u32 = 1 << 9;
        const EMVS: u32 = 1 << 10;
        let afterwards = |afterwards| match afterwards {
            Afterwards::Deallocate => 0,
            Afterwards::KeepAllocated => NDAS,
            Afterwards::Verify => EMVS,
        };
        let when = |set: bool, bit| if set { bit } else { 0 };
        match self {
            Self::ExitFailureMode => 1,
            Self::ExitMediaVerification => 5,
            Self::Start { action, unrestricted_exit } => {
                let action = match action {
                    SanitizeAction::BlockErase(then) => 2 | afterwards(then),
                    SanitizeAction::CryptoErase(then) => 4 | afterwards(then),
                    SanitizeAction::Overwrite { passes, invert, keep_allocated, pattern: _ } => {
                        3 | (u32::from(passes.0) & 0xf) << 4
                            | when(invert, OIPBP)
                            | when(keep_allocated, NDAS)
                    }
                };
                action | when(unrestricted_exit, AUSE)
            }
        }
    }

    /// The words on the wire.
    #[must_use]
    pub fn command(self) -> Admin {
        let (name, pattern) = match self {
            Self::ExitFailureMode => ("Sanitize (exit failure mode)", 0),
            Self::ExitMediaVerification => ("Sanitize (exit media verification)", 0),
            Self::Start { action: SanitizeAction::BlockErase(_), .. } => {
                ("Sanitize (block erase)", 0)
            }
            Self::Start { action: SanitizeAction::CryptoErase(_), .. } => {
                ("Sanitize (crypto erase)", 0)
            }
            Self::Start { action: SanitizeAction::Overwrite { pattern, .. }, .. } => {
                ("Sanitize (overwrite)", pattern)
            }
        };
        let words = [self.dword10(), pattern, 0, 0, 0, 0];
        Admin { name, opcode: OPCODE, nsid: 0, words, data: Data::None }
    }

    /// What a drive reads in a command; `None` if it is another command, or combines what does not
    /// go together.
    #[must_use]
    pub fn decode(command: &Admin) -> Option<Self> {
        let (OPCODE, [word, pattern, 0, 0, 0, 0]) = (command.opcode, command.words) else {
            return None;
        };
        let [invert, keep_allocated, verify] = [8, 9, 10].map(|bit| word >> bit & 1 == 1);
        let afterwards = match (keep_allocated, verify) {
            (false, false) => Afterwards::Deallocate,
            (true, false) => Afterwards::KeepAllocated,
            (false, true) => Afterwards::Verify,
            (true, true) => return None,
        };
        let start = |action| Self::Start { action, unrestricted_exit: word & 1 << 3 != 0 };
        let passes = match (word >> 4 & 0xf) as u8 {
            0 => OverwritePasses(16),
            passes => OverwritePasses(passes),
        };
        let found = match word & 7 {
            1 => Self::ExitFailureMode,
            2 => start(SanitizeAction::BlockErase(afterwards)),
            3 => start(SanitizeAction::Overwrite { passes, pattern, invert, keep_allocated }),
            4 => start(SanitizeAction::CryptoErase(afterwards)),
            5 => Self::ExitMediaVerification,
            _ => return None,
        };
        // Whatever else is set belongs to another action, or to a later specification.
        (found.dword10() == word).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::raw;
    use super::*;

    fn start(action: SanitizeAction) -> Sanitize {
        Sanitize::Start { action, unrestricted_exit: false }
    }

    fn overwrite(passes: u8) -> SanitizeAction {
        SanitizeAction::Overwrite {
            passes: OverwritePasses::new(passes).unwrap(),
            pattern: 0xdead_beef,
            invert: false,
            keep_allocated: false,
        }
    }

    #[test]
    fn words() {
        use Afterwards::{Deallocate, KeepAllocated, Verify};
        use SanitizeAction::{BlockErase, CryptoErase, Overwrite};
        let passes = OverwritePasses::ONE;
        let pattern = 0x0000_00ff;
        let cases = [
            (Sanitize::ExitFailureMode, 0x001, 0),
            (Sanitize::ExitMediaVerification, 0x005, 0),
            (start(BlockErase(Deallocate)), 0x002, 0),
            (start(BlockErase(KeepAllocated)), 0x202, 0),
            (start(BlockErase(Verify)), 0x402, 0),
            (start(CryptoErase(Deallocate)), 0x004, 0),
            (start(CryptoErase(KeepAllocated)), 0x204, 0),
            (start(CryptoErase(Verify)), 0x404, 0),
            (start(overwrite(1)), 0x013, 0xdead_beef),
            (start(overwrite(15)), 0x0f3, 0xdead_beef),
            (start(overwrite(16)), 0x003, 0xdead_beef),
            (
                start(Overwrite { passes, pattern, invert: true, keep_allocated: false }),
                0x113,
                0xff,
            ),
            (
                start(Overwrite { passes, pattern, invert: false, keep_allocated: true }),
                0x213,
                0xff,
            ),
            (Sanitize::Start { action: BlockErase(Deallocate), unrestricted_exit: true }, 0x00a, 0),
        ];
        for (what, word, pattern) in cases {
            let command = what.command();
            assert_eq!((command.opcode(), command.nsid()), (0x84, 0));
            assert_eq!(command.words(), [word, pattern, 0, 0, 0, 0], "{what:?}");
            assert_eq!(command.data(), &Data::None);
            assert_eq!(what.dword10(), word);
            assert_eq!(Sanitize::decode(&command), Some(what));
        }
    }

    #[test]
    fn passes_have_a_range() {
        assert_eq!(OverwritePasses::new(0), None);
        assert_eq!(OverwritePasses::new(17), None);
        assert_eq!(OverwritePasses::new(16).map(OverwritePasses::get), Some(16));
        assert_eq!(OverwritePasses::new(1), Some(OverwritePasses::ONE));
    }

    #[test]
    fn what_does_not_go_together_is_not_decoded() {
        for word in [
            0x000, // no action
            0x006, // reserved action
            0x602, // deallocate not, and verify
            0x403, // overwrite, and verify
            0x112, // passes and inversion of a block erase
            0x009, // unrestricted exit from a failure
            0x205, // deallocate not, and exit
            0x802, // reserved bit
        ] {
            assert_eq!(Sanitize::decode(&raw(0x84, 0, [word, 0, 0, 0, 0, 0])), None, "{word:x}");
        }
        assert_eq!(Sanitize::decode(&raw(0x80, 0, [2, 0, 0, 0, 0, 0])), None);
        assert_eq!(Sanitize::decode(&raw(0x84, 0, [2, 0, 1, 0, 0, 0])), None);
        // The pattern of another action is ignored, as a drive does.
        assert_eq!(
            Sanitize::decode(&raw(0x84, 0, [2, 7, 0, 0, 0, 0])),
            Some(start(SanitizeAction::BlockErase(Afterwards::Deallocate)))
        );
        for word in 0..0x1000 {
            let _ = Sanitize::decode(&raw(0x84, 0, [word, 0, 0, 0, 0, 0]));
        }
    }
}
