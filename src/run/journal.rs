//! The journal of one drive's run: append-only, each record chained by checksum to the one before
//! and synced, so that SIGKILL or a power cut leaves a truth from which the run goes on.
//!
//! One record a line: 16 hexadecimal digits, a space, the record as JSON. The digits are the
//! start of SHA-256(digits of the line before ‖ JSON).

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::model::{
    Evidence, Identity, Interruption, Paperwork, PassEvidence, Planned, Range, RangeList,
    Timestamp, hex,
};
use crate::technique::Remainder;

/// The ending of a journal's file name.
pub const SUFFIX: &str = ".journal";

/// A journal larger than this is not one of ours.
const LARGEST: u64 = 256 << 20;

/// What is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Record {
    /// The first record, synced before the first write to the drive.
    Start(Box<Start>),
    /// The run goes on after it was cut off.
    Resumed(Interruption),
    /// How far the pass came; everything that is not in `ranges` had been flushed.
    Checkpoint {
        /// The pass, from 0.
        pass: usize,
        /// When the pass began.
        started_at: Timestamp,
        /// Bytes written.
        written_bytes: u64,
        /// What could not be written.
        not_written: RangeList,
        /// What is still to be written.
        ranges: Vec<Range>,
        /// Failed writes.
        retries: u64,
    },
    /// A pass is over.
    PassDone(PassEvidence),
    /// The run is over; only the certificate is left to be made.
    End(Box<Evidence>),
    /// The certificate and the machine report are saved.
    Certified {
        /// File name of the certificate.
        certificate: String,
    },
}

/// Everything that is needed to go on, or to certify what happened, on another day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// The version of this format.
    pub format: u32,
    /// The run this drive was part of.
    pub run: RunInfo,
    /// The place of the drive among the arguments.
    pub index: usize,
    /// The drive as it was named.
    pub path: String,
    /// The drive, as read from the opened descriptor.
    pub drive: Identity,
    /// What is to be done; its plan digest is the consent.
    pub planned: Planned,
    /// The key of each random pass, hexadecimal; null for the other passes.
    pub keys: Vec<Option<String>>,
    /// Whether the certificate reveals these keys.
    pub reveal_keys: bool,
    /// Seconds that may be spent in operations that fail.
    pub trouble_seconds: u64,
    /// How bytes are moved.
    pub engine: String,
    /// Whether the page cache is bypassed.
    pub direct_io: bool,
    /// The UUID of the certificate to come.
    pub certificate_id: String,
    /// What the names of journal and certificate begin with.
    pub stem: String,
}

/// What all drives of one run share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunInfo {
    /// UUID of the run.
    pub id: String,
    /// When it began.
    pub started_at: Timestamp,
    /// The kernel's id of this boot.
    pub boot_id: Option<String>,
    /// What people said about the job.
    pub paperwork: Paperwork,
}

/// What a journal says happened.
#[derive(Debug, Clone)]
pub struct History {
    /// The first record.
    pub start: Start,
    /// Passes that are over.
    pub passes: Vec<PassEvidence>,
    /// How far the pass after them came, and when it began.
    pub current: Option<(Timestamp, Remainder)>,
    /// Earlier interruptions.
    pub interruptions: Vec<Interruption>,
    /// The complete evidence, if the run is over.
    pub end: Option<Evidence>,
    /// The certificate's file name, if all is done.
    pub certified: Option<String>,
}

impl History {
    /// The history of a run that begins now.
    #[must_use]
    pub const fn new(start: Start) -> Self {
        Self {
            start,
            passes: Vec::new(),
            current: None,
            interruptions: Vec::new(),
            end: None,
            certified: None,
        }
    }

    fn add(&mut self, record: Record) -> Result<(), &'static str> {
        match record {
            Record::Start(_) => return Err("it has two first records"),
            Record::Resumed(interruption) => self.interruptions.push(interruption),
            Record::Checkpoint {
                pass,
                started_at,
                written_bytes,
                not_written,
                ranges,
                retries,
            } => {
                if pass != self.passes.len() {
                    return Err("its passes are out of order");
                }
                let remainder =
                    Remainder { done_bytes: written_bytes, bad: not_written, ranges, retries };
                self.current = Some((started_at, remainder));
            }
            Record::PassDone(pass) => {
                self.passes.push(pass);
                self.current = None;
            }
            Record::End(evidence) => self.end = Some(*evidence),
            Record::Certified { certificate } => self.certified = Some(certificate),
        }
        Ok(())
    }
}

/// A journal that is open and locked.
#[derive(Debug)]
pub struct Journal {
    file: Flock<File>,
    last: String,
}

/// What opening an existing journal gives.
#[derive(Debug)]
pub enum Opened {
    /// A journal with a history.
    Found(Journal, Box<History>),
    /// The first record was torn: nothing had been written to the drive.
    Empty,
    /// Another process has it open: the run is still going on.
    Busy,
}

/// A journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file system says no.
    #[error("journal {}: {source}", path.display())]
    Io {
        /// The journal.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not what we wrote.
    #[error("journal {} is damaged: {what}; nothing was done with it", path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

impl Journal {
    /// Makes a new journal with its first record, synced, its name in the directory as well.
    ///
    /// # Errors
    /// The file exists, or cannot be written.
    pub fn create(path: &Path, start: &Start) -> Result<Self, JournalError> {
        let io = |source| JournalError::Io { path: path.to_owned(), source };
        let file = OpenOptions::new().append(true).create_new(true).open(path).map_err(io)?;
        let file = Flock::lock(file, FlockArg::LockExclusiveNonblock)
            .map_err(|(_, errno)| io(errno.into()))?;
        let mut journal = Self { file, last: String::new() };
        journal.append(&Record::Start(Box::new(start.clone()))).map_err(io)?;
        if let Some(directory) = path.parent() {
            File::open(directory).and_then(|directory| directory.sync_all()).map_err(io)?;
        }
        Ok(journal)
    }

    /// Appends a record and syncs it.
    ///
    /// # Errors
    /// It may be torn; the next reader drops it.
    pub fn append(&mut self, record: &Record) -> std::io::Result<()> {
        let json = serde_json::to_string(record)?;
        let sum = checksum(&self.last, &json);
        self.file.write_all(format!("{sum} {json}\n").as_bytes())?;
        self.file.sync_data()?;
        self.last = sum;
        Ok(())
    }

    /// Opens an existing journal, reads its history and cuts off a torn last record.
    ///
    /// # Errors
    /// It cannot be read, or a record before the last is damaged.
    pub fn open(path: &Path) -> Result<Opened, JournalError> {
        let io = |source| JournalError::Io { path: path.to_owned(), source };
        let damaged =
            |what: &str| JournalError::Damaged { path: path.to_owned(), what: what.to_owned() };
        let file = OpenOptions::new().read(true).append(true).open(path).map_err(io)?;
        let mut file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(file) => file,
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => return Ok(Opened::Busy),
            Err((_, errno)) => return Err(io(errno.into())),
        };
        if file.metadata().map_err(io)?.len() > LARGEST {
            return Err(damaged("it is too large to be a journal"));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;

        let (records, good, last) = records(&bytes).map_err(|what| damaged(&what))?;
        let mut records = records.into_iter();
        let mut history = match records.next() {
            None => return Ok(Opened::Empty),
            Some(Record::Start(start)) if start.format == 1 => History::new(*start),
            Some(Record::Start(_)) => return Err(damaged("it is of a newer version")),
            Some(_) => return Err(damaged("its first record is missing")),
        };
        for record in records {
            history.add(record).map_err(damaged)?;
        }
        if good < bytes.len() {
            file.set_len(good as u64).map_err(io)?;
        }
        Ok(Opened::Found(Self { file, last }, Box::new(history)))
    }
}

/// The records of a journal, the length of the part that is whole, and the last checksum. Only
/// the last line may be torn: anything else is damage, and a damaged journal proves nothing.
fn records(bytes: &[u8]) -> Result<(Vec<Record>, usize, String), String> {
    let (mut found, mut good, mut last) = (Vec::new(), 0, String::new());
    while let Some(rest) = bytes.get(good..).filter(|rest| !rest.is_empty()) {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let record = parse(line, &last).filter(|_| end.is_some());
        let Some((record, sum)) = record else {
            let is_last = end.is_none_or(|end| end + 1 == rest.len());
            return if is_last {
                Ok((found, good, last))
            } else {
                Err(format!("record {} is not what was written", found.len() + 1))
            };
        };
        found.push(record);
        good += line.len() + 1;
        last = sum;
    }
    Ok((found, good, last))
}

fn parse(line: &[u8], last: &str) -> Option<(Record, String)> {
    let (sum, json) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    (checksum(last, json) == sum).then_some(())?;
    Some((serde_json::from_str(json).ok()?, sum.to_owned()))
}

fn checksum(last: &str, json: &str) -> String {
    let digest = Sha256::new().chain_update(last).chain_update(json).finalize();
    hex(digest.get(..8).unwrap_or_default())
}
