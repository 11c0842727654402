//! How long a log is and what its hash is, as C2SP tlog-checkpoint writes it.

use base64ct::{Base64, Encoding as _};

use super::{Hash, Leaves, LogError, Note};

/// The state of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The hash over all of them.
    pub root: Hash,
}

impl Checkpoint {
    /// The state of this list.
    #[must_use]
    pub fn of(origin: &str, leaves: &Leaves) -> Self {
        Self { origin: origin.to_owned(), size: leaves.size(), root: leaves.root() }
    }

    /// Reads the text of a note, whoever signed it.
    ///
    /// # Errors
    /// Not three lines, or not the ones that a checkpoint has. Extension lines, which nobody can
    /// audit, are refused.
    pub fn parse(note: &Note) -> Result<Self, LogError> {
        let wrong = LogError::Checkpoint;
        let lines: Vec<&str> = note.text().split('\n').collect();
        let [origin, size, root, ""] = lines[..] else {
            return Err(wrong("it does not have three lines"));
        };
        if origin.is_empty() {
            return Err(wrong("it does not name its log"));
        }
        let root = Base64::decode_vec(root).ok().and_then(|root| Hash::try_from(root).ok());
        Ok(Self {
            origin: origin.to_owned(),
            size: number(size).ok_or(wrong("its size is not a number"))?,
            root: root.ok_or(wrong("its hash is not 32 bytes in base64"))?,
        })
    }

    /// The note that says so, unsigned.
    ///
    /// # Errors
    /// An origin that no note can hold.
    pub fn note(&self) -> Result<Note, LogError> {
        if self.origin.is_empty() || self.origin.contains('\n') {
            return Err(LogError::Checkpoint("it does not name its log"));
        }
        let root = Base64::encode_string(&self.root);
        Note::new(format!("{}\n{}\n{root}\n", self.origin, self.size))
    }
}

/// A decimal number in its one spelling.
pub(super) fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of C2SP tlog-checkpoint.
    const TEXT: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn the_example_of_the_specification() {
        let note = Note::new(TEXT.into()).unwrap();
        let checkpoint = Checkpoint::parse(&note).unwrap();
        assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(checkpoint.root[..3], [0x0a, 0xc5, 0x18]);
        assert_eq!(checkpoint.note().unwrap(), note);
    }

    #[test]
    fn what_is_no_checkpoint() {
        let cases = [
            "a\n1\n",
            "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
            &TEXT.replace("20852163", "020852163"),
            &TEXT.replace("20852163", "+20852163"),
            &TEXT.replace("20852163", "-1"),
            &TEXT.replace("20852163", "18446744073709551616"),
            &TEXT.replace("CsUY", ""),
            &TEXT.replace("q2I=", "q2J="),
            &format!("{TEXT}extension\n"),
            &TEXT.replace("\n2", "\n\n2"),
        ];
        for case in cases {
            let note = Note::new(case.into()).unwrap();
            assert!(Checkpoint::parse(&note).is_err(), "{case:?}");
        }
        let origin = |origin: &str| Checkpoint { origin: origin.into(), size: 0, root: [0; 32] };
        assert!(origin("").note().is_err() && origin("a\nb").note().is_err());
    }
}
