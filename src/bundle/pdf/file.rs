//! A PDF of one piece (ISO 32000-1, 7.5): header, objects, one table of them, one trailer.
//!
//! Programs find objects by the table, some by looking through the file, and some by both. Here they
//! all find the same ones: the table has each object at the place where it is, there is nothing
//! between the objects but white space and comments, and nowhere else does anything look like one.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::lexer::{Dict, Lexer, Value, number};

/// All objects of a PDF.
pub(super) struct File<'a> {
    objects: HashMap<u64, Object<'a>>,
    trailer: Dict<'a>,
    /// How many dictionaries in it attach a file.
    pub attach: usize,
}

pub(super) struct Object<'a> {
    pub value: Value<'a>,
    pub stream: Option<&'a [u8]>,
}

impl<'a> File<'a> {
    /// None if it is not of one piece.
    pub(super) fn read(pdf: &'a [u8]) -> Option<Self> {
        let table_at = table_at(pdf)?;
        let mut end = Lexer::new(pdf, table_at);
        let places = table(&mut end)?;
        let Some(Value::Dict(trailer)) = end.value() else { return None };
        let known =
            trailer.keys().all(|key| [&b"Root"[..], b"Info", b"ID", b"Size"].contains(&key));
        let ends = end.word() == b"startxref" && end.number() == Some(table_at as u64);
        end.space();
        if !(known && ends && without_line_end(end.rest()) == b"%%EOF") {
            return None;
        }
        let numbers: HashMap<u64, usize> = places.iter().map(|(at, of)| (*of, *at)).collect();
        let mut objects = HashMap::new();
        let mut lexer = Lexer::new(pdf, 0);
        for (at, number) in &places {
            lexer.gap();
            if lexer.at() != *at || !heads(&mut lexer, *number) {
                return None;
            }
            objects.insert(*number, object(&mut lexer, pdf, &numbers)?);
        }
        lexer.gap();
        let whole = lexer.at() == table_at && looking_like_objects(pdf) == places.len();
        whole.then(|| Self { objects, trailer, attach: lexer.attach() + end.attach() })
    }

    pub(super) fn root(&self) -> Option<&Dict<'a>> {
        self.dict(self.trailer.get("Root")?)
    }

    pub(super) fn object(&self, number: u64) -> Option<&Object<'a>> {
        self.objects.get(&number)
    }

    /// What this value is, or refers to.
    pub(super) fn resolved<'b>(&'b self, value: &'b Value<'a>) -> Option<&'b Value<'a>> {
        match value {
            Value::Reference(number) => self.object(*number).map(|object| &object.value),
            value => Some(value),
        }
    }

    pub(super) fn dict<'b>(&'b self, value: &'b Value<'a>) -> Option<&'b Dict<'a>> {
        match self.resolved(value)? {
            Value::Dict(dict) => Some(dict),
            _ => None,
        }
    }
}

/// Where the table is, as the end of the file says.
fn table_at(pdf: &[u8]) -> Option<usize> {
    let before = without_line_end(pdf).strip_suffix(b"%%EOF")?.trim_ascii_end();
    let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    usize::try_from(number(before.get(before.len() - digits..)?)?).ok()
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// The places of the objects and their numbers (7.5.4); goes behind `trailer`.
fn table(lexer: &mut Lexer<'_>) -> Option<BTreeMap<usize, u64>> {
    let (mut numbers, mut places) = (HashSet::new(), BTreeMap::new());
    if !lexer.rest().starts_with(b"xref") || lexer.word() != b"xref" {
        return None;
    }
    loop {
        let word = lexer.word();
        if word == b"trailer" {
            return Some(places);
        }
        let (first, count) = (number(word)?, lexer.number()?);
        // Some programs take a table that begins with 1 for one that begins with 0.
        if !(lexer.skip(b"\n") || lexer.skip(b"\r\n")) || (numbers.is_empty() && first != 0) {
            return None;
        }
        for number in first..first.checked_add(count)? {
            let (at, is_used) = entry(lexer.take(20)?)?;
            let is_new =
                numbers.insert(number) && (!is_used || places.insert(at, number).is_none());
            if !is_new || (number == 0 && is_used) {
                return None;
            }
        }
    }
}

/// Twenty bytes of the table: where the object is, and whether it is.
fn entry(bytes: &[u8]) -> Option<(usize, bool)> {
    let (at, rest) = bytes.split_at_checked(10)?;
    let (generation, rest) = rest.strip_prefix(b" ")?.split_at_checked(5)?;
    let at = usize::try_from(number(at)?).ok()?;
    number(generation)?;
    let is_used = match rest {
        b" n \n" | b" n \r" | b" n\r\n" if generation == b"00000" => true,
        b" f \n" | b" f \r" | b" f\r\n" => false,
        _ => return None,
    };
    Some((at, is_used))
}

/// `7 0 obj`
fn heads(lexer: &mut Lexer<'_>, number: u64) -> bool {
    lexer.number() == Some(number) && lexer.word() == b"0" && lexer.word() == b"obj"
}

/// An object (7.3.10), from behind its head to behind its `endobj`.
fn object<'a>(
    lexer: &mut Lexer<'a>,
    pdf: &'a [u8],
    numbers: &HashMap<u64, usize>,
) -> Option<Object<'a>> {
    let value = lexer.value()?;
    let mut stream = None;
    let mut word = lexer.word();
    if word == b"stream" {
        let Value::Dict(dict) = &value else { return None };
        // What a stream of objects has, and one that is a table of them.
        if dict.get("First").is_some() || dict.get("W").is_some() {
            return None;
        }
        let length = match dict.get("Length")? {
            Value::Number(length) => *length,
            Value::Reference(number) => length_at(pdf, *number, *numbers.get(number)?)?,
            _ => return None,
        };
        if !(lexer.skip(b"\n") || lexer.skip(b"\r\n")) {
            return None;
        }
        stream = Some(lexer.take(usize::try_from(length).ok()?)?);
        lexer.skip(b"\r");
        lexer.skip(b"\n");
        if !lexer.rest().starts_with(b"endstream") || lexer.word() != b"endstream" {
            return None;
        }
        word = lexer.word();
    }
    (word == b"endobj").then_some(Object { value, stream })
}

/// The object here, if it is a number and short: however many streams ask for it.
fn length_at(pdf: &[u8], number: u64, at: usize) -> Option<u64> {
    let rest = pdf.get(at..)?;
    let mut lexer = Lexer::new(rest.get(..64).unwrap_or(rest), 0);
    let length = heads(&mut lexer, number).then(|| lexer.number())?;
    length.filter(|_| lexer.word() == b"endobj")
}

/// How often `7 0 obj` stands in the file, or what some program may take for it.
fn looking_like_objects(pdf: &[u8]) -> usize {
    let is_space = |byte: &u8| matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ');
    let less = |bytes: &mut &[u8], is: &dyn Fn(&u8) -> bool| {
        let kept = bytes.iter().rposition(|byte| !is(byte)).map_or(0, |at| at + 1);
        let is_less = kept < bytes.len();
        *bytes = bytes.get(..kept).unwrap_or_default();
        is_less
    };
    let mut from = 0;
    let looks = |(at, three): (usize, &[u8])| {
        if three != b"obj" {
            return false;
        }
        // Never further back than the one before, so that each byte is looked at once.
        let mut before = pdf.get(from..at).unwrap_or_default();
        from = at;
        less(&mut before, &is_space)
            && less(&mut before, &u8::is_ascii_digit)
            && less(&mut before, &is_space)
            && less(&mut before, &u8::is_ascii_digit)
    };
    pdf.windows(3).enumerate().map(looks).filter(|looks| *looks).count()
}
