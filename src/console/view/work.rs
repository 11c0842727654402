//! The screen of the work.

use super::super::palette::Mark;
use super::super::text::T;
use super::words::plain;
use super::{Row, Speaker, View};
use crate::engine::{Keeping, Running};
use crate::run::{Phase, Progress};

impl Speaker<'_> {
    pub(super) fn working(&self, drives: &[Running], stopping: bool) -> View {
        let (title, body) = if stopping {
            (T::WorkingStopping, T::WorkingStoppingBody)
        } else {
            (T::WorkingTitle, T::WorkingBody)
        };
        let mut view = self.says(Mark::Working, title, &[body]);
        if let Some(Keeping::Stick { trouble: Some(trouble), .. }) =
            self.state.situation.as_ref().map(|situation| &situation.keeping)
        {
            let sentence = plain(&trouble.sentence(self.language));
            view.rows.extend([
                Row::Gap,
                Row::Strong(sentence),
                Row::Text(self.t(T::WorkingMemory)),
            ]);
        }
        for (drive, n) in drives.iter().zip(1_usize..) {
            view.rows.push(Row::Gap);
            let names = (&*drive.path, drive.model.as_deref(), drive.serial.as_deref());
            view.rows.extend(self.drive(names, Some(drive.capacity_bytes)));
            let mut rows = self.stands(drive, stopping);
            if let (true, Some(Row::State(_, text))) = (self.state.options.plain, rows.first_mut())
            {
                // It is said alone when it changes.
                let values = [("n", n.to_string().into()), ("state", text.as_str().into())];
                *text = self.with(T::WorkingNumber, &values);
            }
            view.rows.extend(rows);
        }
        if let (Some(now), false, false) = (self.state.now, stopping, self.state.options.plain) {
            // What the times above are to be compared with; nobody wants it said each minute.
            let values = [("clock", self.clock(now).into())];
            view.rows.extend([Row::Gap, Row::Text(self.with(T::WorkingClock, &values))]);
        }
        view
    }

    /// How a drive stands, in one row and one below.
    fn stands(&self, drive: &Running, stopping: bool) -> Vec<Row> {
        if drive.outcome.is_some() {
            // Only a document that was saved says "erased": no word of it before it was read.
            return vec![Row::State(Mark::Waiting, self.t(T::WorkingDone))];
        }
        let Some(progress) = &drive.progress else {
            return vec![
                Row::State(Mark::Waiting, self.t(T::StateWaiting)),
                Row::Under(self.t(T::PhaseNone)),
            ];
        };
        let percent = permille(progress).map(|n| (n / 10).to_string());
        let percent = percent.map_or_else(String::new, |n| {
            format!("{}.", self.with(T::Percent, &[("n", n.into())]))
        });
        let state = self.t(if stopping { T::StateStopping } else { T::StateWorking });
        let row = match progress.ends_at.filter(|_| !stopping) {
            Some(ends) => {
                let clock = self.clock(ends);
                let values =
                    [("state", state.into()), ("percent", percent.into()), ("clock", clock.into())];
                self.with(T::WorkingDrive, &values)
            }
            None => {
                let values = [("state", state.into()), ("percent", percent.into())];
                self.with(T::WorkingDriveOpen, &values)
            }
        };
        let mut rows = vec![
            Row::State(Mark::Working, row.trim_end().to_owned()),
            Row::Under(self.phase(progress)),
        ];
        if drive.troubles > 0 {
            let values = [("n", drive.troubles.into())];
            rows.push(Row::Under(self.with(T::WorkingTroubles, &values)));
        }
        rows
    }

    fn phase(&self, progress: &Progress) -> String {
        match progress.phase {
            Phase::Firmware => self.t(T::PhaseFirmware),
            Phase::Write => {
                let count = |n: usize| n.to_string().into();
                let values = [("pass", count(progress.pass)), ("passes", count(progress.passes))];
                self.with(T::PhaseWrite, &values)
            }
            Phase::Verify => self.t(T::PhaseVerify),
            Phase::Inspect => self.t(T::PhaseInspect),
        }
    }
}

/// How far it is, in thousandths, if that can be said.
fn permille(progress: &Progress) -> Option<u32> {
    if progress.phase == Phase::Firmware {
        return progress.firmware_permille.map(|n| n.min(1000));
    }
    let done = u128::from(progress.done_bytes.min(progress.total_bytes)) * 1000;
    u32::try_from(done.checked_div(progress.total_bytes.into())?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_is_never_more_than_all_and_may_not_be_known() {
        let progress = |phase, done_bytes, total_bytes, firmware_permille| Progress {
            path: String::new(),
            phase,
            pass: 1,
            passes: 1,
            done_bytes,
            total_bytes,
            bytes_per_second: 0,
            ends_at: None,
            firmware_permille,
        };
        for (phase, done, total, firmware, permille_of) in [
            (Phase::Write, 0, 10, None, Some(0)),
            (Phase::Write, 999, 1000, None, Some(999)),
            (Phase::Verify, u64::MAX, u64::MAX, None, Some(1000)),
            (Phase::Write, 20, 10, None, Some(1000)),
            (Phase::Write, 0, 0, None, None),
            (Phase::Firmware, 5, 10, None, None),
            (Phase::Firmware, 5, 10, Some(70_000), Some(1000)),
        ] {
            assert_eq!(permille(&progress(phase, done, total, firmware)), permille_of);
        }
    }
}
