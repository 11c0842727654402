//! Which kernel, initrd and loaders are on the medium that the computer was started from: their
//! digests, as they are there, for the certificate. `image/build` says which files these are.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Component, Path};

use sha2::{Digest as _, Sha256};

use crate::model::hex;

/// The most that is read of the list, in bytes, and the most files that are on it.
const LIST: u64 = 16 << 10;
const MOST: usize = 32;

/// Notes at `place` what is on the medium that is mounted at `root`; `list` is the file with the
/// paths, in the form of `sha256sum`. The digests on the list are not believed.
///
/// # Errors
/// A file is there and cannot be read, or the note cannot be written. A medium without a list has
/// no note.
pub(super) fn note(root: &Path, list: &Path, place: &Path) -> io::Result<()> {
    let mut text = String::new();
    File::open(list)?.take(LIST).read_to_string(&mut text)?;
    let mut note = String::new();
    for path in text.lines().filter_map(path).take(MOST) {
        match File::open(root.join(path)) {
            Ok(file) => note += &format!("{}  {path}\n", digest(file)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    if note.is_empty() {
        return Ok(());
    }
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(place, note)
}

/// The path in a line of the list; none that leads out of the medium.
fn path(line: &str) -> Option<&str> {
    let (_, path) = line.split_once("  ")?;
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_));
    (!path.is_empty() && Path::new(path).components().all(inside)).then_some(path)
}

fn digest(mut file: File) -> io::Result<String> {
    let (mut digest, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&digest.finalize())),
            n => digest.update(buffer.get(..n).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_read_and_the_list_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let (root, place) = (dir.path().join("root"), dir.path().join("run/note"));
        fs::create_dir_all(root.join("boot")).unwrap();
        fs::write(dir.path().join("secret"), "not on the medium").unwrap();
        let large = vec![7; (1 << 20) + 3];
        fs::write(root.join("boot/vmlinuz"), &large).unwrap();
        fs::write(root.join("boot/initrd"), "initrd").unwrap();
        let list = root.join("list");
        let names = ["boot/vmlinuz", "boot/initrd", "boot/gone", "../secret", "/etc/passwd", ""];
        let lines = names.map(|name| format!("{}  {name}\n", "0".repeat(64)));
        fs::write(&list, lines.concat()).unwrap();
        note(&root, &list, &place).unwrap();
        let is = |bytes: &[u8]| hex(&Sha256::digest(bytes));
        let expected = format!("{}  boot/vmlinuz\n{}  boot/initrd\n", is(&large), is(b"initrd"));
        assert_eq!(fs::read_to_string(&place).unwrap(), expected);
    }

    #[test]
    fn without_a_list_there_is_no_note() {
        let dir = tempfile::tempdir().unwrap();
        let (list, place) = (dir.path().join("list"), dir.path().join("note"));
        fs::write(&list, "anything\n").unwrap();
        note(dir.path(), &list, &place).unwrap();
        assert!(!place.exists());
    }
}
