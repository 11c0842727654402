//! What goes over the wire to a drive's firmware: the bytes of each command, and the facts in each
//! answer. No I/O, no time, no decisions: a technique decides, [`os`](crate::os) sends.
//!
//! One small file per command or page, named as the specification names it. Every parser takes
//! bytes from a stranger's drive: it never panics, and what is not there is an error or a `None`,
//! never a zero.

mod exchange;
mod field;

pub mod ata;
pub mod mmc;
pub mod nvme;
pub mod opal;
pub mod scsi;

pub use exchange::{Answer, Command, NoAnswer};

/// What a command moves besides itself. What goes to the drive can be a password: it is erased from
/// memory when dropped, and `Debug` shows only its length.
#[derive(Clone, PartialEq, Eq)]
pub enum Data {
    /// Nothing.
    None,
    /// Up to this many bytes come from the drive.
    In(u32),
    /// These bytes go to the drive.
    Out(Vec<u8>),
}

impl Drop for Data {
    fn drop(&mut self) {
        use zeroize::Zeroize as _;
        if let Self::Out(bytes) = self {
            bytes.zeroize();
        }
    }
}

impl std::fmt::Debug for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => write!(f, "no data"),
            Self::In(bytes) => write!(f, "{bytes} bytes in"),
            Self::Out(bytes) => write!(f, "{} bytes out", bytes.len()),
        }
    }
}

/// An answer that is not what its specification says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Fewer bytes than the page has.
    #[error("{page}: {got} bytes, and at least {needed} are needed")]
    Short {
        /// The page's name in its specification.
        page: &'static str,
        /// Bytes that the page has at least.
        needed: usize,
        /// Bytes that came.
        got: usize,
    },
    /// A signature, checksum, code or length that does not fit.
    #[error("{page}: {why}")]
    Invalid {
        /// The page's name in its specification.
        page: &'static str,
        /// What does not fit.
        why: &'static str,
    },
}
