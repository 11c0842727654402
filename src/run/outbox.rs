//! The directory that `--out` names: where journals, certificates and reports go.
//!
//! A document is written to a temporary file, synced, renamed, and the directory synced. The
//! temporary file is made, with its room on the disk, before the first destructive step.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// Room that is reserved for one document, in bytes: more than the largest certificate.
pub const RESERVE: usize = 192 << 10;

/// A directory that was found fit to hold results.
#[derive(Debug, Clone)]
pub struct Outbox {
    directory: PathBuf,
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
        let tested = reserve(&probe);
        let removed = std::fs::remove_file(&probe);
        tested.and(removed).map_err(explain)?;
        Ok(Self { directory })
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

    /// Makes room for the document that will be called `name`.
    ///
    /// # Errors
    /// The directory is full or no longer writable.
    pub fn reserve(&self, name: &str) -> Result<(), OutboxError> {
        reserve(&self.temporary(name)).map_err(|error| self.error(&error))
    }

    /// Saves a document under `name`, using the room that was reserved for it if there is any.
    /// An existing file is never overwritten.
    ///
    /// # Errors
    /// A file of that name exists, or the directory cannot be written.
    pub fn save(&self, name: &str, content: &[u8]) -> Result<PathBuf, OutboxError> {
        let (temporary, target) = (self.temporary(name), self.path(name));
        let write = || -> std::io::Result<()> {
            if target.try_exists()? {
                return Err(std::io::ErrorKind::AlreadyExists.into());
            }
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(false).open(&temporary)?;
            // Over the reserved room, not after cutting it off: it may be the last there is.
            file.rewind()?;
            file.write_all(content)?;
            file.set_len(content.len() as u64)?;
            file.sync_all()?;
            std::fs::rename(&temporary, &target)?;
            File::open(&self.directory)?.sync_all()
        };
        write().map_err(|error| self.error(&error))?;
        Ok(target)
    }

    /// Gives back room that was reserved and not used.
    pub fn release(&self, name: &str) {
        // If it cannot be removed it stays as an empty promise, which harms nobody.
        let _ = std::fs::remove_file(self.temporary(name));
    }

    fn temporary(&self, name: &str) -> PathBuf {
        self.directory.join(format!(".{name}.tmp"))
    }

    fn error(&self, error: &std::io::Error) -> OutboxError {
        OutboxError { directory: self.directory.clone(), problem: explain(error) }
    }
}

/// Makes a file that takes up room, written and not only claimed: a hole reserves nothing.
fn reserve(path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
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
        use std::os::unix::fs::MetadataExt as _;
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
