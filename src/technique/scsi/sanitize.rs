//! SCSI SANITIZE: answered at once (IMMED=1), carried out in the background, also through a power
//! cycle; reallocated blocks are erased, too (SBC-4).

use super::operation::{Kind, Operation};
use crate::proto::scsi::sanitize::{Erase, Overwrite, Passes, Sanitize, Start};
use crate::technique::firmware::Machine;

/// Erases in this way.
pub(super) fn machine(erase: Erase) -> Box<dyn Machine> {
    let sanitize = Sanitize::Start(Start {
        erase,
        immediate: true,
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
