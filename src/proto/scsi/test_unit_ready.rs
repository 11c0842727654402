//! TEST UNIT READY (SPC-5): whether the drive accepts commands for its medium.
//!
//! Many drives report the progress of a format only in this command's sense data.

use super::super::Data;
use super::Command;

/// The first byte of the command.
pub const OPERATION_CODE: u8 = 0x00;

/// The request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestUnitReady;

impl TestUnitReady {
    /// As sent.
    #[must_use]
    pub fn command(self) -> Command {
        Command::new("TEST UNIT READY", [OPERATION_CODE, 0, 0, 0, 0, 0], Data::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes() {
        let command = TestUnitReady.command();
        assert_eq!((command.cdb(), command.data()), (&[0; 6][..], &Data::None));
        assert_eq!(command.name(), "TEST UNIT READY");
    }
}
