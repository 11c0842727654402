//! A simulated SAS drive, as strict as the standards: it erases in the background, only its sense
//! data tells how far it is, and meanwhile it takes no command for its medium.

use std::time::Duration;

use super::firmware::{Around, Controller, Erase, FirmwareFault, Leaves};
use crate::device::Protocol;
use crate::proto::scsi::decode::{Rejected, Request};
use crate::proto::scsi::inquiry::{DeviceType, Inquiry, Standard};
use crate::proto::scsi::read_capacity::Capacity;
use crate::proto::scsi::report_supported_operation_codes::Support;
use crate::proto::scsi::sanitize::{Erase as Way, Sanitize, ServiceAction};
use crate::proto::scsi::sense::{Meaning, Sense};
use crate::proto::scsi::vpd::block_device_characteristics::{
    self, BlockDeviceCharacteristics, ReadAfterErase, Rotation, Zoned,
};
use crate::proto::scsi::vpd::supported_pages;
use crate::proto::scsi::{format_unit, report_luns, sanitize};
use crate::proto::{Answer, Command, Data, NoAnswer};

/// How long an erase takes.
const TAKES: Duration = Duration::from_secs(40);

/// A SAS SSD.
#[derive(Debug, Clone)]
pub struct ScsiFirmware {
    sanitize: Vec<ServiceAction>,
    format: bool,
    vendor: String,
    /// Logical units of the drive, this one among them.
    units: u32,
    says_what_it_knows: bool,
    senses: bool,
    after_erase: ReadAfterErase,
    /// Unit attentions that are still to be reported.
    attentions: u32,
    /// How many there are to report after each end of an erase.
    attentions_after: u32,
    running: Option<Running>,
    /// What did not finish, and must.
    broken: Option<Sense>,
    /// What the command that is carried out did before it was answered.
    done: Option<Erase>,
    /// How often the key was changed.
    keys: u8,
    /// An erase command was sent.
    asked: bool,
    /// An erase has left what cannot be read before it is written.
    torn: bool,
}

#[derive(Debug, Clone)]
struct Running {
    began: Duration,
    leaves: Leaves,
    /// What is said meanwhile.
    says: Sense,
    /// What is left if it fails.
    fails: Sense,
    progress: u16,
}

const SANITIZING: Sense = Sense::new(0x2, 0x04, 0x1b);
const FORMATTING: Sense = Sense::new(0x2, 0x04, 0x04);
const SANITIZE_FAILED: Sense = Sense::new(0x3, 0x31, 0x03);
const FORMAT_FAILED: Sense = Sense::new(0x3, 0x31, 0x01);
const FORMAT_CORRUPT: Sense = Sense::new(0x3, 0x31, 0x00);
const POWERED_ON: Sense = Sense::new(0x6, 0x29, 0x01);
const INTERNAL_FAILURE: Sense = Sense::new(0x4, 0x44, 0x00);

impl Default for ScsiFirmware {
    /// Everything that there is to erase with, and nothing under way.
    fn default() -> Self {
        Self {
            sanitize: vec![
                ServiceAction::CryptographicErase,
                ServiceAction::BlockErase,
                ServiceAction::Overwrite,
            ],
            format: true,
            vendor: "SIM".to_owned(),
            units: 1,
            says_what_it_knows: true,
            senses: true,
            after_erase: ReadAfterErase::Completes,
            attentions: 0,
            attentions_after: 0,
            running: None,
            broken: None,
            done: None,
            keys: 0,
            asked: false,
            torn: false,
        }
    }
}

impl ScsiFirmware {
    /// The same drive with these ways to sanitize, and with or without FORMAT UNIT.
    #[must_use]
    pub fn able_to(mut self, sanitize: &[ServiceAction], format: bool) -> Self {
        (self.sanitize, self.format) = (sanitize.to_vec(), format);
        self
    }

    /// The same drive with so many logical units in all.
    #[must_use]
    pub const fn with_units(mut self, units: u32) -> Self {
        self.units = units;
        self
    }

    /// The same drive without REPORT SUPPORTED OPERATION CODES.
    #[must_use]
    pub fn discreet(mut self) -> Self {
        self.says_what_it_knows = false;
        self
    }

    /// The same drive, which says 00/00/00 to every REQUEST SENSE.
    #[must_use]
    pub fn without_request_sense(mut self) -> Self {
        self.senses = false;
        self
    }

    /// An ATA drive behind a translator.
    #[must_use]
    pub fn translating(mut self) -> Self {
        self.vendor = "ATA".to_owned();
        self
    }

    /// The same drive, on which reads do this after an erase.
    #[must_use]
    pub fn after_erase(mut self, reads: ReadAfterErase) -> Self {
        self.after_erase = reads;
        self
    }

    /// The same drive with so many unit attentions to report, now and after each erase.
    #[must_use]
    pub fn with_attentions(mut self, attentions: u32) -> Self {
        (self.attentions, self.attentions_after) = (attentions, attentions);
        self
    }

    /// The same drive in the middle of somebody else's sanitize.
    #[must_use]
    pub fn sanitizing(mut self, now: Duration) -> Self {
        self.begin(SANITIZING, SANITIZE_FAILED, Leaves::Byte(0), now);
        self
    }

    /// The same drive after a format that was cut off.
    #[must_use]
    pub fn format_corrupt(mut self) -> Self {
        self.broken = Some(FORMAT_CORRUPT);
        self
    }

    fn begin(&mut self, says: Sense, fails: Sense, leaves: Leaves, now: Duration) {
        self.broken = None;
        self.running = Some(Running { began: now, leaves, says, fails, progress: 0 });
    }

    /// What it does, or what keeps it from doing anything.
    fn condition(&self) -> Option<Sense> {
        let running = (self.running.as_ref())
            .map(|running| Sense { progress: Some(running.progress), ..running.says.clone() });
        running.or_else(|| self.broken.clone())
    }

    fn carry_out(&mut self, request: &Request, around: &Around<'_>) -> Result<Vec<u8>, Sense> {
        // These answer whatever happens, and no unit attention comes between.
        match request {
            Request::Inquiry(inquiry) => return self.inquiry(*inquiry),
            Request::ReportLuns(_) => return Ok(report_luns::bytes(self.units).to_vec()),
            Request::RequestSense(_) => {
                let idle = Sense::new(0, 0, 0);
                let said = self.condition().filter(|_| self.senses).unwrap_or(idle);
                return Ok(said.fixed().to_vec());
            }
            _ => {}
        }
        if let Some(left) = self.attentions.checked_sub(1) {
            self.attentions = left;
            return Err(POWERED_ON);
        }
        match request {
            Request::ReportSupportedOperationCodes(_) if !self.says_what_it_knows => {
                Err(Rejected::OperationCode.sense())
            }
            Request::ReportSupportedOperationCodes(question) => {
                let known = match (question.operation_code, question.service_action) {
                    (sanitize::OPERATION_CODE, Some(action)) => {
                        self.sanitize.iter().any(|known| u16::from(known.code()) == action)
                    }
                    (format_unit::OPERATION_CODE, None) => self.format,
                    _ => false,
                };
                Ok(if known { Support::Standard } else { Support::No }.bytes().to_vec())
            }
            Request::Sanitize(sanitize) => self.sanitize(sanitize, around),
            Request::FormatUnit(format) => {
                if !self.format || !format.immediate {
                    return Err(Rejected::Field.sense());
                }
                // A format makes good what a format broke, and nothing else.
                match self.condition() {
                    Some(sense) if self.running.is_some() => return Err(sense),
                    Some(sense) if sense == SANITIZE_FAILED => return Err(sense),
                    _ => {}
                }
                self.start(FORMATTING, FORMAT_FAILED, Leaves::Byte(0), around);
                Ok(Vec::new())
            }
            Request::TestUnitReady(_) => self.condition().map_or(Ok(Vec::new()), Err),
            Request::ReadCapacity(_) => match self.condition() {
                Some(sense) => Err(sense),
                None => Ok(capacity(around).bytes().to_vec()),
            },
            _ => Err(Rejected::OperationCode.sense()),
        }
    }

    fn inquiry(&self, inquiry: Inquiry) -> Result<Vec<u8>, Sense> {
        match inquiry {
            Inquiry::Standard => Ok(Standard {
                qualifier: 0,
                device_type: DeviceType::Disk,
                removable: false,
                protect: false,
                vendor: Some(self.vendor.clone()),
                product: Some("SAS DRIVE".to_owned()),
                revision: Some("1".to_owned()),
            }
            .bytes()
            .to_vec()),
            Inquiry::Page(supported_pages::CODE) => {
                let codes = [supported_pages::CODE, block_device_characteristics::CODE];
                Ok(supported_pages::bytes(&codes))
            }
            Inquiry::Page(block_device_characteristics::CODE) => Ok(BlockDeviceCharacteristics {
                rotation: Rotation::NonRotating,
                product_type: None,
                after_block_erase: self.after_erase,
                after_cryptographic_erase: self.after_erase,
                form_factor: None,
                zoned: Zoned::NotReported,
                multiple_actuators: false,
            }
            .bytes()),
            Inquiry::Page(_) => Err(Rejected::Field.sense()),
        }
    }

    fn sanitize(&mut self, sanitize: &Sanitize, around: &Around<'_>) -> Result<Vec<u8>, Sense> {
        let Sanitize::Start(start) = sanitize else { return Err(Rejected::Field.sense()) };
        // A change of the key is over at once, whenever it is answered; the others would have to
        // be waited for longer than anybody waits.
        let quick = start.erase == Way::CryptographicErase;
        if !self.sanitize.contains(&sanitize.service_action()) || !(start.immediate || quick) {
            return Err(Rejected::Field.sense());
        }
        if let Some(sense) = self.condition().filter(|sense| *sense != SANITIZE_FAILED) {
            return Err(sense);
        }
        let leaves = match start.erase {
            Way::BlockErase => Leaves::Byte(0),
            Way::CryptographicErase => {
                self.keys = self.keys.wrapping_add(1);
                Leaves::Noise(self.keys)
            }
            Way::Overwrite(overwrite) => {
                let [byte, ..] = overwrite.pattern;
                Leaves::Byte(byte)
            }
        };
        let slow = [FirmwareFault::Stuck, FirmwareFault::AnswerLost, FirmwareFault::Backwards];
        if !quick || slow.iter().any(|fault| around.has(*fault)) {
            self.start(SANITIZING, SANITIZE_FAILED, leaves, around);
        } else if !around.has(FirmwareFault::StaleStatus) {
            self.broken = around.has(FirmwareFault::Fails).then_some(SANITIZE_FAILED);
            let erase = self.leave(SANITIZING.meaning(), leaves, around);
            self.done = Some(erase);
            if let Some(failed) = self.broken.clone().filter(|_| !start.immediate) {
                return Err(failed);
            }
        }
        Ok(Vec::new())
    }

    /// What an erase has done when it ends.
    fn leave(&mut self, says: Meaning, leaves: Leaves, around: &Around<'_>) -> Erase {
        self.attentions = self.attentions_after;
        self.torn = around.has(FirmwareFault::UnreadableAfter)
            || (says == Meaning::SanitizeInProgress
                && self.after_erase == ReadAfterErase::WriteRequired);
        Erase { range: FirmwareFault::reach(around.faults, around.capacity), leaves }
    }

    fn start(&mut self, says: Sense, fails: Sense, leaves: Leaves, around: &Around<'_>) {
        if !around.has(FirmwareFault::StaleStatus) {
            self.begin(says, fails, leaves, around.now);
        }
    }
}

fn capacity(around: &Around<'_>) -> Capacity {
    Capacity {
        last_block: (around.capacity / u64::from(around.block.max(1))).saturating_sub(1),
        block_bytes: around.block,
        protection: None,
        basis: 0,
        physical_exponent: 0,
        provisioned: false,
        unmapped_reads_zero: false,
        lowest_aligned_block: 0,
    }
}

impl Controller for ScsiFirmware {
    fn protocol(&self) -> Protocol {
        Protocol::Scsi
    }

    fn readable(&self) -> bool {
        self.writable() && !self.torn
    }

    fn writable(&self) -> bool {
        self.condition().is_none()
    }

    fn written(&mut self) {
        self.torn = false;
    }

    fn reset(&mut self) {
        self.attentions += 1;
    }

    fn tick(&mut self, around: &Around<'_>) -> Option<Erase> {
        let running = self.running.as_mut()?;
        let took = around.now.saturating_sub(running.began);
        if around.has(FirmwareFault::Stuck) && took > TAKES / 4 {
            return None;
        }
        let done = took.as_millis() * 65_536 / TAKES.as_millis();
        let fails = around.has(FirmwareFault::Fails);
        if done < 65_536 && !(fails && took > TAKES / 2) {
            let back = around.has(FirmwareFault::Backwards) && took.as_secs() % 3 == 2;
            let done = u16::try_from(done).unwrap_or(u16::MAX);
            running.progress = done.saturating_sub(if back { 8000 } else { 0 });
            return None;
        }
        let Running { leaves, says, fails: broken, .. } = self.running.take()?;
        self.broken = fails.then_some(broken);
        Some(self.leave(says.meaning(), leaves, around))
    }

    fn command(
        &mut self,
        command: &Command,
        around: &Around<'_>,
    ) -> (Result<Answer, NoAnswer>, Option<Erase>) {
        let Command::Scsi(command) = command else {
            return (Err(NoAnswer::NotSent("not a SCSI command".to_owned())), None);
        };
        let out = if let Data::Out(out) = command.data() { out.as_slice() } else { &[] };
        let request = match Request::decode(command.cdb(), out) {
            Ok(request) => request,
            Err(rejected) => return (Ok(check(&rejected.sense())), None),
        };
        let erases = matches!(request, Request::Sanitize(_) | Request::FormatUnit(_));
        if erases {
            self.asked = true;
            if around.has(FirmwareFault::CommandLost) {
                return (Err(lost()), None);
            }
            if around.has(FirmwareFault::Rejects) {
                return (Ok(check(&Rejected::Field.sense())), None);
            }
        } else if self.asked && around.has(FirmwareFault::StatusUnreadable) {
            return (Ok(check(&INTERNAL_FAILURE)), None);
        }
        let answer = match self.carry_out(&request, around) {
            Ok(data) => Answer::Scsi { status: 0, sense: Vec::new(), data },
            Err(sense) => check(&sense),
        };
        let is_lost = erases && around.has(FirmwareFault::AnswerLost);
        (if is_lost { Err(lost()) } else { Ok(answer) }, self.done.take())
    }
}

fn check(sense: &Sense) -> Answer {
    Answer::Scsi { status: 0x02, sense: sense.fixed().to_vec(), data: Vec::new() }
}

fn lost() -> NoAnswer {
    NoAnswer::Lost("timed out".to_owned())
}
