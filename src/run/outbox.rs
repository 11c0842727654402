//! The directory that `--out` names: where journals, certificates and reports go.
//!
//! A document is written to a temporary file, synced, renamed, and the directory synced. The
//! temporary file is made, with its room on the disk, before the first destructive step, and is
//! locked by whoever made it: one that nobody holds is left from a run that was killed.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::fcntl::{Flock, FlockArg};

use crate::cert::ending;

/// Room that is reserved for one document, in bytes: more than the largest certificate.
pub const RESERVE: usize = 192 << 10;

/// Another place that is to have what an outbox has, for one that a power cut empties.
pub trait Mirror: Send + Sync + std::fmt::Debug {
    /// Returns when everything is there, or cannot be.
    fn now(&self);
    /// Something new may be copied; returns at once.
    fn soon(&self);
}

/// A directory that was found fit to hold results.
#[derive(Debug)]
pub struct Outbox {
    directory: PathBuf,
    mirror: Option<Box<dyn Mirror>>,
    /// The room that was reserved, by the name it is for.
    rooms: Mutex<HashMap<String, Flock<File>>>,
}

/// The place for results cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("--out {}: {problem}", directory.display())]
pub struct OutboxError {
    directory: PathBuf,
    problem: String,
}

impl Outbox {
    /// Opens a directory and tests that files can be made in it.
    ///
    /// # Errors
    /// It does not exist, is not a directory, is read-only, full, or not permitted.
    pub fn open(directory: &Path) -> Result<Self, OutboxError> {
        let fail = |problem: String| OutboxError { directory: directory.to_owned(), problem };
        let explain = |error: std::io::Error| fail(explain(&error));
        match std::fs::metadata(directory) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(fail("there is no such directory; make it first.".to_owned()));
            }
            Err(error) => return Err(explain(error)),
            Ok(found) if !found.is_dir() => {
                return Err(fail("is not a directory; name one.".to_owned()));
            }
            Ok(_) => {}
        }
        let directory = directory.canonicalize().map_err(explain)?;
        let probe = directory.join(format!(".nulstil-probe-{}", std::process::id()));
        probe_with(&probe).map_err(explain)?;
        Ok(Self { directory, mirror: None, rooms: Mutex::default() })
    }

    /// The same, with another place that is to have what it has.
    #[must_use]
    pub fn mirrored(self, mirror: Box<dyn Mirror>) -> Self {
        Self { mirror: Some(mirror), ..self }
    }

    /// See [`Mirror::now`].
    pub(super) fn mirror_now(&self) {
        if let Some(mirror) = &self.mirror {
            mirror.now();
        }
    }

    /// Where it is; absolute.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The path of a file in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Makes room for the document that will be called `name`, written and not only claimed: a
    /// hole reserves nothing.
    ///
    /// # Errors
    /// The directory is full or no longer writable.
    pub fn reserve(&self, name: &str) -> Result<(), OutboxError> {
        let room = || -> std::io::Result<Flock<File>> {
            let mut room = self.room(name)?;
            room.set_len(0)?;
            fill(&mut room)?;
            Ok(room)
        };
        let room = room().map_err(|error| self.error(&error))?;
        self.rooms().insert(name.to_owned(), room);
        Ok(())
    }

    /// Saves a document under `name`, using the room that was reserved for it if there is any.
    /// An existing file is never overwritten.
    ///
    /// # Errors
    /// A file of that name exists, or the directory cannot be written.
    pub fn save(&self, name: &str, content: &[u8]) -> Result<PathBuf, OutboxError> {
        let target = self.path(name);
        let write = || -> std::io::Result<()> {
            if target.try_exists()? {
                return Err(std::io::ErrorKind::AlreadyExists.into());
            }
            let reserved = self.rooms().remove(name);
            let mut room = reserved.map_or_else(|| self.room(name), Ok)?;
            // Over the reserved room, not after cutting it off: it may be the last there is.
            room.rewind()?;
            room.write_all(content)?;
            room.set_len(content.len() as u64)?;
            room.sync_all()?;
            std::fs::rename(self.temporary(name), &target)?;
            File::open(&self.directory)?.sync_all()
        };
        write().map_err(|error| self.error(&error))?;
        if let Some(mirror) = &self.mirror {
            mirror.soon();
        }
        Ok(target)
    }

    /// Gives back room that was reserved and not used.
    pub fn release(&self, name: &str) {
        // If it cannot be removed it stays as an empty promise, which harms nobody.
        let _ = std::fs::remove_file(self.temporary(name));
        self.rooms().remove(name);
    }

    /// Removes what runs that were killed had begun to save: temporary files that nobody holds.
    pub fn sweep(&self) {
        let Ok(entries) = std::fs::read_dir(&self.directory) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let ours = name.to_str().and_then(|name| name.strip_prefix('.')?.strip_suffix(".tmp"));
            let ours = ours.is_some_and(|name| {
                ending::ALL.iter().chain([&ending::PAGE]).any(|ending| name.ends_with(ending))
            });
            // A link or a pipe of that name is not ours, and opening it could take for ever.
            if !ours || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
                continue;
            }
            let Ok(file) = OpenOptions::new().write(true).open(entry.path()) else { continue };
            if let Ok(_held) = Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    /// The temporary file of `name`, made if need be, and locked.
    fn room(&self, name: &str) -> std::io::Result<Flock<File>> {
        let path = self.temporary(name);
        loop {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
            let file = Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| errno)?;
            // Another process may have swept it away before it was locked.
            let there = std::fs::metadata(&path).ok().map(|there| (there.dev(), there.ino()));
            let ours = file.metadata()?;
            if there == Some((ours.dev(), ours.ino())) {
                return Ok(file);
            }
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<String, Flock<File>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn temporary(&self, name: &str) -> PathBuf {
        self.directory.join(format!(".{name}.tmp"))
    }

    fn error(&self, error: &std::io::Error) -> OutboxError {
        OutboxError { directory: self.directory.clone(), problem: explain(error) }
    }
}

/// Tests whether so much can be written. The file has no name any more when that takes its time:
/// nothing is left if the program is killed.
fn probe_with(path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    std::fs::remove_file(path)?;
    fill(&mut file)
}

fn fill(file: &mut File) -> std::io::Result<()> {
    file.write_all(&vec![0x20; RESERVE])?;
    file.sync_all()
}

fn explain(error: &std::io::Error) -> String {
    use std::io::ErrorKind as Kind;
    match error.kind() {
        Kind::StorageFull | Kind::QuotaExceeded => {
            "there is no room left; free some or name another place.".to_owned()
        }
        Kind::ReadOnlyFilesystem => {
            "it is read-only; make it writable or name another place.".to_owned()
        }
        Kind::PermissionDenied => {
            "it must not be written by this user; name another place.".to_owned()
        }
        Kind::AlreadyExists => "a file of that name is already there.".to_owned(),
        _ => format!("{error}; name another place."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(outbox: &Outbox) -> Vec<String> {
        let entries = std::fs::read_dir(outbox.directory()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_document_bears_its_name_only_when_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(dir.path()).unwrap();
        assert_eq!(names(&outbox), [] as [&str; 0], "the probe is gone");
        outbox.reserve("a.cert.json").unwrap();
        assert_eq!(names(&outbox), [".a.cert.json.tmp"], "no temporary file ends in .cert.json");
        let reserved = std::fs::metadata(outbox.path(".a.cert.json.tmp")).unwrap();
        assert_eq!(reserved.len(), RESERVE as u64);
        // The room is used, not given back first: the inode stays the same.
        let saved = outbox.save("a.cert.json", b"one").unwrap();
        assert_eq!(std::fs::metadata(&saved).unwrap().ino(), reserved.ino());
        assert_eq!(
            (names(&outbox), std::fs::read(&saved).unwrap()),
            (vec!["a.cert.json".to_owned()], b"one".to_vec())
        );
    }

    #[test]
    fn nothing_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(dir.path()).unwrap();
        let saved = outbox.save("a.cert.json", b"one").unwrap();
        let error = outbox.save("a.cert.json", b"two").unwrap_err().to_string();
        assert!(error.contains("already there"), "{error}");
        assert_eq!(std::fs::read(saved).unwrap(), b"one");
        assert_eq!(names(&outbox), ["a.cert.json"]);
    }

    #[test]
    fn room_that_is_not_used_is_given_back() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(dir.path()).unwrap();
        outbox.reserve("a.cert.json").unwrap();
        outbox.release("a.cert.json");
        outbox.release("a.cert.json");
        assert_eq!(names(&outbox), [] as [&str; 0]);
        // What is larger than the room is whole all the same.
        outbox.reserve("b.cert.json").unwrap();
        let large = vec![b'x'; RESERVE + 1];
        assert_eq!(std::fs::read(outbox.save("b.cert.json", &large).unwrap()).unwrap(), large);
    }

    /// What a killed run leaves behind is nobody's; what another run is about to save is its own.
    #[test]
    fn only_what_nobody_holds_is_swept_away() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (Outbox::open(dir.path()).unwrap(), Outbox::open(dir.path()).unwrap());
        let left = [".a.start.json.tmp", ".b.cert.json.tmp", ".c.machine.json.tmp"];
        let strangers = [".d.tmp", "e.start.json.tmp", "f.cert.json"];
        for name in left.iter().chain(&strangers) {
            std::fs::write(one.path(name), b"x").unwrap();
        }
        std::fs::create_dir(one.path(".g.cert.json.tmp")).unwrap();
        one.reserve("held.cert.json").unwrap();
        other.sweep();
        let stay = [".d.tmp", ".g.cert.json.tmp", ".held.cert.json.tmp"];
        assert_eq!(names(&one), [&stay[..], &strangers[1..]].concat());
        one.save("held.cert.json", b"one").unwrap();
        one.reserve("given-back.cert.json").unwrap();
        drop(one);
        other.sweep();
        assert_eq!(names(&other), [&stay[..2], &strangers[1..], &["held.cert.json"]].concat());
    }

    #[test]
    fn what_is_no_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, b"").unwrap();
        for (path, word) in [(dir.path().join("none"), "make it first"), (file, "not a directory")]
        {
            let error = Outbox::open(&path).unwrap_err().to_string();
            assert!(error.contains(word) && error.contains(path.to_str().unwrap()), "{error}");
        }
    }
}
