//! The screen's font: Debian's PSF files, with the block elements that they lack, of which progress
//! bars and the codes on the screen are made, and with a triangle that is not an arrow.

use std::collections::BTreeSet;

use crate::os::{Character, Glyphs};

/// Unicode's block elements: bars by eighths, shades, quadrants.
const BLOCKS: std::ops::RangeInclusive<u16> = 0x2580..=0x259f;

/// The sign of a screen that needs somebody. Terminus shows the arrow upwards in its place.
const TRIANGLE: u16 = 0x25b2;

/// Letters that neither Danish nor English has: their glyphs are given up for the blocks.
const CYRILLIC: std::ops::Range<u16> = 0x0400..0x0530;

/// A font for the screen.
#[derive(Debug, Clone)]
pub struct Font {
    /// Width of a glyph in dots.
    pub width: u8,
    /// Height of a glyph in dots.
    pub height: u8,
    /// Rows of whole bytes, the leftmost dot in the highest bit.
    pub glyphs: Vec<Vec<u8>>,
    /// Which glyph shows which character.
    pub characters: Vec<Character>,
}

impl Font {
    /// Reads a PC Screen Font, version 1 or 2; nothing if it is not one as a whole.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x36, 0x04, mode, height, rest @ ..] => {
                let count = if mode & 1 == 0 { 256 } else { 512 };
                Self::glyphs(rest, (8, *height), count, first_characters)
            }
            [0x72, 0xb5, 0x4a, 0x86, ..] => {
                let number = |at: usize| {
                    let field = bytes.get(at..at.checked_add(4)?)?;
                    usize::try_from(u32::from_le_bytes(field.try_into().ok()?)).ok()
                };
                let size = (u8::try_from(number(28)?).ok()?, u8::try_from(number(24)?).ok()?);
                Self::glyphs(bytes.get(number(8)?..)?, size, number(16)?, second_characters)
            }
            _ => None,
        }
    }

    /// Reads `count` glyphs, and with `characters` the table after them.
    fn glyphs(
        bytes: &[u8],
        (width, height): (u8, u8),
        count: usize,
        characters: impl Fn(&[u8]) -> Vec<Vec<u16>>,
    ) -> Option<Self> {
        let each = usize::from(width).div_ceil(8) * usize::from(height);
        let (glyphs, table) = bytes.split_at_checked(count.checked_mul(each)?)?;
        if each == 0 {
            return None;
        }
        let numbered = (0_u16..).zip(characters(table));
        let characters = numbered.flat_map(|(glyph, all)| {
            all.into_iter().map(move |unicode| Character { unicode, glyph })
        });
        let known = |character: &Character| usize::from(character.glyph) < count;
        Some(Self {
            width,
            height,
            glyphs: glyphs.chunks(each).map(<[u8]>::to_vec).collect(),
            characters: characters.filter(known).collect(),
        })
    }

    /// The same font with all block elements and the triangle, in the places of Cyrillic letters.
    #[must_use]
    pub fn with_blocks(mut self) -> Self {
        self.characters.retain(|character| character.unicode != TRIANGLE);
        let there: BTreeSet<u16> = self.characters.iter().map(|c| c.unicode).collect();
        let needed: BTreeSet<u16> = self
            .characters
            .iter()
            .filter(|c| !CYRILLIC.contains(&c.unicode))
            .map(|c| c.glyph)
            .collect();
        let free: BTreeSet<u16> = self
            .characters
            .iter()
            .map(|c| c.glyph)
            .filter(|glyph| !needed.contains(glyph))
            .collect();
        let missing = BLOCKS.chain([TRIANGLE]).filter(|block| !there.contains(block));
        let taken: Vec<_> = missing.zip(free).collect();
        for (unicode, glyph) in taken {
            let drawn = self.draw(unicode);
            if let Some(place) = self.glyphs.get_mut(usize::from(glyph)) {
                *place = drawn;
                self.characters.retain(|character| character.glyph != glyph);
                self.characters.push(Character { unicode, glyph });
            }
        }
        self
    }

    /// What the kernel takes; nothing if it cannot.
    #[must_use]
    pub fn for_the_kernel(&self) -> Option<Glyphs> {
        Glyphs::new(self.width, self.height, &self.glyphs)
    }

    fn draw(&self, block: u16) -> Vec<u8> {
        let pitch = usize::from(self.width).div_ceil(8);
        let mut rows = vec![0; pitch * usize::from(self.height)];
        for (row, y) in rows.chunks_mut(pitch).zip(0..) {
            for x in (0..self.width).filter(|x| is_dark(block, (*x, y), (self.width, self.height)))
            {
                if let Some(byte) = row.get_mut(usize::from(x / 8)) {
                    *byte |= 0x80 >> (x % 8);
                }
            }
        }
        rows
    }
}

/// Whether a block element or the triangle covers this dot of a glyph of this size.
fn is_dark(block: u16, (x, y): (u8, u8), (width, height): (u8, u8)) -> bool {
    let [x, y, width, height] = [x, y, width, height].map(u16::from);
    match block {
        0x2580 => y < height / 2,
        0x2581..=0x2588 => y >= height - height * (block - 0x2580) / 8,
        0x2589..=0x258f => x < width * (0x2590 - block) / 8,
        0x2590 => x >= width / 2,
        0x2591 => x % 2 == 0 && y % 2 == 0,
        0x2592 => (x + y) % 2 == 0,
        0x2593 => x % 2 == 1 || y % 2 == 1,
        0x2594 => y < height / 8,
        0x2595 => x >= width - width / 8,
        0x2596..=0x259f => {
            // The quadrants of 2596h, 2597h and so on: upper left 1, upper right 2, lower left 4,
            // lower right 8.
            let quadrants = [4, 8, 1, 13, 9, 7, 11, 2, 6, 14];
            let quadrant = 1 << (u8::from(x >= width / 2) + 2 * u8::from(y >= height / 2));
            quadrants.get(usize::from(block - 0x2596)).is_some_and(|set| set & quadrant != 0)
        }
        // From its point in the middle it grows to the whole width, a fifth of the height above and
        // below left free.
        TRIANGLE => {
            let (top, bottom) = (height / 5, height - height / 5);
            let from_the_middle = (2 * x + 1).abs_diff(width);
            (top..bottom).contains(&y) && from_the_middle * (bottom - top) <= (y - top + 1) * width
        }
        _ => false,
    }
}

/// The characters of each glyph in version 1: UTF-16, FFFFh after each glyph, FFFEh before what is
/// shown by this glyph only as a sequence.
fn first_characters(table: &[u8]) -> Vec<Vec<u16>> {
    let units: Vec<u16> = table
        .chunks_exact(2)
        .filter_map(|unit| Some(u16::from_le_bytes(unit.try_into().ok()?)))
        .collect();
    let alone = |all: &[u16]| all.iter().copied().take_while(|unit| *unit != 0xfffe).collect();
    units.split(|unit| *unit == 0xffff).map(alone).collect()
}

/// The same in version 2: UTF-8, FFh and FEh.
fn second_characters(table: &[u8]) -> Vec<Vec<u16>> {
    let alone = |all: &[u8]| {
        let text = all.split(|byte| *byte == 0xfe).next().unwrap_or_default();
        let text = str::from_utf8(text).unwrap_or_default();
        text.chars().filter_map(|c| u16::try_from(u32::from(c)).ok()).collect()
    };
    table.split(|byte| *byte == 0xff).map(alone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A font of 256 glyphs, 8 dots wide and 4 high: A, then 64 Cyrillic letters, then a glyph for
    /// a Cyrillic letter and a Latin one. The A is shown for a triangle, too.
    fn first() -> Vec<u8> {
        let mut file = vec![0x36, 0x04, 2, 4];
        file.extend([0xaa; 256 * 4]);
        let mut glyph = |characters: &[u16]| {
            characters.iter().chain(&[0xffff]).for_each(|unit| file.extend(unit.to_le_bytes()));
        };
        glyph(&[0x41, 0x391, TRIANGLE, 0xfffe, 0x41, 0x301]);
        (0..64).for_each(|letter| glyph(&[0x410 + letter]));
        glyph(&[0x441 + 0x40, 0x63]);
        file
    }

    fn glyph_of(font: &Font, unicode: u16) -> Option<&[u8]> {
        let found = font.characters.iter().find(|character| character.unicode == unicode)?;
        Some(&font.glyphs[usize::from(found.glyph)])
    }

    #[test]
    fn version_1() {
        let font = Font::parse(&first()).unwrap();
        assert_eq!((font.width, font.height, font.glyphs.len()), (8, 4, 256));
        assert_eq!(
            font.characters[..3],
            [(0x41, 0), (0x391, 0), (TRIANGLE, 0)]
                .map(|(unicode, glyph)| Character { unicode, glyph })
        );
        assert_eq!(font.characters[3], Character { unicode: 0x410, glyph: 1 });
        assert!(Font::parse(&first()[..1000]).is_none());
        assert!(Font::parse(&[]).is_none());
    }

    #[test]
    fn version_2() {
        let mut file = vec![0x72, 0xb5, 0x4a, 0x86];
        for field in [0_u32, 32, 1, 2, 6, 3, 12] {
            file.extend(field.to_le_bytes());
        }
        file.extend([1, 0x10, 2, 0x20, 3, 0x30, 4, 0, 5, 0, 6, 0]);
        file.extend("æå\u{1f600}".bytes().chain([0xfe, b'a', 0xff, b'b', 0xff]));
        let font = Font::parse(&file).unwrap();
        assert_eq!((font.width, font.height), (12, 3));
        assert_eq!(font.glyphs[0], [1, 0x10, 2, 0x20, 3, 0x30]);
        let shown: Vec<_> = font.characters.iter().map(|c| (c.unicode, c.glyph)).collect();
        assert_eq!(shown, [(0xe6, 0), (0xe5, 0), (0x62, 1)]);
        assert!(Font::parse(&file[..40]).is_none());
        assert!(Font::parse(&file[..20]).is_none());
    }

    #[test]
    fn every_block_takes_the_place_of_a_cyrillic_letter() {
        let before = Font::parse(&first()).unwrap();
        let font = before.clone().with_blocks();
        assert!({ BLOCKS }.all(|block| glyph_of(&font, block).is_some()));
        // What else is shown is as it was, and a glyph shows nothing besides its block.
        assert_eq!(glyph_of(&font, 0x41), Some(&[0xaa; 4][..]));
        assert_eq!(glyph_of(&font, 0x63), Some(&[0xaa; 4][..]));
        assert_eq!(glyph_of(&font, 0x410), None);
        assert_eq!(glyph_of(&font, 0x430), None);
        assert!(glyph_of(&font, 0x431).is_some());
        assert_eq!(font.glyphs.len(), before.glyphs.len());
    }

    #[test]
    fn the_blocks() {
        let font = Font::parse(&first()).unwrap().with_blocks();
        for (block, rows) in [
            ('▀', [0xff, 0xff, 0, 0]),
            ('▂', [0, 0, 0, 0xff]),
            ('▄', [0, 0, 0xff, 0xff]),
            ('█', [0xff; 4]),
            ('▉', [0xfe; 4]),
            ('▌', [0xf0; 4]),
            ('▏', [0x80; 4]),
            ('▐', [0x0f; 4]),
            ('░', [0xaa, 0, 0xaa, 0]),
            ('▒', [0xaa, 0x55, 0xaa, 0x55]),
            ('▓', [0x55, 0xff, 0x55, 0xff]),
            ('▕', [0x01; 4]),
            ('▖', [0, 0, 0xf0, 0xf0]),
            ('▙', [0xf0, 0xf0, 0xff, 0xff]),
            ('▚', [0xf0, 0xf0, 0x0f, 0x0f]),
            ('▝', [0x0f, 0x0f, 0, 0]),
            ('▟', [0x0f, 0x0f, 0xff, 0xff]),
            ('▲', [0x18, 0x3c, 0x7e, 0xff]),
        ] {
            let glyph = glyph_of(&font, u16::try_from(u32::from(block)).unwrap());
            assert_eq!(glyph, Some(&rows[..]), "{block}");
        }
    }
}
