//! Persistent Event log page (0Dh, section 5.1.12.1.14): what the drive itself wrote down of
//! formats and sanitize operations.
//!
//! It is read in three steps: [`establish`](PersistentEventLog::establish) makes the drive keep a
//! copy and gives the header, [`part`](PersistentEventLog::part) reads the copy,
//! [`release`](PersistentEventLog::release) throws it away. What happens in between is not in the
//! copy. If the [`generation`](PersistentEventLog::generation) is another at the end, the parts do
//! not belong together.

use std::num::NonZeroU16;

use super::super::field::{le16, le32, le64};
use super::sanitize_log::SanitizeStatus;
use super::{
    Admin, FormatAttributes, GetLogPage, LogPage, PersistentEventAction, SanitizeCapabilities,
    Status, array, put,
};
use crate::proto::Malformed;

/// The header of the log, and the events in as much of it as was read. Offsets checked against
/// libnvme's `struct nvme_persistent_event_log` and the walk of `nvme-print-stdout.c`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersistentEventLog {
    /// TLL, bytes 15:8: bytes of the whole log. The drive's word: bound what is read by it.
    pub bytes: u64,
    /// TNEV, bytes 7:4: events in the whole log.
    pub event_count: u32,
    /// Bytes 27:20: the drive's clock when the copy was made.
    pub time: EventTime,
    /// Bytes 373:372: changes when a copy is made that holds something else than the one before.
    /// Always 0 before NVMe 2.0.
    pub generation: u16,
    /// Bytes 511:480: a bit for each type of event that the drive records.
    pub recorded_types: [u8; 32],
    /// The events, as the drive orders them.
    pub events: Vec<Event>,
}

/// Something that happened, in the drive's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The controller that was concerned.
    pub controller_id: u16,
    /// When.
    pub time: EventTime,
    /// What.
    pub data: EventData,
}

/// The drive's clock (section 5.1.25.1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTime {
    /// 48 bits: milliseconds since 1970 if a host set the clock, else since a reset.
    pub milliseconds: u64,
    /// A host set it. A value that was saved and restored can lie before earlier ones.
    pub set_by_host: bool,
    /// It may have stood still for a while.
    pub may_have_stopped: bool,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of one command or page, named as there")]
pub enum EventData {
    /// 07h: a Format NVM command began. `dword10` says which erase.
    FormatStart { nsid: u32, attributes: FormatAttributes, dword10: u32 },
    /// 08h: it ended. `smallest_progress` is an FPI byte, `completion` the vendor's word; a status
    /// of success also stands for none.
    FormatCompletion { nsid: u32, smallest_progress: u8, completion: u16, status: Status },
    /// 09h: a sanitize operation began.
    SanitizeStart { capabilities: SanitizeCapabilities, dword10: u32, pattern: u32 },
    /// 0Ah: it ended. `completion` is the vendor's word.
    SanitizeCompletion { progress: u16, status: SanitizeStatus, completion: u16 },
    /// Anything else; its data is not kept.
    Other { kind: u8 },
}

const PAGE: &str = "Persistent Event log page";
const HEADER: usize = 512;

fn invalid(why: &'static str) -> Malformed {
    Malformed::Invalid { page: PAGE, why }
}

impl PersistentEventLog {
    /// Bytes of the header.
    pub const HEADER_BYTES: usize = HEADER;

    /// Makes the drive keep a copy of the log, and asks for its header.
    #[must_use]
    pub fn establish() -> Admin {
        let header = NonZeroU16::MIN.saturating_add(127);
        Self::get(PersistentEventAction::EstablishAndRead, 0, header)
    }

    /// Asks for a part of the copy, in units of four bytes.
    #[must_use]
    pub fn part(offset_dwords: u32, dwords: NonZeroU16) -> Admin {
        Self::get(PersistentEventAction::Read, offset_dwords, dwords)
    }

    /// Makes the drive throw the copy away. What comes back means nothing.
    #[must_use]
    pub fn release() -> Admin {
        Self::get(PersistentEventAction::Release, 0, NonZeroU16::MIN)
    }

    fn get(action: PersistentEventAction, offset_dwords: u32, dwords: NonZeroU16) -> Admin {
        let page = LogPage::PersistentEvents(action);
        GetLogPage { page, retain_event: false, offset_dwords, dwords }.command()
    }

    /// Reads the log from its beginning, as far as it was read from the drive; the header alone
    /// gives no events.
    ///
    /// # Errors
    /// Fewer than 512 bytes, another log's identifier, or lengths that contradict one another.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let short = Malformed::Short { page: PAGE, needed: HEADER, got: bytes.len() };
        let (mut log, first) = Self::header(bytes).ok_or(short)?;
        if bytes.first() != Some(&0x0d) {
            return Err(invalid("it is another log"));
        }
        if first < HEADER || log.bytes < HEADER as u64 {
            return Err(invalid("its header is too short"));
        }
        let end = usize::try_from(log.bytes).unwrap_or(usize::MAX);
        let cut_off = bytes.len() < end;
        let mut rest = bytes.get(..end).unwrap_or(bytes).get(first..).unwrap_or_default();
        for _ in 0..log.event_count {
            match Event::split(rest)? {
                Some((event, next)) => {
                    log.events.push(event);
                    rest = next;
                }
                None if cut_off => break,
                None => return Err(invalid("it ends within an event")),
            }
        }
        Ok(log)
    }

    /// Whether every event of the log was read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        u32::try_from(self.events.len()) == Ok(self.event_count)
    }

    /// Whether the drive records events of this type.
    #[must_use]
    pub fn records(&self, kind: u8) -> bool {
        self.recorded_types
            .get(usize::from(kind / 8))
            .is_some_and(|bits| bits >> (kind % 8) & 1 == 1)
    }

    /// The header, and where the first event begins.
    fn header(bytes: &[u8]) -> Option<(Self, usize)> {
        let header = bytes.get(..HEADER)?;
        let log = Self {
            bytes: le64(header, 8)?,
            event_count: le32(header, 4)?,
            time: EventTime::from_bytes(array(header, 20)?),
            generation: le16(header, 372)?,
            recorded_types: array(header, 480)?,
            events: Vec::new(),
        };
        // The length counts from the byte after it. Headers known so far end at byte 512, where
        // nvme-cli looks for the first event.
        Some((log, usize::from(le16(header, 18)?) + 20))
    }

    /// The log as a drive sends it; of other events only their type.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut log = vec![0; HEADER];
        put(&mut log, 0, &[0x0d]);
        put(&mut log, 4, &self.event_count.to_le_bytes());
        put(&mut log, 8, &self.bytes.to_le_bytes());
        put(&mut log, 16, &[3]);
        put(&mut log, 18, &492_u16.to_le_bytes());
        put(&mut log, 20, &self.time.to_bytes());
        put(&mut log, 372, &self.generation.to_le_bytes());
        put(&mut log, 480, &self.recorded_types);
        log.extend(self.events.iter().flat_map(Event::encode));
        log
    }
}

impl Event {
    /// Bytes of its header.
    const HEADER: usize = 24;

    /// The first event, and what follows it; none if the bytes end before it does.
    fn split(bytes: &[u8]) -> Result<Option<(Self, &[u8])>, Malformed> {
        let Some(header) = bytes.get(..Self::HEADER) else { return Ok(None) };
        let lengths = || Some((*header.get(2)?, le16(header, 20)?, le16(header, 22)?));
        let Some((header_length, vendor_length, length)) = lengths() else { return Ok(None) };
        // The length of the header counts from the byte after it.
        let header_bytes = usize::from(header_length) + 3;
        if header_bytes < Self::HEADER {
            return Err(invalid("the header of an event is too short"));
        }
        // What the vendor adds comes first, and is counted in the length of the event.
        if vendor_length > length {
            return Err(invalid("an event is shorter than its vendor's part"));
        }
        let end = header_bytes + usize::from(length);
        let Some((event, next)) = bytes.split_at_checked(end) else { return Ok(None) };
        let data = event.get(header_bytes + usize::from(vendor_length)..).unwrap_or_default();
        let event = Self::fields(header, data).ok_or(invalid("an event is too short"))?;
        Ok(Some((event, next)))
    }

    fn fields(header: &[u8], data: &[u8]) -> Option<Self> {
        Some(Self {
            controller_id: le16(header, 4)?,
            time: EventTime::from_bytes(array(header, 6)?),
            data: match *header.first()? {
                0x07 => EventData::FormatStart {
                    nsid: le32(data, 0)?,
                    attributes: FormatAttributes(*data.get(4)?),
                    dword10: le32(data, 8)?,
                },
                0x08 => EventData::FormatCompletion {
                    nsid: le32(data, 0)?,
                    smallest_progress: *data.get(4)?,
                    completion: le16(data, 6)?,
                    // With the phase bit, unlike what the pass-through returns (Figure 242).
                    status: Status::from_raw(le16(data, 8)? >> 1),
                },
                0x09 => EventData::SanitizeStart {
                    capabilities: SanitizeCapabilities(le32(data, 0)?),
                    dword10: le32(data, 4)?,
                    pattern: le32(data, 8)?,
                },
                0x0a => EventData::SanitizeCompletion {
                    progress: le16(data, 0)?,
                    status: SanitizeStatus::from_bits(le16(data, 2)?),
                    completion: le16(data, 4)?,
                },
                kind => EventData::Other { kind },
            },
        })
    }

    fn encode(&self) -> Vec<u8> {
        let mut data = vec![0; 12];
        let kind = match self.data {
            EventData::FormatStart { nsid, attributes, dword10 } => {
                put(&mut data, 0, &nsid.to_le_bytes());
                put(&mut data, 4, &[attributes.0]);
                put(&mut data, 8, &dword10.to_le_bytes());
                0x07
            }
            EventData::FormatCompletion { nsid, smallest_progress, completion, status } => {
                put(&mut data, 0, &nsid.to_le_bytes());
                put(&mut data, 4, &[smallest_progress]);
                put(&mut data, 6, &completion.to_le_bytes());
                put(&mut data, 8, &(status.raw() << 1).to_le_bytes());
                0x08
            }
            EventData::SanitizeStart { capabilities, dword10, pattern } => {
                put(&mut data, 0, &capabilities.0.to_le_bytes());
                put(&mut data, 4, &dword10.to_le_bytes());
                put(&mut data, 8, &pattern.to_le_bytes());
                0x09
            }
            EventData::SanitizeCompletion { progress, status, completion } => {
                put(&mut data, 0, &progress.to_le_bytes());
                put(&mut data, 2, &status.to_bits().to_le_bytes());
                put(&mut data, 4, &completion.to_le_bytes());
                data.truncate(8);
                0x0a
            }
            EventData::Other { kind } => {
                data.clear();
                kind
            }
        };
        let mut event = vec![0; Self::HEADER];
        put(&mut event, 0, &[kind, 1, 21]);
        put(&mut event, 4, &self.controller_id.to_le_bytes());
        put(&mut event, 6, &self.time.to_bytes());
        put(&mut event, 22, &u16::try_from(data.len()).unwrap_or(0).to_le_bytes());
        event.append(&mut data);
        event
    }
}

impl EventTime {
    fn from_bytes([a, b, c, d, e, f, attributes, _]: [u8; 8]) -> Self {
        Self {
            milliseconds: u64::from_le_bytes([a, b, c, d, e, f, 0, 0]),
            set_by_host: attributes >> 1 & 7 == 1,
            may_have_stopped: attributes & 1 == 1,
        }
    }

    fn to_bytes(self) -> [u8; 8] {
        let [a, b, c, d, e, f, ..] = self.milliseconds.to_le_bytes();
        let attributes = u8::from(self.set_by_host) << 1 | u8::from(self.may_have_stopped);
        [a, b, c, d, e, f, attributes, 0]
    }
}

#[cfg(test)]
mod tests {
    use super::super::SanitizeOutcome;
    use super::super::tests::survives;
    use super::*;

    /// Type, vendor's part, data.
    fn event(kind: u8, vendor: &[u8], data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(vendor.len() + data.len()).unwrap().to_le_bytes();
        let vendor_length = u16::try_from(vendor.len()).unwrap().to_le_bytes();
        let header = [
            [kind, 1, 21, 0, 0x41, 0x07],
            [0x80, 0x1b, 0x2c, 0x3d, 0x9d, 0x01],
            [0x02, 0, 0, 0, 0, 0],
        ];
        let mut event = header.concat();
        event.extend([0, 0]);
        event.extend(vendor_length);
        event.extend(length);
        [&event, vendor, data].concat()
    }

    fn log(events: &[Vec<u8>]) -> Vec<u8> {
        let mut log = vec![0; 512];
        put(&mut log, 0, &[0x0d, 0, 0, 0, u8::try_from(events.len()).unwrap()]);
        let bytes = 512 + events.iter().map(Vec::len).sum::<usize>();
        put(&mut log, 8, &u64::try_from(bytes).unwrap().to_le_bytes());
        put(&mut log, 16, &[3, 0, 0xec, 0x01]);
        put(&mut log, 20, &[1, 0, 0, 0, 0, 2, 0x03]);
        put(&mut log, 372, &[0x34, 0x12]);
        put(&mut log, 480, &[0xfe, 0x07]);
        log.extend(events.concat());
        log
    }

    fn sanitized() -> Vec<Vec<u8>> {
        vec![
            event(0x0a, &[], &[0xff, 0xff, 0x01, 0x01, 0x0e, 0, 0, 0]),
            event(0x09, &[7; 4], &[3, 0, 0, 0x60, 0x02, 0, 0, 0, 0xef, 0xbe, 0xad, 0xde]),
            event(0x01, &[], &[9; 512]),
            event(0x08, &[], &[1, 0, 0, 0, 0x80, 0, 0x0f, 0, 0x0d, 0x85, 0, 0]),
            event(0x07, &[], &[1, 0, 0, 0, 0x05, 0, 0, 0, 0x00, 0x02, 0, 0]),
        ]
    }

    fn parse(bytes: &[u8]) -> PersistentEventLog {
        PersistentEventLog::parse(bytes).unwrap()
    }

    #[test]
    fn commands() {
        let words = |command: &Admin| (command.nsid(), command.words());
        let establish = PersistentEventLog::establish();
        assert_eq!(words(&establish), (u32::MAX, [0x007f_010d, 0, 0, 0, 0, 0]));
        let part = PersistentEventLog::part(128, NonZeroU16::new(1024).unwrap());
        assert_eq!(words(&part), (u32::MAX, [0x03ff_000d, 0, 512, 0, 0, 0]));
        let release = PersistentEventLog::release();
        assert_eq!(words(&release), (u32::MAX, [0x0000_020d, 0, 0, 0, 0, 0]));
    }

    #[test]
    fn the_header() {
        let log = parse(&log(&sanitized())[..512]);
        assert_eq!((log.bytes, log.event_count), (512 + 32 + 40 + 536 + 36 + 36, 5));
        let time =
            EventTime { milliseconds: 0x0200_0000_0001, set_by_host: true, may_have_stopped: true };
        assert_eq!((log.time, log.generation), (time, 0x1234));
        assert!(log.records(0x01) && log.records(0x09) && log.records(0x0a));
        assert!(!log.records(0x00) && !log.records(0x0b) && !log.records(0xff));
        assert!(log.events.is_empty() && !log.is_complete());
    }

    #[test]
    fn events() {
        let read = parse(&log(&sanitized()));
        let time = EventTime {
            milliseconds: 0x019d_3d2c_1b80,
            set_by_host: true,
            may_have_stopped: false,
        };
        let event = |data| Event { controller_id: 0x0741, time, data };
        let status = SanitizeStatus {
            outcome: SanitizeOutcome::Sanitized,
            passes_done: 0,
            global_data_erased: true,
            verification_cancelled: false,
        };
        let expected = [
            event(EventData::SanitizeCompletion { progress: 0xffff, status, completion: 14 }),
            event(EventData::SanitizeStart {
                capabilities: SanitizeCapabilities(0x6000_0003),
                dword10: 2,
                pattern: 0xdead_beef,
            }),
            event(EventData::Other { kind: 1 }),
            event(EventData::FormatCompletion {
                nsid: 1,
                smallest_progress: 0x80,
                completion: 15,
                status: Status::from_raw(0x4286),
            }),
            event(EventData::FormatStart {
                nsid: 1,
                attributes: FormatAttributes(5),
                dword10: 0x200,
            }),
        ];
        assert_eq!(read.events, expected);
        assert!(read.is_complete());
        // Behind the end there is nothing that counts.
        let mut longer = log(&sanitized());
        longer.extend([0xaa; 100]);
        assert_eq!(parse(&longer), read);
    }

    #[test]
    fn what_was_not_read_is_missing() {
        let whole = log(&sanitized());
        let events = parse(&whole).events;
        for end in 512..whole.len() {
            let part = parse(&whole[..end]);
            assert_eq!(part.events, events[..part.events.len()], "{end}");
            assert!(!part.is_complete());
        }
        assert_eq!(parse(&whole[..512 + 32 + 39]).events.len(), 1);
        assert_eq!(parse(&whole[..512 + 32 + 40]).events.len(), 2);
    }

    #[test]
    fn a_longer_header_moves_the_events() {
        let mut moved = log(&sanitized());
        let bytes = u64::try_from(moved.len()).unwrap() + 8;
        put(&mut moved, 8, &bytes.to_le_bytes());
        put(&mut moved, 18, &500_u16.to_le_bytes());
        moved.splice(512..512, [0; 8]);
        assert_eq!(parse(&moved).events, parse(&log(&sanitized())).events);
    }

    #[test]
    fn lengths_that_contradict() {
        let whole = log(&sanitized());
        let change = |at: usize, field: &[u8]| {
            let mut bytes = whole.clone();
            put(&mut bytes, at, field);
            PersistentEventLog::parse(&bytes)
        };
        let why = |at, field| change(at, field).unwrap_err().to_string();
        assert_eq!(why(0, &[0x81]), "Persistent Event log page: it is another log");
        assert!(why(18, &[0xeb, 0x01]).contains("header is too short"));
        assert!(why(8, &[0xff, 1, 0]).contains("header is too short"));
        assert!(why(514, &[20]).contains("header of an event"));
        assert!(why(532, &[9, 0]).contains("vendor"));
        // One event more than there is room for, and a length one byte too long.
        assert!(why(4, &[6]).contains("ends within an event"));
        assert!(change(534, &[9, 0]).is_err());
        // A completion without room for its fields.
        let short = log(&[event(0x0a, &[], &[0xff, 0xff, 0x01, 0x01, 0])]);
        assert!(PersistentEventLog::parse(&short).unwrap_err().to_string().contains("too short"));
    }

    #[test]
    fn encoded_as_a_drive_does() {
        let bytes = log(&[
            event(0x0a, &[], &[0xff, 0xff, 0xfb, 0x03, 14, 0, 0, 0]),
            event(0x09, &[], &[3, 0, 0, 0x60, 2, 0, 0, 0, 0xef, 0xbe, 0xad, 0xde]),
            event(0x0e, &[], &[]),
            event(0x08, &[], &[1, 0, 0, 0, 0x80, 0, 0x0f, 0, 0x0c, 0x85, 0, 0]),
            event(0x07, &[], &[1, 0, 0, 0, 0x05, 0, 0, 0, 0x00, 0x02, 0, 0]),
        ]);
        let log = parse(&bytes);
        assert_eq!(log.encode(), bytes);
        assert_eq!(log.events.len(), 5);
    }

    #[test]
    fn hostile() {
        let short = Malformed::Short { page: PAGE, needed: 512, got: 511 };
        assert_eq!(PersistentEventLog::parse(&log(&[])[..511]), Err(short));
        survives(&log(&sanitized()), PersistentEventLog::parse);
        // Noise behind a header that promises everything.
        let mut noise = 1_u32;
        for _ in 0..500 {
            let mut bytes = log(&[]);
            put(&mut bytes, 4, &[0xff; 12]);
            for _ in 0..600 {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                bytes.push(noise.to_be_bytes()[0]);
            }
            if let Ok(log) = PersistentEventLog::parse(&bytes) {
                assert!(log.events.len() <= 600 / 24);
            }
        }
    }
}
