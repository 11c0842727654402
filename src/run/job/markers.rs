//! What proves an erase by firmware: markers planted before and looked for afterwards, samples of
//! what was there, and blocks that nobody could know of before.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Job;
use crate::device::Stop;
use crate::model::{Finding, Findings, Markers, Range, hex};
use crate::pattern::{Pattern, StreamKey};
use crate::run::sweeping::{Cut, PROGRESS_EVERY, keyed_digest};
use crate::technique::{Places, count, repeats};

/// What is to be looked for afterwards.
pub(super) struct Planted {
    markers: Markers,
    marks: Vec<Mark>,
    samples: Vec<Sample>,
    pattern: Pattern,
    /// The key of the digests; gone with the run.
    secret: [u8; 32],
}

/// A place for a marker.
struct Mark {
    place: Range,
    /// Whether the marker was written, flushed and read back there.
    planted: bool,
}

/// A place that was read before.
struct Sample {
    place: Range,
    /// The keyed digest of each logical block; none where it held nothing worth looking for, or
    /// could not be read.
    before: Vec<Option<[u8; 32]>>,
}

impl Planted {
    /// What is known of it, for the record.
    pub(super) fn into_markers(self) -> Markers {
        self.markers
    }
}

impl Job<'_> {
    /// Draws the places; touches nothing.
    pub(super) fn draw_places(&self) -> Planted {
        let (seed, secret, key) =
            ((self.around.random)(), (self.around.random)(), (self.around.random)());
        let mut first = [0; 16];
        first.iter_mut().zip(key).for_each(|(to, from)| *to = from);
        let key = StreamKey::new(first);
        let places = self.places(&seed);
        Planted {
            markers: Markers {
                seed: hex(&seed),
                key_sha256: key.evidence(false).sha256,
                wanted: places.markers.len() as u64,
                ..Markers::default()
            },
            marks: places.markers.into_iter().map(|place| Mark { place, planted: false }).collect(),
            samples: (places.samples.into_iter())
                .map(|place| Sample { place, before: Vec::new() })
                .collect(),
            pattern: Pattern::Stream(key),
            secret,
        }
    }

    fn places(&self, seed: &[u8; 32]) -> Places {
        let drive = &self.start.drive;
        Places::new(
            seed,
            drive.capacity_bytes,
            drive.logical_block_bytes,
            drive.physical_block_bytes,
            self.start.hidden.former_end(drive.logical_block_bytes),
        )
    }

    /// Samples what is there, and then plants markers. What goes wrong is counted: it stands in
    /// the way of the proof, not of the erase.
    ///
    /// # Errors
    /// Somebody wants the run to stop.
    pub(super) fn plant(&mut self, planted: &mut Planted) -> Result<(), Cut> {
        let block = self.block();
        let Planted { markers, marks, samples, pattern, secret } = planted;
        self.look_at(
            samples,
            |sample| sample.place,
            |sample, data| {
                let Some(data) = data else {
                    markers.unreadable_before += sample.place.bytes.div_ceil(block as u64);
                    return;
                };
                let digest = |part| repeats(part).is_none().then(|| keyed_digest(secret, part));
                sample.before = data.chunks(block).map(digest).collect();
                markers.sampled += sample.before.iter().flatten().count() as u64;
            },
        )?;

        // Block by block: one that cannot be written must not hide the others.
        for mark in marks.iter() {
            if self.around.stop.load(Ordering::Relaxed) {
                return Err(Cut::Aborted);
            }
            let began = self.around.time.elapsed();
            let moved = self.on.drive.write(pattern, vec![mark.place], &mut |_| true);
            if matches!(moved.stop, Stop::Failed { .. }) && self.is_too_much(began) {
                break;
            }
        }
        if self.on.drive.flush().is_ok() {
            self.look_at(
                marks,
                |mark| mark.place,
                |mark, data| {
                    mark.planted = data.is_some_and(|data| holds(pattern, mark.place.offset, data));
                    markers.planted += u64::from(mark.planted);
                },
            )?;
        }
        Ok(())
    }

    /// Looks at every marker and sample again, and at blocks that nobody could know of before.
    ///
    /// # Errors
    /// Somebody wants the run to stop.
    pub(super) fn look_for(&mut self, planted: &mut Planted) -> Result<(), Cut> {
        let block = self.block();
        let Planted { markers, marks, samples, pattern, secret } = planted;
        let find = |findings: &mut Findings, offset: u64, data: &[u8], expected: &str| {
            findings.push_with(|| Finding {
                lba: offset / block as u64,
                expected: expected.to_owned(),
                found_keyed_digest: hex(&keyed_digest(secret, data)),
            });
        };
        self.look_at(
            marks,
            |mark| mark.place,
            |mark, data| {
                let Some(data) = data else { return };
                // A marker that was not known to be there is not missed; one that is there is found.
                markers.read_after += u64::from(mark.planted);
                // One logical block that is left is one too many.
                for (at, part) in (mark.place.offset..).step_by(block).zip(data.chunks(block)) {
                    if holds(pattern, at, part) {
                        find(&mut markers.survived, at, part, "anything but the marker");
                    }
                }
            },
        )?;
        self.look_at(
            samples,
            |sample| sample.place,
            |sample, data| {
                let Some(data) = data else { return };
                let parts = (sample.place.offset..).step_by(block).zip(data.chunks(block));
                for ((at, part), before) in parts.zip(&sample.before) {
                    let Some(before) = before else { continue };
                    markers.samples_read_after += 1;
                    if *before == keyed_digest(secret, part) {
                        find(&mut markers.unchanged, at, part, "anything but what was there");
                    }
                }
            },
        )?;
        let mut fresh = self.places(&(self.around.random)()).samples;
        self.look_at(&mut fresh, |place| *place, |_, data| count(&mut markers.after, data))
    }

    /// Reads one place after another. What cannot be read is none; so is all that follows once
    /// failing operations have taken more time than a drive is given for them.
    ///
    /// # Errors
    /// Somebody wants the run to stop.
    fn look_at<T>(
        &mut self,
        all: &mut [T],
        place: impl Fn(&T) -> Range,
        mut see: impl FnMut(&mut T, Option<&[u8]>),
    ) -> Result<(), Cut> {
        let mut given_up = false;
        let mut told = self.around.time.elapsed();
        for each in all {
            if self.around.stop.load(Ordering::Relaxed) {
                return Err(Cut::Aborted);
            }
            let began = self.around.time.elapsed();
            if began.saturating_sub(told) >= PROGRESS_EVERY {
                told = began;
                self.tell_firmware(None);
            }
            let data = if given_up { None } else { self.on.drive.read(place(each)) };
            given_up = given_up || data.is_none() && self.is_too_much(began);
            see(each, data.as_deref());
        }
        Ok(())
    }

    /// Takes an operation that began then and failed from the time for such operations; whether
    /// that was all that was left.
    fn is_too_much(&mut self, began: Duration) -> bool {
        let took = self.around.time.elapsed().saturating_sub(began);
        let too_much = took > self.on.trouble;
        self.on.trouble = self.on.trouble.saturating_sub(took);
        too_much
    }

    /// Bytes of a logical block.
    fn block(&self) -> usize {
        usize::try_from(self.start.drive.logical_block_bytes.max(1)).unwrap_or(usize::MAX)
    }
}

fn holds(pattern: &Pattern, offset: u64, data: &[u8]) -> bool {
    pattern.matches(offset, data, &mut vec![0; data.len()])
}
