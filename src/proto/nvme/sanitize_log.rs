//! Sanitize Status log page (81h, section 5.1.12.1.33).
//!
//! The page is of the whole subsystem and is kept for ever: what it says can be years old. Read it
//! before an operation and after.

use std::num::NonZeroU16;

use super::super::field::{le16, le32};
use super::{Admin, GetLogPage, LogPage, put, read};
use crate::proto::Malformed;

/// The state of the most recent sanitize operation, and how long one is expected to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SanitizeLog {
    /// SPROG, bytes 1:0: how much is done, in parts of 65,536; none unless in progress.
    pub progress: Option<u16>,
    /// SSTAT, bytes 3:2.
    pub status: SanitizeStatus,
    /// SCDW10, bytes 7:4: dword 10 of the command that began the operation, to be compared with
    /// [`Sanitize::dword10`](super::Sanitize::dword10).
    pub command_dword10: u32,
    /// ETO, bytes 11:8: seconds of an overwrite of **16** passes. In this and the times below, 0
    /// is "done with the command"; none is "not reported".
    pub overwrite_16_seconds: Option<u32>,
    /// ETBE, bytes 15:12: seconds of a block erase.
    pub block_erase_seconds: Option<u32>,
    /// ETCE, bytes 19:16: seconds of a crypto erase.
    pub crypto_erase_seconds: Option<u32>,
    /// ETODMM, bytes 23:20: seconds of an overwrite of 16 passes that keeps the medium allocated,
    /// on a drive that
    /// [`modifies_media_afterwards`](super::SanitizeCapabilities::modifies_media_afterwards). Zero
    /// before NVMe 1.4, like the two after it.
    pub overwrite_16_keeping_seconds: Option<u32>,
    /// ETBENMM, bytes 27:24: the same for a block erase.
    pub block_erase_keeping_seconds: Option<u32>,
    /// ETCENMM, bytes 31:28: the same for a crypto erase.
    pub crypto_erase_keeping_seconds: Option<u32>,
    /// ETPVDS, bytes 35:32: seconds to deallocate after the media verification state. Zero on
    /// drives that do not have it.
    pub deallocate_seconds: Option<u32>,
    /// SANS, bits 3:0 of byte 36. Idle on drives without
    /// [`verification`](super::SanitizeCapabilities::verification), like the other.
    pub state: SanitizeState,
    /// FAILS, bits 7:4 of byte 36: the state in which a failed operation failed.
    pub failed_in: SanitizeState,
}

/// SSTAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SanitizeStatus {
    /// SOS, bits 2:0.
    pub outcome: SanitizeOutcome,
    /// OPC, bits 7:3: overwrite passes done, 0 to 31; 0 if the operation was no overwrite.
    pub passes_done: u8,
    /// GDE, bit 8: no user data was written since the operation succeeded; also set on a drive
    /// that was never written and never sanitized.
    pub global_data_erased: bool,
    /// MVCNCLD, bit 9: the media verification state was cancelled, by a reset for instance.
    pub verification_cancelled: bool,
}

/// SOS: what came of the most recent sanitize operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SanitizeOutcome {
    /// There never was one.
    NeverStarted,
    /// It succeeded.
    Sanitized,
    /// It goes on, or waits in the media verification state.
    InProgress,
    /// It failed.
    Failed,
    /// It succeeded, and the medium was deallocated though that was not wanted.
    SanitizedAndDeallocated,
    /// A value of a later specification, 5 to 7.
    Unknown(u8),
}

/// A state of the sanitize operation state machine (section 8.1.24.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SanitizeState {
    /// Nothing goes on.
    Idle,
    /// Sanitizing; if it fails, only another sanitize helps.
    RestrictedProcessing,
    /// Failed so.
    RestrictedFailure,
    /// Sanitizing; if it fails, the failure can be left.
    UnrestrictedProcessing,
    /// Failed so.
    UnrestrictedFailure,
    /// Sanitized, and waiting to be read.
    MediaVerification,
    /// Deallocating after that.
    PostVerificationDeallocation,
    /// A value of a later specification, 7 to 15.
    Unknown(u8),
}

impl SanitizeLog {
    const BYTES: usize = 512;

    /// Asks for the page. The event that announces it stays with the kernel.
    #[must_use]
    pub fn command() -> Admin {
        let dwords = NonZeroU16::MIN.saturating_add(127);
        let page = LogPage::Sanitize;
        GetLogPage { page, retain_event: true, offset_dwords: 0, dwords }.command()
    }

    /// Reads the page.
    ///
    /// # Errors
    /// Fewer than 512 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        read(bytes, "Sanitize Status log page", Self::BYTES, Self::fields)
    }

    fn fields(page: &[u8]) -> Option<Self> {
        // Two levels: the bytes are there, and the time is reported.
        let seconds = |at| Some(Some(le32(page, at)?).filter(|seconds| *seconds != u32::MAX));
        let status = SanitizeStatus::from_bits(le16(page, 2)?);
        let running = status.outcome == SanitizeOutcome::InProgress;
        let states = *page.get(36)?;
        Some(Self {
            progress: le16(page, 0).filter(|_| running),
            status,
            command_dword10: le32(page, 4)?,
            overwrite_16_seconds: seconds(8)?,
            block_erase_seconds: seconds(12)?,
            crypto_erase_seconds: seconds(16)?,
            overwrite_16_keeping_seconds: seconds(20)?,
            block_erase_keeping_seconds: seconds(24)?,
            crypto_erase_keeping_seconds: seconds(28)?,
            deallocate_seconds: seconds(32)?,
            state: SanitizeState::from_nibble(states & 0xf),
            failed_in: SanitizeState::from_nibble(states >> 4),
        })
    }

    /// The page as a drive sends it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut page = vec![0; Self::BYTES];
        put(&mut page, 0, &self.progress.unwrap_or(u16::MAX).to_le_bytes());
        put(&mut page, 2, &self.status.to_bits().to_le_bytes());
        put(&mut page, 4, &self.command_dword10.to_le_bytes());
        let times = [
            self.overwrite_16_seconds,
            self.block_erase_seconds,
            self.crypto_erase_seconds,
            self.overwrite_16_keeping_seconds,
            self.block_erase_keeping_seconds,
            self.crypto_erase_keeping_seconds,
            self.deallocate_seconds,
        ];
        let times = times.map(|seconds| seconds.unwrap_or(u32::MAX).to_le_bytes());
        put(&mut page, 8, times.as_flattened());
        put(&mut page, 36, &[self.state.to_nibble() | self.failed_in.to_nibble() << 4]);
        page
    }
}

impl SanitizeStatus {
    /// Reads the 16 bits, of this page or of an event.
    pub(super) const fn from_bits(bits: u16) -> Self {
        Self {
            outcome: match bits & 7 {
                0 => SanitizeOutcome::NeverStarted,
                1 => SanitizeOutcome::Sanitized,
                2 => SanitizeOutcome::InProgress,
                3 => SanitizeOutcome::Failed,
                4 => SanitizeOutcome::SanitizedAndDeallocated,
                other => SanitizeOutcome::Unknown(other as u8),
            },
            passes_done: (bits >> 3 & 0x1f) as u8,
            global_data_erased: bits & 1 << 8 != 0,
            verification_cancelled: bits & 1 << 9 != 0,
        }
    }

    /// The 16 bits.
    pub(super) fn to_bits(self) -> u16 {
        let outcome = match self.outcome {
            SanitizeOutcome::NeverStarted => 0,
            SanitizeOutcome::Sanitized => 1,
            SanitizeOutcome::InProgress => 2,
            SanitizeOutcome::Failed => 3,
            SanitizeOutcome::SanitizedAndDeallocated => 4,
            SanitizeOutcome::Unknown(other) => u16::from(other) & 7,
        };
        outcome
            | (u16::from(self.passes_done) & 0x1f) << 3
            | u16::from(self.global_data_erased) << 8
            | u16::from(self.verification_cancelled) << 9
    }
}

impl SanitizeState {
    const fn from_nibble(nibble: u8) -> Self {
        match nibble {
            0 => Self::Idle,
            1 => Self::RestrictedProcessing,
            2 => Self::RestrictedFailure,
            3 => Self::UnrestrictedProcessing,
            4 => Self::UnrestrictedFailure,
            5 => Self::MediaVerification,
            6 => Self::PostVerificationDeallocation,
            other => Self::Unknown(other),
        }
    }

    const fn to_nibble(self) -> u8 {
        match self {
            Self::Idle => 0,
            Self::RestrictedProcessing => 1,
            Self::RestrictedFailure => 2,
            Self::UnrestrictedProcessing => 3,
            Self::UnrestrictedFailure => 4,
            Self::MediaVerification => 5,
            Self::PostVerificationDeallocation => 6,
            Self::Unknown(other) => other & 0xf,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{survives, with};
    use super::*;

    fn parsed(at: usize, field: &[u8]) -> SanitizeLog {
        SanitizeLog::parse(&with(512, at, field)).unwrap()
    }

    #[test]
    fn command() {
        let command = SanitizeLog::command();
        assert_eq!((command.opcode(), command.nsid()), (0x02, 0xffff_ffff));
        assert_eq!(command.words(), [0x007f_8081, 0, 0, 0, 0, 0]);
    }

    /// A block erase, a quarter done, on a drive that reports three times.
    #[test]
    fn in_progress() {
        let mut page = vec![0; 512];
        put(&mut page, 0, &[0x00, 0x40, 0x02, 0x00, 0x02, 0x02, 0x00, 0x00]);
        put(&mut page, 8, &[0xff; 4]);
        put(&mut page, 12, &[0x58, 0x02, 0, 0, 0x05]);
        put(&mut page, 20, &[0xff; 16]);
        put(&mut page, 36, &[0x01]);
        let log = SanitizeLog::parse(&page).unwrap();
        let status = SanitizeStatus {
            outcome: SanitizeOutcome::InProgress,
            passes_done: 0,
            global_data_erased: false,
            verification_cancelled: false,
        };
        let expected = SanitizeLog {
            progress: Some(0x4000),
            status,
            command_dword10: 0x202,
            overwrite_16_seconds: None,
            block_erase_seconds: Some(600),
            crypto_erase_seconds: Some(5),
            overwrite_16_keeping_seconds: None,
            block_erase_keeping_seconds: None,
            crypto_erase_keeping_seconds: None,
            deallocate_seconds: None,
            state: SanitizeState::RestrictedProcessing,
            failed_in: SanitizeState::Idle,
        };
        assert_eq!(log, expected);
        assert_eq!(log.encode(), page);
    }

    /// Each field alone, at its own place.
    #[test]
    fn fields() {
        type Change = fn(&mut SanitizeLog);
        let cases: &[(usize, &[u8], Change)] = &[
            (4, &[1, 2, 3, 4], |l| l.command_dword10 = 0x0403_0201),
            (8, &[1, 0, 0, 1], |l| l.overwrite_16_seconds = Some(0x0100_0001)),
            (12, &[1, 0, 0, 1], |l| l.block_erase_seconds = Some(0x0100_0001)),
            (16, &[1, 0, 0, 1], |l| l.crypto_erase_seconds = Some(0x0100_0001)),
            (20, &[1, 0, 0, 1], |l| l.overwrite_16_keeping_seconds = Some(0x0100_0001)),
            (24, &[1, 0, 0, 1], |l| l.block_erase_keeping_seconds = Some(0x0100_0001)),
            (28, &[1, 0, 0, 1], |l| l.crypto_erase_keeping_seconds = Some(0x0100_0001)),
            (32, &[1, 0, 0, 1], |l| l.deallocate_seconds = Some(0x0100_0001)),
            (8, &[0xff; 4], |l| l.overwrite_16_seconds = None),
            (32, &[0xff; 4], |l| l.deallocate_seconds = None),
            (3, &[1], |l| l.status.global_data_erased = true),
            (3, &[2], |l| l.status.verification_cancelled = true),
            (2, &[0xf8], |l| l.status.passes_done = 31),
            (2, &[0x08], |l| l.status.passes_done = 1),
            (36, &[0x02], |l| l.state = SanitizeState::RestrictedFailure),
            (36, &[0x20], |l| l.failed_in = SanitizeState::RestrictedFailure),
        ];
        for (at, field, change) in cases {
            let mut expected = parsed(0, &[]);
            change(&mut expected);
            let got = parsed(*at, field);
            assert_eq!(got, expected, "byte {at}");
            assert_eq!(SanitizeLog::parse(&got.encode()), Ok(got), "byte {at}");
        }
    }

    #[test]
    fn outcomes_and_states() {
        let outcomes = [
            SanitizeOutcome::NeverStarted,
            SanitizeOutcome::Sanitized,
            SanitizeOutcome::InProgress,
            SanitizeOutcome::Failed,
            SanitizeOutcome::SanitizedAndDeallocated,
            SanitizeOutcome::Unknown(5),
            SanitizeOutcome::Unknown(6),
            SanitizeOutcome::Unknown(7),
        ];
        for (bits, outcome) in (0..).zip(outcomes) {
            let log = parsed(0, &[0x34, 0x12, bits]);
            assert_eq!(log.status.outcome, outcome);
            assert_eq!(log.status.to_bits(), u16::from(bits));
            // What stands there when nothing goes on is not progress.
            let progress = (outcome == SanitizeOutcome::InProgress).then_some(0x1234);
            assert_eq!(log.progress, progress);
        }
        let states = [
            SanitizeState::Idle,
            SanitizeState::RestrictedProcessing,
            SanitizeState::RestrictedFailure,
            SanitizeState::UnrestrictedProcessing,
            SanitizeState::UnrestrictedFailure,
            SanitizeState::MediaVerification,
            SanitizeState::PostVerificationDeallocation,
            SanitizeState::Unknown(7),
            SanitizeState::Unknown(8),
        ];
        for (nibble, state) in (0..).zip(states) {
            assert_eq!(parsed(36, &[nibble]).state, state);
            assert_eq!(parsed(36, &[nibble]).encode()[36], nibble);
        }
    }

    #[test]
    fn all_bits_of_the_status_are_kept() {
        for bits in 0..0x400 {
            assert_eq!(SanitizeStatus::from_bits(bits).to_bits(), bits);
        }
    }

    #[test]
    fn hostile() {
        let short = Malformed::Short { page: "Sanitize Status log page", needed: 512, got: 37 };
        assert_eq!(SanitizeLog::parse(&[0; 37]), Err(short));
        survives(&[0xff; 512], |bytes| SanitizeLog::parse(bytes).map(|log| log.encode()));
    }
}
