//! Files that a person names: found, read within limits, and written whole or not at all.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::bundle::pdf;

/// What is read of a file: more than any certificate has, so that a larger one is told as such.
const LARGEST: u64 = (1 << 20) + 1;

/// How deep folders are followed.
const DEEPEST: usize = 16;

/// What lies at a place that a person names.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// The place itself, which is no folder.
    Named,
    /// A file in a folder.
    File,
    /// A link in a folder that leads to no file.
    Link,
    /// A folder that was not read, and why.
    Unread(String),
}

/// What lies at `path`: itself, or all in the folder and the folders in it, in order. Links in a
/// folder are not followed to other folders, so there are no loops.
pub(super) fn find(path: &Path) -> Vec<(PathBuf, What)> {
    if !path.is_dir() {
        return vec![(path.to_owned(), What::Named)];
    }
    let (mut found, mut folders) = (Vec::new(), vec![(path.to_owned(), 0)]);
    while let Some((folder, depth)) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                found.push((folder, What::Unread(unread(&error))));
                continue;
            }
        };
        for entry in entries {
            let kind = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)));
            let (path, kind) = match kind {
                Ok(found) => found,
                Err(error) => {
                    found.push((folder.clone(), What::Unread(unread(&error))));
                    continue;
                }
            };
            if kind.is_dir() {
                if depth < DEEPEST {
                    folders.push((path, depth + 1));
                } else {
                    let why = "the folder lies too deep; name it itself".to_owned();
                    found.push((path, What::Unread(why)));
                }
            } else if kind.is_symlink() && !path.is_file() {
                found.push((path, What::Link));
            } else {
                found.push((path, What::File));
            }
        }
    }
    found.sort();
    found
}

/// The beginning of a file: all of it, if it can be a certificate or a PDF that carries one.
pub(super) fn read_beginning(path: &Path) -> Result<Vec<u8>, String> {
    let said = |error: std::io::Error| unread(&error);
    // Asked before opening: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(said)?.is_file() {
        return Err("this is not a file; name a certificate or a folder".to_owned());
    }
    let mut bytes = Vec::new();
    let mut file = File::open(path).map_err(said)?;
    (&mut file).take(LARGEST).read_to_end(&mut bytes).map_err(said)?;
    if bytes.starts_with(b"%PDF-") {
        file.take(pdf::LARGEST as u64 + 1 - LARGEST).read_to_end(&mut bytes).map_err(said)?;
    }
    Ok(bytes)
}

/// Reads a text file that has no business being large.
pub(super) fn read_limited(path: &Path) -> Result<String, String> {
    String::from_utf8(read_small(path, 1 << 20)?)
        .map_err(|_| "this is not a text file; name another one".to_owned())
}

/// Reads at most `largest` bytes. A larger file, or something that is no file, is an error: what
/// is wrong and what to do.
pub(super) fn read_small(path: &Path, largest: u64) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    let said = |error: std::io::Error| unread(&error);
    // Asked before opening: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(said)?.is_file() {
        return Err("this is not a file; name the file itself".to_owned());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(said)?;
    file.take(largest.saturating_add(1)).read_to_end(&mut bytes).map_err(said)?;
    if bytes.len() as u64 > largest {
        return Err("this is too large to be what it should be; name another file".to_owned());
    }
    Ok(bytes)
}

/// Why a file could not be read, and what to do.
pub(super) fn unread(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file; check the name".to_owned(),
        std::io::ErrorKind::PermissionDenied => {
            "it must not be read by this user; change its permissions".to_owned()
        }
        _ => format!("it cannot be read ({error}); check the name"),
    }
}

/// Writes a file that must not exist yet.
#[cfg(feature = "tool")]
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Puts a file in the place of the one of that name. Whatever happens, one of the two is there,
/// whole.
#[cfg(feature = "tool")]
pub(super) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    // Left behind by a power cut; whoever writes here holds the folder's lock.
    let _ = std::fs::remove_file(&new);
    write_new(Path::new(&new), bytes)?;
    std::fs::rename(&new, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
