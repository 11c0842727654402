//! The "nulstil JSON profile": the small part of JSON in which documents are signed.
//!
//! It narrows RFC 8259 and I-JSON (RFC 7493) until every JSON parser reads the same thing, and
//! until RFC 8785 (JCS) has no hard cases left: names are ASCII, so sorting by UTF-16 units is
//! sorting by bytes, and numbers are integers that a double holds exactly, so there is no
//! question how a fraction is written. `jq -cS` then gives the canonical form, too.
//!
//! Why so strict: `serde_json`, `JSON.parse` and Python silently keep the last of two members
//! with one name, others keep the first. A document that two programs read differently must not
//! be signed, or be called verified.
//!
//! Deliberately not here: a tokenizer of our own (`serde_json` reads, this module judges what it
//! reports), and any knowledge of what the members mean.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::model::text;

/// The largest document, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// How deep arrays and objects may nest; the outermost is 1.
pub const MAX_DEPTH: usize = 24;
/// The largest absolute value of a number: 2^53 - 1, which a double still tells from its
/// neighbours.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// The rule of the profile that a text breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// More than [`MAX_BYTES`].
    #[error("the document is larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// Starts with U+FEFF.
    #[error("the document starts with a byte order mark")]
    ByteOrderMark,
    /// Bytes that are not UTF-8.
    #[error("the document is not UTF-8 (first wrong byte at offset {0})")]
    NotUtf8(usize),
    /// Not JSON at all; a lone surrogate (`\ud800`) lands here, too.
    #[error("the document is not JSON: {0}")]
    NotJson(String),
    /// Something follows the value.
    #[error("something follows after the end of the document")]
    TrailingData,
    /// Nests deeper than [`MAX_DEPTH`].
    #[error("arrays and objects nest deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// A name that is not `^@?[A-Za-z0-9]+$`.
    #[error("the member name \"{0}\" is not made of ASCII letters and digits")]
    Name(String),
    /// One name twice in one object.
    #[error("the member \"{0}\" is there twice")]
    DuplicateName(String),
    /// Two names in one object that some parsers take for the same.
    #[error("the member \"{0}\" is there twice, in upper and lower case")]
    NamesDifferInCase(String),
    /// A fraction, an exponent, `-0`, or more digits than 64 bits hold.
    #[error("a number is not a plain whole number (no fraction, no exponent, no -0)")]
    NotAnInteger,
    /// Beyond [`MAX_INTEGER`].
    #[error("the number {0} is beyond 2^53 - 1 and must be written as text")]
    IntegerTooLarge(i128),
    /// Control, zero-width and bidirectional characters, and noncharacters.
    #[error("a text contains the forbidden character U+{0:04X}")]
    ForbiddenCharacter(u32),
    /// Not in Unicode form NFC.
    #[error("the text \"{0}\" is not in Unicode form NFC")]
    NotNfc(String),
}

/// Reads a document, refusing all that is not in the profile.
///
/// # Errors
/// The first rule that is broken.
pub fn parse(bytes: &[u8]) -> Result<Value, Malformed> {
    if bytes.len() > MAX_BYTES {
        return Err(Malformed::TooLarge);
    }
    if bytes.trim_ascii().is_empty() {
        return Err(Malformed::NotJson("it is empty".to_owned()));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| Malformed::NotUtf8(e.valid_up_to()))?;
    if text.starts_with('\u{feff}') {
        return Err(Malformed::ByteOrderMark);
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let value = judge(&mut json)?;
    json.end().map_err(|_| Malformed::TrailingData)?;
    Ok(value)
}

/// Checks a value that was not read by [`parse`]: one this program made.
///
/// # Errors
/// The first rule that is broken. Rules about the spelling (BOM, duplicates) cannot be.
pub fn check(value: &Value) -> Result<(), Malformed> {
    judge(value).map(|_| ())
}

/// The canonical form by RFC 8785: sorted, no whitespace, one spelling.
///
/// # Errors
/// The value is not in the profile; outside of it the canonical form could lose something, as
/// integers beyond 2^53 are rounded without a word.
pub fn canonical(value: &Value) -> Result<Vec<u8>, Malformed> {
    check(value)?;
    serde_json_canonicalizer::to_vec(value).map_err(|e| Malformed::NotJson(e.to_string()))
}

/// The form for people, as files have it: indented, member order kept, LF at the end.
///
/// # Errors
/// The value is not in the profile, or the text gets larger than [`MAX_BYTES`].
pub fn pretty(value: &Value) -> Result<Vec<u8>, Malformed> {
    check(value)?;
    let mut text =
        serde_json::to_vec_pretty(value).map_err(|e| Malformed::NotJson(e.to_string()))?;
    text.push(b'\n');
    if text.len() > MAX_BYTES { Err(Malformed::TooLarge) } else { Ok(text) }
}

/// Reads one value from anything that speaks serde: a text, or a [`Value`] in memory.
fn judge<'de, D>(deserializer: D) -> Result<Value, Malformed>
where
    D: serde::Deserializer<'de, Error = serde_json::Error>,
{
    // serde's errors are text; the broken rule travels beside them.
    let broken = Cell::new(None);
    let judge = Judge { levels_left: MAX_DEPTH, broken: &broken };
    judge.deserialize(deserializer).map_err(|error| {
        broken.take().unwrap_or_else(|| Malformed::NotJson(shortened(&error.to_string())))
    })
}

/// Builds one value and checks every rule on the way.
#[derive(Clone, Copy)]
struct Judge<'a> {
    levels_left: usize,
    broken: &'a Cell<Option<Malformed>>,
}

impl Judge<'_> {
    fn refuse<E: serde::de::Error>(self, rule: Malformed) -> E {
        let error = E::custom(&rule);
        self.broken.set(Some(rule));
        error
    }

    /// The judge of what is inside this array or object.
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.levels_left.checked_sub(1) {
            Some(levels_left) => Ok(Self { levels_left, ..self }),
            None => Err(self.refuse(Malformed::TooDeep)),
        }
    }

    fn integer<E: serde::de::Error>(self, number: i128, value: Value) -> Result<Value, E> {
        if number.unsigned_abs() > u128::from(MAX_INTEGER) {
            return Err(self.refuse(Malformed::IntegerTooLarge(number)));
        }
        Ok(value)
    }
}

impl<'de> DeserializeSeed<'de> for Judge<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Judge<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        self.integer(i128::from(value), value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.integer(i128::from(value), value.into())
    }

    // serde_json gives everything here that is not spelled as an integer of 64 bits; `-0`, too.
    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Value, E> {
        Err(self.refuse(Malformed::NotAnInteger))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        if let Some(c) = value.chars().find(|c| !text::allowed(*c)) {
            return Err(self.refuse(Malformed::ForbiddenCharacter(c.into())));
        }
        if !text::is_nfc(value) {
            return Err(self.refuse(Malformed::NotNfc(shortened(value))));
        }
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut object = Map::new();
        let mut folded = HashSet::new();
        // `next_key` unescapes, so `"over\u0061ll"` is seen to be `"overall"`.
        while let Some(name) = members.next_key::<String>()? {
            if !is_name(&name) {
                return Err(self.refuse(Malformed::Name(shortened(&name))));
            }
            if object.contains_key(&name) {
                return Err(self.refuse(Malformed::DuplicateName(shortened(&name))));
            }
            if !folded.insert(name.to_ascii_lowercase()) {
                return Err(self.refuse(Malformed::NamesDifferInCase(shortened(&name))));
            }
            object.insert(name, members.next_value_seed(inside)?);
        }
        Ok(Value::Object(object))
    }
}

/// `^@?[A-Za-z0-9]+$`
fn is_name(name: &str) -> bool {
    let rest = name.strip_prefix('@').unwrap_or(name);
    !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Text from a stranger for a message: short, and without control or bidirectional characters.
fn shortened(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Malformed {
        parse(text.as_bytes()).expect_err(text)
    }

    #[test]
    fn depth_counts_arrays_and_objects() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(nested(24).as_bytes()).is_ok());
        assert_eq!(refusal(&nested(25)), Malformed::TooDeep);
        // Deep enough to reach serde_json's own limit, or the end of the stack.
        assert_eq!(refusal(&nested(100_000)), Malformed::TooDeep);
        let objects = format!("{}1{}", "{\"a\":".repeat(25), "}".repeat(25));
        assert_eq!(refusal(&objects), Malformed::TooDeep);
    }

    #[test]
    fn size_is_limited_to_the_byte() {
        let sized = |bytes: usize| format!("\"{}\"", "a".repeat(bytes - 2));
        assert!(parse(sized(MAX_BYTES).as_bytes()).is_ok());
        assert_eq!(refusal(&sized(MAX_BYTES + 1)), Malformed::TooLarge);
    }

    #[test]
    fn names_are_ascii_letters_and_digits() {
        for good in ["a", "Z9", "@context", "0"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "@", "a@", "@@a", "a_b", "a b", "$a", "æ", "a-b", "a.b"] {
            assert!(!is_name(bad), "{bad}");
        }
        assert!(matches!(refusal("{\"\":1}"), Malformed::Name(_)));
    }

    #[test]
    fn integers_are_exact() {
        for good in ["0", "-1", "9007199254740991", "-9007199254740991"] {
            assert_eq!(canonical(&parse(good.as_bytes()).unwrap()).unwrap(), good.as_bytes());
        }
        for big in ["9007199254740992", "-9007199254740992", "18446744073709551615"] {
            assert_eq!(refusal(big), Malformed::IntegerTooLarge(big.parse().unwrap()));
        }
        for other in ["0.0", "1e3", "1E3", "-0", "-0.0", "1.5", "18446744073709551616"] {
            assert_eq!(refusal(other), Malformed::NotAnInteger, "{other}");
        }
        for not_json in ["01", "+1", ".5", "1.", "NaN", "Infinity", "0x10", "1e999"] {
            let text = format!("[{not_json}]");
            assert!(matches!(refusal(&text), Malformed::NotJson(_)), "{text}");
        }
    }

    #[test]
    fn duplicates_are_per_object_and_after_unescaping() {
        assert!(parse(br#"{"a":{"a":1},"b":[{"a":1},{"a":2}]}"#).is_ok());
        assert_eq!(refusal(r#"{"a":1,"a":1}"#), Malformed::DuplicateName("a".into()));
        assert_eq!(refusal(r#"{"ab":1,"\u0061b":1}"#), Malformed::DuplicateName("ab".into()));
        assert_eq!(
            refusal(r#"{"b":[{"aB":1,"Ab":1}]}"#),
            Malformed::NamesDifferInCase("Ab".into())
        );
    }

    #[test]
    fn a_value_of_our_own_is_held_to_the_same_rules() {
        assert!(check(&serde_json::json!({"a": ["Å", 1, null, true]})).is_ok());
        assert_eq!(check(&serde_json::json!([0.5])), Err(Malformed::NotAnInteger));
        assert_eq!(
            canonical(&serde_json::json!({"n": 1_u64 << 53})),
            Err(Malformed::IntegerTooLarge(1 << 53))
        );
        assert_eq!(check(&serde_json::json!({"a_b": 1})), Err(Malformed::Name("a_b".into())));
    }

    #[test]
    fn messages_carry_no_control_characters() {
        let message = refusal("{\"\\u202e\\u001b[2J\":1}").to_string();
        assert!(message.chars().all(text::allowed), "{message:?}");
    }
}
