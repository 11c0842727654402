//! What happened to one drive: facts only, recorded as they occur. The conclusion is drawn from
//! them by [`crate::cert::conclude`], at signing and again at verification.

use serde::{Deserialize, Serialize};

use super::{
    FirmwareErase, Hidden, Identity, Method, Pass, RangeList, Scheme, TechniqueId, Timestamp,
    VerifyMode,
};

/// Everything that is known of one drive's run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The drive, as read from the opened descriptor right before the first write.
    pub drive: Identity,
    /// What it hid of itself, before and after that was undone.
    pub hidden: Hidden,
    /// What was to be done.
    pub planned: Planned,
    /// How bytes were moved: the name of the engine and its way of I/O.
    pub engine: String,
    /// Whether reads and writes went around the page cache (O_DIRECT).
    pub direct_io: bool,
    /// What the drive's own firmware did, in order.
    pub firmware: Vec<FirmwareErase>,
    /// The passes that were begun, in order.
    pub passes: Vec<PassEvidence>,
    /// Times at which the run was cut off and went on later.
    pub interruptions: Vec<Interruption>,
    /// What was read back after the last pass.
    pub verification: Option<VerificationEvidence>,
    /// What the drive was like afterwards.
    pub aftermath: Option<Aftermath>,
    /// Why the run ended.
    pub ending: Ending,
}

/// What was to be done, as far as the plan's digest covers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// SHA-256 of the plan that was consented to, hexadecimal.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub plan_digest: String,
    /// The method that the plan reaches on this drive.
    pub method: Method,
    /// The least that counts as reached: less than `method` only where the policy allows to fall
    /// back.
    pub least: Method,
    /// How, in order.
    pub techniques: Vec<TechniqueId>,
    /// The pass scheme of an overwrite.
    pub scheme: Scheme,
    /// How much is to be read back after an overwrite.
    pub verify: VerifyMode,
}

/// One pass over the drive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PassEvidence {
    /// What was written.
    pub pattern: Pass,
    /// The key of a random pass.
    pub key: Option<CipherKey>,
    /// When the first write was sent.
    pub started_at: Timestamp,
    /// When the flush after the last write returned, or the pass was given up.
    pub ended_at: Timestamp,
    /// Bytes whose write the drive acknowledged.
    pub written_bytes: u64,
    /// What could not be written, after retries, down to the physical block.
    pub not_written: RangeList,
    /// Writes that failed and were tried again.
    pub retries: u64,
    /// Whether the flush after the last write succeeded.
    pub flushed: bool,
    /// How fast it went, since the run last began or was continued.
    pub speed: Speed,
}

/// How fast bytes were moved. For people; nothing follows from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Speed {
    /// Bytes moved.
    pub bytes: u64,
    /// Time from the first request to the end of the last flush, in microseconds.
    pub micros: u64,
    /// The best rate over a quarter of a second in the first five seconds, in bytes per second:
    /// what the drive can do. Absent if the transfer was shorter.
    pub ceiling_bytes_per_second: Option<u64>,
    /// Processor time of the whole process in that time, all drives together, in milliseconds.
    pub cpu_millis: u64,
}

impl Speed {
    /// The mean rate in bytes per second.
    #[must_use]
    pub fn mean(&self) -> u64 {
        let mean = u128::from(self.bytes) * 1_000_000 / u128::from(self.micros.max(1));
        u64::try_from(mean).unwrap_or(u64::MAX)
    }
}

/// The key of a random pass: AES-128 in counter mode, where the counter block of the 16 bytes at
/// byte offset `o` is `o / 16` as a 128-bit big-endian number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CipherKey {
    /// SHA-256 of the 16 key bytes, hexadecimal: the commitment.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub sha256: String,
    /// The key itself, hexadecimal, if the policy reveals it.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::KEY)))]
    pub revealed: Option<String>,
}

impl std::fmt::Debug for CipherKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CipherKey({})", self.sha256)
    }
}

/// A run that was cut off (power, SIGKILL) and continued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Interruption {
    /// When the run went on.
    pub resumed_at: Timestamp,
    /// The pass it went on in, from 0; the number of passes if only read-back was left.
    pub pass: u32,
    /// The byte offset it went on from: everything before had been flushed.
    pub offset: u64,
}

/// What was read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct VerificationEvidence {
    /// How much was to be read.
    pub mode: VerifyMode,
    /// 32 random bytes, hexadecimal, drawn after the last write; all positions follow from it.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub seed: String,
    /// The positions in one sentence, see [`super::sampling`].
    pub statement: String,
    /// When the first read was sent.
    pub started_at: Timestamp,
    /// When the last one was judged.
    pub ended_at: Timestamp,
    /// Bytes read and compared.
    pub read_bytes: u64,
    /// What could not be read, after retries, down to the physical block.
    pub unreadable: RangeList,
    /// Blocks that did not hold what was written.
    pub mismatches: Findings,
    /// How fast it went.
    pub speed: Speed,
}

/// Blocks that did not hold what was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Findings {
    /// How many logical blocks.
    pub count: u64,
    /// The first of them, in the order in which they were found.
    pub blocks: Vec<Finding>,
}

/// How many findings are named one by one.
const LISTED: usize = 64;

impl Findings {
    /// Counts a finding, and names it while there is room. The finding is made only if it is
    /// named: on a drive that ignores writes there are millions.
    pub fn push_with(&mut self, finding: impl FnOnce() -> Finding) {
        self.count += 1;
        if self.blocks.len() < LISTED {
            self.blocks.push(finding());
        }
    }

    /// Adds findings that were made after these.
    pub fn append(&mut self, later: Self) {
        self.count += later.count;
        let room = LISTED.saturating_sub(self.blocks.len());
        self.blocks.extend(later.blocks.into_iter().take(room));
    }
}

/// One logical block that did not hold what was written. Never its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Logical block address.
    pub lba: u64,
    /// What should have been there.
    pub expected: String,
    /// HMAC-SHA-256 of what was there, under a key that is destroyed after the run.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub found_keyed_digest: String,
}

/// The drive after the last step, asked again on the same descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Aftermath {
    /// Whether it is still the same drive in the same attachment.
    pub same_drive: bool,
    /// Its capacity in bytes.
    pub capacity_bytes: u64,
    /// Whether the kernel read the partition table again; absent for a disk image.
    pub partitions_reread: Option<bool>,
}

/// Why a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Ending {
    /// Everything that was planned was done or tried.
    Completed,
    /// Somebody stopped it (SIGINT, SIGTERM).
    Aborted,
    /// It was cut off and never continued; the journal was closed by hand.
    Incomplete,
    /// It could not go on.
    Failed {
        /// What happened, in one sentence.
        reason: String,
    },
}
