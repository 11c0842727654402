//! The values of a PDF (ISO 32000-1, 7.2 and 7.3), one after the other, each byte looked at a fixed
//! number of times. Stricter than the standard wherever programs read differently: there are no
//! comments and no odd white space in a value, no `#` in a key, and no key twice.

use std::collections::HashMap;

/// How deep arrays and dictionaries may nest.
const DEEPEST: usize = 16;

/// How many values a file may have, keys among them; a page of ours has 2,000.
const MOST: usize = 100_000;

/// A value, as far as attachments need it: of a text only that it is one.
#[derive(Debug, PartialEq)]
pub(super) enum Value<'a> {
    Number(u64),
    Reference(u64),
    Name(&'a [u8]),
    Text,
    Array(Vec<Value<'a>>),
    Dict(Dict<'a>),
    Other,
}

#[derive(Debug, PartialEq)]
pub(super) struct Dict<'a>(HashMap<&'a [u8], Value<'a>>);

impl<'a> Dict<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.0.get(key.as_bytes())
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &'a [u8]> {
        self.0.keys().copied()
    }

    /// The one object that all its values refer to.
    pub(super) fn reference(&self) -> Option<u64> {
        let mut values = self.0.values();
        let Some(Value::Reference(first)) = values.next() else { return None };
        values.all(|value| *value == Value::Reference(*first)).then_some(*first)
    }
}

/// A place in a PDF.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    /// How many more values there may be.
    left: usize,
    /// How many dictionaries so far attach a file: they have the key `EF`.
    attach: usize,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, left: MOST, attach: 0 }
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) const fn attach(&self) -> usize {
        self.attach
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Goes behind so many bytes; they.
    pub(super) fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let taken = self.rest().get(..bytes)?;
        self.at += bytes;
        Some(taken)
    }

    /// Goes behind these bytes if they follow.
    pub(super) fn skip(&mut self, bytes: &[u8]) -> bool {
        let follows = self.rest().starts_with(bytes);
        self.at += if follows { bytes.len() } else { 0 };
        follows
    }

    /// Goes behind white space and comments, which may stand between objects.
    pub(super) fn gap(&mut self) {
        self.space();
        while self.peek() == Some(b'%') {
            let rest = self.rest();
            self.at += rest.iter().position(|byte| b"\r\n".contains(byte)).unwrap_or(rest.len());
            self.space();
        }
    }

    /// The regular characters that follow after white space.
    pub(super) fn word(&mut self) -> &'a [u8] {
        self.space();
        self.regular()
    }

    /// A whole number of at most ten digits.
    pub(super) fn number(&mut self) -> Option<u64> {
        number(self.word())
    }

    /// The value that begins here; none if it is none.
    pub(super) fn value(&mut self) -> Option<Value<'a>> {
        self.value_in(DEEPEST)
    }

    fn value_in(&mut self, deeper: usize) -> Option<Value<'a>> {
        self.left = self.left.checked_sub(1)?;
        self.space();
        if self.skip(b"<<") {
            return self.dict(deeper.checked_sub(1)?);
        }
        match self.peek()? {
            b'/' => {
                self.at += 1;
                Some(Value::Name(self.regular()))
            }
            b'(' => self.text(),
            b'<' => self.hex(),
            b'[' => {
                self.at += 1;
                let deeper = deeper.checked_sub(1)?;
                let mut values = Vec::new();
                while !self.ends_with(b"]") {
                    values.push(self.value_in(deeper)?);
                }
                Some(Value::Array(values))
            }
            byte if is_regular(byte) => Some(self.number_or_word()),
            _ => None,
        }
    }

    /// The rest of a dictionary.
    fn dict(&mut self, deeper: usize) -> Option<Value<'a>> {
        let mut members = HashMap::new();
        while !self.ends_with(b">>") {
            let Value::Name(key) = self.value_in(0)? else { return None };
            let value = self.value_in(deeper)?;
            self.attach += usize::from(key == b"EF");
            if key.contains(&b'#') || members.insert(key, value).is_some() {
                return None;
            }
        }
        Some(Value::Dict(Dict(members)))
    }

    /// A number, `7 0 R`, or a word such as `true`.
    fn number_or_word(&mut self) -> Value<'a> {
        let Some(number) = self.number() else { return Value::Other };
        let back = self.at;
        if self.word() == b"0" && self.word() == b"R" {
            return Value::Reference(number);
        }
        self.at = back;
        Value::Number(number)
    }

    /// `(text)`, in which brackets are balanced unless a backslash is before them.
    fn text(&mut self) -> Option<Value<'a>> {
        let mut open = 0_usize;
        loop {
            match self.take(1)? {
                b"\\" => {
                    self.take(1)?;
                }
                b"(" => open += 1,
                b")" if open == 1 => return Some(Value::Text),
                b")" => open -= 1,
                _ => {}
            }
        }
    }

    /// `<68657861>`.
    fn hex(&mut self) -> Option<Value<'a>> {
        self.at += 1;
        let length = self.rest().iter().position(|byte| *byte == b'>')?;
        let digits = self.take(length)?;
        self.at += 1;
        let sound = digits.iter().all(|byte| byte.is_ascii_hexdigit() || is_space(*byte));
        sound.then_some(Value::Text)
    }

    /// Whether an array or a dictionary ends here; goes behind it then.
    fn ends_with(&mut self, end: &[u8]) -> bool {
        self.space();
        self.skip(end)
    }

    pub(super) fn space(&mut self) {
        self.at += self.rest().iter().take_while(|byte| is_space(**byte)).count();
    }

    fn regular(&mut self) -> &'a [u8] {
        let length = self.rest().iter().take_while(|byte| is_regular(**byte)).count();
        self.take(length).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

/// The white space of 7.2.2, table 1, that text has.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' ')
}

/// A printable character of ASCII, and no delimiter of table 2.
const fn is_regular(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

/// A whole number of at most ten digits.
pub(super) fn number(word: &[u8]) -> Option<u64> {
    let digits = (1..=10).contains(&word.len()) && word.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(word).ok().filter(|_| digits)?.parse().ok()
}
