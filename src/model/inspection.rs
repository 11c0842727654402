//! What was found on a drive that was read as a whole and not written to. Facts, and the words for
//! what follows from them; the rules are in [`crate::cert::inspected`].

use serde::{Deserialize, Serialize};

use super::{
    Aftermath, Ending, Findings, HiddenArea, Identity, Language, RangeList, Severity, Speed,
    Timestamp, danish,
};

/// Everything that is known of one drive's inspection. Nothing was written to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// The drive, as read from the opened descriptor right before the first read.
    pub drive: Identity,
    /// What it hides at its end. It was left as it is.
    pub hidden: HiddenArea,
    /// Whether a lock stands between the reader and what is on it.
    pub lock: Lock,
    /// How bytes were moved: the name of the engine and its way of I/O.
    pub engine: String,
    /// Whether reads went around the page cache (O_DIRECT).
    pub direct_io: bool,
    /// The one byte that the whole first block consists of, with which every block was compared;
    /// none if that block holds anything else, or could not be read.
    pub filling: Option<u8>,
    /// When the first read was sent.
    pub started_at: Timestamp,
    /// When the last one was judged.
    pub ended_at: Timestamp,
    /// Bytes read and compared. It ends early where enough was found.
    pub read_bytes: u64,
    /// What could not be read, after retries, down to the physical block.
    pub unreadable: RangeList,
    /// Blocks that hold something else than the filling, or a first block that is none.
    pub differing: Findings,
    /// How fast it went.
    pub speed: Speed,
    /// What the drive was like afterwards.
    pub aftermath: Option<Aftermath>,
    /// Why it ended.
    pub ending: Ending,
}

/// Whether a drive's own locks, or a password, stand between whoever reads it and what is on it: a
/// drive may show zeros, or something else, in place of what it locks away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Lock {
    /// By its own word there is none, or it is open.
    Open,
    /// Something of it is locked away.
    Closed {
        /// By what, in a few words.
        by: String,
    },
    /// It cannot be told.
    Unknown {
        /// Why, in a few words.
        reason: String,
    },
}

/// Whether a drive is blank: every block of it holds the same one byte throughout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Blankness {
    /// All of it was read, and it is.
    Blank,
    /// Something else was read.
    NotBlank,
    /// Neither can be said.
    Unknown,
}

impl std::fmt::Display for Blankness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Blank => "blank",
            Self::NotBlank => "not-blank",
            Self::Unknown => "unknown",
        })
    }
}

/// What follows from an inspection. It is never that a drive was sanitized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// Whether the drive is blank.
    pub verdict: Blankness,
    /// Every shortfall, gravest first.
    pub shortfalls: Vec<InspectionShortfall>,
}

/// What stands in the way of calling a drive blank. The list is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "statement() says each")]
pub enum InspectionShortfall {
    DataFound,
    NotReadToTheEnd,
    BlocksUnreadable,
    Locked,
    LocksUnknown,
    HiddenBlocks,
    HiddenAreasUnknown,
    PageCache,
    DriveChanged,
}

impl InspectionShortfall {
    /// Every one, in the order of the list above, gravest first.
    pub const ALL: [Self; 9] = [
        Self::DataFound,
        Self::NotReadToTheEnd,
        Self::BlocksUnreadable,
        Self::Locked,
        Self::LocksUnknown,
        Self::HiddenBlocks,
        Self::HiddenAreasUnknown,
        Self::PageCache,
        Self::DriveChanged,
    ];

    /// How much it weighs: with a failure the drive is not blank, with a doubt it is not known.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::DataFound => Severity::Failure,
            _ => Severity::Doubt,
        }
    }

    /// One sentence that says what it means.
    #[must_use]
    pub const fn statement(self) -> &'static str {
        match self {
            Self::DataFound => {
                "Some blocks hold something else than the one byte that a blank drive is full of; \
                 they are listed."
            }
            Self::NotReadToTheEnd => "Not the whole drive was read.",
            Self::BlocksUnreadable => "Some blocks could not be read; they are listed.",
            Self::Locked => {
                "The drive is locked: what was read is not what is stored on it, or not all of it."
            }
            Self::LocksUnknown => {
                "Whether the drive is locked, and shows something else than what is stored on it, \
                 is not known; the evidence says why."
            }
            Self::HiddenBlocks => "The drive hides blocks at its end, which were not read.",
            Self::HiddenAreasUnknown => {
                "Whether the drive hides blocks at its end (HPA, DCO, AMAX and their like), which \
                 were not read, is not known; the evidence says why."
            }
            Self::PageCache => "Reads went through the page cache of the computer.",
            Self::DriveChanged => {
                "At the end it was not known to be the same drive of the same capacity."
            }
        }
    }

    /// [`Self::statement`] in a language.
    #[must_use]
    pub const fn sentence(self, language: Language) -> &'static str {
        match language {
            Language::English => self.statement(),
            Language::Danish => danish::inspection(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_all_and_each_is_a_sentence_of_its_own() {
        // serde names every variant when it meets one that it does not know.
        let unknown = serde_json::from_str::<InspectionShortfall>("\"?\"").unwrap_err().to_string();
        let expected: Vec<&str> = unknown.split('`').skip(3).step_by(2).collect();
        let all = InspectionShortfall::ALL.map(|one| serde_json::to_string(&one).unwrap());
        assert_eq!(all.map(|one| one.replace('"', "")).to_vec(), expected);
        let mut sentences: Vec<&str> = [Language::English, Language::Danish]
            .into_iter()
            .flat_map(|language| InspectionShortfall::ALL.map(|one| one.sentence(language)))
            .collect();
        for sentence in &sentences {
            assert!(sentence.ends_with('.') && sentence.starts_with(char::is_uppercase));
        }
        sentences.sort_unstable();
        sentences.dedup();
        assert_eq!(sentences.len(), 2 * expected.len());
    }

    #[test]
    fn locks_as_they_are_written() {
        for (lock, text) in [
            (Lock::Open, r#"{"kind":"open"}"#),
            (Lock::Closed { by: "x".into() }, r#"{"kind":"closed","by":"x"}"#),
            (Lock::Unknown { reason: "y".into() }, r#"{"kind":"unknown","reason":"y"}"#),
        ] {
            assert_eq!(serde_json::to_string(&lock).unwrap(), text);
        }
    }
}
