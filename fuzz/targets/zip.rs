//! A ZIP that somebody says has certificates in it.
#![no_main]

use std::collections::HashSet;
use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use nulstil::bundle::Archive;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut archive) = Archive::open(Cursor::new(bytes)) else { return };
    let entries = archive.entries().to_vec();
    let names: HashSet<&str> = entries.iter().map(|entry| entry.name()).collect();
    assert_eq!(names.len(), entries.len());
    let mut all = 0;
    for entry in &entries {
        assert!(!entry.name().split('/').any(|part| ["", ".", ".."].contains(&part)));
        if let Ok(packed) = archive.read(entry, 4096) {
            all += packed.len();
            if let Ok(file) = packed.unpack() {
                assert!(file.len() <= 4096);
            }
        }
    }
    // No byte is there for two.
    assert!(all <= bytes.len());
});
