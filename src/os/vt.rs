//! The font and the keyboard of the screen's terminals (console_ioctl(2), `<linux/kd.h>`).

use std::io;
use std::os::fd::AsFd;

use super::ioctl;

/// The kernel keeps room for 32 rows of each glyph, whatever the height.
const ROWS: usize = 32;

/// The glyphs of a font, in the kernel's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glyphs {
    width: u8,
    height: u8,
    count: u32,
    rows: Vec<u8>,
}

/// `struct unipair`: a character, and the glyph that shows it.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Character {
    /// Its number in Unicode's first plane.
    pub unicode: u16,
    /// The number of its glyph.
    pub glyph: u16,
}

/// `struct kbentry`: what a key does while some of Shift, AltGr, Ctrl and Alt are held.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Which of those are held, a bit each (`<linux/keyboard.h>`, KG_SHIFT and so on).
    pub table: u8,
    /// The key's code.
    pub code: u8,
    /// What it does, in the kernel's numbers.
    pub action: u16,
}

/// `struct console_font_op`.
#[repr(C)]
#[derive(Debug)]
pub(super) struct FontOperation {
    op: u32,
    flags: u32,
    width: u32,
    height: u32,
    charcount: u32,
    data: *const u8,
}

/// `struct unimapdesc`.
#[repr(C)]
#[derive(Debug)]
pub(super) struct UnicodeMap {
    pub(super) entry_ct: u16,
    pub(super) entries: *const Character,
}

impl Glyphs {
    /// From glyphs of this size in dots, each of `height` rows of whole bytes, the leftmost dot in
    /// the highest bit; nothing if the kernel has no room for them, or if they have another length.
    #[must_use]
    pub fn new(width: u8, height: u8, glyphs: &[Vec<u8>]) -> Option<Self> {
        let pitch = usize::from(width).div_ceil(8);
        let bytes = usize::from(height) * pitch;
        let count = u32::try_from(glyphs.len()).ok().filter(|count| *count <= 512)?;
        let fits = (1..=32).contains(&width) && (1..=ROWS).contains(&usize::from(height));
        if !fits || glyphs.iter().any(|glyph| glyph.len() != bytes) {
            return None;
        }
        let mut rows = Vec::with_capacity(glyphs.len() * ROWS * pitch);
        for glyph in glyphs {
            rows.extend(glyph);
            rows.resize(rows.len() + ROWS * pitch - bytes, 0);
        }
        Some(Self { width, height, count, rows })
    }

    /// KD_FONT_OP_SET.
    pub(super) fn operation(&self) -> FontOperation {
        FontOperation {
            op: 0,
            flags: 0,
            width: self.width.into(),
            height: self.height.into(),
            charcount: self.count,
            data: self.rows.as_ptr(),
        }
    }
}

/// Shows a terminal's text in this font from now on.
///
/// # Errors
/// Not a terminal of the screen, or the screen cannot show glyphs of this size.
pub fn load_font(terminal: impl AsFd, glyphs: &Glyphs, map: &[Character]) -> io::Result<()> {
    let terminal = terminal.as_fd();
    ioctl::set_font(terminal, glyphs)?;
    Ok(ioctl::set_unicode_map(terminal, map)?)
}

/// Gives the keys of all keyboards these meanings, and UTF-8 to this terminal.
///
/// # Errors
/// Not a terminal of the screen, no privilege, or no such key.
pub fn load_keyboard(terminal: impl AsFd, keys: &[Key]) -> io::Result<()> {
    let terminal = terminal.as_fd();
    ioctl::unicode_keyboard(terminal)?;
    keys.iter().try_for_each(|key| Ok(ioctl::set_key(terminal, *key)?))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::mem::offset_of;

    use super::*;

    /// Against the layouts that a C compiler makes of the headers.
    #[cfg(target_pointer_width = "64")]
    #[test]
    fn the_kernels_layouts() {
        assert_eq!(size_of::<FontOperation>(), 32);
        assert_eq!(offset_of!(FontOperation, charcount), 16);
        assert_eq!(offset_of!(FontOperation, data), 24);
        assert_eq!((size_of::<UnicodeMap>(), offset_of!(UnicodeMap, entries)), (16, 8));
        assert_eq!((size_of::<Character>(), size_of::<Key>()), (4, 4));
    }

    #[test]
    fn each_glyph_has_32_rows_for_the_kernel() {
        let glyphs = Glyphs::new(12, 2, &[vec![1, 2, 3, 4], vec![5, 6, 7, 8]]).unwrap();
        assert_eq!(glyphs.rows.len(), 2 * 32 * 2);
        assert_eq!(glyphs.rows[..6], [1, 2, 3, 4, 0, 0]);
        assert_eq!(glyphs.rows[64..70], [5, 6, 7, 8, 0, 0]);
        assert_eq!(glyphs.operation().charcount, 2);
    }

    #[test]
    fn the_kernel_is_told_of_no_more_than_there_is() {
        assert_eq!(Glyphs::new(8, 16, &[vec![0; 15]]), None);
        assert_eq!(Glyphs::new(8, 33, &[vec![0; 33]]), None);
        assert_eq!(Glyphs::new(33, 1, &[vec![0; 5]]), None);
        assert_eq!(Glyphs::new(0, 1, &[vec![]]), None);
        assert_eq!(Glyphs::new(8, 1, &vec![vec![0]; 513]), None);
    }

    #[test]
    fn what_is_no_screen_is_an_error() {
        let nothing = File::open("/dev/null").unwrap();
        let glyphs = Glyphs::new(8, 1, &[vec![0]]).unwrap();
        assert!(load_font(&nothing, &glyphs, &[]).is_err());
        assert!(load_keyboard(&nothing, &[]).is_err());
    }
}
