//! A simulated NVMe controller, as strict as the specification: it erases in the background, its
//! log tells how far it is, and meanwhile nothing can be read or written.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::events::EventLog;
use super::firmware::{Around, Controller, Erase, FirmwareFault, Leaves};
use super::opal::OpalLocks;
use crate::device::Protocol;
use crate::model::Range;
use crate::proto::nvme::{
    Admin, AdminCapabilities, Condition, EventData, FormatAttributes, FormatNvm, FormatTarget,
    GetLogPage, Identify, IdentifyController, IdentifyNamespace, LbaFormat, LogCapabilities,
    LogPage, NamespaceId, NamespaceList, Sanitize, SanitizeAction, SanitizeCapabilities,
    SanitizeLog, SanitizeOutcome, SanitizeState, SanitizeStatus, SecureErase, SecurityReceive,
    SecuritySend, Status,
};
use crate::proto::{Answer, Command, NoAnswer};

/// How long an erase takes.
const TAKES: Duration = Duration::from_secs(40);

/// A controller with one namespace, or more.
#[derive(Debug, Clone)]
pub struct NvmeFirmware {
    sanitize: SanitizeCapabilities,
    format: FormatAttributes,
    admin: AdminCapabilities,
    /// What is in a second namespace, which is not attached, if there is one.
    neighbour: Option<Arc<Mutex<Vec<u8>>>>,
    log: SanitizeLog,
    running: Option<Running>,
    /// Its persistent event log, if it keeps one.
    events: Option<EventLog>,
    /// A format is answered at once and carried out in the background.
    formats_slowly: bool,
    formatting: Option<Running>,
    /// How often the key was changed.
    keys: u8,
    /// An erase command was sent.
    asked: bool,
    /// An erase has left what cannot be read before it is written.
    torn: bool,
    locks: Option<OpalLocks>,
}

#[derive(Debug, Clone, Copy)]
struct Running {
    began: Duration,
    leaves: Leaves,
}

impl Default for NvmeFirmware {
    /// Everything that there is to erase with, one namespace, and never sanitized.
    fn default() -> Self {
        Self {
            sanitize: SanitizeCapabilities(0b111),
            format: FormatAttributes(0b100),
            admin: AdminCapabilities(0b10),
            neighbour: None,
            log: SanitizeLog {
                progress: None,
                status: SanitizeStatus {
                    outcome: SanitizeOutcome::NeverStarted,
                    passes_done: 0,
                    global_data_erased: false,
                    verification_cancelled: false,
                },
                command_dword10: 0,
                overwrite_16_seconds: None,
                block_erase_seconds: None,
                crypto_erase_seconds: None,
                overwrite_16_keeping_seconds: None,
                block_erase_keeping_seconds: None,
                crypto_erase_keeping_seconds: None,
                deallocate_seconds: None,
                state: SanitizeState::Idle,
                failed_in: SanitizeState::Idle,
            },
            running: None,
            events: None,
            formats_slowly: false,
            formatting: None,
            keys: 0,
            asked: false,
            torn: false,
            locks: None,
        }
    }
}

impl NvmeFirmware {
    /// The namespace that is the drive.
    const NAMESPACE: u32 = 1;

    /// The same controller with these capabilities: SANICAP and FNA.
    #[must_use]
    pub fn able_to(mut self, sanitize: u32, format: u8) -> Self {
        self.sanitize = SanitizeCapabilities(sanitize);
        self.format = FormatAttributes(format);
        self
    }

    /// The same controller with a log of its own, in which an earlier owner's sanitize is.
    #[must_use]
    pub fn remembering(mut self) -> Self {
        self.events = Some(EventLog::default());
        self.remember(
            EventData::SanitizeStart { capabilities: self.sanitize, dword10: 2, pattern: 0 },
            Duration::ZERO,
        );
        self
    }

    /// The same, where somebody left a copy of the log behind.
    #[must_use]
    pub fn copied(mut self) -> Self {
        if let Some(log) = &mut self.events {
            log.leave_a_copy();
        }
        self
    }

    /// The same, which does not give its log away.
    #[must_use]
    pub fn secretive(mut self) -> Self {
        if let Some(log) = &mut self.events {
            log.keep_to_itself();
        }
        self
    }

    fn remember(&mut self, data: EventData, now: Duration) {
        if let Some(log) = &mut self.events {
            log.remember(data, now);
        }
    }

    /// The same controller with these locks.
    #[must_use]
    pub fn with_locks(mut self, locks: OpalLocks) -> Self {
        self.admin.0 |= 1;
        self.locks = Some(locks);
        self
    }

    /// The same controller, which answers a format at once and then says how much is left of it.
    #[must_use]
    pub fn formatting_slowly(mut self) -> Self {
        self.formats_slowly = true;
        self
    }

    /// The same controller with a second namespace, which is not attached and holds this.
    #[must_use]
    pub fn beside(mut self, neighbour: Arc<Mutex<Vec<u8>>>) -> Self {
        self.neighbour = Some(neighbour);
        self
    }

    /// The same controller with an earlier owner's sanitize in its log, as if it had been sent
    /// with this command.
    #[must_use]
    pub fn sanitized_before(mut self, by: Sanitize) -> Self {
        self.log.status.outcome = SanitizeOutcome::Sanitized;
        self.log.status.global_data_erased = false;
        self.log.command_dword10 = by.dword10();
        self
    }

    /// The same controller in the middle of somebody else's block erase.
    #[must_use]
    pub fn sanitizing(mut self, by: Sanitize, now: Duration) -> Self {
        self.begin(by.dword10(), Leaves::Byte(0), now);
        self
    }

    fn begin(&mut self, dword10: u32, leaves: Leaves, now: Duration) {
        self.log.command_dword10 = dword10;
        self.log.status.outcome = SanitizeOutcome::InProgress;
        self.log.status.global_data_erased = false;
        self.log.progress = Some(0);
        self.running = Some(Running { began: now, leaves });
    }

    fn carry_out(&mut self, admin: &Admin, around: &Around<'_>) -> (Answer, Option<Erase>) {
        if let Some(identify) = Identify::decode(admin) {
            return (self.identify(identify, around), None);
        }
        if let Some(GetLogPage { page: LogPage::Sanitize, .. }) = GetLogPage::decode(admin) {
            return (page(self.log.encode()), None);
        }
        if let Some(GetLogPage {
            page: LogPage::PersistentEvents(action),
            offset_dwords,
            dwords,
            ..
        }) = GetLogPage::decode(admin)
            && let Some(log) = &mut self.events
        {
            let part = log.answer(action, offset_dwords, dwords.get());
            let refusal = refused(Condition::CommandSequenceError);
            return (part.map_or(refusal, page), None);
        }
        if let Some(locks) = &mut self.locks {
            if let Some(receive) = SecurityReceive::decode(admin) {
                let data = locks.receive(receive.protocol, receive.specific);
                return (data.map_or_else(|| refused(Condition::InvalidField), page), None);
            }
            if let Some(send) = SecuritySend::decode(admin) {
                let taken = locks.send(send.protocol, send.specific, &send.payload);
                let Some(lost_key) = taken else {
                    return (refused(Condition::InvalidField), None);
                };
                let (leaves, range) = (Leaves::Noise(self.next_key()), whole(around));
                return (done(), lost_key.then_some(Erase { range, leaves }));
            }
            if locks.is_closed()
                && (Sanitize::decode(admin).is_some() || FormatNvm::decode(admin).is_some())
            {
                return (refused(Condition::OperationDenied), None);
            }
        }
        if let Some(sanitize) = Sanitize::decode(admin) {
            return (self.sanitize(sanitize, around), None);
        }
        if let Some(format) = FormatNvm::decode(admin) {
            return self.format(format, around);
        }
        (refused(Condition::InvalidOpcode), None)
    }

    fn identify(&self, identify: Identify, around: &Around<'_>) -> Answer {
        let blocks = around.capacity / u64::from(around.block);
        let block_exponent = u8::try_from(around.block.ilog2()).unwrap_or(9);
        let id = NamespaceId::new(Self::NAMESPACE);
        let neighbour = NamespaceId::new(Self::NAMESPACE + 1).filter(|_| self.neighbour.is_some());
        let empty = [0; Identify::BYTES];
        match identify {
            Identify::Controller => {
                let Ok(mut found) = IdentifyController::parse(&empty) else {
                    return refused(Condition::InternalError);
                };
                found.sanitize = self.sanitize;
                found.format = self.format;
                found.admin = self.admin;
                found.logs = LogCapabilities(if self.events.is_some() { 0b1_0100 } else { 0 });
                found.highest_namespace = 2;
                page(found.encode())
            }
            Identify::Namespace(asked) => {
                let Ok(mut found) = IdentifyNamespace::parse(&empty) else {
                    return refused(Condition::InternalError);
                };
                if Some(asked) == id {
                    found.format_remaining_percent = self.format_remaining(around.now);
                    found.blocks = blocks;
                    found.capacity_blocks = blocks;
                    found.formats = vec![LbaFormat {
                        metadata_bytes: 0,
                        block_exponent,
                        relative_performance: 0,
                    }];
                }
                page(found.encode())
            }
            Identify::ActiveNamespaces { after } => {
                // The second one is not attached: the kernel does not show it.
                page(NamespaceList::encode(&id.into_iter().collect::<Vec<_>>(), after))
            }
            Identify::AllocatedNamespaces { after } => {
                let all: Vec<_> = id.into_iter().chain(neighbour).collect();
                page(NamespaceList::encode(&all, after))
            }
        }
    }

    fn sanitize(&mut self, sanitize: Sanitize, around: &Around<'_>) -> Answer {
        let Sanitize::Start { action, .. } = sanitize else {
            return refused(Condition::InvalidField);
        };
        if self.running.is_some() {
            return refused(Condition::SanitizeInProgress);
        }
        let (able, leaves) = match action {
            SanitizeAction::BlockErase(_) => (self.sanitize.block_erase(), Leaves::Byte(0)),
            SanitizeAction::CryptoErase(_) => {
                (self.sanitize.crypto_erase(), Leaves::Noise(self.next_key()))
            }
            SanitizeAction::Overwrite { pattern, .. } => {
                let [byte, ..] = pattern.to_le_bytes();
                (self.sanitize.overwrite(), Leaves::Byte(byte))
            }
        };
        if !able {
            return refused(Condition::InvalidField);
        }
        if !around.has(FirmwareFault::StaleStatus) {
            let dword10 = sanitize.dword10();
            let capabilities = self.sanitize;
            self.remember(
                EventData::SanitizeStart { capabilities, dword10, pattern: 0 },
                around.now,
            );
            self.begin(dword10, leaves, around.now);
            self.erase_neighbour(leaves);
        }
        done()
    }

    /// The percentage that is left of a format, on a controller that says so.
    fn format_remaining(&self, now: Duration) -> Option<u8> {
        let left = self.formatting.map_or(0, |Running { began, .. }| {
            let left = TAKES.saturating_sub(now.saturating_sub(began));
            (left.as_millis() * 100).div_ceil(TAKES.as_millis())
        });
        self.formats_slowly.then(|| u8::try_from(left).unwrap_or(100))
    }

    fn next_key(&mut self) -> u8 {
        self.keys = self.keys.wrapping_add(1);
        self.keys
    }

    fn erase_neighbour(&self, leaves: Leaves) {
        if let Some(neighbour) = &self.neighbour {
            leaves.fill(&mut neighbour.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn format(&mut self, format: FormatNvm, around: &Around<'_>) -> (Answer, Option<Erase>) {
        if self.running.is_some() {
            return (refused(Condition::SanitizeInProgress), None);
        }
        let ours = format.target() == FormatTarget::EveryNamespace
            || matches!(format.target(), FormatTarget::Namespace(id) if id.get() == Self::NAMESPACE);
        let able = self.admin.format()
            && (format.erase() == SecureErase::UserData || self.format.crypto_erase());
        if !ours || !able {
            return (refused(Condition::InvalidField), None);
        }
        let leaves = match format.erase() {
            SecureErase::UserData => Leaves::Byte(0),
            SecureErase::Cryptographic => Leaves::Noise(self.next_key()),
        };
        if self.format.erases_every_namespace() {
            self.erase_neighbour(leaves);
        }
        if around.has(FirmwareFault::Fails) || around.has(FirmwareFault::Stuck) {
            return (refused(Condition::InternalError), None);
        }
        if self.formats_slowly {
            self.formatting = Some(Running { began: around.now, leaves });
            return (done(), None);
        }
        self.torn = around.has(FirmwareFault::UnreadableAfter);
        // This command has no status that could be stale: it has done nothing at all.
        let capacity = if around.has(FirmwareFault::StaleStatus) { 0 } else { around.capacity };
        let range = FirmwareFault::reach(around.faults, capacity);
        (done(), Some(Erase { range, leaves }))
    }
}

impl Controller for NvmeFirmware {
    fn protocol(&self) -> Protocol {
        match NamespaceId::new(Self::NAMESPACE) {
            Some(id) => Protocol::Nvme(id),
            None => Protocol::Scsi,
        }
    }

    fn readable(&self) -> bool {
        self.writable() && !self.torn
    }

    fn writable(&self) -> bool {
        self.running.is_none()
            && self.formatting.is_none()
            && self.log.status.outcome != SanitizeOutcome::Failed
            && !self.locks.as_ref().is_some_and(OpalLocks::is_closed)
    }

    fn power_cycled(&mut self) {
        if let Some(locks) = &mut self.locks {
            locks.power_cycled();
        }
    }

    fn written(&mut self) {
        self.torn = false;
        self.log.status.global_data_erased = false;
    }

    fn tick(&mut self, around: &Around<'_>) -> Option<Erase> {
        if let Some(Running { began, leaves }) = self.formatting
            && around.now.saturating_sub(began) >= TAKES
        {
            self.formatting = None;
            let range = FirmwareFault::reach(around.faults, around.capacity);
            return Some(Erase { range, leaves });
        }
        let Running { began, leaves } = self.running?;
        let took = around.now.saturating_sub(began);
        if around.has(FirmwareFault::Stuck) && took > TAKES / 4 {
            return None;
        }
        let done = took.as_millis() * 65_536 / TAKES.as_millis();
        let fails = around.has(FirmwareFault::Fails);
        if done < 65_536 && !(fails && took > TAKES / 2) {
            let back = around.has(FirmwareFault::Backwards) && took.as_secs() % 3 == 2;
            let done = u16::try_from(done).unwrap_or(u16::MAX);
            self.log.progress = Some(done.saturating_sub(if back { 8000 } else { 0 }));
            return None;
        }
        self.running = None;
        self.log.progress = None;
        self.log.status.outcome =
            if fails { SanitizeOutcome::Failed } else { SanitizeOutcome::Sanitized };
        self.log.status.global_data_erased = !fails;
        let status = self.log.status;
        self.remember(
            EventData::SanitizeCompletion { progress: u16::MAX, status, completion: 0 },
            around.now,
        );
        self.torn = around.has(FirmwareFault::UnreadableAfter);
        Some(Erase { range: FirmwareFault::reach(around.faults, around.capacity), leaves })
    }

    fn command(
        &mut self,
        command: &Command,
        around: &Around<'_>,
    ) -> (Result<Answer, NoAnswer>, Option<Erase>) {
        let Command::Nvme(admin) = command else {
            return (Err(NoAnswer::NotSent("not an NVMe command".to_owned())), None);
        };
        let erases = Sanitize::decode(admin).is_some() || FormatNvm::decode(admin).is_some();
        if erases {
            self.asked = true;
            if around.has(FirmwareFault::CommandLost) {
                return (Err(lost()), None);
            }
            if around.has(FirmwareFault::Rejects) {
                return (Ok(refused(Condition::InvalidField)), None);
            }
        } else if self.asked && around.has(FirmwareFault::StatusUnreadable) {
            return (Ok(refused(Condition::InternalError)), None);
        }
        let (answer, erase) = self.carry_out(admin, around);
        let is_lost = erases && around.has(FirmwareFault::AnswerLost);
        (if is_lost { Err(lost()) } else { Ok(answer) }, erase)
    }
}

fn whole(around: &Around<'_>) -> Range {
    Range { offset: 0, bytes: around.capacity }
}

fn page(data: Vec<u8>) -> Answer {
    Answer::Nvme { status: Status::from_raw(0), data }
}

fn done() -> Answer {
    page(Vec::new())
}

fn refused(condition: Condition) -> Answer {
    Answer::Nvme { status: Status::of(condition, true), data: Vec::new() }
}

fn lost() -> NoAnswer {
    NoAnswer::Lost("timed out".to_owned())
}
