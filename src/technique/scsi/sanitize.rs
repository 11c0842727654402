//! SCSI SANITIZE: carried out also through a power cycle; reallocated blocks are erased, too
//! (SBC-4).
//!
//! Answered at once (IMMED=1), it goes on in the background for minutes to days. A cryptographic
//! erase may be over before anybody has asked how it goes, and a drive keeps no record of it: that
//! one is answered at its end (IMMED=0), so that the answer is the witness.

use super::operation::{Kind, Operation};
use crate::proto::scsi::sanitize::{Erase, Overwrite, Passes, Sanitize, Start};
use crate::technique::firmware::Machine;

/// Erases in this way.
pub(super) fn machine(erase: Erase) -> Box<dyn Machine> {
    let sanitize = Sanitize::Start(Start {
        erase,
        immediate: erase != Erase::CryptographicErase,
        // If it fails, nothing but another sanitize that succeeds shall open the drive again.
        unrestricted_exit: false,
        zone_no_reset: false,
    });
    Box::new(Operation::new(Kind::Sanitize(sanitize)))
}

/// One pass of zeros.
pub(super) fn overwrite() -> Option<Erase> {
    let passes = Passes::new(1)?;
    Some(Erase::Overwrite(Overwrite { passes, invert: false, pattern: [0; 4] }))
}
