//! What was begun on drives of this computer and cut off: journals in memory and on the stick.

use std::fs;
use std::io;
use std::path::Path;

use super::{LiveImage, OUTBOX};
use crate::cert::ending::STARTED;
use crate::live::{Contents, File};
use crate::model::Inventory;
use crate::run::{History, SUFFIX, Signer};

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
        let signer = self.station.as_deref().map_or(Signer::Later, Signer::Station);
        let key = signer.journal_key();
        let mut files = in_memory().unwrap_or_default();
        for file in self.on_stick() {
            if !files.iter().any(|newer| newer.name == file.name) {
                files.push(file.clone());
            }
        }
        let journals = files.into_iter().filter(|file| file.name.ends_with(SUFFIX));
        let known: Vec<Unfinished> = journals
            .filter_map(|file| Some((History::of(&file.bytes, &key).ok()??, file)))
            .map(|(history, file)| Unfinished { history, file })
            .collect();
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

    /// Puts the journals of what was begun, and the first records of sessions, among the results in
    /// memory.
    pub(super) fn put_begun(&self, inventory: &Inventory) -> io::Result<()> {
        let found = self.unfinished(inventory);
        let sessions = self.on_stick().iter().filter(|file| file.name.ends_with(STARTED));
        found.iter().map(|one| &one.file).chain(sessions).try_for_each(put)
    }

    /// The unfinished files that the stick had.
    fn on_stick(&self) -> &[File] {
        self.contents.as_ref().map(|contents| &contents.unfinished[..]).unwrap_or_default()
    }
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
