//! Colours. Few, muted, the same for the same thing everywhere, and never alone: a word and a symbol
//! say the same. Text has a contrast of at least 7:1 (WCAG 2.2, success criterion 1.4.6).
//!
//! Backgrounds are among the first eight colours: the Linux console has no others.

use ratatui::style::{Color, Modifier, Style};

/// What the sixteen colours of the Linux console are set to, as red, green and blue.
pub const PALETTE: [[u8; 3]; 16] = [
    [0x20, 0x26, 0x2b],
    [0x6e, 0x2b, 0x2b],
    [0x22, 0x57, 0x3c],
    [0x6b, 0x4a, 0x12],
    [0x1f, 0x4a, 0x6b],
    [0x3a, 0x41, 0x48],
    [0x1d, 0x4f, 0x55],
    [0xf4, 0xf1, 0xea],
    [0x46, 0x4c, 0x52],
    [0x6e, 0x2b, 0x2b],
    [0x22, 0x57, 0x3c],
    [0x6b, 0x4a, 0x12],
    [0x1f, 0x4a, 0x6b],
    [0x3a, 0x41, 0x48],
    [0x1d, 0x4f, 0x55],
    [0xf4, 0xf1, 0xea],
];

/// Which sixteen colours the terminal has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colours {
    /// [`PALETTE`], which was loaded.
    Ours,
    /// Its own: those of a graphics card, of xterm or the like. Few pairs of those are readable.
    #[default]
    Terminal,
}

impl Colours {
    /// What text that matters may look like beside: the Linux console shows bold text in another colour,
    /// which nobody chose.
    #[must_use]
    pub const fn weight(self) -> Modifier {
        match self {
            Self::Ours => Modifier::empty(),
            Self::Terminal => Modifier::BOLD,
        }
    }
}

/// How something stands. Each has a symbol, a word and a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing stands in the way, a person is asked or told something.
    Form,
    /// Something must happen first that needs nobody.
    Waiting,
    /// Drives are being erased.
    Working,
    /// A person must do something.
    NeedsYou,
    /// Erased, and a signed document says so.
    Passed,
    /// Not erased.
    Failed,
    /// Neither can be said.
    Unproven,
    /// Stopped by a person.
    Stopped,
}

impl Mark {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Form,
        Self::Waiting,
        Self::Working,
        Self::NeedsYou,
        Self::Passed,
        Self::Failed,
        Self::Unproven,
        Self::Stopped,
    ];

    /// Its symbol; each is in the live image's font (Terminus, code page Uni2).
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Form => " ",
            Self::Waiting => "•",
            Self::Working => "»",
            Self::NeedsYou => "▲",
            Self::Passed => "√",
            Self::Failed => "■",
            Self::Unproven => "?",
            Self::Stopped => "×",
        }
    }

    /// The numbers of its text's colour and of its background's.
    #[must_use]
    pub const fn pair(self, colours: Colours) -> (u8, u8) {
        match (colours, self) {
            (_, Self::Form) => (0, 7),
            (Colours::Ours, Self::Waiting) => (15, 5),
            (_, Self::Working) => (15, 4),
            (Colours::Ours, Self::NeedsYou | Self::Unproven) => (15, 3),
            (Colours::Ours, Self::Passed) => (15, 2),
            (Colours::Ours, Self::Failed | Self::Stopped) => (15, 1),
            // Green, red and brown of a graphics card or of xterm bear no readable text.
            (Colours::Terminal, _) => (15, 0),
        }
    }

    /// The same as a style of cells.
    #[must_use]
    pub const fn style(self, colours: Colours) -> Style {
        let (text, ground) = self.pair(colours);
        Style::new().fg(Color::Indexed(text)).bg(Color::Indexed(ground))
    }
}

/// The line with the keys, the same on every screen.
#[must_use]
pub const fn keys() -> Style {
    Style::new().fg(Color::Indexed(15)).bg(Color::Indexed(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What graphics cards start with.
    const VGA: [[u8; 3]; 16] = [
        [0, 0, 0],
        [0xaa, 0, 0],
        [0, 0xaa, 0],
        [0xaa, 0x55, 0],
        [0, 0, 0xaa],
        [0xaa, 0, 0xaa],
        [0, 0xaa, 0xaa],
        [0xaa, 0xaa, 0xaa],
        [0x55, 0x55, 0x55],
        [0xff, 0x55, 0x55],
        [0x55, 0xff, 0x55],
        [0xff, 0xff, 0x55],
        [0x55, 0x55, 0xff],
        [0xff, 0x55, 0xff],
        [0x55, 0xff, 0xff],
        [0xff, 0xff, 0xff],
    ];

    /// What xterm starts with.
    const XTERM: [[u8; 3]; 16] = [
        [0, 0, 0],
        [0xcd, 0, 0],
        [0, 0xcd, 0],
        [0xcd, 0xcd, 0],
        [0, 0, 0xee],
        [0xcd, 0, 0xcd],
        [0, 0xcd, 0xcd],
        [0xe5, 0xe5, 0xe5],
        [0x7f, 0x7f, 0x7f],
        [0xff, 0, 0],
        [0, 0xff, 0],
        [0xff, 0xff, 0],
        [0x5c, 0x5c, 0xff],
        [0xff, 0, 0xff],
        [0, 0xff, 0xff],
        [0xff, 0xff, 0xff],
    ];

    /// Relative luminance, WCAG 2.2.
    fn luminance(colour: [u8; 3]) -> f64 {
        let [r, g, b] = colour.map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
        let (a, b) = (luminance(one), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn the_measure_is_that_of_wcag() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
        // #777777 on white is known to be 4.48.
        assert!((contrast([0x77; 3], [255; 3]) - 4.48).abs() < 0.005);
    }

    #[test]
    fn every_pair_can_be_read_on_every_palette() {
        let mut pairs = Vec::new();
        for (colours, palettes) in
            [(Colours::Ours, vec![PALETTE]), (Colours::Terminal, vec![VGA, XTERM])]
        {
            let line = keys();
            let index = |colour| match colour {
                Some(Color::Indexed(index)) => index,
                other => panic!("{other:?} is none of the sixteen"),
            };
            let all = Mark::ALL.iter().map(|mark| mark.pair(colours));
            let all: Vec<_> = all.chain([(index(line.fg), index(line.bg))]).collect();
            for (palette, (text, ground)) in
                palettes.iter().flat_map(|palette| all.iter().map(move |pair| (palette, *pair)))
            {
                let found = contrast(palette[usize::from(text)], palette[usize::from(ground)]);
                assert!(found >= 7.0, "{text} on {ground} of {colours:?}: {found:.2}");
                assert!(ground < 8, "{ground} is no background of the Linux console");
                pairs.push(found);
            }
        }
        assert_eq!(pairs.len(), 27);
    }

    #[test]
    fn no_two_marks_share_a_symbol() {
        let mut symbols: Vec<_> = Mark::ALL.iter().map(|mark| mark.symbol()).collect();
        symbols.sort_unstable();
        symbols.dedup();
        assert_eq!(symbols.len(), Mark::ALL.len());
    }
}
