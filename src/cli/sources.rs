//! What `verify` judges: files, what lies in folders and ZIPs, and what PDFs carry. One after the
//! other, so that a folder or a ZIP of any size takes no more memory than a part of it.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::files::{find, read_beginning};
use super::log::PROOF;
use crate::bundle::{Archive, Fault, Packed, pdf};
use crate::cert::ending::{CERTIFICATE, PAGE};
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
    /// The document's bytes.
    pub(super) fn read(&self) -> Result<Vec<u8>, String> {
        let said = |fault: Fault| fault.to_string();
        let bytes = match &self.content {
            Content::File(path) => read_beginning(path)?,
            Content::Entry { document, .. } => document.unpack().map_err(said)?,
            Content::Unread(reason) => return Err(reason.clone()),
        };
        if self.name.ends_with(".pdf") || bytes.starts_with(b"%PDF-") {
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

/// All documents at `paths`. In folders and ZIPs these are the files that end so.
pub(super) fn all<'a>(
    paths: &'a [PathBuf],
    endings: &'a [&'a str],
) -> impl Iterator<Item = Source> + 'a {
    let wanted: Vec<&str> = endings.iter().copied().chain([ARCHIVE]).collect();
    let files = paths.iter().flat_map(move |path| find(path, &wanted));
    files.flat_map(move |file| -> Box<dyn Iterator<Item = Source> + 'a> {
        let one = |source| Box::new(std::iter::once(source));
        let (path, opened) = match file {
            Err((path, reason)) => return one(Source::unread(shown(&path), reason)),
            Ok(path) => (path.clone(), archive(&path)),
        };
        match opened {
            None => one(Source::file(&path)),
            Some(Err(reason)) => one(Source::unread(shown(&path), reason)),
            Some(Ok(archive)) => Box::new(in_archive(shown(&path), archive, endings)),
        }
    })
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The archive at this path; nothing if it is called otherwise and is none.
fn archive(path: &Path) -> Option<Result<Archive<File>, String>> {
    use std::io::Read as _;
    let name = shown(path);
    let called_so = name.to_lowercase().ends_with(ARCHIVE);
    if !called_so && (name.ends_with(CERTIFICATE) || name.ends_with(PAGE)) {
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

/// The documents in an archive.
fn in_archive<'a>(
    archive_name: String,
    mut archive: Archive<File>,
    endings: &'a [&'a str],
) -> impl Iterator<Item = Source> + 'a {
    archive.entries().to_vec().into_iter().filter_map(move |entry| {
        let inside = entry.name();
        let name = format!("{archive_name}!{inside}");
        if inside.to_lowercase().ends_with(ARCHIVE) {
            let why = "a ZIP within a ZIP is not opened; unpack it and name it itself";
            return Some(Source::unread(name, why.to_owned()));
        }
        if !endings.iter().any(|ending| inside.ends_with(ending)) {
            return None;
        }
        let largest = if inside.ends_with(PAGE) { pdf::LARGEST } else { MAX_BYTES };
        let document = match archive.read(&entry, largest) {
            Ok(document) => document,
            Err(fault) => return Some(Source::unread(name, fault.to_string())),
        };
        let beside = Path::new(inside).with_extension(PROOF);
        let beside = beside.to_str().unwrap_or_default();
        let at = archive.entries().binary_search_by(|entry| entry.name().cmp(beside)).ok();
        let proof = at.and_then(|at| archive.entries().get(at).cloned());
        let proof = proof.map(|proof| archive.read(&proof, MAX_BYTES));
        Some(Source { name, content: Content::Entry { document, proof } })
    })
}
