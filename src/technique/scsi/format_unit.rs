//! SCSI FORMAT UNIT: answered at once (IMMED), carried out in the background. Cut off by a loss of
//! power it leaves a drive that cannot be used before it is formatted again (SBC-4).

use super::operation::{Kind, Operation};
use crate::proto::scsi::format_unit::FormatUnit;
use crate::proto::scsi::read_capacity::Capacity;
use crate::technique::firmware::Machine;

/// Formats the drive as it is formatted now.
pub(super) fn machine() -> Box<dyn Machine> {
    Box::new(Operation::new(Kind::FormatUnit))
}

/// The same sizes and the same protection information. Security initialize, which would reach
/// reassigned blocks, is known to few drives: it would have to be tried.
pub(super) fn keeping(capacity: Option<&Capacity>) -> FormatUnit {
    let protection = capacity.and_then(|capacity| capacity.protection);
    FormatUnit { immediate: true, security_initialize: false, protection }
}
