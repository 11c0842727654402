//! The log of the office: every document ever imported, in one order that cannot be changed
//! unnoticed.
//!
//! ```text
//! tree         one hash for a list of hashes, and proofs that it holds one   RFC 6962, section 2.1
//! note         a text with signatures below it                               C2SP signed-note
//! checkpoint   how long the list is and what its hash is                     C2SP tlog-checkpoint
//! inclusion    that one document is in the list, as a file beside it         C2SP tlog-proof
//! leaves       the list itself, as a file
//! ```
//!
//! A list of this size (some hundred thousand lines) travels whole: whoever has it computes old and
//! new hash and needs no consistency proof. The municipality signs a checkpoint too, so that two
//! auditors are never shown two logs.
//!
//! No I/O, no clock, no randomness: text, keys and times are arguments.

mod checkpoint;
mod inclusion;
mod leaves;
mod note;
mod tree;

pub use checkpoint::Checkpoint;
pub use inclusion::{Inclusion, Prover};
pub use leaves::Leaves;
pub use note::{Key, Note, Role, Sealed};
pub use tree::{Hash, includes, inclusion, leaf, root};

/// Why a log, a checkpoint or a proof is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// Not a signed note.
    #[error("this is not a signed note: {0}")]
    Note(&'static str),
    /// Not the text of a verifier key.
    #[error("this is not a verifier key: {0}")]
    Key(&'static str),
    /// A signature line of a known key does not hold.
    #[error("the signature of {0} does not hold")]
    BadSignature(String),
    /// None of the keys that were given has signed.
    #[error("{0} has not signed this")]
    NotSigned(String),
    /// The note is none about a log.
    #[error("this is not a checkpoint: {0}")]
    Checkpoint(&'static str),
    /// The file of a proof is not of its form.
    #[error("this is not a proof of inclusion: {0}")]
    Proof(&'static str),
    /// The proof does not lead from the document to the checkpoint.
    #[error("the proof does not hold for this document")]
    NotIncluded,
    /// The list of hashes is not one.
    #[error("line {line} of the list of hashes is not 64 lower-case hexadecimal digits")]
    Leaf {
        /// Which line, from 1.
        line: usize,
    },
    /// The list has fewer lines than a checkpoint says.
    #[error("the list has {have} entries, and a checkpoint says that there were {said}")]
    Shorter {
        /// How many lines there are.
        have: u64,
        /// How many the checkpoint says.
        said: u64,
    },
    /// The list does not have the hash that a checkpoint says.
    #[error("the list is not the one that the checkpoint of {said} entries was made of")]
    Rewritten {
        /// How many entries the checkpoint speaks of.
        said: u64,
    },
    /// The checkpoint is about another log.
    #[error("this is about the log {have}, and not about {wanted}")]
    OtherLog {
        /// The origin of the checkpoint.
        have: String,
        /// The one that was expected.
        wanted: String,
    },
}
