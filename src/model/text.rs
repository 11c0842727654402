//! Text that came from firmware or from a person, made fit for a signed document.

use unicode_normalization::UnicodeNormalization as _;

/// 32 bytes as the JSON Schema describes them.
#[cfg(feature = "schema")]
pub(crate) const DIGEST: &str = "^[0-9a-f]{64}$";

/// 16 bytes as the JSON Schema describes them.
#[cfg(feature = "schema")]
pub(crate) const KEY: &str = "^[0-9a-f]{32}$";

/// Makes a firmware or user string fit for a certificate: NUL and space padding is cut, the rest
/// is put in Unicode form NFC. `None` if nothing is left.
///
/// Bytes that are not UTF-8, or text with characters the JSON profile forbids (control,
/// zero-width, bidirectional), are kept losslessly as `hex:...`, so that two different serial
/// numbers never become one.
#[must_use]
pub fn clean(raw: &[u8]) -> Option<String> {
    let padding = |b: &u8| matches!(b, 0 | b' ' | b'\t' | b'\n' | b'\r');
    let start = raw.iter().position(|b| !padding(b))?;
    let end = raw.iter().rposition(|b| !padding(b))? + 1;
    let bytes = raw.get(start..end)?;
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(allowed) => Some(text.nfc().collect()),
        _ => Some(format!("hex:{}", hex(bytes))),
    }
}

/// Whether two names that firmware says, or that somebody read on a drive, are one: case, spaces and
/// punctuation are read and typed in many ways.
#[must_use]
pub fn same_name(one: &str, other: &str) -> bool {
    let (this, that) = (bare(one), bare(other));
    one == other || (this == that && !this.is_empty())
}

/// The same for models, of which a label often has only a part.
#[must_use]
pub fn same_model(one: &str, other: &str) -> bool {
    let (this, that) = (bare(one), bare(other));
    let part = |of: &str, part: &str| !part.is_empty() && of.contains(part);
    one == other || part(&this, &that) || part(&that, &this)
}

/// The letters and digits alone.
fn bare(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Whether the JSON profile allows this character in a string.
#[must_use]
pub(crate) fn allowed(c: char) -> bool {
    !matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{fdd0}'..='\u{fdef}')
        && (c as u32) & 0xfffe != 0xfffe
}

/// Whether `text` is in Unicode form NFC.
pub(crate) fn is_nfc(text: &str) -> bool {
    unicode_normalization::is_nfc(text)
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// The bytes of a lower-case hexadecimal text; `None` for anything else, upper case included.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let nibble = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[hi, lo]| Some(nibble(*hi)? << 4 | nibble(*lo)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_people_type_them() {
        for (one, other, same, model) in [
            ("WD-1", "WD-1", true, true),
            ("WD-1", "wd 1", true, true),
            ("WD-1", "WD-2", false, false),
            ("WDC WD5000AAKX", "wd5000", false, true),
            ("MODEL A", "MODEL B", false, false),
            ("WD-1", "", false, false),
            ("-", "--", false, false),
            ("æ-1", "Æ1", true, true),
        ] {
            assert_eq!((same_name(one, other), same_name(other, one)), (same, same), "{one}");
            assert_eq!((same_model(one, other), same_model(other, one)), (model, model), "{one}");
        }
    }

    #[test]
    fn padding_goes_and_nothing_else_is_lost() {
        assert_eq!(clean(b"  S3TNNX0K000001\0\0 ").as_deref(), Some("S3TNNX0K000001"));
        assert_eq!(clean(b" \0 "), None);
        assert_eq!(clean(b""), None);
        assert_eq!(clean(b"AB\xffC").as_deref(), Some("hex:4142ff43"));
        assert_eq!(clean("a\u{202e}b".as_bytes()).as_deref(), Some("hex:61e280ae62"));
        assert_eq!(clean("A\u{30a}".as_bytes()).as_deref(), Some("\u{c5}"));
    }

    #[test]
    fn hex_is_lower_case_and_whole() {
        assert_eq!(hex(&[0, 0xab]), "00ab");
        assert_eq!(unhex("00ab"), Some(vec![0, 0xab]));
        assert_eq!(unhex("00AB"), None);
        assert_eq!(unhex("0"), None);
    }
}
