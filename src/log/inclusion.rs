//! That one document is in a log, as a file that lies beside it: C2SP tlog-proof.

use std::fmt;

use base64ct::{Base64, Encoding as _};

use super::checkpoint::number;
use super::tree::{self, Hash, Levels};
use super::{Checkpoint, Leaves, LogError, Note};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// No tree that can be numbered is higher.
const HIGHEST: usize = 64;

/// A proof, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// Which entry it is, from 0.
    pub index: u64,
    /// The hashes that lead from it to the root, from the bottom up.
    pub path: Vec<Hash>,
    /// The checkpoint, with its signatures.
    pub note: Note,
}

impl Inclusion {
    /// The proof that the entry at `index` is among the ones that the checkpoint speaks of.
    ///
    /// # Errors
    /// The list is not the checkpoint's, or there is no such entry.
    pub fn new(leaves: &Leaves, index: u64, note: Note) -> Result<Self, LogError> {
        Prover::new(leaves, note)?.prove(index)
    }

    /// Reads a proof. Extra data, which nobody signs, is skipped.
    ///
    /// # Errors
    /// Not of the form that C2SP tlog-proof describes.
    pub fn parse(bytes: &[u8]) -> Result<Self, LogError> {
        let wrong = LogError::Proof;
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
        let (head, note) = text.split_once("\n\n").ok_or(wrong("it has no checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(wrong("its first line is another"));
        }
        lines.next_if(|line| line.starts_with("extra "));
        let index = (lines.next())
            .and_then(|line| line.strip_prefix("index "))
            .and_then(number)
            .ok_or(wrong("it does not say which entry it is about"))?;
        let hash = |line: &str| Hash::try_from(Base64::decode_vec(line).ok()?).ok();
        let path: Option<Vec<Hash>> = lines.take(HIGHEST + 1).map(hash).collect();
        let path = path.ok_or(wrong("a line of it is not 32 bytes in base64"))?;
        if path.len() > HIGHEST {
            return Err(wrong("it is longer than any can be"));
        }
        Ok(Self { index, path, note: Note::parse(note.as_bytes())? })
    }

    /// The checkpoint, if the proof leads to it from the entry with this hash. Who signed the
    /// checkpoint is another question: [`Note::sealed_by`].
    ///
    /// # Errors
    /// It does not, or the note is no checkpoint.
    pub fn check(&self, leaf: &Hash) -> Result<Checkpoint, LogError> {
        let checkpoint = Checkpoint::parse(&self.note)?;
        if tree::includes(leaf, self.index, checkpoint.size, &self.path, &checkpoint.root) {
            Ok(checkpoint)
        } else {
            Err(LogError::NotIncluded)
        }
    }
}

/// Makes the proofs of one checkpoint: the tree is computed once.
#[derive(Debug, Clone)]
pub struct Prover {
    levels: Levels,
    note: Note,
}

impl Prover {
    /// Makes ready for the entries that the checkpoint speaks of.
    ///
    /// # Errors
    /// The note is no checkpoint, or the list is not the checkpoint's.
    pub fn new(leaves: &Leaves, note: Note) -> Result<Self, LogError> {
        let checkpoint = Checkpoint::parse(&note)?;
        leaves.agrees_with(&checkpoint)?;
        let size = usize::try_from(checkpoint.size).ok();
        let signed = size.and_then(|size| leaves.hashes().get(..size));
        Ok(Self { levels: Levels::of(signed.unwrap_or_default()), note })
    }

    /// The proof that the entry at `index` is among them.
    ///
    /// # Errors
    /// There is no such entry.
    pub fn prove(&self, index: u64) -> Result<Inclusion, LogError> {
        let path = usize::try_from(index).ok().and_then(|index| self.levels.inclusion(index));
        let path = path.ok_or(LogError::NotIncluded)?;
        Ok(Inclusion { index, path, note: self.note.clone() })
    }
}

/// The proof as a file.
impl fmt::Display for Inclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\nindex {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", Base64::encode_string(hash)))?;
        write!(f, "\n{}", self.note)
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;

    fn leaves(n: u8) -> Leaves {
        let mut leaves = Leaves::default();
        (0..n).for_each(|n| leaves.push(tree::leaf(&[n])));
        leaves
    }

    fn note(n: u8) -> Note {
        let mut note = Checkpoint::of("log", &leaves(n)).note().unwrap();
        note.sign("log", &SigningKey::from_bytes(&[3; 32])).unwrap();
        note
    }

    #[test]
    fn a_proof_as_it_is_written() {
        let proof = Inclusion::new(&leaves(11), 6, note(10)).unwrap();
        let text = proof.to_string();
        assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 6\n"));
        assert!(text.contains("\n\nlog\n10\n"));
        let read = Inclusion::parse(text.as_bytes()).unwrap();
        assert_eq!(read, proof);
        assert_eq!(read.check(&tree::leaf(&[6])).unwrap().size, 10);
        assert_eq!(read.check(&tree::leaf(&[7])), Err(LogError::NotIncluded));
        let extra = text.replacen("\nindex", "\nextra AAAA\nindex", 1);
        assert_eq!(Inclusion::parse(extra.as_bytes()).unwrap(), proof);
        let alone = Inclusion::new(&leaves(1), 0, note(1)).unwrap();
        assert_eq!(Inclusion::parse(alone.to_string().as_bytes()).unwrap(), alone);
        assert!(alone.check(&tree::leaf(&[0])).is_ok());
    }

    #[test]
    fn no_proof_of_what_is_not_there() {
        assert_eq!(Inclusion::new(&leaves(11), 10, note(10)), Err(LogError::NotIncluded));
        assert_eq!(
            Inclusion::new(&leaves(9), 3, note(10)),
            Err(LogError::Shorter { have: 9, said: 10 })
        );
    }

    #[test]
    fn what_is_no_proof() {
        let good = Inclusion::new(&leaves(10), 6, note(10)).unwrap().to_string();
        let first = good.lines().nth(2).unwrap();
        let cases = [
            String::new(),
            good.replace("@v1", "@v2"),
            good.replace("index 6", "index 06"),
            good.replace("index 6", "index -6"),
            good.replace("index 6\n", ""),
            good.replace("index 6", "index 6\nextra AAAA"),
            good.replace(first, &first[1..]),
            good.replace("\n\nlog", "\nlog"),
            good.replace(first, &vec![first; 70].join("\n")),
        ];
        for case in cases {
            assert!(Inclusion::parse(case.as_bytes()).is_err(), "{case:?}");
        }
        assert!(Inclusion::parse(b"\xff").is_err());
        let moved = Inclusion::parse(good.replace("index 6", "index 5").as_bytes()).unwrap();
        assert_eq!(moved.check(&tree::leaf(&[6])), Err(LogError::NotIncluded));
    }
}
