//! What simulated firmware has in common, whatever its protocol: how it lies.

use std::time::Duration;

use crate::device::Protocol;
use crate::model::Range;
use crate::pattern::{Pattern, StreamKey};
use crate::proto::{Answer, Command, NoAnswer};

/// A drive's firmware. It holds no data itself: it says what an erase does to them.
pub trait Controller: std::fmt::Debug + Send {
    /// What it understands.
    fn protocol(&self) -> Protocol;

    /// Whether the medium can be read now.
    fn readable(&self) -> bool;

    /// Whether the medium can be written now.
    fn writable(&self) -> bool;

    /// Something was written.
    fn written(&mut self);

    /// How many blocks of its medium of so many it shows.
    fn shown(&self, blocks: u64) -> u64 {
        blocks
    }

    /// Its power was away.
    fn power_cycled(&mut self) {}

    /// It was reset.
    fn reset(&mut self) {}

    /// Lets the time pass that has passed; what an erase that ended meanwhile did.
    fn tick(&mut self, around: &Around<'_>) -> Option<Erase>;

    /// Carries out a command: its answer, and what it did at once.
    fn command(
        &mut self,
        command: &Command,
        around: &Around<'_>,
    ) -> (Result<Answer, NoAnswer>, Option<Erase>);
}

/// The drive around its firmware.
#[derive(Debug)]
pub struct Around<'a> {
    /// Time since some fixed moment.
    pub now: Duration,
    /// Bytes of the medium, hidden ones included.
    pub capacity: u64,
    /// Bytes of a logical block.
    pub block: u32,
    /// What is wrong with it.
    pub faults: &'a [FirmwareFault],
}

impl Around<'_> {
    /// Blocks of the medium.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.capacity / u64::from(self.block.max(1))
    }

    /// Whether it has a fault.
    #[must_use]
    pub fn has(&self, fault: FirmwareFault) -> bool {
        self.faults.contains(&fault)
    }
}

/// What an erase does to the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erase {
    /// Where.
    pub range: Range,
    /// What is there afterwards.
    pub leaves: Leaves,
}

/// What is wrong with a drive's own erase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirmwareFault {
    /// Every erase command is refused.
    Rejects,
    /// The status that tells how an erase goes cannot be read once one was sent.
    StatusUnreadable,
    /// The command is taken and the drive goes on saying what it said before.
    StaleStatus,
    /// It goes through all states, says success, and has done nothing.
    DoesNothing,
    /// It says success and has erased the first half.
    DoesHalf,
    /// It says success and has left everything above this byte offset.
    SkipsAbove(u64),
    /// It stays where it is and never ends.
    Stuck,
    /// What it says of its progress goes back now and then; it ends well.
    Backwards,
    /// It gives up half-way and says so.
    Fails,
    /// The answer to the command is lost on the way, and it does what it was told.
    AnswerLost,
    /// The command is lost on the way, and so is the answer.
    CommandLost,
    /// It erases everything, and then nothing can be read until it is written.
    UnreadableAfter,
    /// It says success and has erased what was written lately, and nothing older: markers go, and
    /// what was there before them stays.
    OnlyRecent,
    /// It says success and has left the last logical block of every 4096 bytes.
    LeavesSectors,
    /// It says success and has emptied its cache, which answers all reads until it is reset.
    StaleCache,
}

impl FirmwareFault {
    /// Every one, for tests that go through them all.
    pub const ALL: [Self; 15] = [
        Self::Rejects,
        Self::StatusUnreadable,
        Self::StaleStatus,
        Self::DoesNothing,
        Self::DoesHalf,
        Self::SkipsAbove(3 << 17),
        Self::Stuck,
        Self::Backwards,
        Self::Fails,
        Self::AnswerLost,
        Self::CommandLost,
        Self::UnreadableAfter,
        Self::OnlyRecent,
        Self::LeavesSectors,
        Self::StaleCache,
    ];

    /// What of a drive of `capacity` bytes an erase reaches.
    #[must_use]
    pub fn reach(faults: &[Self], capacity: u64) -> Range {
        let end = faults.iter().fold(capacity, |end, fault| match fault {
            Self::DoesNothing => 0,
            Self::DoesHalf | Self::Fails => end.min(capacity / 2),
            Self::SkipsAbove(above) => end.min(*above),
            _ => end,
        });
        Range { offset: 0, bytes: end }
    }
}

/// What an erase leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// One byte everywhere.
    Byte(u8),
    /// What is read with another key than it was written with: a new one each time.
    Noise(u8),
}

impl Leaves {
    /// Fills `content` with it.
    pub fn fill(self, content: &mut [u8]) {
        match self {
            Self::Byte(byte) => content.fill(byte),
            Self::Noise(key) => Pattern::Stream(StreamKey::new([key; 16])).fill(0, content),
        }
    }
}
