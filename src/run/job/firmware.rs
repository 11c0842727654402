//! An erase by the drive's own firmware, with every exchange on the record. What proves it is in
//! [`super::markers`].

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Job;
use super::markers::Planted;
use crate::model::{Completion, FirmwareErase, Reset, TechniqueId};
use crate::run::event::{Event, Phase, Progress};
use crate::run::exchanges::record;
use crate::run::sweeping::Cut;
use crate::technique::{Ask, Events, Firmware, Machine, Spec, Survey};

/// No longer than this without a look at whether somebody wants it to stop.
const GLANCE: Duration = Duration::from_millis(500);

impl Job<'_> {
    /// Carries out one technique. What happened is evidence, whatever happened.
    pub(super) fn erase_by_firmware(
        &mut self,
        id: TechniqueId,
        survey: &Survey,
    ) -> (FirmwareErase, Result<(), Cut>) {
        let mut erase = FirmwareErase {
            technique: id,
            started_at: self.around.time.now(),
            ended_at: self.around.time.now(),
            before: survey.said.clone(),
            exchanges: Vec::new(),
            completion: Completion::Rejected { reason: "It cannot be used here.".to_owned() },
            logged: None,
            reset: None,
            markers: None,
        };
        let firmware = &survey.firmware;
        let spec = Spec::of(id);
        if let Some(why) = spec.and_then(|spec| (spec.why_not)(firmware)) {
            erase.completion =
                Completion::Rejected { reason: format!("It cannot be used: {why}.") };
            return (erase, Ok(()));
        }
        let Some(mut machine) = spec.and_then(|spec| (spec.machine)(firmware)) else {
            return (erase, Ok(()));
        };
        if let Some(notice) = spec.and_then(Spec::notice) {
            let path = Some(self.start.path.clone());
            (self.around.emit)(Event::Warning { path, message: format!("{notice}.") });
        }
        let logged = self.events(firmware);
        let mut planted = None;
        let mut cut = self.drive_machine(machine.as_mut(), &mut erase, &mut planted);
        if matches!(erase.completion, Completion::Completed { .. }) && cut.is_ok() {
            erase.logged = logged.and_then(|before| Some(self.events(firmware)?.since(&before)));
            erase.reset = Some(match self.on.drive.reset() {
                Ok(how) => Reset::Done { how },
                Err(reason) => Reset::NotDone { reason },
            });
        }
        // A command that was refused has changed nothing; there is nothing to look at.
        if let Some(planted) = &mut planted
            && !matches!(erase.completion, Completion::Rejected { .. })
            && cut.is_ok()
        {
            cut = self.look_for(planted);
        }
        erase.markers = planted.map(Planted::into_markers);
        erase.ended_at = self.around.time.now();
        (erase, cut)
    }

    /// What the drive has written down of erases so far.
    fn events(&mut self, firmware: &Firmware) -> Option<Events> {
        Events::read(firmware, |command, timeout| self.on.drive.send(command, timeout))
    }

    /// The loop: ask the machine, do it, tell the machine.
    fn drive_machine(
        &mut self,
        machine: &mut dyn Machine,
        erase: &mut FirmwareErase,
        planted: &mut Option<Planted>,
    ) -> Result<(), Cut> {
        let time = self.around.time;
        let mut told = None;
        loop {
            if self.around.stop.load(Ordering::Relaxed) && machine.may_be_left() {
                // It cannot be called back; it is only not waited for any more.
                let reason = "Somebody stopped the run; the drive may still be erasing itself.";
                erase.completion = Completion::Unknown { reason: reason.to_owned() };
                return Err(Cut::Aborted);
            }
            if told != machine.progress() {
                told = machine.progress();
                self.tell_firmware(told);
            }
            match machine.poll(time.elapsed()) {
                Ask::Send { command, timeout } => {
                    let answer = self.on.drive.send(command.clone(), timeout);
                    record(&mut erase.exchanges, &command, &answer);
                    machine.handle(answer, time.elapsed());
                }
                Ask::Plant => {
                    let planted = planted.insert(self.draw_places());
                    self.plant(planted).inspect_err(|_| {
                        let reason = "Somebody stopped the run before the drive was told to erase.";
                        erase.completion = Completion::Unknown { reason: reason.to_owned() };
                    })?;
                    machine.planted();
                }
                Ask::WaitUntil(due) => time.wait(due.saturating_sub(time.elapsed()).min(GLANCE)),
                Ask::Done(completion) => {
                    erase.completion = completion;
                    return Ok(());
                }
            }
        }
    }

    pub(super) fn tell_firmware(&self, progress: Option<u16>) {
        (self.around.emit)(Event::Progress(Progress {
            path: self.start.path.clone(),
            phase: Phase::Firmware,
            pass: 0,
            passes: self.start.planned.scheme.passes().len(),
            done_bytes: self.on.done,
            total_bytes: self.on.total,
            bytes_per_second: 0,
            ends_at: None,
            firmware_permille: progress.map(|done| u32::from(done) * 1000 / 65_536),
        }));
    }
}
