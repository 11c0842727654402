//! `nulstil verify --complete`: whether anything is missing among the documents that were judged.

use std::collections::HashSet;
use std::path::Path;

use serde_json::json;

use super::Stop;
use super::console::Console;
use super::log::{Log, signers};
use crate::cert::{Entry, Trust, VerifiedCertificate, gaps};
use crate::log::Hash;

/// How many entries of a log are named one by one.
const NAMED: usize = 10;

/// What is kept of an authentic document.
pub(super) struct Document {
    entry: Option<Entry>,
    leaf: Hash,
}

impl Document {
    pub(super) fn of(name: &str, document: &VerifiedCertificate) -> Self {
        Self { entry: Entry::of(name.to_owned(), document), leaf: *document.leaf() }
    }
}

/// All authentic documents.
#[derive(Default)]
pub(super) struct Known {
    entries: Vec<Entry>,
    leaves: HashSet<Hash>,
}

impl Extend<Document> for Known {
    fn extend<I: IntoIterator<Item = Document>>(&mut self, documents: I) {
        for document in documents {
            self.entries.extend(document.entry);
            self.leaves.insert(document.leaf);
        }
    }
}

impl Known {
    /// Says everything that is missing, doubled or in the wrong order; whether that is nothing.
    pub(super) fn complete(
        &self,
        console: &Console,
        log: Option<&Path>,
        trust: &Trust,
    ) -> Result<bool, Stop> {
        let gaps = gaps(&self.entries);
        for gap in &gaps {
            let sentence = gap.to_string();
            console.json(&json!({ "event": "gap", "gap": gap, "reason": sentence }));
            console.error(&format!("{sentence}."));
        }
        let logged = match log {
            None => true,
            Some(folder) => self.same_as(console, folder, trust)?,
        };
        Ok(gaps.is_empty() && logged)
    }

    /// Compares with the office's log, both ways.
    fn same_as(&self, console: &Console, folder: &Path, trust: &Trust) -> Result<bool, Stop> {
        let log = Log::read(folder)?;
        let (note, checkpoint) = log.signed(folder)?;
        let witnessed = signers(trust, note, checkpoint)?;
        // Anyone can add lines after what was signed.
        let signed = usize::try_from(checkpoint.size).ok();
        let signed = signed.and_then(|size| log.leaves.hashes().get(..size)).unwrap_or_default();
        let missing: Vec<usize> = (signed.iter().enumerate())
            .filter(|(_, leaf)| !self.leaves.contains(*leaf))
            .map(|(index, _)| index)
            .collect();
        let listed: HashSet<&Hash> = signed.iter().collect();
        let unlisted = self.leaves.iter().filter(|leaf| !listed.contains(leaf)).count();
        console.json(&json!({
            "event": "log", "log": checkpoint.origin, "entries": checkpoint.size,
            "witnessed": witnessed, "missing": missing, "notInLog": unlisted,
        }));
        match witnessed.first() {
            Some(seen) => console.remark(&format!(
                "{} saw {} entries of the log {} on {}; what came after that is not in them.",
                seen.by, checkpoint.size, checkpoint.origin, seen.at
            )),
            None => console.error(&format!(
                "No witness has signed the log {}, so its keeper alone could have left anything \
                 out; let the municipality sign it too.",
                checkpoint.origin
            )),
        }
        if let Some(first) = missing.get(..missing.len().min(NAMED)).filter(|f| !f.is_empty()) {
            let first: Vec<String> = first.iter().map(ToString::to_string).collect();
            let more = if missing.len() > NAMED { ", ..." } else { "" };
            console.error(&format!(
                "{} entries of the log {} are missing here: {}{more}.",
                missing.len(),
                checkpoint.origin,
                first.join(", ")
            ));
        }
        if unlisted > 0 {
            console.error(&format!(
                "{unlisted} documents here are not in the log {} as it was signed; append them and make a checkpoint, or \
                 ask why.",
                checkpoint.origin
            ));
        }
        Ok(missing.is_empty() && unlisted == 0 && !witnessed.is_empty())
    }
}
