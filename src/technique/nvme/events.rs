//! What the drive itself wrote down of erases: its persistent event log, read before an erase and
//! after it. An extra for people: a drive that has none, or gets it wrong, loses nothing by it.

use std::num::NonZeroU16;
use std::time::Duration;

use super::data;
use crate::model::LoggedEvent;
use crate::proto::nvme::{Event, EventData, PersistentEventLog};
use crate::proto::{Answer, Command, NoAnswer};
use crate::technique::firmware::SHORT;
use crate::technique::survey::Firmware;

/// Bytes that are read at once, which every controller can.
const PART: u16 = 4096;

/// Bytes after which the rest of the log is left. The newest events come first.
const MOST: u64 = 256 << 10;

/// How many events are put on record.
const LISTED: usize = 16;

/// What the log held of formats and sanitize operations at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Events(Vec<Event>);

impl Events {
    /// Reads the log of a drive that has one and can be asked for any part of it. Between the first
    /// command and the last the drive keeps a copy for us, and for nobody else; it is given up
    /// again whatever happens.
    #[must_use]
    pub fn read(
        firmware: &Firmware,
        mut send: impl FnMut(Command, Duration) -> Result<Answer, NoAnswer>,
    ) -> Option<Self> {
        let Firmware::Nvme(nvme) = firmware else { return None };
        let logs = nvme.controller.logs;
        if !logs.persistent_events() || !logs.extended_data() {
            return None;
        }
        let mut ask = |command| data(send(Command::Nvme(command), SHORT)).ok();
        // A copy that a run left that was cut off stands in the way; it is given up first.
        let mut log = ask(PersistentEventLog::establish()).or_else(|| {
            ask(PersistentEventLog::release());
            ask(PersistentEventLog::establish())
        })?;
        let whole = (|| {
            let wanted = PersistentEventLog::parse(&log).ok()?.bytes.min(MOST);
            let mut at = u32::try_from(log.len()).ok()?;
            while u64::from(at) < wanted {
                let left = u16::try_from(wanted - u64::from(at)).unwrap_or(PART).min(PART);
                let dwords = NonZeroU16::new(left.div_ceil(4))?;
                let part = ask(PersistentEventLog::part(at / 4, dwords))?;
                if part.is_empty() {
                    return None;
                }
                at = at.checked_add(u32::try_from(part.len()).ok()?)?;
                log.extend(part);
            }
            PersistentEventLog::parse(&log).ok()
        })();
        ask(PersistentEventLog::release());
        let mut events = whole?.events;
        events.retain(|event| !matches!(event.data, EventData::Other { .. }));
        Some(Self(events))
    }

    /// What is in this log and was not in the one before, as the drive orders it.
    #[must_use]
    pub fn since(mut self, before: &Self) -> Vec<LoggedEvent> {
        for known in &before.0 {
            if let Some(at) = self.0.iter().position(|event| event == known) {
                self.0.remove(at);
            }
        }
        self.0.iter().take(LISTED).map(logged).collect()
    }
}

fn logged(event: &Event) -> LoggedEvent {
    let said = match event.data {
        EventData::FormatStart { nsid, dword10, .. } => {
            format!("Format NVM of namespace {nsid:x}h began, dword 10 {dword10:08x}h")
        }
        EventData::FormatCompletion { nsid, status, .. } => {
            format!("Format NVM of namespace {nsid:x}h ended: {status}")
        }
        EventData::SanitizeStart { dword10, .. } => {
            format!("a sanitize operation began, dword 10 {dword10:08x}h")
        }
        EventData::SanitizeCompletion { status, .. } => {
            format!("a sanitize operation ended: {:?}", status.outcome)
        }
        EventData::Other { kind } => format!("type {kind:02x}h"),
    };
    LoggedEvent {
        event: said,
        at_milliseconds: event.time.milliseconds,
        clock_set_by_host: event.time.set_by_host,
    }
}
