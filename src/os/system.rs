//! The machine as files: `/sys`, `/proc` and `/dev`, live or recorded. Reads, and knows nothing
//! about drives.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::model::clean;

/// The machine this runs on, or a recording of another one's `sys`, `proc` and `dev` trees.
///
/// Paths given to its methods are below its root, with or without the leading slash.
#[derive(Debug, Clone)]
pub struct System {
    root: PathBuf,
    live: bool,
}

impl System {
    /// This machine.
    #[must_use]
    pub fn live() -> Self {
        Self { root: PathBuf::from("/"), live: true }
    }

    /// A recorded machine below `dir`. Device nodes cannot be recorded, so that devices go by
    /// their kernel names there.
    #[must_use]
    pub fn recorded(dir: impl AsRef<Path>) -> Self {
        let dir = dir.as_ref();
        // Canonical, so that resolved links can be told to lie below it.
        let root = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
        Self { root, live: false }
    }

    pub(super) fn is_live(&self) -> bool {
        self.live
    }

    /// Where `path` lies on this machine.
    pub(super) fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    pub(super) fn bytes(&self, path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        fs::read(self.at(path))
    }

    /// An attribute's text without the white space around it; `None` if absent, empty or not text.
    pub(super) fn text(&self, path: impl AsRef<Path>) -> Option<String> {
        let text = String::from_utf8(self.bytes(path).ok()?).ok()?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A firmware string, fit for a certificate.
    pub(super) fn firmware_text(&self, path: impl AsRef<Path>) -> Option<String> {
        clean(&self.bytes(path).ok()?)
    }

    pub(super) fn number<T: FromStr>(&self, path: impl AsRef<Path>) -> Option<T> {
        self.text(path)?.parse().ok()
    }

    /// Whether a flag attribute says 1.
    pub(super) fn flag(&self, path: impl AsRef<Path>) -> bool {
        self.text(path).as_deref() == Some("1")
    }

    /// Whether there is something at `path`, be it a link that leads nowhere.
    pub(super) fn exists(&self, path: impl AsRef<Path>) -> bool {
        fs::symlink_metadata(self.at(path)).is_ok()
    }

    /// The sorted names in a directory; none if there is no such directory.
    pub(super) fn list(&self, path: impl AsRef<Path>) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.at(path)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut names = entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort_unstable();
        Ok(names)
    }

    /// `path` with all links resolved, below the root again.
    pub(super) fn real(&self, path: impl AsRef<Path>) -> Option<PathBuf> {
        let real = fs::canonicalize(self.at(path)).ok()?;
        Some(real.strip_prefix(&self.root).ok()?.to_owned())
    }

    /// The last name of the link target at `path`, for example a driver's name.
    pub(super) fn link_name(&self, path: impl AsRef<Path>) -> Option<String> {
        let target = fs::read_link(self.at(path)).ok()?;
        Some(target.file_name()?.to_string_lossy().into_owned())
    }
}

/// A device number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dev {
    pub(super) major: u32,
    pub(super) minor: u32,
}

impl Dev {
    /// From the kernel's packed form (`st_dev`, `st_rdev`).
    pub(super) fn unpack(packed: u64) -> Self {
        let part = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            major: part(nix::sys::stat::major(packed)),
            minor: part(nix::sys::stat::minor(packed)),
        }
    }

    /// Whether it stands for a file system without a device of its own (btrfs, overlay, tmpfs).
    pub(super) fn is_anonymous(self) -> bool {
        self.major == 0
    }
}

impl FromStr for Dev {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (major, minor) = text.trim().split_once(':').unwrap_or((text, ""));
        Ok(Self { major: major.parse()?, minor: minor.parse()? })
    }
}

impl std::fmt::Display for Dev {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.major, self.minor)
    }
}

/// Which file this is, whatever its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    pub(super) dev: Dev,
    pub(super) inode: u64,
}

impl FileId {
    pub(super) fn of(metadata: &fs::Metadata) -> Self {
        Self { dev: Dev::unpack(metadata.dev()), inode: metadata.ino() }
    }
}

/// A file that the kernel uses: its path as the kernel says it, and which one it is, where that
/// can be told (never in a recorded tree).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileRef {
    pub(super) path: PathBuf,
    pub(super) id: Option<FileId>,
}

impl FileRef {
    /// Whether both are one file. The path only counts where the number is not known.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (self.id, other.id) {
            (Some(a), Some(b)) => a == b,
            _ => self.path == other.path,
        }
    }
}

/// A path, fit for a message.
pub(super) fn shown(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    clean(path.as_os_str().as_bytes()).unwrap_or_default()
}
