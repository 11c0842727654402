//! The objects of a PDF (ISO 32000-1, 7.2 and 7.3), one after the other, each byte looked at a
//! fixed number of times.

/// How deep arrays and dictionaries may nest.
const DEEPEST: usize = 16;

/// How many values one object may have.
const MOST: usize = 10_000;

/// An object, as far as attachments need it.
#[derive(Debug, PartialEq)]
pub(super) enum Value<'a> {
    Number(u64),
    Reference(u64),
    Name(&'a [u8]),
    Text(Vec<u8>),
    Array(Vec<Value<'a>>),
    Dict(Dict<'a>),
    Other,
}

#[derive(Debug, PartialEq)]
pub(super) struct Dict<'a>(Vec<(&'a [u8], Value<'a>)>);

impl<'a> Dict<'a> {
    /// The value of a key; none if it is there twice.
    pub(super) fn get(&self, key: &str) -> Option<&Value<'a>> {
        let mut found = self.0.iter().filter(|(name, _)| *name == key.as_bytes());
        found.next().map(|(_, value)| value).filter(|_| found.next().is_none())
    }

    /// The objects that its values refer to.
    pub(super) fn references(&self) -> impl Iterator<Item = u64> {
        self.0.iter().filter_map(|(_, value)| match value {
            Value::Reference(number) => Some(*number),
            _ => None,
        })
    }
}

/// A place in a PDF.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    /// How many more values the object may have.
    left: usize,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, left: 0 }
    }

    /// Goes on to behind the next `7 0 obj`; its number.
    pub(super) fn next_object(&mut self) -> Option<u64> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            let found = rest.windows(3).position(|three| three == b"obj")?;
            let before = rest.get(..found).unwrap_or_default();
            self.at += found + 3;
            self.left = MOST;
            // Never further back than a number, its generation and the space between take.
            let before = before.get(before.len().saturating_sub(32)..).unwrap_or_default();
            if let Some(number) = number_before(before) {
                return Some(number);
            }
        }
    }

    /// The bytes of the stream that begins here, to the end of the file.
    pub(super) fn stream(&mut self) -> Option<&'a [u8]> {
        self.space();
        let rest = self.bytes.get(self.at..)?.strip_prefix(b"stream")?;
        let rest = rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n")?;
        self.at = self.bytes.len() - rest.len();
        Some(rest)
    }

    pub(super) fn skip(&mut self, bytes: u64) {
        self.at = self.at.saturating_add(usize::try_from(bytes).unwrap_or(usize::MAX));
    }

    /// The value that begins here; none if it is none.
    pub(super) fn value(&mut self) -> Option<Value<'a>> {
        self.value_in(DEEPEST)
    }

    fn value_in(&mut self, deeper: usize) -> Option<Value<'a>> {
        self.left = self.left.checked_sub(1)?;
        self.space();
        match self.next()? {
            b'/' => Some(Value::Name(self.word())),
            b'(' => self.text().map(Value::Text),
            b'<' if self.peek() == Some(b'<') => {
                self.at += 1;
                self.dict(deeper.checked_sub(1)?)
            }
            b'<' => self.hex().map(Value::Text),
            b'[' => {
                let deeper = deeper.checked_sub(1)?;
                let mut values = Vec::new();
                while !self.ends_with(b"]")? {
                    values.push(self.value_in(deeper)?);
                }
                Some(Value::Array(values))
            }
            byte if is_regular(byte) => {
                self.at -= 1;
                self.number_or_word()
            }
            _ => None,
        }
    }

    fn dict(&mut self, deeper: usize) -> Option<Value<'a>> {
        let mut members = Vec::new();
        while !self.ends_with(b">>")? {
            let Value::Name(name) = self.value_in(0)? else { return None };
            members.push((name, self.value_in(deeper)?));
        }
        Some(Value::Dict(Dict(members)))
    }

    /// A number, `7 0 R`, or a word such as `true`.
    fn number_or_word(&mut self) -> Option<Value<'a>> {
        let Some(number) = number(self.word()) else { return Some(Value::Other) };
        let back = self.at;
        self.space();
        let generation = self.word();
        self.space();
        if number_of(generation) && self.word() == b"R" {
            return Some(Value::Reference(number));
        }
        self.at = back;
        Some(Value::Number(number))
    }

    /// The rest of `(text)`.
    fn text(&mut self) -> Option<Vec<u8>> {
        let (mut text, mut open) = (Vec::new(), 1_usize);
        loop {
            match self.next()? {
                b'(' => open += 1,
                b')' if open == 1 => return Some(text),
                b')' => open -= 1,
                b'\\' => {
                    text.extend(self.escaped()?);
                    continue;
                }
                _ => {}
            }
            text.extend(self.bytes.get(self.at.checked_sub(1)?));
        }
    }

    /// What follows a backslash.
    fn escaped(&mut self) -> Option<Option<u8>> {
        Some(Some(match self.next()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'\r' if self.peek() == Some(b'\n') => {
                self.at += 1;
                return Some(None);
            }
            b'\r' | b'\n' => return Some(None),
            first @ b'0'..=b'7' => {
                let mut value = first - b'0';
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    self.at += 1;
                    value = value.wrapping_mul(8).wrapping_add(digit - b'0');
                }
                value
            }
            other => other,
        }))
    }

    /// The rest of `<68657861>`.
    fn hex(&mut self) -> Option<Vec<u8>> {
        let mut digits = Vec::new();
        loop {
            match self.next()? {
                b'>' => break,
                byte if is_space(byte) => {}
                byte => digits.push(u8::try_from(char::from(byte).to_digit(16)?).ok()?),
            }
        }
        // A last digit that is missing is 0.
        let pair = |pair: &[u8]| match pair {
            [high, low] => high << 4 | low,
            rest => rest.iter().fold(0, |_, high| high << 4),
        };
        Some(digits.chunks(2).map(pair).collect())
    }

    /// Whether an array or a dictionary ends here; goes behind it then.
    fn ends_with(&mut self, end: &[u8]) -> Option<bool> {
        self.space();
        let ends = self.bytes.get(self.at..)?.starts_with(end);
        self.at += if ends { end.len() } else { 0 };
        Some(ends)
    }

    /// Goes behind white space and comments.
    fn space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|byte| !b"\r\n".contains(&byte)) {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    /// The regular characters that follow.
    fn word(&mut self) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| !is_regular(*byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }
}

/// White space of 7.2.2, table 1.
const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

/// Neither white space nor a delimiter of table 2.
const fn is_regular(byte: u8) -> bool {
    !is_space(byte)
        && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

fn number_of(word: &[u8]) -> bool {
    number(word).is_some()
}

/// A whole number of at most ten digits.
fn number(word: &[u8]) -> Option<u64> {
    let digits = (1..=10).contains(&word.len()) && word.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(word).ok().filter(|_| digits)?.parse().ok()
}

/// The number of the object whose `obj` follows these bytes.
fn number_before(bytes: &[u8]) -> Option<u64> {
    let mut words = bytes.rsplit(|byte| is_space(*byte)).filter(|word| !word.is_empty());
    let ends = bytes.last().is_some_and(|byte| is_space(*byte));
    let generation = words.next().filter(|word| ends && number_of(word));
    let word = words.next().filter(|_| generation.is_some())?;
    // An `endobj` or a stream may end right before the number.
    let digits = word.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
    number(word.get(digits..)?)
}
