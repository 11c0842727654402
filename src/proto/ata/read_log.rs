//! READ LOG EXT (2Fh): pages of 512 bytes from a drive's logs.

use std::num::NonZeroU16;

use super::{Command, Width};
use crate::proto::Data;

const CODE: u8 = 0x2f;

/// Reads pages of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLog {
    /// The log's address.
    pub log: u8,
    /// The first page.
    pub page: u16,
    /// How many pages, of 512 bytes each.
    pub pages: NonZeroU16,
}

impl ReadLog {
    /// One page of a log.
    #[must_use]
    pub fn page(log: u8, page: u16) -> Self {
        Self { log, page, pages: NonZeroU16::MIN }
    }

    /// The command.
    #[must_use]
    pub fn command(&self) -> Command {
        // The page number is split: LBA 15:8 has its low byte, LBA 39:32 the high one.
        let [high, low] = self.page.to_be_bytes();
        let lba = u64::from_be_bytes([0, 0, 0, high, 0, 0, low, self.log]);
        let count = self.pages.get();
        let data = Data::In(u32::from(count) * 512);
        Command { count, lba, data, ..Command::new(CODE, Width::Lba48) }
    }

    /// The pages that this command reads; `None` if any of its bits is not as
    /// [`ReadLog::command`] sets it.
    #[must_use]
    pub fn decode(command: &Command) -> Option<Self> {
        let [_, _, _, high, _, _, low, log] = command.lba.to_be_bytes();
        let page = u16::from_be_bytes([high, low]);
        let request = Self { log, page, pages: NonZeroU16::new(command.count)? };
        (request.command() == *command).then_some(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ata::pass_through::{cdb16, decode};

    #[test]
    fn command_byte_by_byte() {
        let read = ReadLog { log: 0x30, page: 0x1234, pages: NonZeroU16::new(0x0102).unwrap() };
        let command = read.command();
        assert_eq!(command.name(), "READ LOG EXT");
        assert_eq!(command.data(), &Data::In(0x0002_0400));
        let cdb = [0x85, 0x09, 0x0e, 0, 0, 1, 2, 0, 0x30, 0x12, 0x34, 0, 0, 0x40, 0x2f, 0];
        assert_eq!(cdb16(&command), cdb);
        assert_eq!(ReadLog::decode(&decode(&cdb, &[]).unwrap()), Some(read));
        let one = ReadLog::page(0x04, 7);
        assert_eq!((one.log, one.page, one.pages.get()), (4, 7, 1));
        assert_eq!(one.command().data(), &Data::In(512));
    }

    #[test]
    fn nothing_else_reads_a_log() {
        let good = ReadLog::page(0x04, 7).command();
        assert!(ReadLog::decode(&good).is_some());
        let reserved = Command { lba: good.lba | 0x01_0000, ..good.clone() };
        assert_eq!(ReadLog::decode(&reserved), None);
        assert_eq!(ReadLog::decode(&Command { count: 0, ..good.clone() }), None);
        assert_eq!(ReadLog::decode(&Command { code: 0x47, ..good }), None, "READ LOG DMA EXT");
    }
}
