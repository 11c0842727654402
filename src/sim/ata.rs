//! A simulated SATA drive, as strict as the specification, behind an adapter that passes on its
//! registers well or badly.

use std::time::Duration;

use super::firmware::{Around, Controller, Erase, FirmwareFault, Leaves};
use super::opal::OpalLocks;
use crate::device::Protocol;
use crate::model::Range;
use crate::proto::ata::device_configuration::{self, DeviceConfiguration};
use crate::proto::ata::identify_device::{
    self, FeatureSet, IdentifyDevice, Rotation, Sanitize, Security, Transport,
};
use crate::proto::ata::sanitize_device::{self, Operation, Reason, Status};
use crate::proto::ata::security::{self, Identifier, Password};
use crate::proto::ata::trusted;
use crate::proto::ata::{self, High, Registers, Width, accessible_max_address, max_address, sense};
use crate::proto::scsi::decode::Request;
use crate::proto::{Answer, Command, Data, NoAnswer};

/// How long a sanitize takes.
const TAKES: Duration = Duration::from_secs(40);

/// Wrong passwords that a drive takes before it takes none.
const ATTEMPTS: u8 = 5;

/// A drive with an adapter before it.
#[derive(Debug, Clone)]
pub struct AtaFirmware {
    serial: String,
    rotation: Rotation,
    adapter: Adapter,
    /// What it can sanitize with, if it has these commands.
    sanitize: Option<Sanitize>,
    /// What it says of passwords, if it knows any: what it can and what was done to it.
    security: Option<Security>,
    /// The user password.
    password: Option<Password>,
    attempts: u8,
    /// ERASE PREPARE was the command before this one.
    prepared: bool,
    status: Status,
    /// The last sanitize failed.
    failed: bool,
    running: Option<Running>,
    /// What it hides at its end.
    area: Area,
    /// How often the key was changed.
    keys: u8,
    /// An erase command was sent.
    asked: bool,
    /// An erase has left what cannot be read before it is written.
    torn: bool,
    locks: Option<OpalLocks>,
    /// The adapter passes on TRUSTED SEND and RECEIVE. Linux' own driver does not unless it is
    /// told to, and translates SECURITY PROTOCOL IN and OUT.
    passes_trusted: bool,
}

/// What is between the drive and the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adapter {
    /// As Linux' own driver: all registers of a command that succeeded, the lower bytes of one that
    /// failed.
    Ahci,
    /// Sense data of fixed format only, which has no upper bytes.
    Fixed,
    /// Some SAS adapters: the registers of a command that succeeded are zeros.
    Emptied,
}

/// What hides blocks at the drive's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hides {
    /// A host protected area.
    Hpa,
    /// A host protected area that the computer's firmware has frozen.
    FrozenHpa,
    /// A device configuration overlay.
    Dco,
    /// An accessible maximum address.
    Amax,
    /// An overlay that nobody can read, because it is frozen.
    FrozenDco,
}

/// Blocks at the end that are not shown, and what it takes to show them. From the end: those of the
/// overlay, then those of the host protected area.
#[derive(Debug, Clone, Copy, Default)]
struct Area {
    protected: u64,
    overlaid: u64,
    /// Beyond the accessible maximum address.
    beyond: u64,
    /// It has ACCESSIBLE MAX ADDRESS, and neither of the others.
    newer: bool,
    has_overlay: bool,
    protected_frozen: bool,
    overlay_frozen: bool,
    /// The size was changed for good since the last power cycle.
    changed: bool,
    /// READ NATIVE MAX ADDRESS of this width was the command before this one.
    told: Option<Width>,
}

impl Area {
    fn hidden(&self) -> u64 {
        self.protected + self.overlaid + self.beyond
    }
}

#[derive(Debug, Clone, Copy)]
struct Running {
    began: Duration,
    leaves: Leaves,
}

const IDLE: Status = Status {
    completed: false,
    in_progress: false,
    frozen: false,
    antifreeze: false,
    progress: None,
};

impl AtaFirmware {
    /// A solid state drive with everything that there is to erase with.
    #[must_use]
    pub fn ssd() -> Self {
        Self {
            serial: "SIM".to_owned(),
            rotation: Rotation::NonRotating,
            adapter: Adapter::Ahci,
            sanitize: Some(Sanitize {
                crypto_scramble: true,
                block_erase: true,
                overwrite: true,
                antifreeze_lock: true,
                acs3_commands: true,
            }),
            security: Some(Security { enhanced_erase: true, ..Security::default() }),
            password: None,
            attempts: ATTEMPTS,
            prepared: false,
            status: IDLE,
            failed: false,
            running: None,
            area: Area::default(),
            keys: 0,
            asked: false,
            torn: false,
            locks: None,
            passes_trusted: false,
        }
    }

    /// The same drive with this serial number, of twenty ASCII characters at most.
    #[must_use]
    pub fn numbered(mut self, serial: &str) -> Self {
        serial.clone_into(&mut self.serial);
        self
    }

    /// The same drive with these locks.
    #[must_use]
    pub fn with_locks(mut self, locks: OpalLocks) -> Self {
        self.locks = Some(locks);
        self
    }

    /// The same drive behind an adapter that passes on TRUSTED SEND and RECEIVE, and translates
    /// nothing.
    #[must_use]
    pub const fn passing_trusted(mut self) -> Self {
        self.passes_trusted = true;
        self
    }

    /// A disk: no block erase.
    #[must_use]
    pub fn hdd() -> Self {
        let mut hdd = Self::ssd();
        hdd.rotation = Rotation::PerMinute(7200);
        hdd.sanitize = hdd.sanitize.map(|able| Sanitize { block_erase: false, ..able });
        hdd
    }

    /// The same drive, able to sanitize in these ways and to erase with a password in this one.
    #[must_use]
    pub fn able_to(mut self, sanitize: Option<Sanitize>, security: Option<Security>) -> Self {
        self.sanitize = sanitize;
        self.security = security;
        self
    }

    /// The same drive behind another adapter.
    #[must_use]
    pub const fn behind(mut self, adapter: Adapter) -> Self {
        self.adapter = adapter;
        self
    }

    /// The same drive hiding so many of its blocks, beside those that it hides by other means.
    #[must_use]
    pub const fn hiding(mut self, blocks: u64, by: Hides) -> Self {
        let area = &mut self.area;
        match by {
            Hides::Hpa => area.protected = blocks,
            Hides::FrozenHpa => (area.protected, area.protected_frozen) = (blocks, true),
            Hides::Dco => (area.overlaid, area.has_overlay) = (blocks, true),
            Hides::Amax => (area.beyond, area.newer) = (blocks, true),
            Hides::FrozenDco => {
                (area.overlaid, area.has_overlay, area.overlay_frozen) = (blocks, true, true);
            }
        }
        self
    }

    /// The same drive after its size was changed for good: not again before a power cycle.
    #[must_use]
    pub const fn resized(mut self) -> Self {
        self.area.changed = true;
        self
    }

    /// The same drive after the computer's firmware froze its passwords.
    #[must_use]
    pub fn frozen(mut self) -> Self {
        self.change_security(|security| security.frozen = true);
        self
    }

    /// The same drive after the computer's firmware froze its sanitize commands.
    #[must_use]
    pub const fn sanitize_frozen(mut self) -> Self {
        self.status.frozen = true;
        self
    }

    /// The same drive with this user password, which has been given.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.password = Password::new(password.as_bytes());
        self
    }

    /// The same drive with this user password, after a power cycle: locked.
    #[must_use]
    pub fn locked_with(self, password: &str) -> Self {
        let mut locked = self.with_password(password);
        locked.power_cycled();
        locked
    }

    /// The same drive after too many wrong passwords.
    #[must_use]
    pub const fn count_expired(mut self) -> Self {
        self.attempts = 0;
        self
    }

    /// The same drive with its password at level Maximum.
    #[must_use]
    pub fn at_level_maximum(mut self) -> Self {
        self.change_security(|security| security.level_maximum = true);
        self
    }

    /// The same drive with an earlier owner's sanitize in its status.
    #[must_use]
    pub const fn sanitized_before(mut self) -> Self {
        self.status.completed = true;
        self
    }

    /// The same drive in the middle of somebody else's block erase.
    #[must_use]
    pub fn sanitizing(mut self, now: Duration) -> Self {
        self.begin(Leaves::Byte(0), now);
        self
    }

    fn change_security(&mut self, change: impl FnOnce(&mut Security)) {
        if let Some(security) = &mut self.security {
            change(security);
        }
    }

    fn begin(&mut self, leaves: Leaves, now: Duration) {
        self.status =
            Status { completed: false, in_progress: true, progress: Some(0), ..self.status };
        self.failed = false;
        self.running = Some(Running { began: now, leaves });
    }

    fn is_locked(&self) -> bool {
        self.security.is_some_and(|security| security.locked)
    }

    /// What the security word says now.
    fn security_now(&self) -> Option<Security> {
        self.security.map(|security| Security {
            enabled: self.password.is_some(),
            count_expired: self.attempts == 0,
            ..security
        })
    }

    fn identify(&self, around: &Around<'_>) -> Answer {
        let mut found =
            IdentifyDevice { logical_sector_bytes: Some(around.block), ..Default::default() };
        let blocks = self.shown(around.blocks());
        found.serial = Some(self.serial.clone());
        found.sectors28 = u32::try_from(blocks).ok();
        found.sectors48 = Some(blocks);
        found.rotation = Some(self.rotation);
        found.transport = Some(Transport::Serial);
        found.trusted_computing = self.locks.is_some();
        found.sanitize = self.sanitize;
        found.security = self.security_now();
        let Area { newer, protected, has_overlay, .. } = self.area;
        found.accessible_max_address = newer;
        found.host_protected_area =
            Some(FeatureSet { supported: !newer, enabled: !newer && protected > 0 });
        found.device_configuration_overlay = has_overlay;
        Answer::Scsi { status: 0, sense: Vec::new(), data: found.encode().to_vec() }
    }

    /// The registers as the adapter passes them on.
    fn registers(&self, registers: Registers) -> Answer {
        let empty = High { count: 0, lba: 0 };
        let answer = match self.adapter {
            Adapter::Emptied if registers.succeeded() => sense::Answer::Descriptor(Registers {
                count: 0,
                lba: 0,
                high: registers.high.map(|_| empty),
                ..registers
            }),
            Adapter::Ahci if registers.succeeded() => sense::Answer::Descriptor(registers),
            _ => sense::Answer::Fixed(registers),
        };
        scsi(2, answer.encode())
    }

    fn done(&self, width: Width) -> Answer {
        self.registers(Registers::done(width, 0, 0))
    }

    fn refused(&self) -> Answer {
        self.registers(Registers::refused(Width::Lba28, 0))
    }

    fn carry_out(
        &mut self,
        command: &ata::Command,
        around: &Around<'_>,
    ) -> (Result<Answer, NoAnswer>, Option<Erase>) {
        let prepared = std::mem::take(&mut self.prepared);
        let told = std::mem::take(&mut self.area.told);
        if *command == identify_device::command() {
            return (Ok(self.identify(around)), None);
        }
        if let Some(request) = sanitize_device::Request::decode(command) {
            return (Ok(self.sanitize(request, around)), None);
        }
        // While it sanitizes, and after that failed, it answers nothing else.
        if self.running.is_some() || self.failed {
            return (Ok(self.refused()), None);
        }
        if let Some(request) = security::Request::decode(command) {
            return self.security_command(&request, prepared, around);
        }
        (Ok(self.size_command(command, told, around.blocks())), None)
    }

    /// Tells or sets the size of a drive of so many blocks.
    fn size_command(&mut self, command: &ata::Command, told: Option<Width>, blocks: u64) -> Answer {
        use accessible_max_address::Request as Accessible;
        use device_configuration::Request as Overlay;
        use max_address::{Lasting, Request as Protected};
        let (native, area) = (blocks - self.area.overlaid, self.area);
        let not_found =
            self.registers(Registers { error: 0x10, ..Registers::refused(Width::Lba48, 0) });
        match (Protected::decode(command), Accessible::decode(command), Overlay::decode(command)) {
            (Some(_), ..) if area.newer => self.refused(),
            (Some(Protected::ReadNative(width)), ..) => {
                self.area.told = Some(width);
                self.registers(Registers::done(width, 0, native.saturating_sub(1)))
            }
            (Some(Protected::Set(width, ..)), ..)
                if area.protected_frozen || told != Some(width) =>
            {
                self.refused()
            }
            (Some(Protected::Set(width, sectors, Lasting::Always)), ..) => {
                if area.changed || sectors > native {
                    return not_found;
                }
                (self.area.protected, self.area.changed) = (native - sectors, true);
                self.done(width)
            }
            (_, Some(Accessible::GetNative), _) if area.newer => {
                self.registers(Registers::done(Width::Lba48, 0, blocks.saturating_sub(1)))
            }
            (_, Some(Accessible::Set(sectors)), _) if area.newer => {
                if area.changed || sectors > blocks {
                    return not_found;
                }
                (self.area.beyond, self.area.changed) = (blocks - sectors, true);
                self.done(Width::Lba48)
            }
            (_, _, Some(_)) if !area.has_overlay || area.overlay_frozen => self.refused(),
            (_, _, Some(Overlay::Identify)) => {
                let data = DeviceConfiguration { revision: 2, sectors: blocks }.encode().to_vec();
                Answer::Scsi { status: 0, sense: Vec::new(), data }
            }
            (_, _, Some(Overlay::Restore)) if area.protected == 0 && !area.changed => {
                (self.area.overlaid, self.area.changed) = (0, true);
                self.done(Width::Lba28)
            }
            _ => self.refused(),
        }
    }

    fn sanitize(&mut self, request: sanitize_device::Request, around: &Around<'_>) -> Answer {
        use sanitize_device::Request;
        let abort = |reason| self.registers(sanitize_device::Answer::Aborted(reason).registers());
        let Some(able) = self.sanitize else { return abort(Reason::NotReported) };
        let operation = match request {
            Request::Status | Request::ClearFailure if self.failed => {
                return abort(Reason::Unsuccessful);
            }
            Request::Status => return self.sanitize_status(),
            Request::AntifreezeLock if able.antifreeze_lock && !self.status.frozen => {
                self.status.antifreeze = true;
                return self.sanitize_status();
            }
            Request::Start(operation, _) => operation,
            _ => return abort(Reason::Unsupported),
        };
        if self.running.is_some() || self.is_locked() {
            return abort(Reason::NotReported);
        }
        if self.status.frozen {
            return abort(Reason::Frozen);
        }
        let (able, leaves) = match operation {
            Operation::CryptoScramble => {
                (able.crypto_scramble, Leaves::Noise(self.keys.wrapping_add(1)))
            }
            Operation::BlockErase => (able.block_erase, Leaves::Byte(0)),
            Operation::Overwrite(how) => {
                let [byte, ..] = how.pattern.to_le_bytes();
                (able.overwrite, Leaves::Byte(byte))
            }
        };
        if !able {
            return abort(Reason::Unsupported);
        }
        if !around.has(FirmwareFault::StaleStatus) {
            self.keys = self.keys.wrapping_add(1);
            self.begin(leaves, around.now);
        }
        self.sanitize_status()
    }

    fn sanitize_status(&self) -> Answer {
        self.registers(sanitize_device::Answer::Status(self.status).registers())
    }

    fn security_command(
        &mut self,
        request: &security::Request,
        prepared: bool,
        around: &Around<'_>,
    ) -> (Result<Answer, NoAnswer>, Option<Erase>) {
        use security::Request;
        let refused = (Ok(self.refused()), None);
        let Some(now) = self.security_now().filter(|now| !now.frozen) else { return refused };
        // The master password is one that nobody knows.
        let fits = |who: Identifier, given: &Password| {
            who == Identifier::User && self.password.as_ref() == Some(given)
        };
        match request {
            Request::SetUserPassword(password) if !now.locked => {
                self.password = Some(password.clone());
            }
            Request::Unlock(who, password) if now.enabled && !now.count_expired => {
                if !fits(*who, password) {
                    self.attempts -= u8::from(now.locked);
                    return refused;
                }
                self.change_security(|security| security.locked = false);
            }
            Request::DisablePassword(who, password)
                if now.enabled && !now.locked && fits(*who, password) =>
            {
                self.password = None;
            }
            Request::ErasePrepare => {
                self.prepared = true;
                return (Ok(self.done(Width::Lba28)), None);
            }
            Request::EraseUnit(who, password, _)
                if prepared && now.enabled && !now.count_expired && fits(*who, password) =>
            {
                return self.erase_unit(around);
            }
            _ => return refused,
        }
        (Ok(scsi(0, Vec::new())), None)
    }

    fn erase_unit(&mut self, around: &Around<'_>) -> (Result<Answer, NoAnswer>, Option<Erase>) {
        let erase = |capacity| Erase {
            range: FirmwareFault::reach(around.faults, capacity),
            leaves: Leaves::Byte(0),
        };
        if around.has(FirmwareFault::Stuck) {
            // It takes too long, and is reset in the middle of it.
            self.reset();
            return (Err(lost()), Some(erase(around.capacity / 2)));
        }
        if around.has(FirmwareFault::Fails) {
            let fault = sanitize_device::Answer::Failed.registers();
            return (Ok(self.registers(fault)), Some(erase(around.capacity)));
        }
        if !around.has(FirmwareFault::StaleStatus) {
            self.password = None;
            self.change_security(|security| {
                security.locked = false;
                security.level_maximum = false;
            });
            self.torn = around.has(FirmwareFault::UnreadableAfter);
        }
        let stale = around.has(FirmwareFault::StaleStatus);
        let capacity = if stale { 0 } else { around.capacity };
        (Ok(scsi(0, Vec::new())), Some(erase(capacity)))
    }

    /// A command of TCG's protocols, if this is one that gets to the drive.
    fn security_protocol(
        &mut self,
        command: &Command,
        around: &Around<'_>,
    ) -> Option<(Result<Answer, NoAnswer>, Option<Erase>)> {
        let locks = self.locks.as_mut()?;
        let (protocol, specific, message) = match command {
            Command::Ata(command) if self.passes_trusted => {
                match trusted::Request::decode(command)? {
                    trusted::Request::Receive(to, _) => (to.number, to.specific, None),
                    trusted::Request::Send(to, bytes) => (to.number, to.specific, Some(bytes)),
                }
            }
            Command::Scsi(command) if !self.passes_trusted => {
                let out = if let Data::Out(out) = command.data() { out.as_slice() } else { &[] };
                match Request::decode(command.cdb(), out).ok()? {
                    Request::SecurityProtocolIn(ask) => (ask.protocol, ask.specific, None),
                    Request::SecurityProtocolOut(say) => {
                        (say.protocol(), say.specific(), Some(say.data().to_vec().into()))
                    }
                    _ => return None,
                }
            }
            _ => return None,
        };
        let Some(message) = message else {
            let data = locks.receive(protocol, specific);
            let good = |data| Answer::Scsi { status: 0, sense: Vec::new(), data };
            return Some((Ok(data.map_or_else(|| self.refused(), good)), None));
        };
        let Some(lost_key) = locks.send(protocol, specific, &message) else {
            return Some((Ok(self.refused()), None));
        };
        let range = Range { offset: 0, bytes: around.capacity };
        let erase = lost_key.then_some(Erase { range, leaves: Leaves::Noise(self.keys) });
        Some((Ok(scsi(0, Vec::new())), erase))
    }

    /// The port was reset: whoever has a password is locked.
    fn reset(&mut self) {
        let locked = self.password.is_some();
        self.change_security(|security| security.locked = locked);
        self.prepared = false;
    }
}

impl Controller for AtaFirmware {
    fn protocol(&self) -> Protocol {
        Protocol::Scsi
    }

    fn readable(&self) -> bool {
        self.writable() && !self.torn
    }

    fn writable(&self) -> bool {
        self.running.is_none()
            && !self.failed
            && !self.is_locked()
            && !self.locks.as_ref().is_some_and(OpalLocks::is_closed)
    }

    fn written(&mut self) {
        self.torn = false;
    }

    fn shown(&self, blocks: u64) -> u64 {
        blocks.saturating_sub(self.area.hidden())
    }

    fn power_cycled(&mut self) {
        self.reset();
        self.change_security(|security| security.frozen = false);
        self.attempts = ATTEMPTS;
        self.area =
            Area { changed: false, protected_frozen: false, overlay_frozen: false, ..self.area };
        self.status.frozen = false;
        self.status.antifreeze = false;
        if let Some(locks) = &mut self.locks {
            locks.power_cycled();
        }
    }

    fn tick(&mut self, around: &Around<'_>) -> Option<Erase> {
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
            self.status.progress = Some(done.saturating_sub(if back { 8000 } else { 0 }));
            return None;
        }
        self.running = None;
        self.failed = fails;
        self.status =
            Status { completed: !fails, in_progress: false, progress: None, ..self.status };
        self.torn = around.has(FirmwareFault::UnreadableAfter);
        Some(Erase { range: FirmwareFault::reach(around.faults, around.capacity), leaves })
    }

    fn command(
        &mut self,
        command: &Command,
        around: &Around<'_>,
    ) -> (Result<Answer, NoAnswer>, Option<Erase>) {
        if let Some(answered) = self.security_protocol(command, around) {
            return answered;
        }
        let Command::Ata(command) = command else {
            // A translator knows some SCSI commands; none that this program asks it for.
            return (Ok(scsi(2, vec![0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x20, 0])), None);
        };
        let erases = matches!(
            sanitize_device::Request::decode(command),
            Some(sanitize_device::Request::Start(..))
        ) || matches!(
            security::Request::decode(command),
            Some(security::Request::EraseUnit(..))
        );
        if erases {
            self.asked = true;
            if around.has(FirmwareFault::CommandLost) {
                self.reset();
                return (Err(lost()), None);
            }
            if around.has(FirmwareFault::Rejects) {
                return (Ok(self.refused()), None);
            }
        } else if self.asked && around.has(FirmwareFault::StatusUnreadable) {
            return (Ok(self.refused()), None);
        }
        let (answer, erase) = self.carry_out(command, around);
        let is_lost = erases && around.has(FirmwareFault::AnswerLost);
        (if is_lost { Err(lost()) } else { answer }, erase)
    }
}

fn scsi(status: u8, sense: Vec<u8>) -> Answer {
    Answer::Scsi { status, sense, data: Vec::new() }
}

fn lost() -> NoAnswer {
    NoAnswer::Lost("timed out".to_owned())
}
