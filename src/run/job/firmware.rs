//! An erase by the drive's own firmware, with what proves it: markers planted before and looked
//! for afterwards, samples of what was there, and every exchange on the record.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Cut, Job, keyed_digest};
use crate::model::{
    Completion, Exchange, Finding, Findings, FirmwareErase, Markers, Range, TechniqueId, hex,
};
use crate::pattern::{Pattern, StreamKey};
use crate::proto::{Answer, Command, NoAnswer};
use crate::run::event::{Event, Progress};
use crate::technique::{Ask, Firmware, Machine, Places, Spec, count, repeats};

/// No longer than this without a look at whether somebody wants it to stop.
const GLANCE: Duration = Duration::from_millis(500);

/// Bytes of an answer's data that are put on record.
const RECORDED: usize = 64;

/// What is to be looked for afterwards.
struct Planted {
    markers: Markers,
    places: Places,
    pattern: Pattern,
    /// The keyed digest of each sample that held something worth looking for.
    before: Vec<(Range, String)>,
    secret: [u8; 32],
}

impl Job<'_> {
    /// Carries out one technique. What happened is evidence, whatever happened.
    pub(super) fn erase_by_firmware(
        &mut self,
        id: TechniqueId,
        firmware: &Firmware,
    ) -> (FirmwareErase, Result<(), Cut>) {
        let mut erase = FirmwareErase {
            technique: id,
            started_at: self.around.time.now(),
            ended_at: self.around.time.now(),
            exchanges: Vec::new(),
            completion: Completion::Rejected { reason: "It cannot be used here.".to_owned() },
            markers: None,
        };
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
        let mut planted = None;
        let cut = self.drive_machine(machine.as_mut(), &mut erase, &mut planted);
        erase.markers = planted.map(|mut planted| {
            // A command that was refused has changed nothing; there is nothing to look at.
            if !matches!(erase.completion, Completion::Rejected { .. }) && cut.is_ok() {
                self.look_for(&mut planted);
            }
            planted.markers
        });
        erase.ended_at = self.around.time.now();
        (erase, cut)
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
                    let answer = self.drive.send(command.clone(), timeout);
                    record(&mut erase.exchanges, &command, &answer);
                    machine.handle(answer, time.elapsed());
                }
                Ask::Plant => {
                    *planted = Some(self.plant());
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

    /// Samples what is there, and then plants markers. What goes wrong is counted: it stands in
    /// the way of the proof, not of the erase.
    fn plant(&mut self) -> Planted {
        let drive = &self.start.drive;
        let (seed, secret, key) =
            ((self.around.random)(), (self.around.random)(), (self.around.random)());
        let mut first = [0; 16];
        first.iter_mut().zip(key).for_each(|(to, from)| *to = from);
        let key = StreamKey::new(first);
        let places = Places::new(
            &seed,
            drive.capacity_bytes,
            drive.logical_block_bytes,
            drive.physical_block_bytes,
        );
        let mut markers = Markers {
            seed: hex(&seed),
            key_sha256: key.evidence(false).sha256,
            wanted: places.markers.len() as u64,
            ..Markers::default()
        };
        let samples = self.drive.read(places.samples.clone());
        let before: Vec<_> = (places.samples.iter().zip(&samples))
            .filter_map(|(range, data)| {
                let data = data.as_deref().filter(|data| repeats(data).is_none())?;
                Some((*range, keyed_digest(&secret, data)))
            })
            .collect();
        markers.sampled = before.len() as u64;

        let pattern = Pattern::Stream(key);
        // Block by block: one that cannot be written must not hide the others.
        for range in &places.markers {
            self.drive.write(&pattern, vec![*range], &mut |_| true);
        }
        if self.drive.flush().is_ok() {
            let written = self.drive.read(places.markers.clone());
            let holds = |(range, data): (&Range, &Option<Vec<u8>>)| {
                data.as_deref().is_some_and(|data| {
                    pattern.matches(range.offset, data, &mut vec![0; data.len()])
                })
            };
            markers.planted =
                places.markers.iter().zip(&written).filter(|pair| holds(*pair)).count() as u64;
        }
        Planted { markers, places, pattern, before, secret }
    }

    /// Looks at every marker and sample again, and at blocks that nobody could know of before.
    fn look_for(&mut self, planted: &mut Planted) {
        let Planted { markers, places, pattern, before, secret } = planted;
        let block = u64::from(self.start.drive.logical_block_bytes.max(1));
        let find = |findings: &mut Findings, offset: u64, data: &[u8], expected: &str| {
            findings.push_with(|| Finding {
                lba: offset / block,
                expected: expected.to_owned(),
                found_keyed_digest: keyed_digest(secret, data),
            });
        };
        let found = self.drive.read(places.markers.clone());
        for (range, data) in places.markers.iter().zip(&found) {
            let Some(data) = data else { continue };
            markers.read_after += 1;
            // One logical block that is left is one too many.
            let size = usize::try_from(block).unwrap_or(usize::MAX);
            for (at, part) in (range.offset..).step_by(size).zip(data.chunks(size)) {
                if pattern.matches(at, part, &mut vec![0; part.len()]) {
                    find(&mut markers.survived, at, part, "anything but the marker");
                }
            }
        }
        // A marker that was never there is not missed.
        markers.read_after = markers.read_after.min(markers.planted);

        let ranges: Vec<Range> = before.iter().map(|(range, _)| *range).collect();
        let found = self.drive.read(ranges);
        for ((range, digest), data) in before.iter().zip(&found) {
            let Some(data) = data else { continue };
            markers.samples_read_after += 1;
            if *digest == keyed_digest(secret, data) {
                find(&mut markers.unchanged, range.offset, data, "anything but what was there");
            }
        }

        let drive = &self.start.drive;
        let fresh = Places::new(
            &(self.around.random)(),
            drive.capacity_bytes,
            drive.logical_block_bytes,
            drive.physical_block_bytes,
        );
        for data in self.drive.read(fresh.samples) {
            count(&mut markers.after, data.as_deref());
        }
    }

    fn tell_firmware(&self, progress: Option<u16>) {
        (self.around.emit)(Event::Progress(Progress {
            path: self.start.path.clone(),
            phase: "firmware",
            pass: 0,
            passes: self.start.planned.scheme.passes().len(),
            done_bytes: self.done,
            total_bytes: self.total,
            bytes_per_second: 0,
            ends_at: None,
            firmware_permille: progress.map(|done| u32::from(done) * 1000 / 65_536),
        }));
    }
}

/// Puts a command and its answer on record; the same command again and again takes one place.
fn record(exchanges: &mut Vec<Exchange>, command: &Command, answer: &Result<Answer, NoAnswer>) {
    let answer = match answer {
        Ok(answer) => {
            let data = answer.data();
            let data = data.get(..RECORDED).unwrap_or(data);
            [hex(&answer.status()), hex(data)].join(" ").trim_end().to_owned()
        }
        Err(none) => none.to_string(),
    };
    let (name, sent) = (command.name(), hex(&command.bytes()));
    match exchanges.last_mut() {
        Some(last) if last.command == name && last.sent == sent => {
            last.times = last.times.saturating_add(1);
            last.last = (last.first != answer).then_some(answer);
        }
        _ => exchanges.push(Exchange {
            command: name.to_owned(),
            sent,
            times: 1,
            first: answer,
            last: None,
        }),
    }
}
