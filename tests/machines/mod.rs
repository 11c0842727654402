//! Unpacks recorded machines: `tests/fixtures/machines/NAME.tree` into a temporary directory.
#![allow(dead_code, reason = "every test file uses a part of it")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use nulstil::os::System;

/// A recorded machine; it is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) system: System,
    dir: tempfile::TempDir,
}

impl Machine {
    pub(crate) fn unpack(name: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/machines")
            .join(format!("{name}.tree"));
        let dir = tempfile::tempdir().unwrap();
        unpack(&fs::read_to_string(file).unwrap(), dir.path());
        Self { system: System::recorded(dir.path()), dir }
    }

    /// Changes the recording: `path = content`, or any other line of a tree.
    pub(crate) fn with(self, line: &str) -> Self {
        unpack(line, self.dir.path());
        self
    }

    /// The directory it is unpacked in.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The last name of where the recorded `path` leads.
    pub(crate) fn system_link(&self, path: &str) -> String {
        let real = fs::canonicalize(self.dir.path().join(path)).unwrap();
        real.file_name().unwrap().to_str().unwrap().to_owned()
    }

    pub(crate) fn without(self, path: &str) -> Self {
        fs::remove_file(self.dir.path().join(path)).unwrap();
        self
    }
}

/// One line is `path = content`, `path -> link target` or `path/` (an empty directory). Content
/// that begins with `hex:` is binary (`pad N`: zeros up to N bytes); no content means that the indented lines below are it. A
/// line `[dir]` goes before the paths below it; `#` begins a comment.
fn unpack(tree: &str, root: &Path) {
    let mut base = String::new();
    let mut lines = tree.lines().peekable();
    while let Some(line) = lines.next() {
        if line.is_empty() || line.starts_with('#') {
        } else if let Some(dir) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            base = format!("{dir}/");
            fs::create_dir_all(root.join(dir)).unwrap();
        } else if let Some((path, target)) = line.split_once(" -> ") {
            symlink(target, place(root, &base, path)).unwrap();
        } else if let Some((path, content)) = line.split_once(" =") {
            let mut content = content.trim_start().to_owned();
            while content.is_empty() || content.contains('\n') {
                let Some(more) = lines.next_if(|line| line.starts_with("  ")) else { break };
                content.push_str(&more[2..]);
                content.push('\n');
            }
            let bytes = match content.strip_prefix("hex:") {
                Some(hex) => unhex(hex),
                None => content.into_bytes(),
            };
            fs::write(place(root, &base, path), bytes).unwrap();
        } else if let Some(path) = line.strip_suffix('/') {
            fs::create_dir_all(place(root, &base, path)).unwrap();
        } else {
            panic!("not a line of a tree: {line}");
        }
    }
}

fn place(root: &Path, base: &str, path: &str) -> std::path::PathBuf {
    let place = root.join(format!("{base}{path}"));
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    place
}

fn unhex(text: &str) -> Vec<u8> {
    let (text, length) = text.split_once(" pad ").unwrap_or((text, "0"));
    let digits: Vec<u8> =
        text.chars().filter_map(|c| c.to_digit(16)).map(|d| u8::try_from(d).unwrap()).collect();
    let mut bytes: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    bytes.resize(bytes.len().max(length.parse().unwrap()), 0);
    bytes
}
