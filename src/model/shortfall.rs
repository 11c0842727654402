//! What may be missing between what was wanted and what was shown: a closed list, each with its
//! weight and its sentence.

use serde::{Deserialize, Serialize};

use super::Language;
use super::danish;

/// What weighs a shortfall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The verdict stands, within this limit.
    Limit,
    /// The verdict is at best indeterminate.
    Doubt,
    /// The verdict is not sanitized.
    Failure,
}

/// A named gap between what was wanted and what was shown. The list is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "statement() says each")]
pub enum Shortfall {
    Aborted,
    Incomplete,
    RunFailed,
    PassesMissing,
    PatternDiffers,
    BlocksNotWritten,
    CoverageUnproven,
    NotFlushed,
    DriveChanged,
    CapacityChanged,
    BlocksDiffer,
    BlocksUnreadable,
    KeyDiffers,
    MethodNotReached,
    TechniqueMissing,
    CommandRejected,
    EraseFailed,
    MarkersSurvived,
    DataSurvived,
    HiddenBlocksLeft,
    NotVerified,
    VerificationUnfinished,
    PageCache,
    AfterCheckMissing,
    InterruptedAndSampled,
    EraseUnconfirmed,
    EraseNotWitnessed,
    MarkersMissing,
    MarkersUnread,
    DiskImage,
    VirtualDrive,
    SpareBlocks,
    HiddenAreas,
    BootPartitions,
    Sampled,
    Interrupted,
    FellBack,
    StepFailed,
    KeyHistory,
    ReadsUniform,
    BeyondFirmware,
    SamplesUnread,
    OnlyMarkers,
    NotReset,
}

impl Shortfall {
    /// Every shortfall, in the order of the list above.
    pub const ALL: [Self; 44] = [
        Self::Aborted,
        Self::Incomplete,
        Self::RunFailed,
        Self::PassesMissing,
        Self::PatternDiffers,
        Self::BlocksNotWritten,
        Self::CoverageUnproven,
        Self::NotFlushed,
        Self::DriveChanged,
        Self::CapacityChanged,
        Self::BlocksDiffer,
        Self::BlocksUnreadable,
        Self::KeyDiffers,
        Self::MethodNotReached,
        Self::TechniqueMissing,
        Self::CommandRejected,
        Self::EraseFailed,
        Self::MarkersSurvived,
        Self::DataSurvived,
        Self::HiddenBlocksLeft,
        Self::NotVerified,
        Self::VerificationUnfinished,
        Self::PageCache,
        Self::AfterCheckMissing,
        Self::InterruptedAndSampled,
        Self::EraseUnconfirmed,
        Self::EraseNotWitnessed,
        Self::MarkersMissing,
        Self::MarkersUnread,
        Self::DiskImage,
        Self::VirtualDrive,
        Self::SpareBlocks,
        Self::HiddenAreas,
        Self::BootPartitions,
        Self::Sampled,
        Self::Interrupted,
        Self::FellBack,
        Self::StepFailed,
        Self::KeyHistory,
        Self::ReadsUniform,
        Self::BeyondFirmware,
        Self::SamplesUnread,
        Self::OnlyMarkers,
        Self::NotReset,
    ];

    /// How much it weighs.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Aborted
            | Self::Incomplete
            | Self::RunFailed
            | Self::PassesMissing
            | Self::PatternDiffers
            | Self::BlocksNotWritten
            | Self::CoverageUnproven
            | Self::NotFlushed
            | Self::DriveChanged
            | Self::CapacityChanged
            | Self::BlocksDiffer
            | Self::BlocksUnreadable
            | Self::KeyDiffers
            | Self::MethodNotReached
            | Self::TechniqueMissing
            | Self::CommandRejected
            | Self::EraseFailed
            | Self::MarkersSurvived
            | Self::DataSurvived
            | Self::HiddenBlocksLeft => Severity::Failure,
            Self::NotVerified
            | Self::VerificationUnfinished
            | Self::PageCache
            | Self::AfterCheckMissing
            | Self::InterruptedAndSampled
            | Self::EraseUnconfirmed
            | Self::EraseNotWitnessed
            | Self::MarkersMissing
            | Self::MarkersUnread => Severity::Doubt,
            Self::DiskImage
            | Self::VirtualDrive
            | Self::SpareBlocks
            | Self::HiddenAreas
            | Self::BootPartitions
            | Self::Sampled
            | Self::Interrupted
            | Self::FellBack
            | Self::StepFailed
            | Self::KeyHistory
            | Self::ReadsUniform
            | Self::BeyondFirmware
            | Self::SamplesUnread
            | Self::OnlyMarkers
            | Self::NotReset => Severity::Limit,
        }
    }

    /// The sentence for people who read `language`.
    #[must_use]
    pub const fn sentence(self, language: Language) -> &'static str {
        match language {
            Language::English => self.statement(),
            Language::Danish => danish::shortfall(self),
        }
    }

    /// The sentence that stands in the certificate, which is always English: what is signed has one
    /// wording.
    #[must_use]
    pub const fn statement(self) -> &'static str {
        match self {
            Self::Aborted => "The run was stopped by a person or by the system before it was done.",
            Self::Incomplete => "The run was cut off and never continued.",
            Self::RunFailed => "The run could not go on.",
            Self::PassesMissing => "Not every planned pass was carried out.",
            Self::PatternDiffers => "A pass wrote something else than planned.",
            Self::BlocksNotWritten => "Some blocks could not be written; they are listed.",
            Self::CoverageUnproven => "The bytes written do not add up to the whole drive.",
            Self::NotFlushed => "The drive did not confirm that its write cache was emptied.",
            Self::DriveChanged => "At the end another drive answered in its place.",
            Self::CapacityChanged => "The capacity changed during the run.",
            Self::BlocksDiffer => "Some blocks did not hold what was written; they are listed.",
            Self::BlocksUnreadable => "Some blocks could not be read back; they are listed.",
            Self::KeyDiffers => "The revealed key of a random pass is not the one committed to.",
            Self::NotVerified => "Nothing was read back.",
            Self::VerificationUnfinished => "Not everything planned for read-back was read.",
            Self::PageCache => "Reads and writes went through the page cache of the computer.",
            Self::AfterCheckMissing => "The drive was not identified again at the end.",
            Self::InterruptedAndSampled => {
                "The run was cut off, and what had been written before was not read back in full."
            }
            Self::DiskImage => {
                "This is a disk image, a file: nothing is said about the drive it lies on."
            }
            Self::VirtualDrive => {
                "This is a virtual drive: nothing is said about the medium beneath it."
            }
            Self::SpareBlocks => {
                "Host writes do not reach reallocated, retired or over-provisioned blocks; \
                 overwriting such a medium is Clear and no more (NIST SP 800-88r2, section 3.1.1)."
            }
            Self::HiddenAreas => {
                "Whether the drive hides blocks at its end (HPA, DCO, AMAX and their like) is not \
                 known; the evidence says why."
            }
            Self::BootPartitions => {
                "Boot and RPMB partitions, if the drive has any, were not examined."
            }
            Self::Sampled => "The read-back was a sample, not the whole drive.",
            Self::Interrupted => "The run was cut off and continued; the places are listed.",
            Self::MethodNotReached => "What was carried out does not reach the method asked for.",
            Self::TechniqueMissing => "What was carried out is not what was planned.",
            Self::CommandRejected => "The drive did not take the erase command.",
            Self::EraseFailed => "The drive's own erase failed.",
            Self::MarkersSurvived => {
                "Blocks planted before the erase were still there afterwards; they are listed."
            }
            Self::DataSurvived => {
                "Blocks held the same before the erase and afterwards; they are listed."
            }
            Self::HiddenBlocksLeft => "The drive hides blocks at its end that were not erased.",
            Self::EraseUnconfirmed => "The drive did not confirm how its erase ended.",
            Self::EraseNotWitnessed => {
                "The drive says that an erase was completed, and it may have been an earlier one."
            }
            Self::MarkersMissing => {
                "Not enough blocks could be planted before the erase to prove it afterwards."
            }
            Self::MarkersUnread => {
                "Not every block planted or sampled before the erase could be read afterwards, which \
                 leaves the erase unproven. A drive may refuse to read what was not written since: \
                 overwriting it proves Clear and no more."
            }
            Self::FellBack => {
                "The method asked for was not reached; the policy accepts the one that was."
            }
            Self::StepFailed => {
                "Another technique was tried and did not succeed; what was reached does not rest \
                 on it."
            }
            Self::KeyHistory => {
                "A cryptographic erase is as good as the drive's word that everything had always \
                 been encrypted with the key that it destroyed."
            }
            Self::ReadsUniform => {
                "The drive reads as one value everywhere: erased cannot be told from deallocated \
                 through its interface."
            }
            Self::BeyondFirmware => {
                "Boot and RPMB partitions and retired blocks of the drive were not examined."
            }
            Self::SamplesUnread => {
                "Some blocks could not be read before the erase; whether what they held is gone is \
                 known only as far as the other blocks tell."
            }
            Self::NotReset => {
                "The drive was not reset between its erase and the look at it; what it answered may \
                 have come from its cache."
            }
            Self::OnlyMarkers => {
                "No block sampled before the erase held anything that can be told from an erased \
                 one; only the planted blocks show that the drive erased."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_all() {
        // serde names every variant when it meets one that it does not know.
        let unknown = serde_json::from_str::<Shortfall>("\"?\"").unwrap_err().to_string();
        let expected: Vec<&str> = unknown.split('`').skip(3).step_by(2).collect();
        let all: Vec<String> = Shortfall::ALL
            .iter()
            .map(|shortfall| serde_json::to_string(shortfall).unwrap().replace('"', ""))
            .collect();
        assert_eq!(all, expected);
    }

    #[test]
    fn every_sentence_is_one_in_its_own_language() {
        for shortfall in Shortfall::ALL {
            let english = shortfall.sentence(Language::English);
            let danish = shortfall.sentence(Language::Danish);
            assert_eq!(english, shortfall.statement());
            for (this, other) in [(english, danish), (danish, english)] {
                assert!(this.ends_with('.') && this.starts_with(char::is_uppercase), "{this}");
                assert_ne!(this, other);
                let same = Shortfall::ALL.iter().filter(|one| {
                    [one.sentence(Language::English), one.sentence(Language::Danish)]
                        .contains(&this)
                });
                assert_eq!(same.count(), 1, "{this}");
            }
            // The terms of the standards are not translated.
            for term in ["Clear", "Purge", "HPA", "RPMB", "NIST SP 800-88r2", "3.1.1"] {
                assert_eq!(english.contains(term), danish.contains(term), "{danish}");
            }
        }
    }
}
