//! What a person sees and types in front of the live image.

use std::fs::File;

use crate::qemu::{Computer, drive, image};

/// The keys on the right of a keyboard, by their American names, and with Shift and AltGr, which only
/// the Danish one has.
const KEYS: [&[&str]; 11] = [
    &["semicolon"],
    &["apostrophe"],
    &["bracket_left"],
    &["shift", "semicolon"],
    &["shift", "apostrophe"],
    &["shift", "bracket_left"],
    &["minus"],
    &["slash"],
    &["alt_r", "2"],
    &["alt_r", "e"],
    &["shift", "7"],
];

#[test]
fn the_danish_keyboard_and_the_american_one() {
    let Some(image) = image("the_danish_keyboard_and_the_american_one") else { return };
    let Some((stick, arguments)) = crate::stick(&image) else { return };
    for (words, letters) in [("", "æøåÆØÅ+-@€/"), ("nulstil.keyboard=us", ";'[:\"{-/")] {
        let folder = tempfile::tempdir().unwrap();
        let words = format!("{stick} {words}");
        // Without a drive there is nothing to type a label for.
        let disk = folder.path().join("disk");
        File::create(&disk).unwrap().set_len(16 << 20).unwrap();
        let nvme = ["-device".to_owned(), "nvme,drive=d,serial=NR-NVME".to_owned()];
        let arguments = [&arguments[..], &drive("d", &disk), &nvme].concat();
        let (kernel, initrd) = (image.join("vmlinuz"), image.join("initrd"));
        let mut computer = Computer::boot(folder, &kernel, &initrd, &words, &arguments);
        computer.shows(&image, &["Mærkat: _"]);
        KEYS.iter().for_each(|keys| computer.presses(keys));
        computer.shows(&image, &[letters]);
        computer.picture(if letters.starts_with('æ') { "danish.png" } else { "american.png" });
    }
}
