//! What `verify` judges: files, what lies in folders and ZIPs, and what PDFs carry. One after the
//! other, so that a folder or a ZIP of any size takes no more memory than a part of it.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::files::{What, find, read_beginning};
use super::log::PROOF;
use crate::bundle::{Archive, Fault, Packed, pdf};
use crate::cert::ending::{self, PAGE};
use crate::cert::profile::MAX_BYTES;

/// The ending of archives in a folder.
const ARCHIVE: &str = ".zip";

/// What every ZIP begins with, an empty one included.
const ZIP_MARKS: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// One document to be judged, not yet read as far as that can wait.
pub(super) struct Source {
    /// What a person calls it: its file, or `batch.zip!certs/x.cert.json`.
    pub(super) name: String,
    content: Content,
}

enum Content {
    File(PathBuf),
    Entry { document: Packed, proof: Option<Result<Packed, Fault>> },
    Unread(String),
}

impl Source {
    /// Whether its name says that it is a trust list.
    pub(super) fn is_list(&self) -> bool {
        ending::is(&self.name, &[ending::TRUST_LIST])
    }

    /// The document's bytes.
    pub(super) fn read(&self) -> Result<Vec<u8>, String> {
        let said = |fault: Fault| fault.to_string();
        let bytes = match &self.content {
            Content::File(path) => read_beginning(path)?,
            Content::Entry { document, .. } => document.unpack().map_err(said)?,
            Content::Unread(reason) => return Err(reason.clone()),
        };
        if ending::is(&self.name, &[".pdf"]) || bytes.starts_with(b"%PDF-") {
            return pdf::attached(&bytes, MAX_BYTES).map_err(said);
        }
        Ok(bytes)
    }

    /// The proof that lies beside it; what cannot be read is empty.
    pub(super) fn proof(&self) -> Option<Vec<u8>> {
        match &self.content {
            Content::File(path) => {
                let beside = path.with_extension(PROOF);
                beside.exists().then(|| read_beginning(&beside).unwrap_or_default())
            }
            Content::Entry { proof: Some(proof), .. } => {
                Some(proof.clone().and_then(|proof| proof.unpack()).unwrap_or_default())
            }
            _ => None,
        }
    }

    /// How many bytes it keeps in memory.
    pub(super) fn held(&self) -> usize {
        match &self.content {
            Content::Entry { document, proof } => {
                let proof = proof.as_ref().and_then(|proof| proof.as_ref().ok());
                document.len() + proof.map_or(0, Packed::len)
            }
            _ => 0,
        }
    }

    /// The file at `path`.
    pub(super) fn file(path: &Path) -> Self {
        Self { name: shown(path), content: Content::File(path.to_owned()) }
    }

    fn unread(name: String, reason: String) -> Self {
        Self { name, content: Content::Unread(reason) }
    }
}

/// When a document is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// Before all others: what people decided, and whom to believe.
    First,
    /// After those; what cannot be read as a folder or a ZIP is told here too, whatever its name.
    Rest,
}

impl Pass {
    /// Whether a document of this name is judged now.
    fn takes(self, name: &str) -> bool {
        (self == Self::First) == ending::is(name, &FIRST)
    }
}

/// What is judged first.
const FIRST: [&str; 2] = [ending::VALIDATION, ending::TRUST_LIST];

/// What was found at a place.
pub(super) enum Found {
    Document(Source),
    /// A file that is not looked at.
    Other,
    /// A link to a folder, or to nowhere, that is not followed.
    Link(String),
}

/// All that is judged now at `paths`. In folders and ZIPs these are the files that end so, and those
/// that are judged first; what is not looked at besides is told in the last pass.
pub(super) fn all<'a>(
    paths: &'a [PathBuf],
    endings: &'a [&'a str],
    pass: Pass,
) -> impl Iterator<Item = Found> + 'a {
    let known = move |name: &str| ending::is(name, endings) || ending::is(name, &FIRST);
    let files = paths.iter().flat_map(|path| find(path));
    files.flat_map(move |(path, what)| -> Box<dyn Iterator<Item = Found> + 'a> {
        let name = shown(&path);
        let one = |found| Box::new(std::iter::once(found));
        let nothing = || Box::new(std::iter::empty());
        let last = pass == Pass::Rest;
        let is_zip = ending::is(&name, &[ARCHIVE]);
        match what {
            What::Unread(why) if last => return one(Found::Document(Source::unread(name, why))),
            What::Link if last && !known(&name) && !is_zip => return one(Found::Link(name)),
            What::File if last && !known(&name) && !is_zip => {
                return if is_proof(&name) { nothing() } else { one(Found::Other) };
            }
            What::Unread(_) => return nothing(),
            What::File | What::Link if !known(&name) && !is_zip => return nothing(),
            _ => {}
        }
        match archive(&path) {
            Some(Ok(archive)) => Box::new(in_archive(name, archive, known, pass)),
            Some(Err(why)) if last => one(Found::Document(Source::unread(name, why))),
            None if pass.takes(&name) => one(Found::Document(Source::file(&path))),
            _ => nothing(),
        }
    })
}

/// Whether this is the proof that something is in a log: it is looked at with that, and only then.
fn is_proof(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case(PROOF))
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The archive at this path; nothing if it is called otherwise and is none. A name that promises a
/// document is judged as one: in a ZIP under such a name it would be something else than it seems.
fn archive(path: &Path) -> Option<Result<Archive<File>, String>> {
    use std::io::Read as _;
    let name = shown(path);
    let called_so = ending::is(&name, &[ARCHIVE]);
    if !called_so && ending::is_ours(&name) {
        return None;
    }
    // Asked before opening: opening a pipe would wait for its writer.
    let file = match std::fs::metadata(path) {
        Ok(what) if what.is_file() => File::open(path),
        // What is wrong with it is said where it is read.
        _ => return None,
    };
    let mut file = file.ok()?;
    if !called_so {
        let mut mark = [0; 4];
        file.read_exact(&mut mark).ok().filter(|()| ZIP_MARKS.contains(&&mark[..]))?;
    }
    Some(Archive::open(file).map_err(|fault| fault.to_string()))
}

/// What is in an archive.
fn in_archive<'a>(
    archive_name: String,
    mut archive: Archive<File>,
    known: impl Fn(&str) -> bool + 'a,
    pass: Pass,
) -> impl Iterator<Item = Found> + 'a {
    archive.entries().to_vec().into_iter().filter_map(move |entry| {
        let inside = entry.name();
        let name = format!("{archive_name}!{inside}");
        if ending::is(inside, &[ARCHIVE]) {
            let why = "a ZIP within a ZIP is not opened; unpack it and name it itself";
            let unread = || Found::Document(Source::unread(name, why.to_owned()));
            return (pass == Pass::Rest).then(unread);
        }
        if !known(inside) {
            return (pass == Pass::Rest && !is_proof(inside)).then_some(Found::Other);
        }
        if !pass.takes(inside) {
            return None;
        }
        let largest = if ending::is(inside, &[PAGE]) { pdf::LARGEST } else { MAX_BYTES };
        let document = match archive.read(&entry, largest) {
            Ok(document) => document,
            Err(fault) => return Some(Found::Document(Source::unread(name, fault.to_string()))),
        };
        let beside = Path::new(inside).with_extension(PROOF);
        let beside = beside.to_str().unwrap_or_default();
        let at = archive.entries().binary_search_by(|entry| entry.name().cmp(beside)).ok();
        let proof = at.and_then(|at| archive.entries().get(at).cloned());
        let proof = proof.map(|proof| archive.read(&proof, MAX_BYTES));
        Some(Found::Document(Source { name, content: Content::Entry { document, proof } }))
    })
}
