//! Get Log Page (opcode 02h, section 5.1.12).

use std::num::NonZeroU16;

use super::{Admin, Data, EVERY_NAMESPACE};

const OPCODE: u8 = 0x02;

/// A stretch of a log page of the whole controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetLogPage {
    /// Which log.
    pub page: LogPage,
    /// Retain Asynchronous Event: reading the page does not take away the event that announced it.
    /// Since NVMe 1.3.
    pub retain_event: bool,
    /// Where the stretch begins, in units of four bytes. Beyond the start only if
    /// [`extended_data`](super::LogCapabilities::extended_data).
    pub offset_dwords: u32,
    /// How long it is, in units of four bytes. More than 4096 only if
    /// [`extended_data`](super::LogCapabilities::extended_data).
    pub dwords: NonZeroU16,
}

/// A log page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogPage {
    /// 02h: [`SmartLog`](super::SmartLog).
    Smart,
    /// 0Dh: [`PersistentEventLog`](super::PersistentEventLog).
    PersistentEvents(PersistentEventAction),
    /// 81h: [`SanitizeLog`](super::SanitizeLog).
    Sanitize,
}

/// The persistent event log is read from a copy that the drive makes and keeps, the reporting
/// context (section 5.1.12.1.14).
///
/// Codes checked against libnvme's `enum nvme_pevent_log_action`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersistentEventAction {
    /// Reads from the copy.
    Read,
    /// Makes the copy and reads from it. A drive that has a copy already says
    /// [`CommandSequenceError`](super::Condition::CommandSequenceError).
    EstablishAndRead,
    /// Throws the copy away; what is read means nothing.
    Release,
}

impl LogPage {
    /// Name, log page identifier and log specific parameter.
    const fn facts(self) -> (&'static str, u32, u32) {
        match self {
            Self::Smart => ("Get Log Page (SMART / health)", 0x02, 0),
            Self::PersistentEvents(PersistentEventAction::Read) => {
                ("Get Log Page (persistent events)", 0x0d, 0)
            }
            Self::PersistentEvents(PersistentEventAction::EstablishAndRead) => {
                ("Get Log Page (persistent events, first)", 0x0d, 1)
            }
            Self::PersistentEvents(PersistentEventAction::Release) => {
                ("Get Log Page (persistent events, release)", 0x0d, 2)
            }
            Self::Sanitize => ("Get Log Page (sanitize status)", 0x81, 0),
        }
    }

    const ALL: [Self; 5] = [
        Self::Smart,
        Self::PersistentEvents(PersistentEventAction::Read),
        Self::PersistentEvents(PersistentEventAction::EstablishAndRead),
        Self::PersistentEvents(PersistentEventAction::Release),
        Self::Sanitize,
    ];
}

impl GetLogPage {
    /// The words on the wire.
    #[must_use]
    pub fn command(self) -> Admin {
        let (name, page, specific) = self.page.facts();
        let count = u32::from(self.dwords.get());
        let offset = u64::from(self.offset_dwords) << 2;
        let words = [
            // The count of dwords is one less on the wire.
            (count - 1) << 16 | u32::from(self.retain_event) << 15 | specific << 8 | page,
            0,
            offset as u32,
            (offset >> 32) as u32,
            0,
            0,
        ];
        Admin { name, opcode: OPCODE, nsid: EVERY_NAMESPACE, words, data: Data::In(count << 2) }
    }

    /// What a drive reads in a command; `None` if it is another command or asks for another log.
    #[must_use]
    pub fn decode(command: &Admin) -> Option<Self> {
        let ([first, 0, low, high, 0, 0], OPCODE) = (command.words, command.opcode) else {
            return None;
        };
        let page = LogPage::ALL.into_iter().find(|page| {
            let (_, identifier, specific) = page.facts();
            specific << 8 | identifier == first & 0x7fff
        })?;
        let count = u16::try_from(first >> 16).ok()?.checked_add(1)?;
        let offset = u64::from(high) << 32 | u64::from(low);
        Some(Self {
            page,
            retain_event: first & 1 << 15 != 0,
            offset_dwords: u32::try_from(offset >> 2).ok().filter(|_| offset & 3 == 0)?,
            dwords: NonZeroU16::new(count)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::raw;
    use super::*;

    fn dwords(count: u16) -> NonZeroU16 {
        NonZeroU16::new(count).unwrap()
    }

    #[test]
    fn words() {
        let whole = |page, retain_event, count| GetLogPage {
            page,
            retain_event,
            offset_dwords: 0,
            dwords: dwords(count),
        };
        let events = LogPage::PersistentEvents;
        let cases = [
            (whole(LogPage::Sanitize, true, 128), [0x007f_8081, 0, 0, 0, 0, 0], 512),
            (whole(LogPage::Smart, false, 128), [0x007f_0002, 0, 0, 0, 0, 0], 512),
            (
                whole(events(PersistentEventAction::EstablishAndRead), false, 128),
                [0x007f_010d, 0, 0, 0, 0, 0],
                512,
            ),
            (
                whole(events(PersistentEventAction::Release), false, 1),
                [0x0000_020d, 0, 0, 0, 0, 0],
                4,
            ),
            (
                GetLogPage {
                    offset_dwords: 0xc000_0001,
                    ..whole(events(PersistentEventAction::Read), false, u16::MAX)
                },
                [0xfffe_000d, 0, 4, 3, 0, 0],
                262_140,
            ),
        ];
        for (what, words, bytes) in cases {
            let command = what.command();
            assert_eq!((command.opcode(), command.nsid()), (0x02, 0xffff_ffff));
            assert_eq!(command.words(), words);
            assert_eq!(command.data(), &Data::In(bytes));
            assert_eq!(GetLogPage::decode(&command), Some(what));
        }
    }

    #[test]
    fn only_what_is_known_is_decoded() {
        for words in [
            [0x007f_0001, 0, 0, 0, 0, 0], // another log
            [0x007f_030d, 0, 0, 0, 0, 0], // another action
            [0xffff_0081, 0, 0, 0, 0, 0], // 256 KiB
            [0x007f_0081, 1, 0, 0, 0, 0], // more than that
            [0x007f_000d, 0, 2, 0, 0, 0], // not at a dword
            [0x007f_000d, 0, 0, 4, 0, 0], // further than any log reaches
        ] {
            assert_eq!(GetLogPage::decode(&raw(0x02, 0, words)), None, "{words:x?}");
        }
        assert_eq!(GetLogPage::decode(&raw(0x06, 0, [0x007f_0081, 0, 0, 0, 0, 0])), None);
    }
}
