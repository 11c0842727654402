//! The screens before the work: what stands in the way, the label, each drive, the plan.

use super::super::keys::{Way, ways};
use super::super::palette::Mark;
use super::super::screen::{asks_each, erasable, left_alone, scan_starts};
use super::super::text::T;
use super::words::{self, plain};
use super::{Row, Speaker, View};
use crate::engine::{Keeping, Obstacle, Remark, Signing};
use crate::model::TechniqueId;
use crate::plan::{PlanDocument, PlannedDrive};

impl Speaker<'_> {
    /// One reason, one act.
    pub(super) fn needs_you(&self, obstacle: &Obstacle) -> View {
        let (title, mut rows, act) = match obstacle {
            Obstacle::Configuration { message } => {
                let rows = vec![self.strong(T::ConfigurationBody), self.technical(message)];
                (T::ConfigurationTitle, rows, T::ConfigurationAct)
            }
            Obstacle::Stick { trouble } => {
                let rows = vec![Row::Strong(plain(&trouble.sentence(self.language)))];
                (T::StickTitle, rows, T::StickAct)
            }
            Obstacle::Key { message } => {
                (T::KeyTitle, vec![self.strong(T::KeyBody), self.technical(message)], T::KeyAct)
            }
            Obstacle::NoDrive => {
                (T::NoDriveTitle, vec![self.strong(T::NoDriveBody)], T::NoDriveAct)
            }
            Obstacle::Hidden { hidden } => {
                let reasons = hidden.reasons.iter().map(|reason| self.technical(reason));
                let rows = std::iter::once(self.strong(T::HiddenBody)).chain(reasons).collect();
                (T::HiddenTitle, rows, T::HiddenAct)
            }
            Obstacle::MoreDrives { expected, seen } => {
                let count = |n: usize| n.to_string().into();
                let values = [("expected", count(*expected)), ("seen", count(*seen))];
                let rows = vec![Row::Strong(self.with(T::MoreBody, &values))];
                (T::MoreTitle, rows, T::MoreAct)
            }
            Obstacle::Frozen { drives } => {
                let named = drives.iter().flat_map(|path| self.seen(path));
                let rows = std::iter::once(self.strong(T::FrozenBody)).chain(named).collect();
                (T::FrozenTitle, rows, T::FrozenAct)
            }
            Obstacle::Failing { drive } => {
                let mut rows = vec![self.strong(T::FailingBody)];
                rows.extend(self.seen(drive));
                (T::FailingTitle, rows, T::FailingAct)
            }
            Obstacle::Locked { drive, refusal } => {
                let mut rows = vec![self.strong(T::LockedBody)];
                rows.extend(self.seen(drive));
                rows.push(self.technical(&refusal.message));
                (T::LockedTitle, rows, T::LockedAct)
            }
            Obstacle::Refused { drive, refusal } => {
                let mut rows = self.seen(drive);
                rows.extend(self.refusal(refusal));
                (T::RefusedTitle, rows, words::act(refusal.code))
            }
            Obstacle::Unfinished { drives } => {
                let named = drives.iter().map(|(serial, began)| {
                    let clock = self.clock(*began);
                    let values = [("serial", plain(serial).into()), ("clock", clock.into())];
                    Row::Text(self.with(T::UnfinishedDrive, &values))
                });
                let rows = std::iter::once(self.strong(T::UnfinishedBody)).chain(named).collect();
                (T::UnfinishedTitle, rows, T::UnfinishedAct)
            }
        };
        rows.extend([Row::Gap, self.strong(act), Row::Gap]);
        let named = |way: Way| self.t(named(way, obstacle));
        let numbered = |(way, key): (&Way, &'static str)| Row::Answer(key, named(*way));
        match ways(obstacle) {
            [only] => rows.push(Row::Answer("Enter", named(*only))),
            several => rows.extend(several.iter().zip(["1", "2", "3"]).map(numbered)),
        }
        View { rows, ..self.view(Mark::NeedsYou, title) }
    }

    fn strong(&self, text: T) -> Row {
        Row::Strong(self.t(text))
    }

    /// A drive by its path.
    fn seen(&self, path: &str) -> Vec<Row> {
        let seen = self
            .state
            .situation
            .as_ref()
            .and_then(|situation| situation.drives.iter().find(|seen| seen.path == path));
        seen.map_or_else(
            || vec![Row::Strong(plain(path))],
            |seen| {
                let names = (&*seen.path, seen.model.as_deref(), seen.serial.as_deref());
                self.drive(names, Some(seen.capacity_bytes)).into()
            },
        )
    }

    fn planned(&self, drive: &PlannedDrive) -> [Row; 2] {
        let names = (&*drive.path, drive.model.as_deref(), drive.serial.as_deref());
        self.drive(names, drive.capacity_bytes)
    }

    /// The drives that will not be erased, each with why.
    pub(super) fn kept(&self) -> Vec<Row> {
        let Some(situation) = &self.state.situation else { return Vec::new() };
        let Some(crate::engine::Work::Ready { plan }) = self.state.work() else {
            return Vec::new();
        };
        let mut rows = Vec::new();
        for seen in left_alone(situation, plan) {
            if rows.is_empty() {
                rows.push(Row::Heading(self.t(T::StartKept)));
            }
            let names = (&*seen.path, seen.model.as_deref(), seen.serial.as_deref());
            let [name, place] = self.drive(names, Some(seen.capacity_bytes));
            rows.extend([name, place]);
            let refused = plan.drives.iter().find(|drive| drive.path == seen.path);
            let refused = refused.and_then(|drive| drive.refusal.as_ref());
            let why = seen.refusal.as_ref().or(refused);
            let why = match (why, &seen.done) {
                (Some(why), _) => self.why(why.code),
                (None, Some(_)) => self.t(T::KeptDone),
                (None, None) => self.t(T::KeptNotChosen),
            };
            rows.push(Row::Under(self.with(T::KeptBecause, &[("why", why.into())])));
        }
        rows
    }

    pub(super) fn start(&self, plan: &PlanDocument) -> View {
        let mut view = self.view(Mark::Form, T::StartTitle);
        let count = erasable(plan).count();
        let rows = &mut view.rows;
        let field = &*self.state.field;
        // What somebody signed in with is not shown, wherever it is scanned again.
        let field = if self.state.begins_the_secret(field).is_some() { "" } else { field };
        rows.push(Row::Field(self.t(T::StartField), field.to_owned()));
        let act = if scan_starts(self.state) { T::StartScanIsYes } else { T::StartLater };
        rows.extend([Row::Strong(self.with(act, &[("n", count.into())])), Row::Gap]);
        let list = if asks_each(self.state) { T::StartMay } else { T::StartErased };
        rows.push(Row::Heading(self.with(list, &[("n", count.into())])));
        for drive in erasable(plan) {
            rows.extend(self.planned(drive));
        }
        let kept = self.kept();
        if !kept.is_empty() {
            rows.push(Row::Gap);
            rows.extend(kept);
        }
        rows.push(Row::Gap);
        rows.extend(self.around());
        rows.extend(self.remarks());
        view
    }

    /// The computer, the bench, where results go and who signs.
    fn around(&self) -> Vec<Row> {
        let Some(situation) = &self.state.situation else { return Vec::new() };
        let computer = &situation.computer;
        let name = [computer.manufacturer.as_deref(), computer.model.as_deref()];
        let name = name.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let name = self.or_unknown(Some(&name));
        let serial = self.or_unknown(computer.serial_number.as_deref());
        let machine = self.with(T::Machine, &[("name", name.into())]);
        let serial = self.with(T::MachineSerial, &[("serial", serial.into())]);
        let mut rows = vec![Row::Text(format!("{machine}. {serial}"))];
        let station = situation
            .station
            .as_ref()
            .map(|name| self.with(T::Station, &[("name", plain(name).into())]));
        let keeping = match &situation.keeping {
            Keeping::Folder { path } => {
                self.with(T::KeepingFolder, &[("path", plain(path).into())])
            }
            Keeping::Stick { .. } => self.t(T::KeepingStick),
        };
        let signing = match &situation.signing {
            Signing::Open { name } => {
                Some(self.with(T::SigningOpen, &[("name", plain(name).into())]))
            }
            Signing::Later => Some(self.t(T::SigningLater)),
            Signing::Locked | Signing::ForJobs => None,
        };
        let station = station.into_iter().chain(signing).collect::<Vec<_>>().join(". ");
        rows.extend([station, keeping].into_iter().filter(|t| !t.is_empty()).map(Row::Text));
        rows
    }

    /// What a person should know, and nobody has to answer.
    fn remarks(&self) -> Vec<Row> {
        let remarks = self.state.situation.as_ref().map(|situation| &situation.remarks);
        let text = |remark: &Remark| match remark {
            Remark::Clock { now, doubts } => {
                let why = doubts.iter().map(|doubt| self.doubt(*doubt)).collect::<Vec<_>>();
                let values = [("time", self.date(*now).into()), ("why", why.join("; ").into())];
                self.with(T::RemarkClock, &values)
            }
            Remark::NoConfiguration => self.t(T::RemarkNoConfiguration),
            Remark::TooManyJournals => self.t(T::RemarkTooManyJournals),
            Remark::BegunAnew => self.t(T::RemarkBegunAnew),
        };
        remarks.into_iter().flatten().map(text).map(Row::Text).collect()
    }

    pub(super) fn confirm_tag(&self) -> View {
        let mut view = self.view(Mark::Form, T::ConfirmTitle);
        view.big = self.tag().into_iter().collect();
        view.rows = vec![
            self.strong(T::ConfirmBody),
            Row::Gap,
            Row::Answer("1", self.t(T::ConfirmYes)),
            Row::Answer("2", self.t(T::ConfirmNo)),
        ];
        view
    }

    fn tag(&self) -> Option<String> {
        self.state.answers.tag.clone().flatten().map(|tag| tag.text)
    }

    pub(super) fn ask(&self, drive: &PlannedDrive) -> View {
        let mut view = self.view(Mark::Form, T::AskTitle);
        let open = self.state.answers.drives.len();
        let all = match self.state.work() {
            Some(crate::engine::Work::Ready { plan }) => erasable(plan).count(),
            _ => 0,
        };
        let count = |n: usize| n.to_string().into();
        let values = [("n", count(open.saturating_add(1))), ("all", count(all))];
        view.rows = vec![Row::Text(self.with(T::AskEach, &values)), Row::Gap];
        view.rows.extend(self.planned(drive));
        view.rows.push(Row::Gap);
        view.rows.extend(self.how(drive));
        view.rows.extend([
            Row::Gap,
            Row::Answer("1", format!("{} {}", Mark::Passed.symbol(), self.t(T::AskYes))),
            Row::Answer("2", format!("{} {}", Mark::Stopped.symbol(), self.t(T::AskNo))),
            Row::Answer("3", format!("{} {}", Mark::Unproven.symbol(), self.t(T::AnswerColleague))),
            Row::Gap,
            Row::Text(self.t(T::AskAfter)),
        ]);
        view
    }

    /// What kind of drive it is and what will be done to it.
    fn how(&self, drive: &PlannedDrive) -> Vec<Row> {
        let seen = self
            .state
            .situation
            .as_ref()
            .and_then(|situation| situation.drives.iter().find(|seen| seen.path == drive.path));
        let kind = seen.and_then(|seen| self.kind(seen.bus, seen.medium));
        let names = drive.techniques.iter().map(|technique| match technique.id {
            TechniqueId::Overwrite => self.t(T::HowOverwrite),
            id if id.is_cryptographic() => self.t(T::HowKey),
            _ => self.t(T::HowErase),
        });
        let names: Vec<String> = names.collect();
        let method = drive.method.map_or("", crate::model::Method::term);
        let how = self.with(T::PlanHow, &[("how", names.join(", ").into())]);
        let method = self.with(T::PlanMethod, &[("method", method.into())]);
        let method = kind.map_or_else(|| method.clone(), |kind| format!("{kind}. {method}"));
        vec![Row::Under(method), Row::Under(how)]
    }

    pub(super) fn plan(&self, plan: &PlanDocument) -> View {
        let mut view = self.view(Mark::Form, T::PlanTitle);
        let count = erasable(plan).count();
        let label = self.tag().map_or_else(
            || self.t(T::PlanNoLabel),
            |tag| self.with(T::PlanLabel, &[("tag", tag.into())]),
        );
        view.turns = true;
        let rows = &mut view.rows;
        rows.extend([Row::Strong(label), Row::Gap]);
        rows.push(Row::Heading(self.with(T::StartErased, &[("n", count.into())])));
        for drive in erasable(plan) {
            rows.extend(self.planned(drive));
            rows.extend(self.how(drive));
        }
        let kept = self.kept();
        if !kept.is_empty() {
            rows.push(Row::Gap);
            rows.extend(kept);
        }
        // The yes is on the last page: whoever gives it has seen the others.
        rows.extend([Row::Gap, self.strong(T::PlanWhy)]);
        rows.push(Row::Answer("Enter", self.with(T::PlanYes, &[("n", count.into())])));
        view
    }
}

/// What an answer is called.
const fn named(way: Way, obstacle: &Obstacle) -> T {
    match (way, obstacle) {
        (Way::Look, _) => T::WayLook,
        (Way::Thaw, _) => T::WayThaw,
        (Way::Each, _) => T::WayEach,
        (Way::Resume, _) => T::WayResume,
        (Way::StartOver, _) => T::WayStartOver,
        (Way::Pass, Obstacle::Frozen { .. }) => T::WayPassFrozen,
        (Way::Pass, Obstacle::Hidden { .. }) => T::WayPassHidden,
        (Way::Pass, Obstacle::Failing { .. }) => T::WayPassFailing,
        (Way::Pass, _) => T::WayPassDrive,
    }
}
