//! What is read from the stick at the start, all at once: it may be pulled afterwards.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use crate::cert::ending::{self, CERTIFICATE, MACHINE, STARTED};
use crate::model::Timestamp;
use crate::run::SUFFIX;

/// The most that is read of a key, a job or the configuration, and of a journal, in bytes.
const SMALL: u64 = 64 << 10;
const JOURNAL: u64 = 16 << 20;

/// A file on the stick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What a run needs of the stick.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The text of `nulstil.toml`.
    pub config: Option<String>,
    /// The files in `keys`.
    pub keys: Vec<File>,
    /// The `*.job.json` in `jobs`.
    pub jobs: Vec<File>,
    /// Journals without a certificate, and first records of sessions without an end.
    pub unfinished: Vec<File>,
    /// When the newest run on the stick began, by its file's name.
    pub newest: Option<Timestamp>,
}

impl Contents {
    /// A file in `keys`.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&File> {
        self.keys.iter().find(|file| file.name.eq_ignore_ascii_case(name))
    }
}

/// Reads a stick that is mounted at `root`.
pub(super) fn read(root: &Path) -> io::Result<Contents> {
    let config = match fs::metadata(root.join("nulstil.toml")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        _ => Some(text(&small(&root.join("nulstil.toml"), SMALL)?)),
    };
    let results = root.join("certificates");
    let names = names(&results)?;
    let has =
        |stem: &str, end: &str| names.iter().any(|name| ending::strip(name, end) == Some(stem));
    let unfinished = names.iter().filter(|name| {
        let journal = ending::strip(name, SUFFIX).is_some_and(|stem| !has(stem, CERTIFICATE));
        let session = ending::strip(name, STARTED).is_some_and(|stem| !has(stem, MACHINE));
        journal || session
    });
    Ok(Contents {
        config,
        keys: files(&root.join("keys"), |_| true)?,
        jobs: files(&root.join("jobs"), |name| ending::strip(name, ".job.json").is_some())?,
        unfinished: unfinished
            .map(|name| file(&results, name, JOURNAL))
            .collect::<io::Result<_>>()?,
        newest: names.iter().filter_map(|name| begun(name)).max(),
    })
}

/// When the run began whose file has this name: `20261123T154630Z-...`.
fn begun(name: &str) -> Option<Timestamp> {
    let ours = ending::is(name, &ending::SESSION) || ending::is(name, &[SUFFIX]);
    let part = |from: usize, to: usize| name.get(from..to);
    let text = format!(
        "{}-{}-{}{}:{}:{}",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 11)?,
        part(11, 13)?,
        part(13, 16)?
    );
    ours.then(|| text.parse().ok())?
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The names of the files in a folder, in order; none if there is no such folder.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.extend(entry.file_name().into_string().ok());
        }
    }
    names.sort();
    Ok(names)
}

fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> io::Result<Vec<File>> {
    // What Windows and macOS leave behind begins with a dot.
    let names = names(folder)?.into_iter().filter(|name| !name.starts_with('.') && wanted(name));
    names.map(|name| file(folder, &name, SMALL)).collect()
}

fn file(folder: &Path, name: &str, largest: u64) -> io::Result<File> {
    Ok(File { name: name.to_owned(), bytes: small(&folder.join(name), largest)? })
}

/// The beginning of a file: a longer one is none of those that are read here, and is found wrong by
/// whoever reads it.
fn small(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(largest).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_a_run_needs_is_read() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), Contents::default(), "an empty stick is no error");
        let put = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("nulstil.toml", "language = \"da\"");
        put("keys/STATION.KEY", "key");
        put("keys/._station.key", "of macOS");
        put("jobs/README.txt", "no job");
        put("jobs/monday.job.json", "{}");
        for name in [
            "20261123T154630Z-S1-a.journal",
            "20261123T154630Z-S1-a.cert.json",
            "20261124T000000Z-S2-b.journal",
            "20261124T000000Z-PC-c.start.json",
            "20261123T000000Z-PC-d.start.json",
            "20261123T000000Z-PC-d.machine.json",
            "29990101T000000Z.txt",
            "99999999T999999Z-x.journal",
        ] {
            put(&format!("certificates/{name}"), name);
        }
        let contents = read(dir.path()).unwrap();
        assert_eq!(contents.config.as_deref(), Some("language = \"da\""));
        assert_eq!(contents.key("station.key").unwrap().bytes, b"key");
        assert_eq!(contents.keys.len(), 1);
        let names = |files: &[File]| files.iter().map(|f| f.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&contents.jobs), ["monday.job.json"]);
        assert_eq!(
            names(&contents.unfinished),
            [
                "20261124T000000Z-PC-c.start.json",
                "20261124T000000Z-S2-b.journal",
                "99999999T999999Z-x.journal"
            ]
        );
        assert_eq!(contents.newest.unwrap().to_string(), "2026-11-24T00:00:00Z");
    }
}
