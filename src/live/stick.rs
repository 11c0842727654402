//! What a stick is to the others, what can be wrong with one, and the real one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};

use super::contents::{self, Contents};
use super::medium;
use crate::model::Language;
use crate::os::{Labelled, MEDIUM, System, image_id, labelled, unmount};

/// Where results lie on the stick.
const RESULTS: &str = "certificates";

/// Where a result is on the stick that has this path in memory.
#[must_use]
pub fn on_stick(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    format!("{RESULTS}/{name}")
}

/// Room for what one computer with many drives comes to, in bytes.
const ROOM: u64 = 8 << 20;

/// Where the stick is mounted, and what whoever mounts it holds: two that mount it at once, one for
/// reading and one for writing, would be in each other's way.
const MOUNTED: &str = "/run/nulstil/mounted";
const LOCK: &str = "/run/nulstil/mounted.lock";

/// Which build of the live image runs: SHA-256 in hexadecimal digits, as `image/build` gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildId(String);

impl BuildId {
    /// The id on the kernel's command line; nothing if it was started without a stick.
    #[must_use]
    pub fn on_command_line(words: &str) -> Option<Self> {
        image_id(words).map(Self)
    }

    /// The file on a stick that says that it is of this build, and what else is.
    fn file(&self, root: &Path) -> PathBuf {
        root.join(".nulstil").join(&self.0)
    }

    fn is_on(&self, root: &Path) -> bool {
        self.file(root).is_file()
    }
}

/// Why a stick could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// There is none.
    Missing,
    /// There is one of another version of this program.
    Foreign,
    /// There are two of this version.
    Twice,
    /// It must not be written.
    WriteProtected,
    /// It has no room left.
    Full,
    /// It does not answer yet, or not any more.
    Silent,
    /// Its file system is damaged, or it has errors: what the system said.
    Damaged(String),
}

impl Trouble {
    /// What a failed operation on a mounted stick means.
    fn of(error: &io::Error, is_there: bool) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull => Self::Full,
            _ if !is_there => Self::Missing,
            _ => Self::Damaged(error.to_string()),
        }
    }

    /// The same for one that could not be mounted.
    fn of_mount(error: &io::Error, is_there: bool) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::WriteProtected
            }
            _ => Self::of(error, is_there),
        }
    }

    /// What is the matter and what to do, in one sentence.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        let (english, danish) = match self {
            Self::Missing => (
                "The nulstil stick is not plugged in: plug it in.",
                "Nulstil-stikket sidder ikke i computeren: sæt det i.",
            ),
            Self::Foreign => (
                "This is a nulstil stick of another version than the one this computer was started \
                 with: plug in the stick that it was started with.",
                "Det er et nulstil-stik af en anden version end det, computeren blev startet med: \
                 sæt det stik i, som computeren blev startet med.",
            ),
            Self::Twice => (
                "Two nulstil sticks of the same version are plugged in: take one of them out.",
                "Der sidder to nulstil-stik af samme version i computeren: tag det ene ud.",
            ),
            Self::WriteProtected => (
                "The nulstil stick is write-protected: release the small switch on its side, or use \
                 another stick.",
                "Nulstil-stikket er skrivebeskyttet: skub den lille knap på siden, eller brug et andet \
                 stik.",
            ),
            Self::Full => (
                "The nulstil stick is full: move old files out of its folder \"certificates\" on another \
                 computer, and plug it in again.",
                "Nulstil-stikket er fuldt: flyt gamle filer fra mappen \"certificates\" på en anden \
                 computer, og sæt det i igen.",
            ),
            Self::Silent => (
                "The nulstil stick does not answer: wait, or take it out and plug it in again.",
                "Nulstil-stikket svarer ikke: vent, eller tag det ud, og sæt det i igen.",
            ),
            Self::Damaged(_) => (
                "The nulstil stick is damaged ({}): use another one, and have this one looked at.",
                "Nulstil-stikket er beskadiget ({}): brug et andet, og få dette set efter.",
            ),
        };
        let sentence = language.choose(english, danish);
        match self {
            Self::Damaged(why) => sentence.replace("{}", why),
            _ => sentence.to_owned(),
        }
    }
}

/// The folder for results on a stick that is mounted for writing.
pub trait Folder {
    /// Whether it is on another stick than the last one that was written without trouble, or on that
    /// one after it was elsewhere.
    fn is_another(&self) -> bool;

    /// A file; nothing if there is none of that name.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&mut self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Writes more at the end of a file and syncs it.
    ///
    /// # Errors
    /// A part of it may be there.
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Puts a whole file, synced, in the place of the one of that name, if there is one.
    ///
    /// # Errors
    /// The old one, or none, is there.
    fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
}

/// A stick that is written to now and then.
pub trait Stick: Send {
    /// Finds it, mounts it, lets `work` write, and unmounts it. Only if nothing went wrong is
    /// everything on it.
    ///
    /// # Errors
    /// What is wrong with it.
    fn write(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Folder) -> io::Result<()>,
    ) -> Result<(), Trouble>;
}

/// The folder for results where the stick is mounted.
#[derive(Debug)]
pub(super) struct MountedFolder {
    path: PathBuf,
    is_another: bool,
}

impl Folder for MountedFolder {
    fn is_another(&self) -> bool {
        self.is_another
    }

    fn read(&mut self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).open(self.path.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (new, mut file) = self.unfinished()?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        drop(file);
        if let Err(error) = written.and_then(|()| fs::rename(&new, self.path.join(name))) {
            let _ = fs::remove_file(&new);
            return Err(error);
        }
        File::open(&self.path)?.sync_all()
    }
}

impl MountedFolder {
    /// A new file that has no name of a result yet. One that a power cut left is not touched: on FAT
    /// it may be a second name for the blocks of a result, and to free them is to lose that.
    fn unfinished(&self) -> io::Result<(PathBuf, File)> {
        let mut number = 0_u32;
        loop {
            let path = self.path.join(format!("unfinished{number}.new"));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    number = number.checked_add(1).ok_or(error)?;
                }
                file => return Ok((path, file?)),
            }
        }
    }
}

/// The stick that this computer was started with.
#[derive(Debug, Clone)]
pub struct UsbStick {
    system: System,
    id: BuildId,
    /// Which devices were looked at, by attachment.
    seen: Vec<(Labelled, bool)>,
    /// Where it was last.
    ours: Option<Labelled>,
    /// Where it was when it was last written.
    written: Option<Labelled>,
}

impl UsbStick {
    /// The stick with this id.
    #[must_use]
    pub const fn new(system: System, id: BuildId) -> Self {
        Self { system, id, seen: Vec::new(), ours: None, written: None }
    }

    /// Reads what a run needs, and looks whether there is room for what it comes to.
    ///
    /// # Errors
    /// What is wrong with the stick.
    pub fn read(&mut self) -> Result<Contents, Trouble> {
        let _lock = lock()?;
        let ours = self.find()?;
        if ours.is_write_protected(&self.system) {
            return Err(Trouble::WriteProtected);
        }
        let there = |system: &System| ours.is_there(system);
        let mounted = ours
            .mount(Path::new(MOUNTED), false)
            .map_err(|error| Trouble::of_mount(&error, there(&self.system)))?;
        let of = |error: io::Error| Trouble::of(&error, there(&self.system));
        let (root, place) = (mounted.root(), Path::new("/").join(MEDIUM));
        medium::note(root, &self.id.file(root), &place).map_err(of)?;
        match mounted.free_bytes().map_err(of)? {
            ..ROOM => Err(Trouble::Full),
            _ => contents::read(root).map_err(of),
        }
    }

    /// Looks where it is, if it is no longer where it was: once it was out and in again it is another
    /// attachment, and nobody on this computer knows that one for the stick.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn look(&mut self) -> Result<(), Trouble> {
        match held(FlockArg::LockExclusiveNonblock) {
            Ok(_lock) => self.find().map(|_| ()),
            // Somebody writes to it: it is there, or he finds out that it is not.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(Trouble::Damaged(error.to_string())),
        }
    }

    /// Waits until nobody writes to it, but not longer than this; whether that is so now.
    #[must_use]
    pub fn rests(patience: Duration) -> bool {
        const STEP: Duration = Duration::from_millis(100);
        let mut waited = Duration::ZERO;
        while held(FlockArg::LockExclusiveNonblock).is_err() {
            if waited >= patience {
                return false;
            }
            std::thread::sleep(STEP);
            waited += STEP;
        }
        true
    }

    /// Where it is. Only file systems with our label are mounted, for reading alone, to see whose
    /// they are.
    fn find(&mut self) -> Result<Labelled, Trouble> {
        if let Some(ours) = self.ours.clone().filter(|ours| ours.is_there(&self.system)) {
            return Ok(ours);
        }
        let all = labelled(&self.system, &mut self.seen);
        let (mut found, mut damaged) = (Vec::new(), None);
        for candidate in &all {
            match candidate.mount(Path::new(MOUNTED), false) {
                Ok(mounted) if self.id.is_on(mounted.root()) => found.push(candidate.clone()),
                Ok(_) => {}
                Err(error) => damaged = Some(error.to_string()),
            }
        }
        match (&found[..], damaged) {
            ([one], _) => {
                one.is_ours(&self.system).map_err(|error| Trouble::Damaged(error.to_string()))?;
                self.ours = Some(one.clone());
                Ok(one.clone())
            }
            ([_, ..], _) => Err(Trouble::Twice),
            ([], Some(why)) => Err(Trouble::Damaged(why)),
            ([], None) if all.is_empty() => Err(Trouble::Missing),
            ([], None) => Err(Trouble::Foreign),
        }
    }
}

impl Stick for UsbStick {
    fn write(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Folder) -> io::Result<()>,
    ) -> Result<(), Trouble> {
        let _lock = lock()?;
        let ours = self.find()?;
        let mounted = ours
            .mount(Path::new(MOUNTED), true)
            .map_err(|error| Trouble::of_mount(&error, ours.is_there(&self.system)))?;
        if !self.id.is_on(mounted.root()) {
            self.ours = None;
            return Err(Trouble::Foreign);
        }
        let path = mounted.root().join(RESULTS);
        let is_another = self.written.take().is_none_or(|written| written != ours);
        let done = fs::create_dir_all(&path)
            .and_then(|()| work(&mut MountedFolder { path, is_another }))
            .and_then(|()| mounted.close());
        done.map_err(|error| Trouble::of(&error, ours.is_there(&self.system)))?;
        self.written = Some(ours);
        Ok(())
    }
}

fn lock() -> Result<Flock<File>, Trouble> {
    held(FlockArg::LockExclusive).map_err(|error| Trouble::Damaged(error.to_string()))
}

/// The right to mount it. Whoever had it before and died may have left it mounted.
fn held(how: FlockArg) -> io::Result<Flock<File>> {
    if let Some(folder) = Path::new(LOCK).parent() {
        fs::create_dir_all(folder)?;
    }
    let lock =
        Flock::lock(File::create(LOCK)?, how).map_err(|(_, errno)| io::Error::from(errno))?;
    unmount(Path::new(MOUNTED));
    Ok(lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_a_digest_or_none() {
        let id = "0123456789abcdef".repeat(4);
        let of = |line: &str| BuildId::on_command_line(line);
        assert_eq!(of(&format!("quiet nulstil.id={id} panic=-1\n")), Some(BuildId(id.clone())));
        for line in [
            "quiet".to_owned(),
            "nulstil.id=".to_owned(),
            format!("xnulstil.id={id}"),
            format!("nulstil.id={id}0"),
            format!("nulstil.id={}", id.to_uppercase()),
            format!("nulstil.id=../../{}", &id[6..]),
        ] {
            assert_eq!(of(&line), None, "{line}");
        }
    }

    #[test]
    fn each_trouble_is_one_sentence_in_both_languages() {
        let all = [
            Trouble::Missing,
            Trouble::Foreign,
            Trouble::Twice,
            Trouble::WriteProtected,
            Trouble::Full,
            Trouble::Silent,
            Trouble::Damaged("EIO".into()),
        ];
        let mut said: Vec<_> = Language::ALL
            .iter()
            .flat_map(|language| all.iter().map(|trouble| trouble.sentence(*language)))
            .collect();
        assert!(said.iter().all(|one| one.contains("ulstil") && one.matches(". ").count() == 0));
        said.sort();
        said.dedup();
        assert_eq!(said.len(), 14);
    }

    #[test]
    fn errors_are_told_apart() {
        let error = io::Error::from_raw_os_error;
        use nix::errno::Errno::{EACCES, EINVAL, EIO, ENOSPC, EROFS};
        let cases = [
            (Trouble::of(&error(ENOSPC as i32), true), Trouble::Full),
            (Trouble::of(&error(EIO as i32), false), Trouble::Missing),
            (Trouble::of_mount(&error(EACCES as i32), true), Trouble::WriteProtected),
            (Trouble::of_mount(&error(EROFS as i32), true), Trouble::WriteProtected),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
        // A file system that the kernel made read-only because it is broken is no small switch.
        for (errno, mounting) in [(EROFS, false), (EIO, false), (EINVAL, true)] {
            let error = error(errno as i32);
            let found =
                if mounting { Trouble::of_mount(&error, true) } else { Trouble::of(&error, true) };
            assert!(matches!(found, Trouble::Damaged(_)), "{errno}: {found:?}");
        }
    }

    #[test]
    fn a_folder_replaces_whole_files_and_appends() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = MountedFolder { path: dir.path().to_owned(), is_another: true };
        assert_eq!(folder.read("a").unwrap(), None);
        assert!(folder.append("a", b"x").is_err(), "what is not there cannot grow");
        folder.replace("a", b"one").unwrap();
        folder.append("a", b"two").unwrap();
        assert_eq!(folder.read("a").unwrap().unwrap(), b"onetwo");
        // What a power cut left may be the same blocks as a result.
        let left = dir.path().join("unfinished0.new");
        fs::hard_link(dir.path().join("a"), &left).unwrap();
        folder.replace("b", b"3").unwrap();
        folder.replace("b", b"4").unwrap();
        assert_eq!(folder.read("a").unwrap().unwrap(), b"onetwo");
        assert_eq!(folder.read("b").unwrap().unwrap(), b"4");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
    }
}
