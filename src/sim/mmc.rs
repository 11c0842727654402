//! A simulated eMMC: what is trimmed or erased leaves the map, and only a sanitize removes it.
//!
//! Unlike a real card it lets what is in no map be read still, so that a test sees what a sanitize
//! has not removed.

use super::firmware::{Around, Controller, Erase, FirmwareFault, Leaves};
use crate::device::Protocol;
use crate::model::Range;
use crate::proto::mmc::decode::Request;
use crate::proto::mmc::erase::Kind;
use crate::proto::mmc::ext_csd::ExtCsd;
use crate::proto::mmc::status::{Error, RELATIVE_CARD_ADDRESS, State, Status};
use crate::proto::mmc::{BLOCK_BYTES, sanitize};
use crate::proto::{Answer, Command, NoAnswer};

/// A card with blocks of 512 bytes.
#[derive(Debug, Clone)]
pub struct MmcFirmware {
    trim: bool,
    sanitize: bool,
    protected: bool,
    /// What CMD35 and CMD36 said, in bytes.
    first: Option<u64>,
    last: Option<u64>,
    /// Bytes from the start that are in no map.
    unmapped: u64,
    /// What the next status says besides.
    errors: Vec<Error>,
    /// An erase or a sanitize was sent.
    asked: bool,
    /// It is at work and does not end.
    busy: bool,
    /// An erase has left what cannot be read before it is written.
    torn: bool,
}

impl Default for MmcFirmware {
    /// With trim and sanitize, and nothing protected.
    fn default() -> Self {
        Self {
            trim: true,
            sanitize: true,
            protected: false,
            first: None,
            last: None,
            unmapped: 0,
            errors: Vec::new(),
            asked: false,
            busy: false,
            torn: false,
        }
    }
}

impl MmcFirmware {
    /// The same card with or without trim and sanitize.
    #[must_use]
    pub fn able_to(mut self, trim: bool, sanitize: bool) -> Self {
        (self.trim, self.sanitize) = (trim, sanitize);
        self
    }

    /// The same card with a write-protected group of blocks, which no erase touches.
    #[must_use]
    pub fn protected(mut self) -> Self {
        self.protected = true;
        self
    }

    fn ext_csd(&self, around: &Around<'_>) -> Option<ExtCsd> {
        let mut page = ExtCsd::parse(&[0; 512]).ok()?;
        page.revision = 8;
        page.sectors = u32::try_from(around.capacity / u64::from(BLOCK_BYTES)).ok()?;
        (page.trim, page.sanitize) = (self.trim, self.sanitize);
        Some(page)
    }

    /// What a status says now. Errors are said once.
    fn status(&mut self) -> Answer {
        let state = if self.busy { State::Programming } else { State::Transfer };
        let status = Status::new(state, !self.busy, &std::mem::take(&mut self.errors));
        Answer::Mmc { response: [status.bits(), 0, 0, 0], data: Vec::new() }
    }

    /// Ends with an error.
    fn error(&mut self, error: Error) -> (Answer, Option<Erase>) {
        self.errors.push(error);
        (self.status(), None)
    }

    /// Where an address lies, in bytes: small cards count these, others blocks.
    fn place(&self, address: u32, around: &Around<'_>) -> Option<u64> {
        use crate::proto::mmc::erase::Addressing;
        let place = match self.ext_csd(around)?.addressing() {
            Addressing::Sectors => u64::from(address) * u64::from(BLOCK_BYTES),
            Addressing::Bytes => u64::from(address),
        };
        (place < around.capacity).then_some(place)
    }

    fn carry_out(&mut self, request: Request, around: &Around<'_>) -> (Answer, Option<Erase>) {
        // Only asking for the status does not break off an erase sequence.
        let sequence = matches!(
            request,
            Request::EraseGroupStart(_)
                | Request::EraseGroupEnd(_)
                | Request::Erase(_)
                | Request::SendStatus(_)
        );
        if !sequence && (self.first.take().is_some() | self.last.take().is_some()) {
            self.errors.push(Error::EraseReset);
        }
        match request {
            Request::SendStatus(_) => (self.status(), None),
            Request::SendExtCsd => match self.ext_csd(around) {
                Some(page) => {
                    let data = page.bytes().to_vec();
                    (Answer::Mmc { response: [0; 4], data }, None)
                }
                None => self.error(Error::General),
            },
            Request::EraseGroupStart(address) => {
                let Some(place) = self.place(address, around) else {
                    return self.error(Error::OutOfRange);
                };
                (self.first, self.last) = (Some(place), None);
                (self.status(), None)
            }
            Request::EraseGroupEnd(address) => {
                let Some(place) = self.place(address, around) else {
                    return self.error(Error::OutOfRange);
                };
                if self.first.is_none() {
                    return self.error(Error::EraseSequence);
                }
                self.last = Some(place);
                (self.status(), None)
            }
            Request::Erase(kind) => self.erase(kind, around),
            Request::Switch(switch) if switch.index == sanitize::INDEX => self.clean(around),
            Request::Switch(_) => (self.status(), None),
        }
    }

    fn erase(&mut self, kind: Kind, around: &Around<'_>) -> (Answer, Option<Erase>) {
        let (Some(first), Some(last)) = (self.first.take(), self.last.take()) else {
            return self.error(Error::EraseSequence);
        };
        let known = match kind {
            Kind::Erase => true,
            Kind::Trim => self.trim,
            _ => false,
        };
        if !known || first > last {
            return self.error(Error::EraseParameter);
        }
        if self.protected {
            return self.error(Error::WriteProtectEraseSkip);
        }
        if first <= self.unmapped && !around.has(FirmwareFault::StaleStatus) {
            self.unmapped = self.unmapped.max(last + u64::from(BLOCK_BYTES));
        }
        (self.status(), None)
    }

    fn clean(&mut self, around: &Around<'_>) -> (Answer, Option<Erase>) {
        if !self.sanitize {
            return self.error(Error::Switch);
        }
        if around.has(FirmwareFault::Fails) {
            self.errors.push(Error::Switch);
        }
        self.torn = around.has(FirmwareFault::UnreadableAfter);
        let reach = FirmwareFault::reach(around.faults, around.capacity);
        let bytes = std::mem::take(&mut self.unmapped).min(reach.bytes);
        let erase = Erase { range: Range { offset: 0, bytes }, leaves: Leaves::Byte(0) };
        let answer = Answer::Mmc { response: [0; 4], data: Vec::new() };
        (answer, Some(erase))
    }
}

impl Controller for MmcFirmware {
    fn protocol(&self) -> Protocol {
        Protocol::Mmc(RELATIVE_CARD_ADDRESS)
    }

    fn readable(&self) -> bool {
        self.writable() && !self.torn
    }

    fn writable(&self) -> bool {
        !self.busy
    }

    fn written(&mut self) {
        self.torn = false;
        // What is written is in the map again; nothing here knows where it was.
        self.unmapped = 0;
    }

    fn tick(&mut self, around: &Around<'_>) -> Option<Erase> {
        self.busy &= around.has(FirmwareFault::Stuck);
        None
    }

    fn command(
        &mut self,
        command: &Command,
        around: &Around<'_>,
    ) -> (Result<Answer, NoAnswer>, Option<Erase>) {
        let Command::Mmc(command) = command else {
            return (Err(NoAnswer::NotSent("not an MMC command".to_owned())), None);
        };
        let Some(request) = Request::decode(command) else {
            return (Ok(self.error(Error::IllegalCommand).0), None);
        };
        let sanitizes = matches!(request, Request::Switch(s) if s.index == sanitize::INDEX);
        let erases = sanitizes || matches!(request, Request::Erase(_));
        if erases {
            self.asked = true;
            if around.has(FirmwareFault::CommandLost) {
                return (Err(lost()), None);
            }
            if around.has(FirmwareFault::Rejects) {
                return (Ok(self.error(Error::EraseParameter).0), None);
            }
            if sanitizes && around.has(FirmwareFault::Stuck) {
                self.busy = true;
                return (Err(lost()), None);
            }
        } else if self.asked && around.has(FirmwareFault::StatusUnreadable) {
            return (Err(lost()), None);
        }
        let (answer, erase) = self.carry_out(request, around);
        // A trim may be done again; of the sanitize the answer is all there is.
        let is_lost = sanitizes && around.has(FirmwareFault::AnswerLost);
        (if is_lost { Err(lost()) } else { Ok(answer) }, erase)
    }
}

fn lost() -> NoAnswer {
    NoAnswer::Lost("timed out".to_owned())
}
