//! Where things stand on the page. From the top: verdict, two columns of facts, what falls short;
//! from the bottom: how to check, and a place for the controller's decision. What is in between
//! gets the room that is left, and says so when it is not enough.

use super::Page;
use super::canvas::{A4, Canvas, Colour, Face, Style};
use super::content::{Content, Section};
use super::qr;
use crate::cert::did;
use crate::keys::public::fingerprint;
use crate::model::{Language, Severity, Verdict};

const LEFT: f32 = 15.0;
const WIDTH: f32 = 180.0;
const TOP: f32 = 13.0;
/// Height of the field with the verdict.
const FIELD: f32 = 34.0;
/// Where the part begins that has its place at the bottom.
const BOTTOM: f32 = 205.0;
const COLUMN: f32 = 87.0;
const LABEL: f32 = 24.0;
/// From one line to the next, small text.
const LINE: f32 = 3.5;
/// The most lines of one value.
const VALUE_LINES: usize = 3;

const INK: Colour = Colour(0x20, 0x26, 0x2b);
const GREY: Colour = Colour(0x55, 0x5c, 0x63);
const RULE: Colour = Colour(0xb5, 0xb9, 0xbd);
const PAPER: Colour = Colour(0xff, 0xff, 0xff);
/// Muted, with a contrast of 7 and more against white.
const GREEN: Colour = Colour(0x22, 0x57, 0x3c);
const RED: Colour = Colour(0x6e, 0x2b, 0x2b);
const AMBER: Colour = Colour(0x6b, 0x4a, 0x12);

const BODY: Style = Style { face: Face::Regular, size: 7.5, colour: INK };
const BODY_LABEL: Style = Style { face: Face::Regular, size: 7.5, colour: GREY };
const BODY_BOLD: Style = Style { face: Face::Bold, size: 7.5, colour: INK };
const HEADING: Style = Style { face: Face::Bold, size: 8.5, colour: INK };
const SMALL: Style = Style { face: Face::Regular, size: 6.5, colour: INK };
const SMALL_BOLD: Style = Style { face: Face::Bold, size: 6.5, colour: INK };

/// Draws the page; `None` if the fonts cannot be read.
pub(super) fn draw(page: &Page<'_>, content: &Content) -> Option<Canvas> {
    let mut canvas = Canvas::new()?;
    let colour = colour_of(content.verdict);
    edge(&mut canvas, content.verdict, colour);
    verdict(&mut canvas, content, colour);
    let top = columns(&mut canvas, page, content, TOP + FIELD + 15.5);
    shortfalls(&mut canvas, page, content, top + 2.0);
    controller(&mut canvas, page.language);
    check(&mut canvas, page);
    Some(canvas)
}

const fn colour_of(verdict: Verdict) -> Colour {
    match verdict {
        Verdict::Sanitized => GREEN,
        Verdict::NotSanitized => RED,
        Verdict::Indeterminate => AMBER,
    }
}

/// The frame around the page of a drive that is not proven to be erased.
fn edge(canvas: &mut Canvas, verdict: Verdict, colour: Colour) {
    const THICK: f32 = 5.0;
    match verdict {
        Verdict::Sanitized => {}
        Verdict::NotSanitized => canvas.frame(3.0, 3.0, A4.0 - 6.0, A4.1 - 6.0, THICK, colour),
        Verdict::Indeterminate => {
            canvas.frame(3.0, 3.0, A4.0 - 6.0, A4.1 - 6.0, THICK, colour);
            for gap in 0..12_u8 {
                let along = 14.0 + f32::from(gap) * 25.0;
                canvas.fill(along.min(A4.0 - 20.0), 2.0, 9.0, A4.1 - 4.0, PAPER);
                canvas.fill(2.0, along, A4.0 - 4.0, 9.0, PAPER);
            }
        }
    }
}

fn verdict(canvas: &mut Canvas, content: &Content, colour: Colour) {
    let text_colour = if content.verdict == Verdict::Sanitized {
        canvas.frame(LEFT, TOP, WIDTH, FIELD, 1.8, colour);
        colour
    } else {
        canvas.fill(LEFT, TOP, WIDTH, FIELD, colour);
        PAPER
    };
    sign(canvas, content.verdict, (LEFT + 20.0, TOP + FIELD / 2.0), text_colour, colour);
    let room = WIDTH - 46.0;
    let mut style = Style { face: Face::Bold, size: 50.0, colour: text_colour };
    while canvas.width(style, &content.headline) > room && style.size > 10.0 {
        style.size -= 0.5;
    }
    let middle = TOP + 15.0 + style.size * 0.13;
    canvas.text(LEFT + 40.0, middle, style, &content.headline);
    let style = Style { face: Face::Bold, size: 11.0, colour: text_colour };
    for line in canvas.wrap(style, &content.subtitle, room, 1) {
        canvas.text(LEFT + 40.0, TOP + FIELD - 5.5, style, &line);
    }
    let style = Style { face: Face::Bold, size: 10.0, colour };
    for line in canvas.wrap(style, &content.warnings.join("   –   "), WIDTH, 1) {
        canvas.text(LEFT, TOP + FIELD + 6.0, style, &line);
    }
}

/// A tick, a cross or a triangle around `middle`, 24 millimetres high. `under` is what shows
/// through.
fn sign(canvas: &mut Canvas, verdict: Verdict, middle: (f32, f32), colour: Colour, under: Colour) {
    let around = |corners: &[(f32, f32)]| -> Vec<(f32, f32)> {
        corners.iter().map(|(x, y)| (middle.0 + x, middle.1 + y)).collect()
    };
    match verdict {
        Verdict::Sanitized => {
            let tick =
                [(-12.0, 0.5), (-8.5, -3.0), (-3.5, 2.0), (8.5, -10.0), (12.0, -6.5), (-3.5, 9.0)];
            canvas.polygon(&around(&tick), colour);
        }
        Verdict::NotSanitized => {
            let (far, near, arm) = (11.5, 8.0, 3.5);
            let cross = [
                (-far, -near),
                (-near, -far),
                (0.0, -arm),
                (near, -far),
                (far, -near),
                (arm, 0.0),
                (far, near),
                (near, far),
                (0.0, arm),
                (-near, far),
                (-far, near),
                (-arm, 0.0),
            ];
            canvas.polygon(&around(&cross), colour);
        }
        Verdict::Indeterminate => {
            canvas.polygon(&around(&[(0.0, -11.5), (13.0, 11.0), (-13.0, 11.0)]), colour);
            let style = Style { face: Face::Bold, size: 46.0, colour: under };
            let half = canvas.width(style, "?") / 2.0;
            canvas.text(middle.0 - half, middle.1 + 9.0, style, "?");
        }
    }
}

/// The facts; gives where they end.
fn columns(canvas: &mut Canvas, page: &Page<'_>, content: &Content, top: f32) -> f32 {
    // Whatever a drive calls itself, this much is left for what falls short.
    let least = if content.shortfalls.is_empty() { 0.0 } else { 30.0 };
    let limit = BOTTOM - least;
    let mut end = top;
    for (at, sections) in content.columns.iter().enumerate() {
        let x = if at == 0 { LEFT } else { LEFT + WIDTH - COLUMN };
        let mut y = top;
        for one in sections {
            y = section(canvas, page.language, one, x, y, limit);
        }
        end = end.max(y);
    }
    end
}

fn section(
    canvas: &mut Canvas,
    language: Language,
    section: &Section,
    x: f32,
    top: f32,
    limit: f32,
) -> f32 {
    if top + 2.0 * LINE > limit {
        return top;
    }
    canvas.text(x, top, HEADING, section.title);
    canvas.fill(x, top + 1.2, COLUMN, 0.25, RULE);
    let mut y = top + 1.2 + LINE + 0.3;
    for (label, value) in &section.lines {
        let lines = canvas.wrap(BODY, value, COLUMN - LABEL, VALUE_LINES);
        if y + LINE * rows(lines.len()) > limit {
            canvas.text(x, y, BODY_BOLD, see_file(language));
            return y + LINE + 1.6;
        }
        canvas.text(x, y, BODY_LABEL, label);
        for line in lines {
            canvas.text(x + LABEL, y, BODY, &line);
            y += LINE;
        }
    }
    y + 1.6
}

const fn see_file(language: Language) -> &'static str {
    language.pick("… the rest: see the attached file", "… resten: se den vedhæftede fil")
}

/// A number of lines.
fn rows(lines: usize) -> f32 {
    f32::from(u16::try_from(lines).unwrap_or(u16::MAX))
}

fn shortfalls(canvas: &mut Canvas, page: &Page<'_>, content: &Content, top: f32) {
    let language = page.language;
    canvas.text(
        LEFT,
        top,
        HEADING,
        language.pick(
            "What falls short, and what was not examined (gravest first)",
            "Hvad der mangler, og hvad der ikke blev undersøgt (det alvorligste først)",
        ),
    );
    canvas.fill(LEFT, top + 1.2, WIDTH, 0.25, RULE);
    let mut y = top + 1.2 + LINE + 0.3;
    if content.shortfalls.is_empty() {
        let nothing = language.pick("Nothing is recorded.", "Intet er registreret.");
        canvas.text(LEFT, y, BODY, nothing);
    }
    let limit = BOTTOM - 4.0;
    let mut told = 0_usize;
    for (severity, sentence) in &content.shortfalls {
        let (mark, word, style) = weight(*severity, language);
        let lines = canvas.wrap(style, sentence, WIDTH - 32.0, 4);
        // The last line of the room says how many there are more.
        let is_last = told + 1 == content.shortfalls.len();
        let needed = rows(lines.len()) + if is_last { 0.0 } else { 1.0 };
        if y + LINE * (needed - 1.0) > limit {
            break;
        }
        canvas.text(LEFT, y, BODY_BOLD, mark);
        canvas.text(LEFT + 5.0, y, style, word);
        for line in lines {
            canvas.text(LEFT + 32.0, y, style, &line);
            y += LINE;
        }
        told += 1;
    }
    let more = content.shortfalls.len().saturating_sub(told);
    if more > 0 {
        let text = format!(
            "{more} {}",
            language.pick("more: see the attached file", "mere: se den vedhæftede fil")
        );
        canvas.text(LEFT, y, BODY_BOLD, &text);
    }
}

/// The mark and the word for how much a shortfall weighs.
const fn weight(severity: Severity, language: Language) -> (&'static str, &'static str, Style) {
    match severity {
        Severity::Failure => ("✘", language.pick("FAILURE", "FEJL"), BODY_BOLD),
        Severity::Doubt => ("▲", language.pick("DOUBT", "TVIVL"), BODY_BOLD),
        Severity::Limit => ("•", language.pick("limit", "begrænsning"), BODY),
    }
}

/// Where the controller's person decides: that is validation, and not the program's.
fn controller(canvas: &mut Canvas, language: Language) {
    let top = BOTTOM;
    canvas.frame(LEFT, top, WIDTH, 17.0, 0.3, GREY);
    canvas.text(
        LEFT + 2.5,
        top + 5.0,
        BODY_BOLD,
        language.pick("Validated by the controller:", "Valideret af den dataansvarlige:"),
    );
    let choices = [
        language.pick("accepted", "godkendt"),
        language.pick("rejected", "afvist"),
        language.pick("escalated", "kræver stærkere behandling"),
    ];
    let mut x = LEFT + 57.0;
    for choice in choices {
        canvas.frame(x, top + 2.2, 3.2, 3.2, 0.3, INK);
        canvas.text(x + 5.0, top + 5.0, BODY, choice);
        x += 30.0;
    }
    let mut x = LEFT + 2.5;
    let lines = [
        (language.pick("Name", "Navn"), 60.0),
        (language.pick("Date", "Dato"), 35.0),
        (language.pick("Signature", "Underskrift"), 70.0),
    ];
    for (label, width) in lines {
        canvas.fill(x, top + 12.5, width, 0.25, INK);
        canvas.text(x, top + 15.5, SMALL, label);
        x += width + 5.0;
    }
}

/// How to check: the code, the file, the fingerprints.
fn check(canvas: &mut Canvas, page: &Page<'_>) {
    const QR: f32 = 54.0;
    let (top, language) = (BOTTOM + 19.5, page.language);
    let drawn = page.code.is_some_and(|code| qr::draw(canvas, LEFT - 2.5, top - 1.0, QR, code));
    if !drawn {
        canvas.frame(LEFT, top + 2.0, QR - 6.0, QR - 6.0, 0.3, GREY);
        let why = language.pick(
            "No code: the station's key was not at hand when this page was made.",
            "Ingen kode: stationens nøgle var ikke til stede, da siden blev lavet.",
        );
        paragraph(canvas, SMALL, (LEFT + 3.0, top + 12.0), QR - 12.0, why, 6);
    }
    let (x, width) = (LEFT + QR, WIDTH - QR);
    let mut y = top + 3.0;
    canvas.text(x, y, HEADING, language.pick("How to check this", "Sådan kontrolleres dette"));
    canvas.fill(x, y + 1.2, width, 0.25, RULE);
    y += 5.2;
    let name = page.name;
    let paper = language.pick(
        "This paper: scan the code, and give its text to: nulstil verify --qr TEXT --root root.pub. \
         It proves what was signed.",
        "Papiret: scan koden, og giv teksten til: nulstil verify --qr TEKST --root root.pub. Det \
         viser, hvad der blev underskrevet.",
    );
    let evidence = match language {
        Language::English => format!(
            "The evidence: the file {name}, attached to this page's PDF. Check it with nulstil \
             verify, or without a network with verify.html; or without our programs by jq and \
             openssl (check-without-nulstil)."
        ),
        Language::Danish => format!(
            "Beviserne: filen {name}, vedhæftet denne sides PDF. Kontrollér den med nulstil verify, \
             eller uden netværk med verify.html; eller uden vores programmer med jq og openssl \
             (check-without-nulstil)."
        ),
    };
    let root = language.pick(
        "The root key's fingerprint must be the one in your contract.",
        "Rodnøglens fingeraftryk skal være det, der står i din kontrakt.",
    );
    let steps = drawn.then_some(paper).into_iter().chain([&*evidence, root]);
    for (number, step) in steps.enumerate() {
        y = paragraph(canvas, SMALL, (x, y), width, &format!("{}. {step}", number + 1), 5);
    }
    y += 0.8;
    let station = did::key(page.certificate.issuer()).ok();
    let prints = [
        (language.pick("Root key", "Rodnøgle"), fingerprint(page.root)),
        (
            language.pick("Station key", "Stationens nøgle"),
            station.map(|key| fingerprint(&key)).unwrap_or_default(),
        ),
        (language.pick("Signed file, SHA-256", "Underskrevet fil, SHA-256"), {
            let digest = page.certificate.digest().as_bytes();
            let groups = digest.chunks(4).map(String::from_utf8_lossy);
            groups.collect::<Vec<_>>().join(" ")
        }),
    ];
    for (label, print) in prints {
        canvas.text(x, y, SMALL_BOLD, label);
        y = paragraph(canvas, SMALL, (x, y + 2.9), width, &print, 2) + 0.4;
    }
    let view = language.pick(
        "What counts is the signed document; this page is a view of it. Verification is what the \
         program read back; validation is a person's decision. Terms: NIST SP 800-88 (r1 and r2).",
        "Det, der gælder, er det underskrevne dokument; denne side er en visning af det. \
         Verifikation er det, programmet læste tilbage; validering er en persons beslutning. \
         Begreber: NIST SP 800-88 (r1 og r2).",
    );
    paragraph(canvas, Style { colour: GREY, ..SMALL }, (LEFT, A4.1 - 14.5), WIDTH, view, 2);
}

/// A text in as many lines as it takes, at most `most`; gives where the next one begins.
fn paragraph(
    canvas: &mut Canvas,
    style: Style,
    (x, top): (f32, f32),
    width: f32,
    text: &str,
    most: usize,
) -> f32 {
    let mut y = top;
    for line in canvas.wrap(style, text, width, most) {
        canvas.text(x, y, style, &line);
        y += 2.9;
    }
    y
}
