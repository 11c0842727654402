//! What was begun on drives of this computer and cut off: journals in memory and on the stick.

use std::fs;
use std::io;
use std::path::Path;

use super::{LiveImage, OUTBOX};
use crate::cert::ending::{CERTIFICATE, STARTED};
use crate::live::{Contents, File};
use crate::model::Inventory;
use crate::run::{History, JournalKey, SUFFIX, Signer, Start};

/// A journal that is not finished.
#[derive(Clone)]
pub(super) struct Unfinished {
    pub(super) history: History,
    file: File,
}

impl LiveImage {
    /// The journals about drives in this computer that are not finished. What is in memory is newer than
    /// what is on the stick.
    pub(super) fn unfinished(&self, inventory: &Inventory) -> Vec<Unfinished> {
        let signer = self.signer();
        let key = signer.journal_key();
        let mut files = in_memory().unwrap_or_default();
        for file in self.on_stick() {
            if !files.iter().any(|newer| newer.name == file.name) {
                files.push(file.clone());
            }
        }
        let journals = files.into_iter().filter(|file| file.name.ends_with(SUFFIX));
        let known: Vec<Unfinished> = journals.filter_map(|file| read(file, &key)).collect();
        let is_open = |one: &&Unfinished| {
            let start = &one.history.start;
            let here = inventory.drives.iter().any(|d| d.identity.same_drive(&start.drive));
            // What has ended and is signed later waits for the office.
            let waits = one.history.end.is_some() && matches!(signer, Signer::Later);
            let later = known.iter().any(|other| {
                let other = &other.history.start;
                other.drive.same_drive(&start.drive) && other.run.started_at > start.run.started_at
            });
            let overtaken = |contents: &Contents| contents.is_overtaken(&start.stem);
            let later = later || self.contents.as_ref().is_some_and(overtaken);
            here && one.history.certified.is_none() && !waits && !later
        };
        known.iter().filter(is_open).cloned().collect()
    }

    /// Puts the journals of what was begun, the first records of sessions, and what was done in those
    /// before the power was cut among the results in memory: it is reported with the rest.
    pub(super) fn put_begun(&self, inventory: &Inventory) -> io::Result<()> {
        let found = self.unfinished(inventory);
        let sessions = self.on_stick().iter().filter(|file| file.name.ends_with(STARTED));
        let begun = found.iter().map(|one| &one.file);
        begun.chain(sessions).chain(self.done_beside(&found)).try_for_each(put)
    }

    /// The runs that were certified in the same sessions as what was begun, each with the digest of its
    /// certificate if that says that the drive is sanitized.
    pub(super) fn certified_with(&self, inventory: &Inventory) -> Vec<(Start, Option<String>)> {
        let (found, key) = (self.unfinished(inventory), self.signer().journal_key());
        let done = self.done_beside(&found).filter_map(|file| read(file.clone(), &key));
        let digest = |start: &Start| {
            let name = format!("{}{CERTIFICATE}", start.stem);
            let mut beside = self.done_beside(&found);
            let file = beside.find(|file| file.name.eq_ignore_ascii_case(&name))?;
            let certificate = self.station.as_ref()?.verify(&file.bytes).ok()?;
            let is_its = certificate.id() == format!("urn:uuid:{}", start.certificate_id);
            (is_its && certificate.is_sanitized()).then(|| certificate.digest().to_owned())
        };
        done.map(|one| (digest(&one.history.start), one.history.start))
            .map(|(digest, start)| (start, digest))
            .collect()
    }

    fn signer(&self) -> Signer<'_> {
        self.station.as_deref().map_or(Signer::Later, Signer::Station)
    }

    /// Journals and certificates of what was done in the sessions of these.
    fn done_beside<'a>(&'a self, found: &'a [Unfinished]) -> impl Iterator<Item = &'a File> {
        let contents = self.contents.iter();
        contents.flat_map(|c| found.iter().flat_map(|one| c.done_beside(&one.history.start.stem)))
    }

    /// The unfinished files that the stick had.
    fn on_stick(&self) -> &[File] {
        self.contents.as_ref().map(|contents| &contents.unfinished[..]).unwrap_or_default()
    }
}

/// What a journal says; nothing if it is none of this station's.
fn read(file: File, key: &JournalKey) -> Option<Unfinished> {
    let history = History::of(&file.bytes, key).ok()??;
    Some(Unfinished { history, file })
}

/// The journals in memory.
fn in_memory() -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(OUTBOX)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(SUFFIX) {
            files.push(File { name, bytes: fs::read(path)? });
        }
    }
    Ok(files)
}

/// Puts a file of the stick among the results in memory, unless it is there: what is there is newer.
fn put(file: &File) -> io::Result<()> {
    fs::create_dir_all(OUTBOX)?;
    let path = Path::new(OUTBOX).join(&file.name);
    if path.exists() { Ok(()) } else { fs::write(path, &file.bytes) }
}
