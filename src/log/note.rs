//! A text with signatures below it, as C2SP signed-note and C2SP tlog-cosignature describe them.
//!
//! Two kinds of Ed25519 signature: a log's own over the text, and a witness's over the text with a
//! time. Lines of other keys are kept and count for nothing.

use std::fmt;

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::LogError;
use crate::model::Timestamp;

/// A note is read whole; a checkpoint with a hundred signatures has a tenth of this.
const LARGEST: usize = 1 << 20;
const MOST_SIGNATURES: usize = 100;

/// What a key does, which is part of its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Signs the text as it is (signature type 01h).
    Log,
    /// Signs it with a time, having seen that the log was only added to (signature type 04h).
    Witness,
}

impl Role {
    const fn byte(self) -> u8 {
        match self {
            Self::Log => 1,
            Self::Witness => 4,
        }
    }
}

/// A public key with a name: what C2SP signed-note calls a verifier key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    name: String,
    role: Role,
    key: VerifyingKey,
}

impl Key {
    /// A key of that name.
    ///
    /// # Errors
    /// A name that is empty or has spaces, control characters or `+` in it, or a key for which
    /// anyone can make signatures.
    pub fn new(name: &str, role: Role, key: VerifyingKey) -> Result<Self, LogError> {
        let wrong = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.contains(wrong) {
            return Err(LogError::Key("its name is empty, or has spaces or + in it"));
        }
        if key.is_weak() {
            return Err(LogError::Key("anyone can sign for it"));
        }
        Ok(Self { name: name.to_owned(), role, key })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it does.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The key itself.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The first bytes of a hash over name, role and key: tells it from others of its name.
    fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', self.role.byte()])
            .chain_update(self.key.as_bytes())
            .finalize();
        let [a, b, c, d, ..]: [u8; 32] = hash.into();
        [a, b, c, d]
    }
}

/// In the one spelling of C2SP signed-note: name, id and key with `+` between them.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.role.byte()][..], self.key.as_bytes()].concat();
        let id = u32::from_be_bytes(self.id());
        write!(f, "{}+{id:08x}+{}", self.name, Base64::encode_string(&key))
    }
}

impl std::str::FromStr for Key {
    type Err = LogError;

    fn from_str(text: &str) -> Result<Self, LogError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(LogError::Key("it is not a name, an id and a key with + between them"));
        };
        let bytes = Base64::decode_vec(key).map_err(|_| LogError::Key("its key is not base64"))?;
        let role = match bytes.first() {
            Some(1) => Role::Log,
            Some(4) => Role::Witness,
            _ => return Err(LogError::Key("it is of a kind that this program does not know")),
        };
        let key = (bytes.split_first())
            .and_then(|(_, key)| VerifyingKey::try_from(key).ok())
            .ok_or(LogError::Key("it holds no Ed25519 key"))?;
        let key = Self::new(name, role, key)?;
        // The id is made of the rest, and so is everything else about the text.
        if key.to_string() == text { Ok(key) } else { Err(LogError::Key("its id is wrong")) }
    }
}

/// A signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

/// A text and the signatures below it, none of which is checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    lines: Vec<Line>,
}

/// A signature that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// When a witness signed, by its clock; absent for a log.
    pub at: Option<Timestamp>,
}

impl Note {
    /// A text that nobody has signed.
    ///
    /// # Errors
    /// It does not end with a line feed, or has other control characters in it.
    pub fn new(text: String) -> Result<Self, LogError> {
        if !text.ends_with('\n') || text.contains(|c: char| c < ' ' && c != '\n') {
            return Err(LogError::Note("its text has control characters or no last line feed"));
        }
        Ok(Self { text, lines: Vec::new() })
    }

    /// Reads a signed note.
    ///
    /// # Errors
    /// Not of the form that C2SP signed-note describes, larger than 1 MiB, or with more than 100
    /// signatures.
    pub fn parse(bytes: &[u8]) -> Result<Self, LogError> {
        if bytes.len() > LARGEST {
            return Err(LogError::Note("it is larger than 1 MiB"));
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| LogError::Note("it is not UTF-8"))?;
        let end = whole.rfind("\n\n").ok_or(LogError::Note("it has no signatures"))?;
        let (text, lines) = whole.split_at(end + 1);
        let mut note = Self::new(text.to_owned())?;
        let lines = (lines.strip_prefix('\n'))
            .and_then(|lines| lines.strip_suffix('\n'))
            .ok_or(LogError::Note("its last line does not end"))?;
        for line in lines.split('\n') {
            if note.lines.len() == MOST_SIGNATURES {
                return Err(LogError::Note("it has more than 100 signatures"));
            }
            note.lines.push(Line::parse(line).ok_or(LogError::Note("a signature line is wrong"))?);
        }
        Ok(note)
    }

    /// The text that is signed, with its last line feed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names in the signature lines, in their order: nothing says that the signatures hold.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| line.name.as_str())
    }

    /// Whether there is a line of this key: nothing says that it holds.
    #[must_use]
    pub fn has_line_of(&self, key: &Key) -> bool {
        self.lines.iter().any(|line| line.is_of(key))
    }

    /// Whether this key signed; of several times the earliest.
    ///
    /// # Errors
    /// A line of this key does not hold, or there is none.
    pub fn sealed_by(&self, key: &Key) -> Result<Sealed, LogError> {
        let held =
            self.lines.iter().filter(|line| line.is_of(key)).map(|line| self.check(line, key));
        let held = held.collect::<Result<Vec<_>, _>>()?;
        held.into_iter()
            .min_by_key(|sealed| sealed.at)
            .ok_or_else(|| LogError::NotSigned(key.name.clone()))
    }

    fn check(&self, line: &Line, key: &Key) -> Result<Sealed, LogError> {
        let bad = || LogError::BadSignature(key.name.clone());
        let (at, signature) = match key.role {
            Role::Log => (None, line.signature.as_slice()),
            Role::Witness => {
                let (time, signature) = line.signature.split_first_chunk().ok_or_else(bad)?;
                let time = i64::try_from(u64::from_be_bytes(*time)).map_err(|_| bad())?;
                (Some(Timestamp::from_unix(time)), signature)
            }
        };
        let signature = Signature::from_slice(signature).map_err(|_| bad())?;
        key.key.verify_strict(self.message(at).as_bytes(), &signature).map_err(|_| bad())?;
        Ok(Sealed { at })
    }

    /// What is signed: a witness puts its time before the text.
    fn message(&self, at: Option<Timestamp>) -> String {
        match at {
            None => self.text.clone(),
            Some(at) => format!("cosignature/v1\ntime {}\n{}", at.unix(), self.text),
        }
    }

    /// Adds a log's signature, in place of an earlier one of the same key.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn sign(&mut self, name: &str, secret: &SigningKey) -> Result<(), LogError> {
        let key = Key::new(name, Role::Log, secret.verifying_key())?;
        let signature = secret.sign(self.message(None).as_bytes());
        self.add(&key, signature.to_bytes().to_vec());
        Ok(())
    }

    /// Adds a witness's signature, in place of an earlier one of the same key.
    ///
    /// # Errors
    /// As [`Key::new`], and a time before 1970.
    pub fn cosign(
        &mut self,
        name: &str,
        secret: &SigningKey,
        now: Timestamp,
    ) -> Result<(), LogError> {
        let key = Key::new(name, Role::Witness, secret.verifying_key())?;
        let time = u64::try_from(now.unix())
            .map_err(|_| LogError::Note("the clock of this computer is before 1970"))?;
        let signature = secret.sign(self.message(Some(now)).as_bytes());
        self.add(&key, [&time.to_be_bytes()[..], &signature.to_bytes()].concat());
        Ok(())
    }

    fn add(&mut self, key: &Key, signature: Vec<u8>) {
        self.lines.retain(|line| !line.is_of(key));
        self.lines.push(Line { name: key.name.clone(), id: key.id(), signature });
    }
}

/// The note as a file.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.lines.iter().try_for_each(|line| {
            let bytes = [&line.id[..], &line.signature].concat();
            writeln!(f, "\u{2014} {} {}", line.name, Base64::encode_string(&bytes))
        })
    }
}

impl Line {
    fn is_of(&self, key: &Key) -> bool {
        self.name == key.name && self.id == key.id()
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let wrong = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.contains(wrong) {
            return None;
        }
        let bytes = Base64::decode_vec(signature).ok()?;
        let (id, signature) = bytes.split_first_chunk()?;
        Some(Self { name: name.to_owned(), id: *id, signature: signature.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of C2SP signed-note.
    const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    fn secret() -> SigningKey {
        SigningKey::from_bytes(&[5; 32])
    }

    #[test]
    fn the_example_of_the_specification() {
        let key: Key = KEY.parse().unwrap();
        assert_eq!(key.to_string(), KEY);
        let note = Note::parse(NOTE.as_bytes()).unwrap();
        assert_eq!(note.text(), "This is an example message.\n");
        assert_eq!(note.names().collect::<Vec<_>>(), ["example.com/foo"]);
        assert_eq!(note.sealed_by(&key), Ok(Sealed { at: None }));
        assert_eq!(note.to_string(), NOTE);
        let changed = Note::parse(NOTE.replace("message", "massage").as_bytes()).unwrap();
        assert_eq!(changed.sealed_by(&key), Err(LogError::BadSignature("example.com/foo".into())));
        let witness = Key { role: Role::Witness, ..key };
        assert_eq!(
            note.sealed_by(&witness),
            Err(LogError::NotSigned("example.com/foo".into())),
            "the same key in another role has another id"
        );
    }

    #[test]
    fn a_witness_signs_its_time() {
        let mut note = Note::new("log\n1\nroot\n".into()).unwrap();
        let at = Timestamp::from_unix(1_795_000_000);
        note.cosign("odense", &secret(), at).unwrap();
        let key = Key::new("odense", Role::Witness, secret().verifying_key()).unwrap();
        let read = Note::parse(note.to_string().as_bytes()).unwrap();
        assert_eq!(read, note);
        assert_eq!(read.sealed_by(&key), Ok(Sealed { at: Some(at) }));
        // Literally what C2SP tlog-cosignature says is signed.
        let line = &read.lines[0].signature;
        assert_eq!(line[..8], 1_795_000_000_u64.to_be_bytes());
        let message = b"cosignature/v1\ntime 1795000000\nlog\n1\nroot\n";
        let signature = Signature::from_slice(&line[8..]).unwrap();
        assert!(key.key.verify_strict(message, &signature).is_ok());
        let mut later = read.clone();
        later.lines[0].signature[7] ^= 1;
        assert_eq!(later.sealed_by(&key), Err(LogError::BadSignature("odense".into())));
        later.lines[0].signature[0] = 0xff;
        assert_eq!(later.sealed_by(&key), Err(LogError::BadSignature("odense".into())));
        assert!(note.cosign("odense", &secret(), Timestamp::from_unix(-1)).is_err());
    }

    #[test]
    fn signing_again_replaces_and_others_stay() {
        let mut note = Note::parse(NOTE.as_bytes()).unwrap();
        note.sign("office", &secret()).unwrap();
        note.sign("office", &secret()).unwrap();
        let at = Timestamp::from_unix(7);
        note.cosign("office", &secret(), at).unwrap();
        assert_eq!(note.names().collect::<Vec<_>>(), ["example.com/foo", "office", "office"]);
        let note = Note::parse(note.to_string().as_bytes()).unwrap();
        assert!(note.sealed_by(&KEY.parse().unwrap()).is_ok());
        let log = Key::new("office", Role::Log, secret().verifying_key()).unwrap();
        assert_eq!(note.sealed_by(&log), Ok(Sealed { at: None }));
        // The second line of one key counts too: one that does not hold spoils the note.
        let mut twice = note.clone();
        twice.lines.push(Line { signature: vec![0; 64], ..twice.lines[1].clone() });
        assert!(twice.sealed_by(&log).is_err());
    }

    #[test]
    fn names_and_keys_that_are_none() {
        let key = secret().verifying_key();
        for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b", "a\u{7}b"] {
            assert!(Key::new(name, Role::Log, key).is_err(), "{name:?}");
        }
        let weak = VerifyingKey::from_bytes(&[0; 32]).unwrap();
        assert!(Key::new("a", Role::Log, weak).is_err());
        let cases = [
            String::new(),
            KEY.replace("530d903a", "530d903b"),
            KEY.replace("530d903a", "530D903A"),
            KEY.replace("foo", "bar"),
            KEY.replace("+Aeky", "+Beky"),
            KEY.trim_end_matches('k').to_owned(),
            format!("{KEY} "),
            KEY.replacen('+', " ", 1),
        ];
        for case in cases {
            assert!(case.parse::<Key>().is_err(), "{case}");
        }
    }

    #[test]
    fn what_is_no_note() {
        let no = |text: &str| assert!(Note::parse(text.as_bytes()).is_err(), "{text:?}");
        no("");
        no("text\n");
        no("text\n\n");
        no(NOTE.trim_end());
        no(&NOTE.replace("message", "mess\tage"));
        no(&NOTE.replace("\u{2014} ", "- "));
        no(&NOTE.replace("Uw2QOk", "Uw2QO"));
        no(&NOTE.replace("foo ", "f+o "));
        no(&format!("{NOTE}\n"));
        no(&format!("{NOTE}more\n"));
        no("text\n\n\u{2014} a AAA=\n");
        assert!(Note::parse(b"\xff\n\n").is_err());
        assert!(Note::new("text".into()).is_err());
        let line = NOTE.lines().last().unwrap();
        let many = |n| format!("text\n\n{}", format!("{line}\n").repeat(n));
        assert!(Note::parse(many(100).as_bytes()).is_ok());
        no(&many(101));
        no(&format!("{}{NOTE}", "x".repeat(LARGEST)));
        // The text may have empty lines; the last one ends it.
        let note = Note::parse(format!("a\n\n{NOTE}").as_bytes()).unwrap();
        assert_eq!(note.text(), "a\n\nThis is an example message.\n");
    }
}
