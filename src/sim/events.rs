//! The persistent event log of a simulated NVMe controller, as strict as the specification: it is
//! read from one copy, which somebody makes and gives up.

use std::time::Duration;

use crate::proto::nvme::{Event, EventData, EventTime, PersistentEventAction, PersistentEventLog};

/// What it writes down, the newest first.
#[derive(Debug, Clone, Default)]
pub(super) struct EventLog {
    events: Vec<Event>,
    /// The copy that somebody reads.
    copy: Option<Vec<u8>>,
    /// It makes the copy, and then does not give it away.
    keeps_to_itself: bool,
}

impl EventLog {
    /// Writes down what happened now.
    pub(super) fn remember(&mut self, data: EventData, now: Duration) {
        let milliseconds = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let time = EventTime { milliseconds, set_by_host: false, may_have_stopped: false };
        self.events.insert(0, Event { controller_id: 0, time, data });
    }

    /// Somebody made a copy and did not give it up.
    pub(super) fn leave_a_copy(&mut self) {
        self.copy = Some(Vec::new());
    }

    /// From now on no part of the copy is given away.
    pub(super) const fn keep_to_itself(&mut self) {
        self.keeps_to_itself = true;
    }

    /// The part that is asked for; none if that is out of sequence.
    pub(super) fn answer(
        &mut self,
        action: PersistentEventAction,
        offset_dwords: u32,
        dwords: u16,
    ) -> Option<Vec<u8>> {
        match (action, &self.copy) {
            (PersistentEventAction::EstablishAndRead, None) => self.copy = Some(self.whole()),
            (PersistentEventAction::Read, Some(_)) if !self.keeps_to_itself => {}
            (PersistentEventAction::Release, _) => self.copy = None,
            _ => return None,
        }
        let from = usize::try_from(offset_dwords).unwrap_or(usize::MAX).saturating_mul(4);
        let copy = self.copy.as_deref().unwrap_or_default();
        let mut part = copy.get(from..).unwrap_or_default().to_vec();
        part.resize(usize::from(dwords) * 4, 0);
        Some(part)
    }

    fn whole(&self) -> Vec<u8> {
        let time = EventTime { milliseconds: 0, set_by_host: false, may_have_stopped: false };
        let mut log = PersistentEventLog {
            bytes: 0,
            event_count: u32::try_from(self.events.len()).unwrap_or(u32::MAX),
            time,
            generation: 0,
            recorded_types: [0; 32],
            events: self.events.clone(),
        };
        log.bytes = log.encode().len() as u64;
        log.encode()
    }
}
