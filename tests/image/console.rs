//! What a person sees and types in front of the live image.

use crate::qemu::{Computer, image};

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
        let (kernel, initrd) = (image.join("vmlinuz"), image.join("initrd"));
        let mut computer = Computer::boot(folder, &kernel, &initrd, &words, &arguments);
        computer.shows(&image, &["Mærkat: _"]);
        KEYS.iter().for_each(|keys| computer.presses(keys));
        computer.shows(&image, &[letters]);
        computer.picture(if letters.starts_with('æ') { "danish.png" } else { "american.png" });
    }
}
