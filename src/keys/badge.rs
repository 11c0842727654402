//! Badges: the station's key once more, for one technician. `OPERATOR.badge.key` is encrypted with what is
//! on the badge, which a scanner types: the technician's pseudonym and 16 random characters, all of them
//! digits and capitals, which every keyboard layout has in the same place.
//!
//! The pseudonym comes first, so that one key is tried and not everybody's. Deliberately not: who the
//! pseudonym stands for.

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};

use barcoders::sym::code128::Code128;
use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use super::private::{Passphrase, random, to_pem, write_new};
use super::{KeyError, failed};

/// The characters of a secret: 32 of them, five bits each, none that is taken for another.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// How many characters a secret has: 80 bits.
const SECRET: usize = 16;

/// The longest pseudonym, in characters.
const LONGEST: usize = 6;

/// The ending of a badge's key.
const SUFFIX: &str = ".badge.key";

/// The two files of a new badge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadgePaths {
    /// `OPERATOR.badge.key`, for the folder `keys` of the stick.
    pub key: PathBuf,
    /// `OPERATOR.badge.svg`, to be printed and deleted: whoever has it can sign in.
    pub page: PathBuf,
}

/// Makes a badge for the operator with this pseudonym, and writes both files (mode 0600) in `dir`. It
/// overwrites nothing, and leaves either both files or none.
///
/// # Errors
/// Not a pseudonym (1 to 6 digits and capitals), a file that exists, or the system refuses.
pub fn create(dir: &Path, operator: &str, station: &SigningKey) -> Result<BadgePaths, KeyError> {
    if operator.is_empty() || operator.len() > LONGEST || !is_plain(operator) {
        return Err(KeyError::Operator(operator.chars().take(60).collect()));
    }
    if !dir.is_dir() {
        return Err(KeyError::NoDirectory(dir.into()));
    }
    write(dir, operator, &new_text(operator)?, station)
}

fn new_text(operator: &str) -> Result<Zeroizing<String>, KeyError> {
    let mut bytes = Zeroizing::new([0; SECRET]);
    random(&mut *bytes)?;
    let letters = bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte % 32)));
    let mut text = Zeroizing::new(String::with_capacity(LONGEST + SECRET));
    text.push_str(operator);
    text.extend(letters.map(|letter| char::from(*letter)));
    Ok(text)
}

fn write(
    dir: &Path,
    operator: &str,
    text: &str,
    station: &SigningKey,
) -> Result<BadgePaths, KeyError> {
    let passphrase = Passphrase::new(text.to_owned());
    let paths = BadgePaths {
        key: dir.join(file(operator)),
        page: dir.join(format!("{operator}.badge.svg")),
    };
    write_new(&paths.key, 0o600, &to_pem(station, Some(&passphrase))?)?;
    let page = page(operator, text).and_then(|page| write_new(&paths.page, 0o600, &page));
    if let Err(error) = page {
        // Ours, made a moment ago; nobody has its badge.
        let _ = std::fs::remove_file(&paths.key);
        return Err(error);
    }
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|error| failed(dir, error))?;
    Ok(paths)
}

/// The name of the key of this operator's badge.
#[must_use]
pub fn file(operator: &str) -> String {
    format!("{operator}{SUFFIX}")
}

/// Whether a file of this name is a badge's key.
#[must_use]
pub fn is_file(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(SUFFIX)
}

/// The pseudonym on what may be a badge's text. A scanner types small letters where the keyboard's lock is
/// on, so that the text to go on with comes along.
#[must_use]
pub fn read(text: &str) -> Option<(String, Zeroizing<String>)> {
    let text = Zeroizing::new(text.trim().to_ascii_uppercase());
    let operator =
        text.len().checked_sub(SECRET).filter(|length| (1..=LONGEST).contains(length))?;
    let operator = text.get(..operator).filter(|_| is_plain(&text))?.to_owned();
    Some((operator, text))
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
}

/// A badge as large as a card (ISO/IEC 7810 ID-1): the pseudonym, and the text as Code 128 (ISO/IEC 15417).
fn page(operator: &str, text: &str) -> Result<Zeroizing<String>, KeyError> {
    const MODULE: f32 = 0.28;
    const HEIGHT: u8 = 18;
    let not_made = |error: barcoders::error::Error| KeyError::NotMade(format!("{error:?}"));
    // Set B has all of them.
    let bars = Code128::new(format!("\u{0181}{text}")).map_err(not_made)?.encode();
    let mut drawn = Zeroizing::new(String::with_capacity(64 << 10));
    let mut draw = |line: std::fmt::Arguments<'_>| {
        // Writing to a text does not fail.
        let _ = drawn.write_fmt(line);
    };
    draw(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"85.6mm\" height=\"54mm\" viewBox=\"0 0 85.6 54\">\n\
         <rect width=\"85.6\" height=\"54\" fill=\"#fff\" stroke=\"#000\" stroke-width=\"0.2\"/>\n\
         <text x=\"42.8\" y=\"17\" font-family=\"sans-serif\" font-size=\"10\" text-anchor=\"middle\">{operator}</text>\n"
    ));
    let left = (85.6 - width(bars.len()) * MODULE) / 2.0;
    for (column, _) in bars.iter().enumerate().filter(|(_, bar)| **bar == 1) {
        let x = left + width(column) * MODULE;
        draw(format_args!(
            "<rect x=\"{x:.2}\" y=\"26\" width=\"{MODULE}\" height=\"{HEIGHT}\"/>\n"
        ));
    }
    draw(format_args!("</svg>\n"));
    Ok(drawn)
}

/// A count of modules, of which a badge has some hundred.
#[expect(clippy::cast_precision_loss, reason = "some hundred")]
const fn width(modules: usize) -> f32 {
    modules as f32
}

#[cfg(test)]
mod tests {
    use super::super::private;
    use super::*;

    #[test]
    fn a_badge_names_its_operator_and_opens_the_station_key() {
        let (dir, key) = (tempfile::tempdir().unwrap(), SigningKey::from_bytes(&[7; 32]));
        let paths = create(dir.path(), "T07", &key).unwrap();
        let again = create(dir.path(), "T07", &key);
        assert!(matches!(again, Err(KeyError::Exists(_))));
        let page = std::fs::read_to_string(&paths.page).unwrap();
        assert!(page.contains(">T07</text>"));
        let text = "T08ABCDEFGHJKLMNP23";
        let known = write(dir.path(), "T08", text, &key).unwrap();
        let opened = private::load(&known.key, || Ok(Passphrase::new(text.to_owned())));
        assert_eq!(opened.unwrap().to_bytes(), key.to_bytes());
        // Each dark module of the code is drawn, beside the card itself.
        let bars = Code128::new(format!("\u{181}{text}")).unwrap().encode();
        let drawn = std::fs::read_to_string(&known.page).unwrap().matches("<rect").count();
        assert_eq!(drawn, bars.iter().filter(|bar| **bar == 1).count() + 1);
        let texts: std::collections::BTreeSet<String> =
            (0..20).map(|_| String::clone(&new_text("T07").unwrap())).collect();
        assert_eq!(texts.len(), 20);
        assert!(texts.iter().all(|text| read(text).is_some_and(|(name, _)| name == "T07")));
        for wrong in ["", "T07", "NOTTHESECRETATALL", "T07AAAAAAAAAAAAAAAA"] {
            let opened = private::load(&paths.key, || Ok(Passphrase::new(wrong.to_owned())));
            assert!(matches!(opened, Err(KeyError::WrongPassphrase(_))), "{wrong}");
        }
    }

    #[test]
    fn what_a_scanner_types_is_read_and_nothing_else() {
        let secret = "ABCDEFGHJKLMNP23";
        for (text, operator) in [
            (format!("T07{secret}"), Some("T07")),
            (format!("t07{}", secret.to_lowercase()), Some("T07")),
            (format!("ABCDEF{secret}"), Some("ABCDEF")),
            (format!("ABCDEFG{secret}"), None),
            (secret.to_owned(), None),
            (format!("T-7{secret}"), None),
            ("correct horse battery".to_owned(), None),
            ("æøå7890123456789012345".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(read(&text).map(|(name, _)| name).as_deref(), operator, "{text}");
        }
        let (_, text) = read(&format!("t07{}", secret.to_lowercase())).unwrap();
        assert_eq!(text.as_str(), format!("T07{secret}"));
    }

    #[test]
    fn no_name_leaves_its_folder() {
        let (dir, key) = (tempfile::tempdir().unwrap(), SigningKey::from_bytes(&[7; 32]));
        for name in ["", "../x", "a", "T 7", "ABCDEFG", "Å"] {
            let made = create(dir.path(), name, &key);
            assert!(matches!(made, Err(KeyError::Operator(_))), "{name}");
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
