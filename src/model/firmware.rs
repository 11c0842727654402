//! What happened when a drive's own firmware erased it: what was sent, what the drive said, and
//! what was looked for before and afterwards. Facts only.

use serde::{Deserialize, Serialize};

use super::{Findings, TechniqueId, Timestamp};

/// One erase by the drive's own firmware.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FirmwareErase {
    /// How.
    pub technique: TechniqueId,
    /// When the first command was sent.
    pub started_at: Timestamp,
    /// When the drive had said how it ended, or was given up.
    pub ended_at: Timestamp,
    /// What the drive's firmware said of itself before, as far as the choice of techniques rests on
    /// it. For people; nothing follows from it.
    pub before: Vec<Field>,
    /// Every command of the technique and its answer, in order.
    pub exchanges: Vec<Exchange>,
    /// How it ended, by the drive's own state.
    pub completion: Completion,
    /// What the drive itself wrote down of it: the events of formats and sanitize operations that
    /// are new in its persistent event log, at most 16; absent if it has none that could be read.
    /// For people; nothing follows from it.
    pub logged: Option<Vec<LoggedEvent>>,
    /// Whether the drive was reset before anybody looked at what it left; absent if it did not say
    /// that it completed the erase.
    pub reset: Option<Reset>,
    /// What was planted before and looked for afterwards; absent if it never came to that.
    pub markers: Option<Markers>,
}

/// A field of what a drive's firmware says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// Its name in its standard.
    pub name: String,
    /// Its bytes as they came, hexadecimal; or why they did not, in words.
    pub value: String,
}

/// A command and what the drive answered, as bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    /// The command's name in its specification.
    pub command: String,
    /// What was sent, hexadecimal: a CDB, a task file or the dwords of an NVMe command.
    pub sent: String,
    /// How often in a row it was sent with the same bytes.
    pub times: u32,
    /// The answer to the first: status or registers, and up to 64 bytes of data, hexadecimal; or
    /// why there was none, in words.
    pub first: String,
    /// The answer to the last, if it was sent more than once and was answered differently.
    pub last: Option<String>,
}

/// How an erase by firmware ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Completion {
    /// The drive's own state says that it is done.
    Completed {
        /// How it is known that this is the end of what was started here, and not of something
        /// that an earlier owner did.
        witness: Option<Witness>,
    },
    /// The drive did not take the command; nothing was begun.
    Rejected {
        /// What it said, in one sentence.
        reason: String,
    },
    /// The drive says that it began and failed.
    Failed {
        /// What it said, in one sentence.
        reason: String,
    },
    /// What it came to cannot be told: no progress for too long, no readable status, a reset.
    Unknown {
        /// Why, in one sentence.
        reason: String,
    },
}

/// An event in a drive's own log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LoggedEvent {
    /// What happened, in the words of its standard.
    pub event: String,
    /// The drive's clock at that time: milliseconds since 1970 if a host had set it, else since a
    /// reset.
    pub at_milliseconds: u64,
    /// Whether a host had set it.
    pub clock_set_by_host: bool,
}

/// Whether a drive was reset between its erase and the look at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Reset {
    /// It was.
    Done {
        /// How, in a few words.
        how: String,
    },
    /// It was not, or that is not known.
    NotDone {
        /// Why, in one sentence.
        reason: String,
    },
}

/// How it is known that an operation that ended is the one that was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Witness {
    /// It was seen to be under way after the command and before its end.
    SeenRunning,
    /// The drive's record of its last operation changed from something else to exactly what was
    /// sent.
    RecordChanged,
    /// The command itself returns only when all is done, and returned success.
    CommandReturned,
}

/// Blocks that were written before an erase in order to be gone after it, and samples of what was
/// there before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Markers {
    /// 32 random bytes, hexadecimal: the places of markers and samples follow from it.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub seed: String,
    /// SHA-256 of the key of the AES-128-CTR stream that the markers hold, hexadecimal.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub key_sha256: String,
    /// Blocks that were to be marked.
    pub wanted: u64,
    /// Of those, how many were written, flushed and read back as written.
    pub planted: u64,
    /// Of the planted ones, how many were read afterwards.
    pub read_after: u64,
    /// Logical blocks that held the marker afterwards, wherever one was to be planted.
    pub survived: Findings,
    /// Logical blocks sampled before the erase that held more than a short pattern again and
    /// again: only those can be told from erased ones.
    pub sampled: u64,
    /// Logical blocks that were to be sampled and could not be read before the erase, or not
    /// within the time for operations that fail. What they held is not looked for afterwards.
    pub unreadable_before: u64,
    /// Of the sampled ones, how many were read afterwards.
    pub samples_read_after: u64,
    /// Of those, how many still held the same (compared by a keyed digest whose key is gone).
    pub unchanged: Findings,
    /// What the blocks held that were drawn only after the erase.
    pub after: Content,
}

/// What blocks held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// Blocks of 0x00.
    pub zeros: u64,
    /// Blocks of 0xFF.
    pub ones: u64,
    /// Blocks of one other byte, or of a pattern of up to 16 bytes that repeats.
    pub repeating: u64,
    /// Blocks of anything else: what a changed key leaves, among others.
    pub other: u64,
    /// Blocks that could not be read.
    pub unreadable: u64,
}

impl Content {
    /// Blocks that were looked at; as many as can be counted, if a certificate claims more.
    #[must_use]
    pub const fn blocks(&self) -> u64 {
        self.zeros
            .saturating_add(self.ones)
            .saturating_add(self.repeating)
            .saturating_add(self.other)
            .saturating_add(self.unreadable)
    }
}

/// What a drive hides at its end: a host protected area, a device configuration overlay or an
/// accessible maximum address. Sizes are in logical blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum HiddenArea {
    /// The drive shows all that it has, by its own word.
    None,
    /// It shows less than it has.
    Present {
        /// What it shows.
        accessible: u64,
        /// What it has.
        native: u64,
    },
    /// It cannot be told, for instance behind this bridge.
    Unknown {
        /// Why, in a few words.
        reason: String,
    },
}

impl HiddenArea {
    /// How many blocks are known to be hidden.
    #[must_use]
    pub const fn blocks(&self) -> u64 {
        match self {
            Self::Present { accessible, native } => native.saturating_sub(*accessible),
            Self::None | Self::Unknown { .. } => 0,
        }
    }
}

/// What a drive hid at its end when the run began, and what was done about it before anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Hidden {
    /// What it hid when it was opened for this run.
    pub before: HiddenArea,
    /// What it hid right before the first write; [`Evidence::drive`](super::Evidence::drive) is the
    /// drive as the host saw it then.
    pub after: HiddenArea,
    /// Every command that was sent in between and its answer, in order; none if there was nothing
    /// to show.
    pub exchanges: Vec<Exchange>,
}

impl Hidden {
    /// What is known of a drive of which nothing had to be shown.
    #[must_use]
    pub fn untouched(area: HiddenArea) -> Self {
        Self { before: area.clone(), after: area, exchanges: Vec::new() }
    }

    /// Whether the drive, of `capacity` bytes in blocks of `logical` bytes to the host, shows less
    /// than it is known to have.
    #[must_use]
    pub fn is_left(&self, capacity: u64, logical: u32) -> bool {
        match (&self.before, &self.after) {
            (_, HiddenArea::Present { .. }) => true,
            (HiddenArea::Present { native, .. }, _) => {
                native.checked_mul(logical.into()) != Some(capacity)
            }
            (HiddenArea::None | HiddenArea::Unknown { .. }, _) => false,
        }
    }

    /// Whether the drive's word for it that nothing is hidden is missing.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self.before, HiddenArea::Unknown { .. })
            || matches!(self.after, HiddenArea::Unknown { .. })
    }

    /// The byte offset at which the drive, of blocks of `logical` bytes, used to end.
    #[must_use]
    pub fn former_end(&self, logical: u32) -> Option<u64> {
        match self.before {
            HiddenArea::Present { accessible, .. } => accessible.checked_mul(logical.into()),
            HiddenArea::None | HiddenArea::Unknown { .. } => None,
        }
    }
}

/// The least number of markers that proves anything, on a drive that has room for them.
pub const LEAST_MARKERS: u64 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_areas_as_they_are_written() {
        let written = |area: &HiddenArea| serde_json::to_string(area).unwrap();
        let cases = [
            (HiddenArea::None, r#"{"kind":"none"}"#),
            (
                HiddenArea::Present { accessible: 7, native: 9 },
                r#"{"kind":"present","accessible":7,"native":9}"#,
            ),
            (
                HiddenArea::Unknown { reason: "Why.".to_owned() },
                r#"{"kind":"unknown","reason":"Why."}"#,
            ),
        ];
        for (area, text) in cases {
            assert_eq!(written(&area), text);
            assert_eq!(serde_json::from_str::<HiddenArea>(text).unwrap(), area);
        }
    }
}
