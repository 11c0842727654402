//! The results. *Erased* is said of a drive only where its outcome is so and a signed document says it.

use super::super::code;
use super::super::palette::Mark;
use super::super::screen::{has_whole, is_complete};
use super::super::text::T;
use super::words::plain;
use super::{Row, Speaker, View};
use crate::engine::{End, Ended, Keeping, Work};
use crate::live::Trouble;
use crate::model::Outcome;

/// The mark and the word of an outcome; `proven` is whether a signed document says it.
pub(super) const fn of(outcome: Outcome, proven: bool) -> (Mark, T) {
    match (outcome, proven) {
        (Outcome::Sanitized, true) => (Mark::Passed, T::StatePassed),
        (Outcome::Sanitized, false) | (Outcome::Indeterminate, _) => {
            (Mark::Unproven, T::StateUnproven)
        }
        (Outcome::Aborted, _) => (Mark::Stopped, T::StateStopped),
        (
            Outcome::NotSanitized
            | Outcome::Refused
            | Outcome::FoundBlank
            | Outcome::NotBlank
            | Outcome::ToBeDestroyed,
            _,
        ) => (Mark::Failed, T::StateFailed),
    }
}

fn of_drive(drive: &Ended) -> (Mark, T) {
    match drive.outcome {
        Outcome::Sanitized if drive.recorded => (Mark::Unproven, T::StateUnsigned),
        outcome => of(outcome, drive.document.is_some()),
    }
}

/// The mark and the word of a computer: of the worst drive, and never better than complete.
fn of_machine(drives: &[Ended], lacks: &[String]) -> (Mark, T) {
    let rank = |(mark, _): &(Mark, T)| match mark {
        Mark::Failed => 3,
        Mark::Stopped => 2,
        Mark::Unproven => 1,
        _ => 0,
    };
    match drives.iter().map(of_drive).max_by_key(rank) {
        Some(worst) if rank(&worst) > 0 => worst,
        Some(erased) if lacks.is_empty() => erased,
        _ => (Mark::NeedsYou, T::StateIncomplete),
    }
}

impl Speaker<'_> {
    /// A word in large letters, one line a word.
    fn large(&self, word: T) -> Vec<String> {
        self.t(word).split(' ').map(str::to_owned).collect()
    }

    fn label(&self) -> Option<Row> {
        let Some(Work::Over { asset_tag: Some(tag), .. }) = self.state.work() else { return None };
        Some(Row::Strong(self.with(T::ResultLabel, &[("tag", plain(tag).into())])))
    }

    pub(super) fn verdict(&self, drive: &Ended) -> View {
        let (mark, word) = of_drive(drive);
        let mut view = self.view(mark, T::VerdictTitle);
        view.title = format!("{} {}", mark.symbol(), self.count().unwrap_or(view.title));
        view.big = self.large(word);
        let sentence = match (drive.outcome, &drive.document) {
            (Outcome::Sanitized, Some(_)) => T::ResultErased,
            (Outcome::Sanitized, None) => T::ResultUnsigned,
            (Outcome::Indeterminate, _) => T::ResultUnproven,
            (Outcome::Aborted, _) => T::ResultStopped,
            (Outcome::NotSanitized, _) => T::ResultFailed,
            (Outcome::Refused, _) => T::ResultRefused,
            (Outcome::FoundBlank | Outcome::NotBlank, _) => T::ResultBlank,
            (Outcome::ToBeDestroyed, _) => T::ResultDestroy,
        };
        let sentence = match drive.outcome {
            Outcome::NotBlank => T::ResultFailed,
            _ => sentence,
        };
        view.rows.push(Row::Strong(self.t(sentence)));
        let whole = matches!(self.state.work(), Some(Work::Over { drives, lacks, .. }) if has_whole(drives, lacks));
        let mut reasons = drive.reasons.iter().map(|reason| self.reason(reason));
        if mark != Mark::Passed {
            // What matters most of why not stands before whose result it is.
            view.rows.extend(reasons.next());
        }
        view.rows.extend((!whole).then(|| self.ends()));
        view.rows.extend(self.label());
        let names = (&*drive.path, drive.model.as_deref(), drive.serial.as_deref());
        view.rows.extend(self.drive(names, Some(drive.capacity_bytes)));
        if let Some(document) = &drive.document {
            let id = [("id", plain(&document.id).into())];
            let file = [("file", plain(&document.file).into())];
            view.rows.push(Row::Text(self.with(T::ResultCertificate, &id)));
            let text = match self.state.in_memory() {
                0 => T::ResultFile,
                _ => T::ResultFileLater,
            };
            view.rows.push(Row::Text(self.with(text, &file)));
            view.beside.clone_from(&document.code);
        }
        view.rows.extend(self.waits());
        view.rows.extend(reasons);
        view
    }

    /// That results are in memory only, and what is wrong with the stick.
    fn waits(&self) -> Vec<Row> {
        if self.state.in_memory() == 0 {
            return Vec::new();
        }
        let mut rows = vec![Row::Strong(self.t(T::ResultWaits))];
        let keeping = self.state.situation.as_ref().map(|situation| &situation.keeping);
        if let Some(Keeping::Stick { trouble: Some(trouble), .. }) = keeping {
            rows.push(Row::Text(plain(&trouble.sentence(self.language))));
        }
        rows
    }

    /// What an Enter does.
    fn ends(&self) -> Row {
        let is_whole = match self.state.work() {
            Some(Work::Over { drives, lacks, .. }) => is_complete(drives, lacks),
            _ => false,
        };
        Row::Text(self.t(match self.state.end() {
            End::Off if is_whole && self.state.in_memory() == 0 => T::ResultOff,
            End::Restart if is_whole && self.state.in_memory() == 0 => T::ResultRestart,
            _ => T::ResultNext,
        }))
    }

    /// Which result of how many is looked at.
    fn count(&self) -> Option<String> {
        let Some(Work::Over { drives, lacks, .. }) = self.state.work() else { return None };
        let count = |n: usize| n.to_string().into();
        let values = [("n", count(self.state.result)), ("all", count(drives.len()))];
        has_whole(drives, lacks).then(|| self.with(T::VerdictOf, &values))
    }

    pub(super) fn machine(&self, drives: &[Ended], lacks: &[String]) -> View {
        let (mark, word) = of_machine(drives, lacks);
        let mut view = self.view(mark, T::MachineTitle);
        view.title = format!("{} {}", mark.symbol(), view.title);
        view.big = self.large(word);
        let erased = drives.iter().filter(|drive| of_drive(drive).0 == Mark::Passed).count();
        let count = |n: usize| n.to_string().into();
        let values = [("done", count(erased)), ("all", count(drives.len()))];
        view.rows.push(Row::Strong(self.with(T::MachineCount, &values)));
        view.rows.push(self.ends());
        view.rows.extend(self.label());
        view.rows.extend(self.waits());
        for drive in drives {
            let (mark, word) = of_drive(drive);
            let serial = self.or_unknown(drive.serial.as_deref());
            let (word, path) = (self.t(word), plain(&drive.path));
            view.rows.push(Row::State(mark, format!("{word}  {serial}  {path}")));
        }
        if !lacks.is_empty() {
            view.rows.push(Row::Heading(self.t(T::MachineLacks)));
            view.rows.extend(lacks.iter().map(|lack| self.lack(lack)));
        }
        view
    }

    pub(super) fn code(&self, drive: &Ended) -> View {
        let mut view = self.view(Mark::Form, T::CodeTitle);
        if let Some(document) = &drive.document {
            let small = code::pointer(&document.id, &document.sha256);
            view.code = Some((document.code.clone(), small));
        }
        view
    }

    pub(super) fn keep(&self, trouble: Option<&Trouble>) -> View {
        let mut view = self.says(Mark::NeedsYou, T::KeepTitle, &[T::KeepBody]);
        view.rows.push(Row::Gap);
        view.rows.extend(match trouble {
            Some(trouble) => vec![
                Row::Strong(plain(&trouble.sentence(self.language))),
                Row::Text(self.t(T::KeepNext)),
            ],
            None => vec![Row::Strong(self.t(T::KeepSaving))],
        });
        view.rows.extend([
            Row::Gap,
            Row::Answer("1", self.t(T::WayLook)),
            Row::Answer("2", self.t(T::WayUnsaved)),
        ]);
        view
    }
}
