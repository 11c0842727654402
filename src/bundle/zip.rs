//! ZIP, as far as a batch of certificates needs it: PKWARE APPNOTE 6.3, sections 4.3.7 (local
//! header), 4.3.12 (central directory) and 4.3.16 (its end); methods 0 (Store) and 8 (Deflate).
//!
//! Two programs that read one ZIP must find the same files in it. So the directory at the end is the
//! only list of entries, it lies exactly where it says, every entry's header repeats what the
//! directory says, and no two entries share a byte or a name. Deliberately not: ZIP64, several
//! disks, encryption, and a ZIP within a ZIP.

use std::collections::HashSet;
use std::io::{Read, Seek, SeekFrom};

use super::Fault;
use super::crc::crc32;
use super::inflate::inflate;

/// The largest list of entries that is read, in bytes: 65,534 entries with long names.
const LARGEST_DIRECTORY: u32 = 16 << 20;

/// The longest name of an entry, in bytes.
const LONGEST_NAME: usize = 512;

/// How many times its packed size an entry may have, beyond [`FREE`]. Deflate reaches 1032, a
/// certificate 10.
const RATIO: u64 = 100;
const FREE: u64 = 64 << 10;

/// What is unpacked of one archive, in bytes: 10,000 certificates with their PDFs have a third.
const MOST: u64 = 2 << 30;

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;

/// A ZIP whose list of entries was read and found sound.
#[derive(Debug)]
pub struct Archive<R> {
    reader: R,
    entries: Vec<Entry>,
    /// What may still be unpacked, in bytes.
    left: u64,
}

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    name: String,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
    /// Where its header begins.
    at: u32,
    /// Where the next one begins.
    end: u32,
}

/// The bytes of an entry as they lie in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    bytes: Vec<u8>,
    method: u16,
    crc: u32,
    size: u32,
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the list of entries.
    ///
    /// # Errors
    /// Not a ZIP, or one whose list is not beyond doubt.
    pub fn open(mut reader: R) -> Result<Self, Fault> {
        let length = reader.seek(SeekFrom::End(0)).map_err(read_failed)?;
        // The end may be followed by a comment of up to 65535 bytes.
        let tail_at = length.saturating_sub(u64::from(u16::MAX) + END_BYTES as u64);
        reader.seek(SeekFrom::Start(tail_at)).map_err(read_failed)?;
        let mut tail = Vec::new();
        (&mut reader).take(length - tail_at).read_to_end(&mut tail).map_err(read_failed)?;
        // Whoever looks for the end looks for the last one; it must be the end.
        let end_at = tail.windows(4).rposition(|four| four == END).ok_or(Fault::NotZip)?;
        let end = tail.get(end_at..).unwrap_or_default();
        let field = |at| u16_at(end, at).ok_or(Fault::NotZip);
        let long = |at| u32_at(end, at).ok_or(Fault::NotZip);
        let (entries, bytes, start) = (field(10)?, long(12)?, long(16)?);
        if entries == u16::MAX || bytes == u32::MAX || start == u32::MAX {
            return Err(Fault::Zip64);
        }
        let sound = end.len() == END_BYTES + usize::from(field(20)?)
            && (field(4)?, field(6)?, field(8)?) == (0, 0, entries)
            && u64::from(start) + u64::from(bytes) == tail_at + end_at as u64;
        if !sound {
            return Err(wrong("its end says something else than what is there"));
        }
        if bytes > LARGEST_DIRECTORY {
            return Err(Fault::Zip64);
        }
        reader.seek(SeekFrom::Start(start.into())).map_err(read_failed)?;
        let mut list = Vec::new();
        (&mut reader).take(bytes.into()).read_to_end(&mut list).map_err(read_failed)?;
        let entries = read_list(&list, entries, start)?;
        Ok(Self { reader, entries, left: MOST })
    }

    /// The files in it, in the order of their names. Folders are left out, unless
    /// there is something in them as in a file.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The bytes of an entry of this archive that unpacks to at most `largest`.
    ///
    /// # Errors
    /// Encrypted, packed in another way, too large, or its header says something else than the
    /// list.
    pub fn read(&mut self, entry: &Entry, largest: usize) -> Result<Packed, Fault> {
        if entry.flags & ENCRYPTED != 0 {
            return Err(Fault::Encrypted);
        }
        if ![STORE, DEFLATE].contains(&entry.method) {
            return Err(Fault::Method);
        }
        let size = u64::from(entry.size);
        if size > largest as u64 || size > FREE + RATIO * u64::from(entry.packed) {
            return Err(Fault::TooLarge);
        }
        self.left = self.left.checked_sub(size).ok_or(Fault::TooMuch)?;
        self.reader.seek(SeekFrom::Start(entry.at.into())).map_err(read_failed)?;
        // Header, name and bytes; more than the space up to the next header is never read.
        let whole = u64::from(entry.end.saturating_sub(entry.at));
        let mut header = [0; LOCAL_BYTES];
        self.reader.read_exact(&mut header).map_err(read_failed)?;
        let field = |at| u16_at(&header, at).unwrap_or_default();
        let long = |at| u32_at(&header, at).unwrap_or_default();
        let (name, extra) = (u64::from(field(26)), u64::from(field(28)));
        // With bit 3 set, crc and sizes follow after the bytes.
        let later = field(6) & SIZES_LATER != 0;
        let same = header.starts_with(LOCAL)
            && (field(6), field(8)) == (entry.flags, entry.method)
            && (later || (long(14), long(18), long(22)) == (entry.crc, entry.packed, entry.size))
            && LOCAL_BYTES as u64 + name + extra + u64::from(entry.packed) <= whole;
        if !same {
            return Err(wrong("a file's header says something else than the list"));
        }
        let mut between = Vec::new();
        (&mut self.reader).take(name + extra).read_to_end(&mut between).map_err(read_failed)?;
        let (own, extra) = usize::try_from(name)
            .ok()
            .and_then(|name| between.split_at_checked(name))
            .ok_or_else(|| wrong("a file's header is cut off"))?;
        if shown(own) != entry.name {
            return Err(wrong("a file's header has another name than the list"));
        }
        one_name(extra)?;
        let mut bytes = Vec::new();
        (&mut self.reader)
            .take(entry.packed.into())
            .read_to_end(&mut bytes)
            .map_err(read_failed)?;
        Ok(Packed { bytes, method: entry.method, crc: entry.crc, size: entry.size })
    }
}

impl Entry {
    /// Its name: a path with `/` that stays inside, without control characters.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Packed {
    /// How many bytes it has as it is.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The file itself.
    ///
    /// # Errors
    /// It does not unpack to the size and checksum in the list.
    pub fn unpack(&self) -> Result<Vec<u8>, Fault> {
        let size = usize::try_from(self.size).map_err(|_| Fault::TooLarge)?;
        let file = if self.method == STORE {
            self.bytes.clone()
        } else {
            inflate(&self.bytes, false, size).map_err(|_| Fault::Damaged)?
        };
        if file.len() == size && crc32(&file) == self.crc { Ok(file) } else { Err(Fault::Damaged) }
    }
}

const STORE: u16 = 0;
const DEFLATE: u16 = 8;

/// Info-ZIP's Unicode Path Extra Field, APPNOTE 4.6.9.
const UNICODE_PATH: u16 = 0x7075;

/// General purpose bit flags, APPNOTE 4.4.4.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const SIZES_LATER: u16 = 1 << 3;

/// The list of `count` entries, which lies at `start` and so ends the last of them.
fn read_list(mut list: &[u8], count: u16, start: u32) -> Result<Vec<Entry>, Fault> {
    let cut = || wrong("it is cut off, or has another length than it says");
    let mut entries = Vec::new();
    for _ in 0..count {
        let field = |at| u16_at(list, at).ok_or_else(cut);
        let long = |at| u32_at(list, at).ok_or_else(cut);
        if !list.starts_with(CENTRAL) {
            return Err(cut());
        }
        let name_end = CENTRAL_BYTES + usize::from(field(28)?);
        let end = name_end + usize::from(field(30)?) + usize::from(field(32)?);
        let name = list.get(CENTRAL_BYTES..name_end).ok_or_else(cut)?;
        let extra = name_end + usize::from(field(30)?);
        one_name(list.get(name_end..extra).ok_or_else(cut)?)?;
        let (packed, size, at) = (long(20)?, long(24)?, long(42)?);
        if [packed, size, at].contains(&u32::MAX) || field(34)? != 0 {
            return Err(Fault::Zip64);
        }
        entries.push(Entry {
            name: checked(name)?,
            flags: field(8)?,
            method: field(10)?,
            crc: long(16)?,
            packed,
            size,
            at,
            end: 0,
        });
        list = list.get(end..).ok_or_else(cut)?;
    }
    if !list.is_empty() {
        return Err(cut());
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    let mut next = start;
    for entry in &mut entries {
        // What else lies before the bytes is seen when they are read.
        let least = LOCAL_BYTES as u64 + u64::from(entry.packed);
        if u64::from(entry.at) + least > u64::from(next) {
            return Err(wrong("two files in it share bytes"));
        }
        (entry.end, next) = (next, entry.at);
    }
    // Windows takes names for the same that differ in case.
    let mut names = HashSet::new();
    if let Some(twice) = entries.iter().find(|entry| !names.insert(entry.name.to_lowercase())) {
        return Err(wrong(&format!("two files are called {}", twice.name)));
    }
    // A folder has no content; what has some is a file, whatever it is called.
    entries.retain(|entry| !entry.name.ends_with('/') || entry.size > 0);
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// Refuses a second name among the extra fields (APPNOTE 4.5 and 4.6.9): programs differ in which
/// one they take.
fn one_name(mut extra: &[u8]) -> Result<(), Fault> {
    while let (Some(kind), Some(size)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        if kind == UNICODE_PATH {
            return Err(wrong("a file in it has two names"));
        }
        let rest = extra.get(4 + usize::from(size)..);
        extra = rest.ok_or_else(|| wrong("what it says about a file is cut off"))?;
    }
    Ok(())
}

/// A name that leads nowhere else when it is unpacked, and is still the same then: Windows takes
/// away a blank or a full stop at its end, and programs replace what it does not allow.
fn checked(name: &[u8]) -> Result<String, Fault> {
    let shown = shown(name);
    let inside = shown.strip_suffix('/').unwrap_or(&shown);
    let part = |part: &str| !["", ".", ".."].contains(&part);
    let harmless = name.len() <= LONGEST_NAME
        && inside.split('/').all(part)
        && !name.iter().any(|byte| b"\\:".contains(byte) || byte.is_ascii_control());
    if !harmless {
        return Err(wrong("a name in it leads out of its folder"));
    }
    let kept = inside.split('/').all(|part| !part.ends_with(['.', ' ']))
        && !name.iter().any(|byte| b"<>\"|?*".contains(byte));
    if kept { Ok(shown) } else { Err(wrong("Windows changes a name in it")) }
}

/// Names are UTF-8, or in whatever the computer spoke that made them: then each byte is shown.
fn shown(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) => name.escape_ascii().to_string(),
    }
}

fn wrong(why: &str) -> Fault {
    Fault::Directory(why.to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn read_failed(error: std::io::Error) -> Fault {
    Fault::Read(error.to_string())
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// What Python's zipfile makes of `a/1.json` with 300 times `x`, and of `b.txt`, stored, empty.
    const PYTHON: &str = concat!(
        "504b03041400000008000000775d132d431b070000002c01000008000000612f312e6a736f6eaba8",
        "1805c40200504b03041400000000000000775d00000000000000000000000005000000622e747874",
        "504b010214031400000008000000775d132d431b070000002c010000080000000000000000000000",
        "800100000000612f312e6a736f6e504b010214031400000000000000775d00000000000000000000",
        "000005000000000000000000000080012d000000622e747874504b05060000000002000200690000",
        "00500000000000"
    );

    fn archive() -> Vec<u8> {
        crate::model::unhex(PYTHON).unwrap()
    }

    fn opened(bytes: &[u8]) -> Result<Archive<Cursor<&[u8]>>, Fault> {
        Archive::open(Cursor::new(bytes))
    }

    fn first(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
        let mut archive = opened(bytes)?;
        let entry = archive.entries()[0].clone();
        archive.read(&entry, 1 << 20)?.unpack()
    }

    /// The archive with the bytes at `at`, counted from the directory's first, changed.
    fn changed(at: usize, bytes: &[u8]) -> Vec<u8> {
        let mut archive = archive();
        let directory = archive.windows(4).position(|four| four == CENTRAL).unwrap();
        archive[directory + at..directory + at + bytes.len()].copy_from_slice(bytes);
        archive
    }

    #[test]
    fn what_python_makes() {
        let bytes = archive();
        let mut archive = opened(&bytes).unwrap();
        let names: Vec<&str> = archive.entries().iter().map(Entry::name).collect();
        assert_eq!(names, ["a/1.json", "b.txt"]);
        let [one, other] = archive.entries() else { panic!() };
        let (one, other) = (one.clone(), other.clone());
        assert_eq!(archive.read(&one, 300).unwrap().unpack().unwrap(), [b'x'; 300]);
        assert_eq!(archive.read(&one, 299), Err(Fault::TooLarge));
        assert_eq!(archive.read(&other, 0).unwrap().unpack().unwrap(), b"");
    }

    #[test]
    fn whatever_is_cut_off_or_changed_is_noticed_or_harmless() {
        let good = archive();
        for cut in 0..good.len() {
            assert!(opened(&good[..cut]).is_err(), "{cut}");
        }
        for at in 0..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 0xff;
            // Times, versions and attributes say nothing about what is in a file.
            if let Ok(file) = first(&bytes) {
                assert!(file == [b'x'; 300] || file.is_empty(), "{at}");
            }
        }
    }

    #[test]
    fn names_that_lead_elsewhere() {
        for good in ["a", "a/b.json", "a b/c", "r\u{f8}d.json", "a/", "..a", "a..b"] {
            assert!(checked(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in
            ["", "/", "/a", "a//b", "..", "../a", "a/../b", "a/..", "./a", "a\\b", "C:a", "a\nb"]
        {
            assert!(checked(bad.as_bytes()).is_err(), "{bad}");
        }
        for changed in ["a.cert.json.", "a.cert.json ", "a./b", "a /b", "a./", "a?", "a\"b", "a*b"]
        {
            assert!(checked(changed.as_bytes()).is_err(), "{changed}");
        }
        assert!(checked(&[b'a'; LONGEST_NAME + 1]).is_err());
        assert_eq!(checked(b"r\x9bd.json").unwrap(), "r\\x9bd.json", "as DOS wrote it");
    }

    #[test]
    fn no_second_name() {
        assert!(one_name(b"").is_ok());
        assert!(one_name(b"UT\x05\0\x03abcdux\0\0").is_ok(), "times and owners");
        assert!(one_name(b"UT\x01\0\x03\0\0\0").is_ok(), "padding");
        assert!(one_name(b"up\x06\0\x01crc!a").is_err());
        assert!(one_name(b"UT\x01\0\x03up\x06\0\x01crc!a").is_err());
        assert!(one_name(b"UT\x05\0\x03up").is_err());
    }

    #[test]
    fn the_list_says_what_is_there() {
        let wrong = |bytes: &[u8]| matches!(first(bytes), Err(Fault::Directory(_)));
        assert!(first(&archive()).is_ok());
        // In the list: the name, the size, where it begins, the second name like the first.
        assert!(wrong(&changed(46, b"A")));
        assert!(wrong(&changed(24, &[0x2d])));
        assert!(wrong(&changed(42, &[1])));
        assert_eq!(first(&changed(8, &[1])), Err(Fault::Encrypted));
        assert_eq!(first(&changed(10, &[9])), Err(Fault::Method));
        assert_eq!(first(&changed(24, &[0xff; 4])), Err(Fault::Zip64));
        let end = archive().len()
            - END_BYTES
            - changed(0, b"").windows(4).position(|four| four == CENTRAL).unwrap();
        assert!(wrong(&changed(end + 8, &[1, 0, 1, 0])), "one entry fewer");
        assert!(wrong(&changed(end + 20, &[1])), "a comment that is not there");
        assert_eq!(first(&changed(end + 8, &[0xff; 4])), Err(Fault::Zip64));
        assert!(wrong(&[b"x", &archive()[..]].concat()), "something before it");
        assert!(wrong(&[&archive()[..], b"x"].concat()), "something after it");
    }
}
