//! A page to draw on: millimetres from the upper left corner, texts of measured width.

use printpdf::{
    Color, LinePoint, Mm, Op, PaintMode, ParsedFont, PdfFontHandle, Point, Polygon, PolygonRing,
    Pt, Rect, Rgb, TextItem, WindingOrder,
};

/// Width and height of A4, in millimetres.
pub(super) const A4: (f32, f32) = (210.0, 297.0);

/// Millimetres in a point.
const POINT: f32 = 25.4 / 72.0;

/// What stands for a character that the fonts do not have.
const UNKNOWN: char = '\u{fffd}';

/// The two fonts. Subsets made beforehand, see `certs/fonts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Regular,
    Bold,
}

impl Face {
    pub(super) const ALL: [Self; 2] = [Self::Regular, Self::Bold];

    /// The name in the document. The tag before `+` says that it is a subset (ISO 32000-1, 9.6.4).
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Regular => "NULSTA+DejaVuSans",
            Self::Bold => "NULSTB+DejaVuSans-Bold",
        }
    }

    /// The id by which the page names it.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Regular => "Regular",
            Self::Bold => "Bold",
        }
    }

    pub(super) const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => include_bytes!("../../../certs/fonts/DejaVuSans.ttf"),
            Self::Bold => include_bytes!("../../../certs/fonts/DejaVuSans-Bold.ttf"),
        }
    }
}

/// Red, green and blue, as on screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    fn paint(self) -> Color {
        let part = |value: u8| f32::from(value) / 255.0;
        Color::Rgb(Rgb { r: part(self.0), g: part(self.1), b: part(self.2), icc_profile: None })
    }
}

/// How a text looks: font, size in points, colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub face: Face,
    pub size: f32,
    pub colour: Colour,
}

/// One page.
#[derive(Debug)]
pub(super) struct Canvas {
    ops: Vec<Op>,
    fonts: [ParsedFont; 2],
}

impl Canvas {
    /// An empty page; `None` if the fonts cannot be read, which a test rules out.
    pub(super) fn new() -> Option<Self> {
        let font = |face: Face| {
            let mut font = ParsedFont::from_bytes(face.bytes(), 0, &mut Vec::new())?;
            font.font_name = Some(face.name().to_owned());
            Some(font)
        };
        Some(Self { ops: Vec::new(), fonts: [font(Face::Regular)?, font(Face::Bold)?] })
    }

    /// What was drawn, and with which fonts.
    pub(super) fn finish(self) -> (Vec<Op>, [ParsedFont; 2]) {
        (self.ops, self.fonts)
    }

    const fn font(&self, face: Face) -> &ParsedFont {
        let [regular, bold] = &self.fonts;
        match face {
            Face::Regular => regular,
            Face::Bold => bold,
        }
    }

    /// The text with a sign for every character that the fonts do not have.
    fn shown(&self, style: Style, text: &str) -> String {
        let font = self.font(style.face);
        let known = |c: char| font.lookup_glyph_index(u32::from(c)).is_some_and(|glyph| glyph > 0);
        text.chars().map(|c| if known(c) { c } else { UNKNOWN }).collect()
    }

    /// The width of a text in millimetres.
    pub(super) fn width(&self, style: Style, text: &str) -> f32 {
        let font = self.font(style.face);
        let units: f32 = self
            .shown(style, text)
            .chars()
            .filter_map(|c| font.get_glyph_width(font.lookup_glyph_index(u32::from(c))?))
            .map(f32::from)
            .sum();
        units / f32::from(font.units_per_em.max(1)) * style.size * POINT
    }

    /// The text in lines of at most `width` millimetres, and at most `most` of them: what is cut
    /// off ends in an ellipsis.
    pub(super) fn wrap(&self, style: Style, text: &str, width: f32, most: usize) -> Vec<String> {
        let fits = |line: &str| self.width(style, line) <= width;
        let mut lines = vec![String::new()];
        for word in text.split(' ') {
            let Some(line) = lines.last_mut() else { break };
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if fits(&longer) {
                *line = longer;
                continue;
            }
            // A word that is longer than a line, such as a serial number of a bad joker, is broken.
            let mut rest = String::new();
            for c in word.chars() {
                rest.push(c);
                if !fits(&rest) {
                    rest.pop();
                    lines.push(std::mem::replace(&mut rest, c.to_string()));
                }
            }
            lines.push(rest);
            if lines.len() > most.saturating_add(2) {
                break;
            }
        }
        lines.retain(|line| !line.is_empty());
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                while !last.is_empty() && !fits(&format!("{last}…")) {
                    last.pop();
                }
                last.push('…');
            }
        }
        lines
    }

    /// One line of text from `x` on, its baseline at `y`.
    pub(super) fn text(&mut self, x: f32, y: f32, style: Style, text: &str) {
        let text = self.shown(style, text);
        let font = PdfFontHandle::External(printpdf::FontId(style.face.id().to_owned()));
        self.ops.extend([
            Op::StartTextSection,
            Op::SetTextCursor { pos: point(x, y) },
            Op::SetFont { font, size: Pt(style.size) },
            Op::SetFillColor { col: style.colour.paint() },
            Op::ShowText { items: vec![TextItem::Text(text)] },
            Op::EndTextSection,
        ]);
    }

    /// A filled rectangle; `x` and `y` are its upper left corner.
    pub(super) fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, colour: Colour) {
        let corner = point(x, y + height);
        let rectangle = Rect {
            x: corner.x,
            y: corner.y,
            width: Mm(width).into(),
            height: Mm(height).into(),
            mode: Some(PaintMode::Fill),
            winding_order: Some(WindingOrder::NonZero),
        };
        self.ops.push(Op::SetFillColor { col: colour.paint() });
        self.ops.push(Op::DrawRectangle { rectangle });
    }

    /// A rectangle's outline, `line` millimetres thick, inside of its edge.
    pub(super) fn frame(&mut self, x: f32, y: f32, w: f32, h: f32, line: f32, colour: Colour) {
        self.fill(x, y, w, line, colour);
        self.fill(x, y + h - line, w, line, colour);
        self.fill(x, y, line, h, colour);
        self.fill(x + w - line, y, line, h, colour);
    }

    /// A filled polygon.
    pub(super) fn polygon(&mut self, corners: &[(f32, f32)], colour: Colour) {
        let points =
            corners.iter().map(|(x, y)| LinePoint { p: point(*x, *y), bezier: false }).collect();
        let polygon = Polygon {
            rings: vec![PolygonRing { points }],
            mode: PaintMode::Fill,
            winding_order: WindingOrder::NonZero,
        };
        self.ops.push(Op::SetFillColor { col: colour.paint() });
        self.ops.push(Op::DrawPolygon { polygon });
    }
}

/// A place on the page, as PDF counts: from the lower left corner.
fn point(x: f32, y: f32) -> Point {
    Point { x: Mm(x).into(), y: Mm(A4.1 - y).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { face: Face::Regular, size: 8.0, colour: Colour(0, 0, 0) };

    #[test]
    fn lines_fit() {
        let canvas = Canvas::new().unwrap();
        let texts = [
            "Some blocks could not be written; they are listed.",
            &"W".repeat(4000),
            &"æøå ÆØÅ → ✓ ".repeat(40),
            "\u{65e5}\u{672c}\u{8a9e} \u{1f600}",
            "",
        ];
        for text in texts {
            for most in [1, 2, 5] {
                let lines = canvas.wrap(STYLE, text, 60.0, most);
                assert!(lines.len() <= most, "{text}");
                for line in &lines {
                    assert!(canvas.width(STYLE, line) <= 60.01, "{line}");
                }
            }
        }
        assert_eq!(canvas.wrap(STYLE, "short", 60.0, 2), ["short"]);
        assert!(canvas.wrap(STYLE, &"W".repeat(400), 60.0, 2)[1].ends_with('…'));
        // Nothing is lost where there is room.
        let text = "Not every planned pass was carried out. ".repeat(5);
        assert_eq!(canvas.wrap(STYLE, text.trim(), 60.0, 99).join(" "), text.trim());
        let serial = "0123456789".repeat(20);
        assert_eq!(canvas.wrap(STYLE, &serial, 60.0, 99).concat(), serial);
    }

    #[test]
    fn the_fonts_have_what_the_page_says() {
        let canvas = Canvas::new().unwrap();
        for face in Face::ALL {
            let style = Style { face, ..STYLE };
            for text in ["æøåÆØÅ éüß", "– — … • → ✓ ✗ ■ □ ▲ €", "\u{a0}", "\u{fffd}"]
            {
                assert_eq!(canvas.shown(style, text), text);
            }
            assert_eq!(canvas.shown(style, "a\u{65e5}b\u{301}"), "a\u{fffd}b\u{fffd}");
            assert!(canvas.width(style, "i") < canvas.width(style, "W"));
        }
    }
}
