//! SANITIZE DEVICE (B4h): the drive's own purge, and how it goes.
//!
//! All subcommands are 48-bit commands without data. A sanitize operation that was accepted goes
//! on after a power cycle, in whatever computer, and cannot be cancelled.

use super::{Command, High, Registers, Width};

const CODE: u8 = 0xb4;

const STATUS: u16 = 0x0000;
const CRYPTO_SCRAMBLE: u16 = 0x0011;
const BLOCK_ERASE: u16 = 0x0012;
const OVERWRITE: u16 = 0x0014;
const FREEZE_LOCK: u16 = 0x0020;
const ANTIFREEZE_LOCK: u16 = 0x0040;

/// COUNT bit 0 of the status command: leave the failed state.
const CLEAR_FAILURE: u16 = 1 << 0;
/// COUNT bit 4 of an operation: the failed state may be left.
const FAILURE_MODE: u16 = 1 << 4;
/// COUNT bits 6 and 7 of an overwrite.
const DEFINITIVE_ENDING_PATTERN: u16 = 1 << 6;
const INVERT: u16 = 1 << 7;

/// What can be asked of the feature set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// How it goes. Changes nothing.
    Status,
    /// How it goes; and if the last operation failed and had been started with
    /// [`FailureMode::MayBeLeft`], its failure is forgotten and the drive serves reads again.
    ClearFailure,
    /// Starts an operation. The command ends at once.
    Start(Operation, FailureMode),
    /// No operation can be started until the next power cycle or hardware reset.
    FreezeLock,
    /// No freeze lock can be set until the next power cycle.
    AntifreezeLock,
}

/// What is done to the medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The drive's media encryption keys are replaced.
    CryptoScramble,
    /// All blocks are erased, as flash memory erases.
    BlockErase,
    /// Everything is overwritten.
    Overwrite(Overwrite),
}

/// How OVERWRITE EXT overwrites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overwrite {
    /// How often.
    pub passes: Passes,
    /// Whether each pass writes the complement of the one before it.
    pub invert: bool,
    /// Whether the last pass writes the pattern as it stands in `pattern`, however many passes
    /// there are. Not every drive has that.
    pub definitive_ending_pattern: bool,
    /// What is written, over and over.
    pub pattern: u32,
}

/// A number of passes, 1 to 16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passes(u8);

impl Passes {
    /// One pass.
    pub const ONE: Self = Self(1);

    /// `None` if there are none or more than 16.
    #[must_use]
    pub fn new(passes: u8) -> Option<Self> {
        (1..=16).contains(&passes).then_some(Self(passes))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

/// What becomes of a drive whose operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureMode {
    /// It serves no reads until an operation succeeds. Fails closed.
    Stays,
    /// [`Request::ClearFailure`] makes it a drive again, half erased and readable.
    MayBeLeft,
}

/// The LBA that each subcommand must carry: its own letters, so that no other command is ever
/// mistaken for it.
fn key(letters: &[u8; 4]) -> u64 {
    u32::from_be_bytes(*letters).into()
}

impl Request {
    /// The command.
    #[must_use]
    pub fn command(&self) -> Command {
        let (feature, count, lba) = match self {
            Self::Status => (STATUS, 0, 0),
            Self::ClearFailure => (STATUS, CLEAR_FAILURE, 0),
            Self::Start(operation, mode) => {
                let (feature, count, lba) = match operation {
                    Operation::CryptoScramble => (CRYPTO_SCRAMBLE, 0, key(b"Cryp")),
                    Operation::BlockErase => (BLOCK_ERASE, 0, key(b"BkEr")),
                    Operation::Overwrite(how) => {
                        // Four bits, in which zero stands for sixteen.
                        let mut count = u16::from(how.passes.0 % 16);
                        if how.definitive_ending_pattern {
                            count |= DEFINITIVE_ENDING_PATTERN;
                        }
                        if how.invert {
                            count |= INVERT;
                        }
                        (OVERWRITE, count, key(b"\0\0OW") << 32 | u64::from(how.pattern))
                    }
                };
                let mode = match mode {
                    FailureMode::Stays => 0,
                    FailureMode::MayBeLeft => FAILURE_MODE,
                };
                (feature, count | mode, lba)
            }
            Self::FreezeLock => (FREEZE_LOCK, 0, key(b"FrLk")),
            Self::AntifreezeLock => (ANTIFREEZE_LOCK, 0, key(b"Anti")),
        };
        Command { feature, count, lba, ..Command::new(CODE, Width::Lba48) }
    }

    /// The request that this command is; `None` if any of its bits is not as [`Request::command`]
    /// sets it.
    #[must_use]
    pub fn decode(command: &Command) -> Option<Self> {
        let Command { feature, count, lba, .. } = *command;
        let mode = match count & FAILURE_MODE {
            0 => FailureMode::Stays,
            _ => FailureMode::MayBeLeft,
        };
        let [.., p3, p2, p1, p0] = lba.to_be_bytes();
        let [_, low] = count.to_be_bytes();
        let request = match feature {
            STATUS if count & CLEAR_FAILURE != 0 => Self::ClearFailure,
            STATUS => Self::Status,
            CRYPTO_SCRAMBLE => Self::Start(Operation::CryptoScramble, mode),
            BLOCK_ERASE => Self::Start(Operation::BlockErase, mode),
            OVERWRITE => {
                let overwrite = Overwrite {
                    passes: Passes::new(low & 0x0f).unwrap_or(Passes(16)),
                    invert: count & INVERT != 0,
                    definitive_ending_pattern: count & DEFINITIVE_ENDING_PATTERN != 0,
                    pattern: u32::from_be_bytes([p3, p2, p1, p0]),
                };
                Self::Start(Operation::Overwrite(overwrite), mode)
            }
            FREEZE_LOCK => Self::FreezeLock,
            ANTIFREEZE_LOCK => Self::AntifreezeLock,
            _ => return None,
        };
        (request.command() == *command).then_some(request)
    }
}

/// How it goes, as the answer to [`Request::Status`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The drive tells.
    Status(Status),
    /// It aborts the command, as it does when the last operation failed.
    Aborted(Reason),
    /// The command failed in another way.
    Failed,
    /// It succeeded, but the adapter did not pass on the byte that holds the answer.
    Unreadable,
}

/// The state of the sanitize machinery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// The last operation was completed without error. Drives keep this over power cycles, some
    /// say it although they never did one, and so it tells of *this* operation only if it was seen
    /// to come.
    pub completed: bool,
    /// An operation is running; `completed` is then history.
    pub in_progress: bool,
    /// Operations are forbidden until the next power cycle or hardware reset.
    pub frozen: bool,
    /// Freezing is forbidden until the next power cycle.
    pub antifreeze: bool,
    /// How much of the running operation is done, in 65,536ths. `None` if none is running: drives
    /// have FFFFh there then.
    pub progress: Option<u16>,
}

/// Why a sanitize command was aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The drive gives none.
    NotReported,
    /// The last operation ended with physical sectors that may hold user data unsanitized.
    Unsuccessful,
    /// The subcommand or one of its bits is not supported.
    Unsupported,
    /// Frozen.
    Frozen,
    /// A freeze lock was asked for after an antifreeze lock.
    AntifreezeLocked,
    /// A code of a later standard.
    Other(u8),
}

const COMPLETED: u8 = 0x80;
const IN_PROGRESS: u8 = 0x40;
const FROZEN: u8 = 0x20;
const ANTIFREEZE: u8 = 0x10;

impl Answer {
    /// The answer in the registers after the status command. Bits and reasons were checked against
    /// the tables for B4h in Western Digital's Ultrastar DC HC310 and HC580 specifications.
    #[must_use]
    pub fn parse(registers: &Registers) -> Self {
        if registers.aborted() {
            let [.., reason] = registers.lba.to_be_bytes();
            return Self::Aborted(match reason {
                0 => Reason::NotReported,
                1 => Reason::Unsuccessful,
                2 => Reason::Unsupported,
                3 => Reason::Frozen,
                4 => Reason::AntifreezeLocked,
                other => Reason::Other(other),
            });
        }
        if !registers.succeeded() {
            return Self::Failed;
        }
        let Some(High { count, .. }) = registers.high else { return Self::Unreadable };
        let [.., p1, p0] = registers.lba.to_be_bytes();
        let in_progress = count & IN_PROGRESS != 0;
        Self::Status(Status {
            completed: count & COMPLETED != 0,
            in_progress,
            frozen: count & FROZEN != 0,
            antifreeze: count & ANTIFREEZE != 0,
            progress: in_progress.then(|| u16::from_be_bytes([p1, p0])),
        })
    }

    /// The registers of a drive that answers this; those of a device fault for
    /// [`Answer::Failed`], and those that an adapter cuts short for [`Answer::Unreadable`].
    #[must_use]
    pub fn registers(&self) -> Registers {
        match self {
            Self::Status(status) => {
                let bit = |set: bool, bit: u8| if set { bit } else { 0 };
                let count = bit(status.completed, COMPLETED)
                    | bit(status.in_progress, IN_PROGRESS)
                    | bit(status.frozen, FROZEN)
                    | bit(status.antifreeze, ANTIFREEZE);
                let progress = status.progress.unwrap_or(0xffff);
                Registers::done(Width::Lba48, u16::from(count) << 8, progress.into())
            }
            Self::Aborted(reason) => {
                let reason = match reason {
                    Reason::NotReported => 0,
                    Reason::Unsuccessful => 1,
                    Reason::Unsupported => 2,
                    Reason::Frozen => 3,
                    Reason::AntifreezeLocked => 4,
                    Reason::Other(other) => *other,
                };
                Registers::refused(Width::Lba48, reason.into())
            }
            Self::Failed => {
                Registers { status: 0x71, error: 0, ..Registers::refused(Width::Lba48, 0) }
            }
            Self::Unreadable => Registers { high: None, ..Registers::done(Width::Lba48, 0, 0) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Data;
    use crate::proto::ata::pass_through::{cdb16, decode};
    use crate::proto::ata::sense;
    use crate::proto::ata::tests::noise;

    const OVERWRITE_ONCE: Overwrite = Overwrite {
        passes: Passes::ONE,
        invert: false,
        definitive_ending_pattern: false,
        pattern: 0,
    };

    fn start(operation: Operation) -> Request {
        Request::Start(operation, FailureMode::Stays)
    }

    #[test]
    fn requests_byte_by_byte() {
        let overwrite = |overwrite| start(Operation::Overwrite(overwrite));
        let all = Overwrite {
            passes: Passes(2),
            invert: true,
            definitive_ending_pattern: true,
            pattern: 0xa1b2_c3d4,
        };
        let sixteen = Overwrite { passes: Passes(16), ..OVERWRITE_ONCE };
        let leave = |operation| Request::Start(operation, FailureMode::MayBeLeft);
        #[rustfmt::skip]
        let cases = [
            // feature, count, LBA 31:24 7:0 39:32 15:8 47:40 23:16
            (Request::Status, "SANITIZE STATUS EXT",
                [0, 0x00, 0, 0x00, 0, 0, 0, 0, 0, 0]),
            (Request::ClearFailure, "SANITIZE STATUS EXT",
                [0, 0x00, 0, 0x01, 0, 0, 0, 0, 0, 0]),
            (start(Operation::CryptoScramble), "CRYPTO SCRAMBLE EXT",
                [0, 0x11, 0, 0x00, b'C', b'p', 0, b'y', 0, b'r']),
            (leave(Operation::CryptoScramble), "CRYPTO SCRAMBLE EXT",
                [0, 0x11, 0, 0x10, b'C', b'p', 0, b'y', 0, b'r']),
            (start(Operation::BlockErase), "BLOCK ERASE EXT",
                [0, 0x12, 0, 0x00, b'B', b'r', 0, b'E', 0, b'k']),
            (overwrite(OVERWRITE_ONCE), "OVERWRITE EXT",
                [0, 0x14, 0, 0x01, 0, 0, b'W', 0, b'O', 0]),
            (overwrite(sixteen), "OVERWRITE EXT",
                [0, 0x14, 0, 0x00, 0, 0, b'W', 0, b'O', 0]),
            (overwrite(all), "OVERWRITE EXT",
                [0, 0x14, 0, 0xc2, 0xa1, 0xd4, b'W', 0xc3, b'O', 0xb2]),
            (overwrite(Overwrite { definitive_ending_pattern: false, ..all }), "OVERWRITE EXT",
                [0, 0x14, 0, 0x82, 0xa1, 0xd4, b'W', 0xc3, b'O', 0xb2]),
            (leave(Operation::Overwrite(Overwrite { invert: false, ..all })), "OVERWRITE EXT",
                [0, 0x14, 0, 0x52, 0xa1, 0xd4, b'W', 0xc3, b'O', 0xb2]),
            (Request::FreezeLock, "SANITIZE FREEZE LOCK EXT",
                [0, 0x20, 0, 0x00, b'F', b'k', 0, b'L', 0, b'r']),
            (Request::AntifreezeLock, "SANITIZE ANTIFREEZE LOCK EXT",
                [0, 0x40, 0, 0x00, b'A', b'i', 0, b't', 0, b'n']),
        ];
        for (request, name, registers) in cases {
            let command = request.command();
            assert_eq!((command.name(), command.data()), (name, &Data::None));
            let cdb = cdb16(&command);
            assert_eq!(cdb, [&[0x85, 0x07, 0x20][..], &registers, &[0x40, 0xb4, 0]].concat()[..]);
            assert_eq!(Request::decode(&decode(&cdb, &[]).unwrap()), Some(request));
        }
    }

    #[test]
    fn passes_are_between_1_and_16() {
        assert_eq!(Passes::new(0), None);
        assert_eq!(Passes::new(17), None);
        assert_eq!(Passes::new(16).map(Passes::get), Some(16));
        assert_eq!(Passes::new(1), Some(Passes::ONE));
    }

    #[test]
    fn no_bit_of_a_request_may_be_wrong() {
        let mut good = start(Operation::CryptoScramble).command();
        assert!(Request::decode(&good).is_some());
        good.lba ^= 1;
        assert_eq!(Request::decode(&good), None, "another key");
        let mut zones = start(Operation::BlockErase).command();
        zones.count |= 0x8000;
        assert_eq!(Request::decode(&zones), None, "zones that are not reset keep data");
        let mut short = start(Operation::BlockErase).command();
        short.width = Width::Lba28;
        assert_eq!(Request::decode(&short), None);
        let other = Command::new(0xb1, Width::Lba48);
        assert_eq!(Request::decode(&other), None, "not SANITIZE DEVICE");
        let unknown = Command { feature: 0x13, ..Command::new(CODE, Width::Lba48) };
        assert_eq!(Request::decode(&unknown), None);
    }

    #[test]
    fn status_bit_by_bit() {
        let status = |count_high, lba| {
            let high = Some(High { count: count_high, lba: 0 });
            Answer::parse(&Registers { lba, high, ..Registers::done(Width::Lba48, 0, 0) })
        };
        let idle = Status {
            completed: false,
            in_progress: false,
            frozen: false,
            antifreeze: false,
            progress: None,
        };
        assert_eq!(status(0x00, 0xffff), Answer::Status(idle));
        assert_eq!(status(0x80, 0xffff), Answer::Status(Status { completed: true, ..idle }));
        assert_eq!(status(0x20, 0xffff), Answer::Status(Status { frozen: true, ..idle }));
        assert_eq!(status(0x10, 0xffff), Answer::Status(Status { antifreeze: true, ..idle }));
        let running = Status { in_progress: true, progress: Some(0x1234), ..idle };
        assert_eq!(status(0x40, 0x00_1234), Answer::Status(running));
        assert_eq!(status(0x40, 0xff_1234), Answer::Status(running), "16 bits of progress");
        assert_eq!(status(0x0f, 0), Answer::Status(idle), "reserved bits");
    }

    #[test]
    fn an_abort_has_a_reason() {
        let reason = |lba| Answer::parse(&Registers::refused(Width::Lba48, lba));
        assert_eq!(reason(0), Answer::Aborted(Reason::NotReported));
        assert_eq!(reason(0x0f_ff01), Answer::Aborted(Reason::Unsuccessful));
        assert_eq!(reason(2), Answer::Aborted(Reason::Unsupported));
        assert_eq!(reason(3), Answer::Aborted(Reason::Frozen));
        assert_eq!(reason(4), Answer::Aborted(Reason::AntifreezeLocked));
        assert_eq!(reason(5), Answer::Aborted(Reason::Other(5)));
    }

    #[test]
    fn what_cannot_be_read_is_never_a_status() {
        // COUNT 15:8 says "completed", but the command failed.
        let done = Registers::done(Width::Lba48, 0x8000, 0);
        let fault = Registers { status: 0x70, ..done };
        assert_eq!(Answer::parse(&fault), Answer::Failed);
        let uncorrectable = Registers { status: 0x51, error: 0x40, ..done };
        assert_eq!(Answer::parse(&uncorrectable), Answer::Failed);
        // The same registers in fixed format have lost the byte.
        let sense = sense::Answer::Fixed(done).encode();
        let cut = *sense::Answer::parse(&sense).registers().unwrap();
        assert_eq!(Answer::parse(&cut), Answer::Unreadable);
    }

    #[test]
    fn answers_are_read_back_from_their_registers() {
        let status = Status {
            completed: true,
            in_progress: true,
            frozen: false,
            antifreeze: true,
            progress: Some(0x8001),
        };
        let registers = Answer::Status(status).registers();
        assert_eq!((registers.count48(), registers.lba48()), (Some(0xd000), Some(0x8001)));
        let failed = Registers { status: 0x71, ..Registers::done(Width::Lba48, 0, 0) };
        assert_eq!(Answer::Failed.registers(), failed);
        let unreadable = Registers { high: None, ..Registers::done(Width::Lba48, 0, 0) };
        assert_eq!(Answer::Unreadable.registers(), unreadable);
        let frozen = Status { in_progress: false, frozen: true, progress: None, ..status };
        let registers = Answer::Status(frozen).registers();
        assert_eq!((registers.count48(), registers.lba48()), (Some(0xb000), Some(0xffff)));
        let reasons = [
            Reason::NotReported,
            Reason::Unsuccessful,
            Reason::Unsupported,
            Reason::Frozen,
            Reason::AntifreezeLocked,
            Reason::Other(0xfe),
        ];
        let answers = [Answer::Status(status), Answer::Status(frozen), Answer::Failed];
        let more = reasons.map(Answer::Aborted).into_iter().chain([Answer::Unreadable]);
        for answer in answers.into_iter().chain(more) {
            assert_eq!(Answer::parse(&answer.registers()), answer);
        }
        for noise in noise(24) {
            let answer =
                sense::Answer::parse(&[&[0x72, 0, 0, 0, 0, 0, 0, 14, 9, 12], &noise[..]].concat());
            if let Some(registers) = answer.registers() {
                let _ = Answer::parse(registers);
            }
        }
    }
}
