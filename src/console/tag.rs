//! The number on a computer's label.
//!
//! Only digits and the letters A to Z come out of a scanner alike on every keyboard layout. Labels of
//! others may have hyphens and full stops besides, which a person sees when comparing. Our own labels begin with `NS`, have ten characters, and end with a check character (ISO 7064,
//! MOD 37,36), so that a scan of them is right or refused. Of other labels nothing can be checked: a
//! person compares them.

/// What our own labels begin with.
const OURS: &str = "NS";

/// How many characters they have.
const OUR_LENGTH: usize = 10;

/// How many characters other labels have.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=24;

/// A number that may be on a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The number.
    pub text: String,
    /// Whether its check character shows that it was read right.
    pub checked: bool,
}

/// Why a text is no number of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is too short or too long.
    Length,
    /// It has a character that labels do not have.
    Character,
    /// It would be one of ours, and its check character is another.
    Check,
}

impl Tag {
    /// Reads what was scanned or typed.
    ///
    /// # Errors
    /// Why it is none.
    pub fn read(typed: &str) -> Result<Self, Wrong> {
        let text: String = typed.trim().chars().map(|c| c.to_ascii_uppercase()).collect();
        let between = |c| matches!(c, '-' | '.');
        let only_between = !text.is_empty() && text.chars().all(between);
        if !only_between && text.chars().all(|c| value(c).is_some() || between(c)) {
            return Self::of(text);
        }
        // A shift lock makes signs of digits. A guess is only as good as the check character.
        let digits: String = text.chars().map(unshifted).collect();
        match Self::of(digits) {
            Ok(tag) if tag.checked => Ok(tag),
            _ => Err(Wrong::Character),
        }
    }

    fn of(text: String) -> Result<Self, Wrong> {
        if !LENGTH.contains(&text.len()) {
            return Err(Wrong::Length);
        }
        let ours = text.starts_with(OURS) && text.len() == OUR_LENGTH;
        let right = text
            .split_at_checked(text.len().saturating_sub(1))
            .is_some_and(|(body, last)| check(body).is_some_and(|c| last.starts_with(c)));
        if ours && !right {
            return Err(Wrong::Check);
        }
        Ok(Self { text, checked: ours })
    }
}

/// The digit on the same key of a Danish keyboard.
const fn unshifted(c: char) -> char {
    match c {
        '!' => '1',
        '"' => '2',
        '#' => '3',
        '¤' => '4',
        '%' => '5',
        '&' => '6',
        '/' => '7',
        '(' => '8',
        ')' => '9',
        '=' => '0',
        other => other,
    }
}

/// 0 to 35.
fn value(c: char) -> Option<u32> {
    if c.is_ascii_lowercase() { None } else { c.to_digit(36) }
}

/// The check character of ISO 7064, MOD 37,36; `None` if a character is none of its 36.
#[must_use]
pub fn check(text: &str) -> Option<char> {
    let mut rest = 36;
    for c in text.chars() {
        let sum = match (rest + value(c)?) % 36 {
            0 => 36,
            sum => sum,
        };
        rest = sum * 2 % 37;
    }
    char::from_digit((37 - rest) % 36, 36).map(|c| c.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_character_is_that_of_the_standard() {
        // The examples of other standards that use it: GRid (IFPI) and ISAN (ISO 15706).
        assert_eq!(check("A12425GABC1234002"), Some('M'));
        assert_eq!(check("00000000D07A0090"), Some('Q'));
        assert_eq!(check("00000000D07A009000000000"), Some('X'));
        assert_eq!(check("NS12æ"), None);
    }

    #[test]
    fn labels_of_others_may_have_hyphens() {
        let read = |text: &str| Tag::read(text).map(|tag| (tag.text, tag.checked));
        assert_eq!(read("odense-0042"), Ok(("ODENSE-0042".to_owned(), false)));
        assert_eq!(read("4.711"), Ok(("4.711".to_owned(), false)));
        assert_eq!(read("---"), Err(Wrong::Character));
        assert_eq!(read("ODENSE+0042"), Err(Wrong::Character), "a hyphen by another keyboard");
    }

    #[test]
    fn our_labels_are_right_or_refused() {
        let last = check("NS0001234").unwrap();
        let good = format!("NS0001234{last}");
        let tag = Tag { text: good.clone(), checked: true };
        assert_eq!(Tag::read(&good), Ok(tag.clone()));
        assert_eq!(Tag::read(&format!(" {} ", good.to_lowercase())), Ok(tag));
        // Every other character in every place, and every exchange of neighbours.
        for at in 2..good.len() {
            for c in ('0'..='9').chain('A'..='Z') {
                let mut other: Vec<char> = good.chars().collect();
                if other[at] == c {
                    continue;
                }
                other[at] = c;
                let other: String = other.into_iter().collect();
                assert_eq!(Tag::read(&other), Err(Wrong::Check), "{other}");
            }
        }
    }

    #[test]
    fn a_shift_lock_is_undone_only_where_the_check_character_shows_it() {
        let good = format!("NS0001234{}", check("NS0001234").unwrap());
        let shifted = good.replace('0', "=").replace('1', "!").replace('2', "\"");
        let shifted = shifted.replace('3', "#").replace('4', "¤");
        assert_eq!(Tag::read(&shifted).unwrap().text, good);
        assert_eq!(Tag::read("AB!\"#"), Err(Wrong::Character));
        assert_eq!(Tag::read(&shifted.replace('!', "\"")), Err(Wrong::Character));
    }

    #[test]
    fn other_labels_are_taken_as_they_are() {
        for (typed, read) in [
            ("ab12", Ok("AB12")),
            ("0042", Ok("0042")),
            ("NS12", Ok("NS12")),
            ("A", Err(Wrong::Length)),
            ("", Err(Wrong::Length)),
            ("A-12", Ok("A-12")),
            ("ÆØÅ", Err(Wrong::Character)),
            ("A\u{1b}[2J", Err(Wrong::Character)),
        ] {
            let tag = read.map(|text| Tag { text: text.to_owned(), checked: false });
            assert_eq!(Tag::read(typed), tag, "{typed:?}");
        }
        assert_eq!(Tag::read(&"1".repeat(25)), Err(Wrong::Length));
    }
}
