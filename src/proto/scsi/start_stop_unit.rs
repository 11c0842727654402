//! START STOP UNIT (SBC-4): spin up or down.

use super::super::Data;
use super::Command;

/// The first byte of the command.
pub const OPERATION_CODE: u8 = 0x1b;

/// The request. It is answered when the drive is there (IMMED is 0), which may take half a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartStopUnit {
    /// Start, as 02/04/02 asks for, or stop.
    pub start: bool,
}

impl StartStopUnit {
    /// As sent.
    #[must_use]
    pub fn command(self) -> Command {
        let cdb = [OPERATION_CODE, 0, 0, 0, u8::from(self.start), 0];
        Command::new("START STOP UNIT", cdb, Data::None)
    }

    pub(super) fn decode(cdb: &[u8]) -> Option<Self> {
        Some(Self { start: cdb.get(4)? & 1 == 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes() {
        assert_eq!(StartStopUnit { start: true }.command().cdb(), [0x1b, 0, 0, 0, 1, 0]);
        assert_eq!(StartStopUnit { start: false }.command().cdb(), [0x1b, 0, 0, 0, 0, 0]);
    }
}
