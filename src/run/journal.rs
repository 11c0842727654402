//! The journal of one drive's run: append-only, each record sealed together with the one before
//! and synced, so that SIGKILL or a power cut leaves a truth from which the run goes on.
//!
//! One record a line: 32 hexadecimal digits, a space, the record as JSON. The digits are the start
//! of an HMAC-SHA-256 over the digits of the line before and the JSON, under a key that follows
//! from the station's private key: whoever can write to `--out` cannot make the station certify,
//! or erase, what it did not plan. The name of the file is part of the first record, so that a
//! copy is not a second journal.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit as _, Mac as _};
use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::certify::Context;
use crate::model::{
    Evidence, FirmwareErase, Hidden, Identity, Interruption, Inventory, Paperwork, PassEvidence,
    Planned, Range, RangeList, TechniqueId, Timestamp, hex,
};
use crate::technique::Remainder;

/// The ending of a journal's file name.
pub const SUFFIX: &str = ".journal";

/// What a station's journals are sealed with.
#[derive(Clone)]
pub struct JournalKey([u8; 32]);

impl std::fmt::Debug for JournalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JournalKey")
    }
}

impl JournalKey {
    /// The key that follows from 32 secret bytes, which do not follow from it.
    #[must_use]
    pub fn derive(secret: &[u8; 32]) -> Self {
        let label = Sha256::digest(b"nulstil journal 1");
        let mut key = [0; 32];
        if let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) {
            key.copy_from_slice(&mac.chain_update(label).finalize().into_bytes());
        }
        Self(key)
    }

    /// The key of a run that nobody signs yet: everybody knows it. It tells a torn record from a
    /// whole one and keeps nobody from writing another journal, so that such a journal is believed
    /// only where a person says so.
    #[must_use]
    pub fn published() -> Self {
        Self::derive(&[0; 32])
    }

    /// The seal of a record behind the one that was sealed with `last`.
    fn seal(&self, last: &str, json: &str) -> String {
        // Any key length is accepted, so this cannot fail.
        Hmac::<Sha256>::new_from_slice(&self.0)
            .map(|mac| mac.chain_update(last).chain_update(json).finalize().into_bytes())
            .map(|seal| hex(seal.get(..16).unwrap_or_default()))
            .unwrap_or_default()
    }
}

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
    /// An erase by firmware is over.
    FirmwareDone(Box<FirmwareErase>),
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
    /// The drive as it was named.
    pub path: String,
    /// The drive, as read from the opened descriptor.
    pub drive: Identity,
    /// What it hid of itself, before and after that was undone.
    pub hidden: Hidden,
    /// Why nothing is written to it, if so: one sentence.
    pub obstacle: Option<String>,
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
    /// For a run that is signed later, on another computer: where it was. None if it is signed
    /// where it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Box<Recorded>>,
}

/// What documents have to say of the surroundings of a run that is signed later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// Program, computer and clock.
    pub context: Context,
    /// What the machine showed before the run.
    pub inventory: Inventory,
}

/// What a journal says happened.
#[derive(Debug, Clone)]
pub struct History {
    /// The first record.
    pub start: Start,
    /// Erases by firmware that are over.
    pub firmware: Vec<FirmwareErase>,
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
            firmware: Vec::new(),
            passes: Vec::new(),
            current: None,
            interruptions: Vec::new(),
            end: None,
            certified: None,
        }
    }

    /// What the bytes of a journal say, whose last record may be torn; nothing if the first one is.
    ///
    /// # Errors
    /// What is wrong with it: damage, another key, or a newer version.
    pub fn of(bytes: &[u8], key: &JournalKey) -> Result<Option<Self>, String> {
        Ok(read(bytes, key)?.map(|(history, ..)| history))
    }

    /// What a run that goes on has to do again. What the drive's firmware has erased may have been
    /// written since, and no overwrite reaches as far: then it is everything.
    pub(super) fn go_on(&mut self) {
        if self.start.planned.techniques.iter().any(|id| *id != TechniqueId::Overwrite) {
            self.firmware.clear();
            self.passes.clear();
            self.current = None;
        }
    }

    fn add(&mut self, record: Record) -> Result<(), &'static str> {
        match record {
            Record::Start(_) => return Err("it has two first records"),
            Record::Resumed(interruption) => {
                self.go_on();
                self.interruptions.push(interruption);
            }
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
            Record::FirmwareDone(erase) => self.firmware.push(*erase),
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
    key: JournalKey,
    last: String,
    /// Length in bytes of what is whole and synced.
    whole: u64,
    /// Whether there may be a torn record behind it.
    torn: bool,
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
    pub fn create(path: &Path, start: &Start, key: &JournalKey) -> Result<Self, JournalError> {
        let io = |source| JournalError::Io { path: path.to_owned(), source };
        let file = OpenOptions::new().append(true).create_new(true).open(path).map_err(io)?;
        let file = Flock::lock(file, FlockArg::LockExclusiveNonblock)
            .map_err(|(_, errno)| io(errno.into()))?;
        let key = key.clone();
        let mut journal = Self { file, key, last: String::new(), whole: 0, torn: false };
        journal.append(&Record::Start(Box::new(start.clone()))).map_err(io)?;
        if let Some(directory) = path.parent() {
            File::open(directory).and_then(|directory| directory.sync_all()).map_err(io)?;
        }
        Ok(journal)
    }

    /// Appends a record and syncs it.
    ///
    /// # Errors
    /// It may be torn: the next reader drops it, and so does the next record, which must not
    /// stand behind half a line.
    pub fn append(&mut self, record: &Record) -> std::io::Result<()> {
        let json = serde_json::to_string(record)?;
        let sum = self.key.seal(&self.last, &json);
        let line = format!("{sum} {json}\n");
        if self.torn {
            self.file.set_len(self.whole)?;
        }
        self.torn = true;
        self.file.write_all(line.as_bytes())?;
        self.file.sync_data()?;
        self.torn = false;
        self.whole += line.len() as u64;
        self.last = sum;
        Ok(())
    }

    /// Opens an existing journal, reads its history and cuts off a torn last record.
    ///
    /// # Errors
    /// It cannot be read, or a record before the last is damaged.
    pub fn open(path: &Path, key: &JournalKey) -> Result<Opened, JournalError> {
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

        let Some((history, good, last)) = read(&bytes, key).map_err(|what| damaged(&what))? else {
            return Ok(Opened::Empty);
        };
        let name = format!("{}{SUFFIX}", history.start.stem);
        if path.file_name() != Some(name.as_ref()) {
            return Err(damaged("it is a copy; its name was another"));
        }
        if good < bytes.len() {
            file.set_len(good as u64).map_err(io)?;
        }
        let key = key.clone();
        let journal = Self { file, key, last, whole: good as u64, torn: false };
        Ok(Opened::Found(journal, Box::new(history)))
    }
}

/// The history that a journal tells, the length of the part that is whole, and the last checksum;
/// nothing if not even the first record is whole.
fn read(bytes: &[u8], key: &JournalKey) -> Result<Option<(History, usize, String)>, String> {
    let (records, good, last) = records(bytes, key)?;
    let mut records = records.into_iter();
    let mut history = match records.next() {
        None => return Ok(None),
        Some(Record::Start(start)) if start.format == 1 => History::new(*start),
        Some(Record::Start(_)) => return Err("it is of a newer version".to_owned()),
        Some(_) => return Err("its first record is missing".to_owned()),
    };
    for record in records {
        history.add(record)?;
    }
    Ok(Some((history, good, last)))
}

/// The records of a journal, the length of the part that is whole, and the last checksum. Only
/// the last line may be torn: anything else is damage, and a damaged journal proves nothing. To
/// drop a last record is always safe: whatever it said was done is then done again.
fn records(bytes: &[u8], key: &JournalKey) -> Result<(Vec<Record>, usize, String), String> {
    let (mut found, mut good, mut last) = (Vec::new(), 0, String::new());
    while let Some(rest) = bytes.get(good..).filter(|rest| !rest.is_empty()) {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let record = parse(line, &last, key).filter(|_| end.is_some());
        let Some((record, sum)) = record else {
            // A first line that has its end is not taken for torn: what it says may have been done.
            let is_last = end.is_none_or(|end| end + 1 == rest.len() && good > 0);
            return if is_last {
                Ok((found, good, last))
            } else {
                Err(format!(
                    "record {} is not what was written, or was written with another station key",
                    found.len() + 1
                ))
            };
        };
        found.push(record);
        good += line.len() + 1;
        last = sum;
    }
    Ok((found, good, last))
}

fn parse(line: &[u8], last: &str, key: &JournalKey) -> Option<(Record, String)> {
    let (sum, json) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    (key.seal(last, json) == sum).then_some(())?;
    Some((serde_json::from_str(json).ok()?, sum.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{
        Ending, Method, Pass, Scheme, TechniqueId, VerifyMode, test_identity as identity,
    };

    fn key() -> JournalKey {
        JournalKey::derive(&[5; 32])
    }

    fn start() -> Start {
        Start {
            format: 1,
            run: RunInfo {
                id: "run".into(),
                started_at: Timestamp::from_unix(1_795_000_000),
                boot_id: None,
                paperwork: Paperwork::default(),
                recorded: None,
            },
            // A file name may hold what ends a line.
            path: "/tmp/a\nb".into(),
            drive: identity(),
            hidden: Hidden::untouched(crate::model::HiddenArea::None),
            obstacle: None,
            planned: Planned {
                plan_digest: "00".repeat(32),
                method: Method::Clear,
                least: Method::Clear,
                techniques: vec![TechniqueId::Overwrite],
                scheme: Scheme::default(),
                verify: VerifyMode::Full,
            },
            keys: vec![None],
            reveal_keys: true,
            trouble_seconds: 600,
            engine: "sequential".into(),
            direct_io: true,
            certificate_id: "id".into(),
            stem: "a".into(),
        }
    }

    fn time() -> impl Strategy<Value = Timestamp> {
        (0_i64..4_000_000_000).prop_map(Timestamp::from_unix)
    }

    fn list() -> impl Strategy<Value = RangeList> {
        prop::collection::vec((0_u64..1 << 50, 0_u64..1 << 40), 0..5).prop_map(|ranges| {
            let mut list = RangeList::default();
            ranges.into_iter().for_each(|(offset, bytes)| list.push(Range { offset, bytes }));
            list
        })
    }

    /// What can come after the first record, in any order that a history accepts.
    fn record() -> impl Strategy<Value = Record> {
        let evidence = Evidence {
            drive: identity(),
            hidden: start().hidden,
            planned: start().planned,
            engine: String::new(),
            direct_io: true,
            firmware: Vec::new(),
            passes: Vec::new(),
            interruptions: Vec::new(),
            verification: None,
            aftermath: None,
            ending: Ending::Failed { reason: "\u{1}\"\n".into() },
        };
        prop_oneof![
            (time(), any::<u32>(), any::<u64>()).prop_map(|(resumed_at, pass, offset)| {
                Record::Resumed(Interruption { resumed_at, pass, offset })
            }),
            (time(), any::<u64>(), list(), list(), any::<u64>()).prop_map(
                |(started_at, written_bytes, not_written, open, retries)| Record::Checkpoint {
                    pass: 0,
                    started_at,
                    written_bytes,
                    not_written,
                    ranges: open.ranges,
                    retries,
                }
            ),
            Just(Record::End(Box::new(evidence))),
            "[a-z\n]{0,9}".prop_map(|certificate| Record::Certified { certificate }),
        ]
    }

    fn bytes_of(all: &[Record]) -> Vec<u8> {
        let mut last = String::new();
        let lines = all.iter().map(|record| {
            let json = serde_json::to_string(record).unwrap();
            last = key().seal(&last, &json);
            format!("{last} {json}\n")
        });
        lines.collect::<String>().into_bytes()
    }

    fn with_start(rest: Vec<Record>) -> Vec<Record> {
        let mut all = vec![Record::Start(Box::new(start()))];
        all.extend(rest);
        all
    }

    proptest! {
        #[test]
        fn what_was_appended_is_read(rest in prop::collection::vec(record(), 0..6)) {
            let all = with_start(rest);
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("a.journal");
            let mut journal = Journal::create(&path, &start(), &key()).unwrap();
            for record in &all[1..] {
                journal.append(record).unwrap();
            }
            drop(journal);
            let bytes = std::fs::read(&path).unwrap();
            prop_assert_eq!(&bytes, &bytes_of(&all));
            let (found, good, _) = records(&bytes, &key()).unwrap();
            prop_assert_eq!((found, good), (all, bytes.len()));
        }

        /// Whatever is cut off, what is left are the first records; and appending goes on from
        /// there as if nothing had been.
        #[test]
        fn a_cut_drops_the_tail(
            rest in prop::collection::vec(record(), 0..4), cut in any::<prop::sample::Index>()
        ) {
            let all = with_start(rest);
            let bytes = bytes_of(&all);
            let cut = cut.index(bytes.len() + 1);
            let whole = bytes[..cut].iter().filter(|byte| **byte == b'\n').count();
            let (found, good, _) = records(&bytes[..cut], &key()).unwrap();
            prop_assert_eq!(&found, &all[..whole]);
            prop_assert_eq!(good, bytes_of(&all[..whole]).len());
            if whole > 0 {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("a.journal");
                std::fs::write(&path, &bytes[..cut]).unwrap();
                let Opened::Found(mut journal, _) = Journal::open(&path, &key()).unwrap() else {
                    panic!("not found")
                };
                let last = Record::Certified { certificate: "c".into() };
                journal.append(&last).unwrap();
                let again = [&all[..whole], &[last]].concat();
                prop_assert_eq!(std::fs::read(&path).unwrap(), bytes_of(&again));
            }
        }

        /// One byte changed, added or gone: damage, or the tail is not believed. Never anything
        /// that was not written.
        #[test]
        fn a_changed_byte_is_never_believed(
            rest in prop::collection::vec(record(), 0..4),
            at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..3_u8
        ) {
            let all = with_start(rest);
            let bytes = bytes_of(&all);
            let mut changed = bytes.clone();
            let at = at.index(bytes.len());
            match how {
                0 => changed[at] = byte,
                1 => changed.insert(at, byte),
                _ => drop(changed.remove(at)),
            }
            if let Ok((found, ..)) = records(&changed, &key()) {
                prop_assert!(found.len() <= all.len());
                prop_assert_eq!(&found, &all[..found.len()]);
                // Only the tail: at most the record that was changed and the one joined to it.
                prop_assert!(found.len() + 2 >= all.len() || changed == bytes);
            }
        }
    }

    /// A record that could not be written must not make half a line of the next one.
    #[test]
    fn a_failed_append_costs_one_record() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.journal");
        let mut journal = Journal::create(&path, &start(), &key()).unwrap();
        // Half a line arrived before the disk was full.
        std::io::Write::write_all(&mut *journal.file, b"0123456789abcdef {\"record\":\"en")
            .unwrap();
        journal.torn = true;
        let last = Record::Certified { certificate: "c".into() };
        journal.append(&last).unwrap();
        drop(journal);
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes, bytes_of(&with_start(vec![last])));
    }

    /// A full disk, as the kernel tells it.
    #[test]
    fn an_append_that_fails_says_so_and_is_remembered() {
        let Ok(full) = OpenOptions::new().append(true).open("/dev/full") else {
            return;
        };
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::create(&dir.path().join("a.journal"), &start(), &key()).unwrap();
        let file = Flock::lock(full, FlockArg::LockExclusiveNonblock).map_err(|(_, e)| e).unwrap();
        let mut journal = Journal { file, ..journal };
        let last = journal.last.clone();
        assert!(journal.append(&Record::Certified { certificate: "c".into() }).is_err());
        assert_eq!((journal.torn, journal.last), (true, last), "the chain does not move on");
    }

    #[test]
    fn an_existing_journal_is_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.journal");
        drop(Journal::create(&path, &start(), &key()).unwrap());
        let before = std::fs::read(&path).unwrap();
        assert!(Journal::create(&path, &start(), &key()).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn what_no_run_writes_is_damage() {
        let pass = |pass| Record::Checkpoint {
            pass,
            started_at: Timestamp::from_unix(0),
            written_bytes: 0,
            not_written: RangeList::default(),
            ranges: Vec::new(),
            retries: 0,
        };
        let first = || Record::Start(Box::new(start()));
        let newer = Record::Start(Box::new(Start { format: 2, ..start() }));
        let done = Record::PassDone(PassEvidence {
            pattern: Pass::Zeros,
            key: None,
            started_at: Timestamp::from_unix(0),
            ended_at: Timestamp::from_unix(0),
            written_bytes: 0,
            not_written: RangeList::default(),
            retries: 0,
            flushed: true,
            speed: Default::default(),
        });
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.journal");
        let open = |all: &[Record]| {
            std::fs::write(&path, bytes_of(all)).unwrap();
            Journal::open(&path, &key())
        };
        assert!(matches!(open(&[]), Ok(Opened::Empty)));
        assert!(matches!(open(&[first(), pass(0), done.clone()]), Ok(Opened::Found(..))));
        assert!(matches!(open(&[first(), done.clone(), pass(1)]), Ok(Opened::Found(..))));
        for wrong in [
            &[pass(0)][..],
            &[newer],
            &[first(), first()],
            &[first(), pass(1)],
            &[first(), done, pass(0)],
        ] {
            assert!(matches!(open(wrong), Err(JournalError::Damaged { .. })), "{wrong:?}");
        }
    }
}
