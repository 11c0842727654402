//! Reads the text on a picture of the screen: every cell is compared with the font's glyphs.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use nulstil::init::Font;

/// The bytes of a file in the image's initrd (cpio, newc).
pub(super) fn packed(image: &Path, name: &str) -> Vec<u8> {
    let unpacked = Command::new("zstd").args(["-dcq"]).arg(image.join("initrd")).output().unwrap();
    assert!(unpacked.status.success());
    let mut rest = unpacked.stdout.as_slice();
    loop {
        assert!(rest.starts_with(b"070701"), "no {name} in the initrd");
        let field = |number: usize| {
            let digits = str::from_utf8(&rest[6 + number * 8..14 + number * 8]).unwrap();
            usize::from_str_radix(digits, 16).unwrap()
        };
        let (bytes, letters) = (field(6), field(11));
        let begin = (110 + letters).next_multiple_of(4);
        if rest[110..110 + letters].strip_suffix(b"\0") == Some(name.as_bytes()) {
            return rest[begin..begin + bytes].to_vec();
        }
        rest = &rest[(begin + bytes).next_multiple_of(4)..];
    }
}

/// The font of screens with 1024 or 1280 columns of dots.
pub(super) fn font(image: &Path) -> Font {
    Font::parse(&packed(image, "console/24x12.psf")).unwrap().with_blocks()
}

/// The lines of a picture (PPM, three bytes a dot). What is no glyph is shown as U+FFFD.
pub(super) fn text(picture: &[u8], font: &Font) -> String {
    let mut parts = picture.splitn(4, |byte| *byte == b'\n');
    assert_eq!(parts.next(), Some(&b"P6"[..]));
    let size = str::from_utf8(parts.next().unwrap()).unwrap().split_once(' ').unwrap();
    let (width, height): (usize, usize) = (size.0.parse().unwrap(), size.1.parse().unwrap());
    let dots = parts.nth(1).unwrap();
    let dot = |x: usize, y: usize| &dots[(y * width + x) * 3..][..3];

    let mut characters = HashMap::new();
    for character in &font.characters {
        let glyph = font.glyphs[usize::from(character.glyph)].clone();
        let shown = characters.entry(glyph).or_insert(character.unicode);
        // Of those that look the same: the one in the plainest alphabet.
        *shown = character.unicode.min(*shown);
    }
    let (across, down) = (usize::from(font.width), usize::from(font.height));
    // Which of a cell's two colours is that of the text is not known: the one that makes a glyph.
    let cell = |column: usize, line: usize| {
        let (left, top) = (column * across, line * down);
        let other = |x, y| dot(left + x, top + y) != dot(left, top);
        let glyph = |turn: bool| -> Vec<u8> {
            let eight = |y, from: usize| {
                let dots = from..across.min(from + 8);
                dots.map(|x| u8::from(other(x, y) != turn) << (7 - (x - from))).sum()
            };
            let row = |y| (0..across).step_by(8).map(move |from| eight(y, from));
            (0..down).flat_map(row).collect()
        };
        let found = [false, true].map(|turn| characters.get(&glyph(turn)).copied());
        let unicode = found.into_iter().flatten().next().unwrap_or(0xfffd);
        char::from_u32(unicode.into()).unwrap()
    };
    let lines = (0..height / down).map(|line| {
        let text: String = (0..width / across).map(|column| cell(column, line)).collect();
        text.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}
