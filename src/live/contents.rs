//! What is read from the stick at the start, all at once: it may be pulled afterwards.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use crate::cert::ending::{self, CERTIFICATE, MACHINE, STARTED};
use crate::model::Timestamp;
use crate::run::{SUFFIX, what};

/// The most that is read of a key, a job or the configuration, and of a journal, in bytes.
const SMALL: u64 = super::config::LARGEST as u64;
const JOURNAL: u64 = 16 << 20;

/// The most that is read of all journals together, in bytes: a computer may have 512 MiB.
const TOGETHER: usize = 32 << 20;

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
    /// Journals and certificates of drives that were done in a session without an end: whoever goes on
    /// with the others reports on these, too.
    pub done: Vec<File>,
    /// Unfinished journals were left out, because one is too large or all are together.
    pub too_much: bool,
    /// The names of all results, which tell when a run began and with which drive.
    pub results: Vec<String>,
    /// When the newest run on the stick began, by its file's name.
    pub newest: Option<Timestamp>,
}

impl Contents {
    /// A file in `keys`.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&File> {
        self.keys.iter().find(|file| file.name.eq_ignore_ascii_case(name))
    }

    /// Whether there is a result of a run with the same drive that began after the run whose results'
    /// names begin with `stem`: what is on the drive by now is not what that run was to erase.
    #[must_use]
    pub fn is_overtaken(&self, stem: &str) -> bool {
        let Some((then, drive)) = parts(stem) else { return false };
        let parts = |name: &String| parts(name.split('.').next()?).map(|(t, d)| (t, d.to_owned()));
        self.results.iter().filter_map(parts).any(|(time, other)| other == drive && time > then)
    }

    /// What is [`Self::done`] of the session in which the run began whose results' names begin with
    /// `stem`. The names of a session all begin with the time at which it began.
    pub fn done_beside(&self, stem: &str) -> impl Iterator<Item = &File> {
        self.done.iter().filter(move |file| time(&file.name) == time(stem))
    }

    /// Whether there is a certificate about the drive with this serial number of a run that began at
    /// `since` or later.
    #[must_use]
    pub fn has_certificate(&self, serial: &str, since: Timestamp) -> bool {
        let what = what(serial);
        let begun = |name: &str| {
            let (time, drive) = parts(ending::strip(name, CERTIFICATE)?)?;
            (drive == what).then_some(time)
        };
        self.results.iter().filter_map(|name| begun(name)).any(|time| time >= since)
    }
}

/// When a run began and with which drive, from what the names of its results begin with.
fn parts(stem: &str) -> Option<(Timestamp, &str)> {
    let (time, rest) = stem.split_once('-')?;
    let (drive, _) = rest.rsplit_once('-')?;
    Some((begun(&format!("{time}-{SUFFIX}"))?, drive))
}

/// The time in a result's name, as it stands there.
fn time(name: &str) -> &str {
    name.split('-').next().unwrap_or(name)
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
    let unfinished = names.iter().rev().filter(|name| {
        let journal = ending::strip(name, SUFFIX).is_some_and(|stem| !has(stem, CERTIFICATE));
        let session = ending::strip(name, STARTED).is_some_and(|stem| !has(stem, MACHINE));
        journal || session
    });
    // Newest first: those that nobody went on with for long are what is left out.
    let (mut read, mut too_much, mut total) = (Vec::new(), false, 0);
    for name in unfinished {
        let file = file(&results, name, JOURNAL)?;
        // Only its beginning was read, which tells of another run than the whole.
        if file.bytes.len() as u64 > JOURNAL {
            too_much = true;
            continue;
        }
        total += file.bytes.len();
        if total > TOGETHER {
            too_much = true;
            break;
        }
        read.push(file);
    }
    read.reverse();
    let is_open = |name: &&String| ending::strip(name, STARTED).is_some_and(|s| !has(s, MACHINE));
    let open: Vec<_> = names.iter().filter(is_open).map(|name| time(name)).collect();
    let mut done = Vec::new();
    for name in names.iter().filter(|name| open.contains(&time(name))) {
        let stem = ending::strip(name, SUFFIX).or(ending::strip(name, CERTIFICATE));
        if total <= TOGETHER && stem.is_some_and(|stem| has(stem, CERTIFICATE)) {
            let file = file(&results, name, JOURNAL)?;
            total += file.bytes.len();
            done.push(file);
        }
    }
    Ok(Contents {
        config,
        keys: files(&root.join("keys"), |_| true)?,
        jobs: files(&root.join("jobs"), |name| ending::strip(name, ".job.json").is_some())?,
        unfinished: read,
        done,
        too_much,
        newest: names.iter().filter_map(|name| begun(name)).max(),
        results: names,
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

/// The beginning of a file, and a byte more than the most that is believed: a longer one is found
/// wrong by whoever reads it.
fn small(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(largest.saturating_add(1)).read_to_end(&mut bytes)?;
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
        assert!(contents.done.is_empty(), "{:?}", contents.done);
    }

    /// One of two drives was done when the power was cut.
    #[test]
    fn what_was_done_in_a_session_that_goes_on_is_read_too() {
        let dir = tempfile::tempdir().unwrap();
        let results = dir.path().join("certificates");
        fs::create_dir_all(&results).unwrap();
        let cut =
            ["PC-a.start.json", "S1-b.journal", "S1-b.cert.json", "S1-b.cert.pdf", "S2-c.journal"];
        let other = ["PC-d.start.json", "PC-d.machine.json", "S1-e.journal", "S1-e.cert.json"];
        let names = cut.iter().map(|name| format!("20261123T154630Z-{name}"));
        let names = names.chain(other.iter().map(|name| format!("20261123T154629Z-{name}")));
        names.for_each(|name| fs::write(results.join(name), "").unwrap());
        let contents = read(dir.path()).unwrap();
        let of = |stem| contents.done_beside(stem).map(|f| f.name.as_str()).collect::<Vec<_>>();
        assert_eq!(
            of("20261123T154630Z-S2-c"),
            ["20261123T154630Z-S1-b.cert.json", "20261123T154630Z-S1-b.journal"]
        );
        assert_eq!(of("20261123T154629Z-S1-e"), [""; 0]);
        assert_eq!(contents.unfinished.len(), 2, "{:?}", contents.unfinished);
    }

    /// By the names of the results: what was certified since is as good a reason not to go on as what
    /// was not.
    #[test]
    fn a_later_run_with_the_same_drive_is_known() {
        let names =
            ["20261123T154630Z-S-1-aa.cert.json", "20261125T000000Z-S2-bb.journal", "notes.txt"];
        let results = names.map(str::to_owned).to_vec();
        let contents = Contents { results, ..Contents::default() };
        assert!(contents.is_overtaken("20261123T154629Z-S-1-cc"));
        assert!(contents.is_overtaken("20261124T000000Z-S2-cc"));
        assert!(!contents.is_overtaken("20261123T154630Z-S-1-aa"), "itself");
        assert!(!contents.is_overtaken("20261123T154629Z-S-cc"), "another drive");
        let at = |text: &str| text.parse().unwrap();
        assert!(
            contents.has_certificate("S 1".replace(' ', "-").as_str(), at("2026-11-23T15:46:30Z"))
        );
        assert!(!contents.has_certificate("S-1", at("2026-11-23T15:46:31Z")));
        assert!(!contents.has_certificate("S2", at("2026-11-23T00:00:00Z")), "a journal is none");
    }

    /// A journal that is not read to its end lacks what happened last, and would pass for one that a
    /// power cut ended there.
    #[test]
    fn a_journal_that_is_too_large_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let results = dir.path().join("certificates");
        fs::create_dir_all(&results).unwrap();
        for (name, more) in [("20261110T000000Z-S-a", 0), ("20261111T000000Z-S-b", 1)] {
            let file = fs::File::create(results.join(format!("{name}{SUFFIX}")));
            file.unwrap().set_len(JOURNAL + more).unwrap();
        }
        let contents = read(dir.path()).unwrap();
        let names: Vec<_> = contents.unfinished.iter().map(|file| file.name.clone()).collect();
        assert!(contents.too_much);
        assert_eq!(names, ["20261110T000000Z-S-a.journal"]);
    }

    #[test]
    fn the_oldest_journals_are_left_out_when_they_are_too_large_together() {
        let dir = tempfile::tempdir().unwrap();
        let results = dir.path().join("certificates");
        fs::create_dir_all(&results).unwrap();
        for day in 10..14 {
            let file = fs::File::create(results.join(format!("202611{day}T000000Z-S-a.journal")));
            file.unwrap().set_len(JOURNAL - 1).unwrap();
        }
        let contents = read(dir.path()).unwrap();
        let names: Vec<_> = contents.unfinished.iter().map(|file| file.name.clone()).collect();
        assert!(contents.too_much);
        assert_eq!(names, ["20261112T000000Z-S-a.journal", "20261113T000000Z-S-a.journal"]);
    }
}
