//! `nulstil verify --complete`: whether anything is missing among the documents that were judged.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde_json::json;

use super::Stop;
use super::console::Console;
use super::log::{Log, signers};
use crate::cert::{CLOCK_SLACK, Entry, Trust, VerifiedCertificate, gaps};
use crate::log::Hash;
use crate::model::Timestamp;

/// How many entries of a log are named one by one.
const NAMED: usize = 10;

/// Whether anything is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Completeness {
    /// Nothing that leaves a gap; with a log nothing at all, until a witness saw it last. Of what
    /// came after that nobody says anything.
    Complete { until: Option<Timestamp> },
    /// Something is missing, or cannot be told.
    Incomplete,
}

/// What is kept of an authentic document.
pub(super) struct Document {
    entry: Option<Entry>,
    leaf: Hash,
    issued: Timestamp,
}

impl Document {
    pub(super) fn of(name: &str, document: &VerifiedCertificate) -> Self {
        Self {
            entry: Entry::of(name.to_owned(), document),
            leaf: *document.leaf(),
            issued: document.issued(),
        }
    }
}

/// All authentic documents.
#[derive(Default)]
pub(super) struct Known {
    entries: Vec<Entry>,
    /// When each was issued.
    leaves: HashMap<Hash, Timestamp>,
}

impl Extend<Document> for Known {
    fn extend<I: IntoIterator<Item = Document>>(&mut self, documents: I) {
        for document in documents {
            self.entries.extend(document.entry);
            self.leaves.insert(document.leaf, document.issued);
        }
    }
}

impl Known {
    /// Says everything that is missing, doubled or in the wrong order.
    pub(super) fn complete(
        &self,
        console: &Console,
        log: Option<&Path>,
        trust: &Trust,
    ) -> Result<Completeness, Stop> {
        let gaps = gaps(&self.entries);
        for gap in &gaps {
            let sentence = gap.to_string();
            console.json(&json!({ "event": "gap", "gap": gap, "reason": sentence }));
            console.error(&format!("{sentence}."));
        }
        let logged = match log {
            None => Completeness::Complete { until: None },
            Some(folder) => self.same_as(console, folder, trust)?,
        };
        Ok(if gaps.is_empty() { logged } else { Completeness::Incomplete })
    }

    /// Compares with the office's log, both ways.
    fn same_as(
        &self,
        console: &Console,
        folder: &Path,
        trust: &Trust,
    ) -> Result<Completeness, Stop> {
        let log = Log::read(folder)?;
        let (note, checkpoint) = log.signed(folder)?;
        let witnessed = signers(console, trust, note, checkpoint)?;
        // The earliest claims the least.
        let until = witnessed.first().map(|seen| seen.at);
        // Anyone can add lines after what was signed.
        let signed = usize::try_from(checkpoint.size).ok();
        let whole = log.leaves.hashes();
        let (signed, added) = signed.and_then(|at| whole.split_at_checked(at)).unwrap_or_default();
        let unsigned = added.iter().filter(|leaf| !self.leaves.contains_key(*leaf)).count();
        let missing: Vec<usize> = (signed.iter().enumerate())
            .filter(|(_, leaf)| !self.leaves.contains_key(*leaf))
            .map(|(index, _)| index)
            .collect();
        let listed: HashSet<&Hash> = signed.iter().collect();
        let after = |issued: &Timestamp, slack| until.is_some_and(|at| *issued > at.plus(slack));
        let (mut unlisted, mut later, mut impossible) = (0_u64, 0_u64, 0_u64);
        for (leaf, issued) in &self.leaves {
            match listed.contains(leaf) {
                // Nobody saw it a day before it was issued: one of the clocks is wrong.
                true => impossible += u64::from(after(issued, CLOCK_SLACK)),
                false if after(issued, 0) => later += 1,
                false => unlisted += 1,
            }
        }
        console.json(&json!({
            "event": "log", "log": checkpoint.origin, "entries": checkpoint.size,
            "witnessed": witnessed, "missing": missing, "notInLog": unlisted,
            "notCovered": later, "seenBeforeIssued": impossible, "missingUnsigned": unsigned,
        }));
        let origin = &checkpoint.origin;
        tell_missing(console, origin, &missing);
        tell_unlisted(console, origin, unlisted);
        let Some(seen) = witnessed.first() else {
            console.error(&format!(
                "No witness has signed the log {origin}, so its keeper alone could have left \
                 anything out; let the municipality sign it too."
            ));
            return Ok(Completeness::Incomplete);
        };
        let (by, at) = (&seen.by, seen.at);
        console.remark(&format!(
            "{by} saw {} entries of the log {origin} on {at}; of what came after that it says \
             nothing.",
            checkpoint.size
        ));
        if later > 0 {
            console.error(&format!(
                "{later} documents here were issued after {at}, when {by} saw the log {origin} \
                 last, and are not covered: more of that time may be missing; ask for the newest \
                 log."
            ));
        }
        if impossible > 0 {
            console.error(&format!(
                "{impossible} documents here were in the log {origin} more than a day before they \
                 say that they were issued, by {by}'s clock of {at}: one of the clocks is wrong; \
                 ask why."
            ));
        }
        if unsigned > 0 {
            console.error(&format!(
                "{unsigned} newer entries of the log {origin}, not signed yet, are missing here; \
                 ask for what they are, and for the newest log."
            ));
        }
        let nothing = missing.is_empty() && (unlisted, later, impossible, unsigned) == (0, 0, 0, 0);
        Ok(if nothing { Completeness::Complete { until } } else { Completeness::Incomplete })
    }
}

fn tell_missing(console: &Console, origin: &str, missing: &[usize]) {
    if missing.is_empty() {
        return;
    }
    let first: Vec<String> = missing.iter().take(NAMED).map(ToString::to_string).collect();
    let more = if missing.len() > NAMED { ", ..." } else { "" };
    console.error(&format!(
        "{} entries of the log {origin} are missing here: {}{more}.",
        missing.len(),
        first.join(", ")
    ));
}

fn tell_unlisted(console: &Console, origin: &str, unlisted: u64) {
    if unlisted > 0 {
        console.error(&format!(
            "{unlisted} documents here are not in the log {origin} as it was signed; append them \
             and make a checkpoint, or ask why."
        ));
    }
}
