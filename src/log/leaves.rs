//! The list of all entries of a log, one hash a line, and what it must agree with.

use super::tree::{self, Hash};
use super::{Checkpoint, LogError};
use crate::model::text::{hex, unhex};

/// The hashes of all entries of a log, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leaves(Vec<Hash>);

impl Leaves {
    /// Reads the list: 64 lower-case hexadecimal digits a line.
    ///
    /// # Errors
    /// The first line that is not so, a last line that does not end included.
    pub fn parse(text: &str) -> Result<Self, LogError> {
        let mut leaves = Vec::new();
        for (at, line) in text.split_inclusive('\n').enumerate() {
            let hash = (line.strip_suffix('\n'))
                .and_then(unhex)
                .and_then(|bytes| Hash::try_from(bytes).ok())
                .ok_or(LogError::Leaf { line: at + 1 })?;
            leaves.push(hash);
        }
        Ok(Self(leaves))
    }

    /// How many there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.0.len() as u64
    }

    /// The hash over all of them.
    #[must_use]
    pub fn root(&self) -> Hash {
        tree::root(&self.0)
    }

    /// Their hashes, in order.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.0
    }

    /// Adds an entry at the end.
    pub fn push(&mut self, leaf: Hash) {
        self.0.push(leaf);
    }

    /// Whether a checkpoint was made of this list or of a shorter one that it goes on from.
    ///
    /// # Errors
    /// The list is shorter than the checkpoint says, or another one.
    pub fn agrees_with(&self, checkpoint: &Checkpoint) -> Result<(), LogError> {
        let said = checkpoint.size;
        let first = usize::try_from(said).ok().and_then(|said| self.0.get(..said));
        let first = first.ok_or(LogError::Shorter { have: self.size(), said })?;
        if tree::root(first) == checkpoint.root {
            Ok(())
        } else {
            Err(LogError::Rewritten { said })
        }
    }
}

/// The list as a file.
impl std::fmt::Display for Leaves {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|leaf| writeln!(f, "{}", hex(leaf)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(n: u8) -> Leaves {
        Leaves((0..n).map(|n| tree::leaf(&[n])).collect())
    }

    #[test]
    fn a_list_as_it_is_written() {
        let three = list(3);
        let text = three.to_string();
        assert_eq!(text.lines().count(), 3);
        assert_eq!(Leaves::parse(&text), Ok(three));
        assert_eq!(Leaves::parse(""), Ok(Leaves::default()));
        let wrong = |text: &str, line| {
            assert_eq!(Leaves::parse(text), Err(LogError::Leaf { line }), "{text:?}");
        };
        wrong(text.trim_end(), 3);
        wrong(&text.to_uppercase(), 1);
        wrong(&text.replacen('\n', "\r\n", 1), 1);
        wrong(&format!("{text}\n"), 4);
        wrong(&format!("{text}00\n"), 4);
    }

    #[test]
    fn a_list_may_only_grow() {
        let old = Checkpoint::of("log", &list(5));
        assert_eq!(list(5).agrees_with(&old), Ok(()));
        assert_eq!(list(9).agrees_with(&old), Ok(()));
        assert_eq!(list(4).agrees_with(&old), Err(LogError::Shorter { have: 4, said: 5 }));
        let mut swapped = list(9);
        swapped.0.swap(1, 2);
        assert_eq!(swapped.agrees_with(&old), Err(LogError::Rewritten { said: 5 }));
        let mut dropped = list(9);
        dropped.0.remove(0);
        assert_eq!(dropped.agrees_with(&old), Err(LogError::Rewritten { said: 5 }));
        // What came after the checkpoint is not covered by it.
        let mut after = list(9);
        after.0.swap(6, 7);
        assert_eq!(after.agrees_with(&old), Ok(()));
        let huge = Checkpoint { size: u64::MAX, ..old };
        assert!(list(1).agrees_with(&huge).is_err());
        assert_eq!(Leaves::default().agrees_with(&Checkpoint::of("log", &list(0))), Ok(()));
    }
}
