//! Parsers for `/proc/self/mountinfo` and `/proc/swaps`. A line that is not understood is an
//! error, never "nothing mounted".

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use super::system::Dev;

/// One mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) dev: Dev,
    pub(super) point: PathBuf,
    pub(super) fs_type: String,
    pub(super) source: PathBuf,
}

/// One swap space in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Swap {
    pub(super) path: PathBuf,
    pub(super) is_file: bool,
}

pub(super) fn parse_mountinfo(bytes: &[u8]) -> Result<Vec<Mount>, String> {
    let mounts = lines(bytes).map(|line| {
        mount(line).ok_or_else(|| format!("it has the line {:?}", String::from_utf8_lossy(line)))
    });
    let mounts = mounts.collect::<Result<Vec<_>, _>>()?;
    if mounts.is_empty() { Err("it is empty".to_owned()) } else { Ok(mounts) }
}

/// `36 35 98:0 /root /point options [optional ...] - type source super-options`
fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|&b| b == b' ');
    let dev = std::str::from_utf8(fields.nth(2)?).ok()?.parse().ok()?;
    let point = path(fields.nth(1)?);
    fields.by_ref().find(|field| *field == b"-")?;
    let fs_type = String::from_utf8_lossy(fields.next()?).into_owned();
    let source = path(fields.next()?);
    Some(Mount { dev, point, fs_type, source })
}

pub(super) fn parse_swaps(bytes: &[u8]) -> Result<Vec<Swap>, String> {
    let mut lines = lines(bytes);
    if !lines.next().is_some_and(|header| header.starts_with(b"Filename")) {
        return Err("it has no header".to_owned());
    }
    lines
        .map(|line| {
            let mut fields = line.split(|b| b.is_ascii_whitespace()).filter(|f| !f.is_empty());
            let (Some(name), Some(kind)) = (fields.next(), fields.next()) else {
                return Err(format!("it has the line {:?}", String::from_utf8_lossy(line)));
            };
            Ok(Swap { path: path(name), is_file: kind == b"file" })
        })
        .collect()
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&b| b == b'\n').filter(|line| !line.is_empty())
}

fn path(escaped: &[u8]) -> PathBuf {
    PathBuf::from(OsString::from_vec(unescape(escaped)))
}

/// Undoes the kernel's `\040` (three octal digits).
fn unescape(escaped: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((&first, tail)) = rest.split_first() {
        let code = match tail {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] if first == b'\\' => {
                Some((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'))
            }
            _ => None,
        };
        out.push(code.unwrap_or(first));
        rest = if code.is_some() { tail.get(3..).unwrap_or_default() } else { tail };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mountinfo_with_spaces_and_optional_fields() {
        let text =
            b"36 35 8:17 / /media/My\\040Disk rw,noatime shared:7 master:1 - vfat /dev/sdb1 rw\n\
            40 35 0:52 /@ /a\\134b rw - btrfs /dev/mapper/x\\040y rw,subvol=/@\n";
        let mounts = parse_mountinfo(text).unwrap();
        assert_eq!(mounts[0].dev, Dev { major: 8, minor: 17 });
        assert_eq!(mounts[0].point, PathBuf::from("/media/My Disk"));
        assert_eq!(
            (mounts[0].fs_type.as_str(), mounts[0].source.to_str()),
            ("vfat", Some("/dev/sdb1"))
        );
        assert_eq!(mounts[1].point, PathBuf::from("/a\\b"));
        assert_eq!(mounts[1].source, PathBuf::from("/dev/mapper/x y"));
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        assert!(parse_mountinfo(b"").is_err());
        assert!(parse_mountinfo(b"36 35 8:17 / /x rw vfat /dev/sdb1 rw\n").is_err());
        assert!(parse_mountinfo(b"36 35 8-17 / /x rw - vfat /dev/sdb1 rw\n").is_err());
        assert!(parse_swaps(b"").is_err());
        assert!(parse_swaps(b"Filename Type\n/dev/sda3\n").is_err());
    }

    #[test]
    fn swaps_are_devices_or_files() {
        let text = b"Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n\
            /dev/sda3                               partition\t8388604\t0\t-2\n\
            /swap\\040file file 1024 0 -3\n";
        let swaps = parse_swaps(text).unwrap();
        assert_eq!(swaps[0], Swap { path: "/dev/sda3".into(), is_file: false });
        assert_eq!(swaps[1], Swap { path: "/swap file".into(), is_file: true });
        assert_eq!(parse_swaps(b"Filename\tType\n"), Ok(vec![]));
    }
}
