//! Which screen follows from what is known. One question a screen; the first that is open comes.

use super::state::{Drive, State};
use crate::engine::{Asks, End, Ended, Keeping, Obstacle, Running, Seen, Signing, Situation, Work};
use crate::live::Trouble;
use crate::model::Outcome;
use crate::plan::{PlanDocument, PlannedDrive};

/// A screen.
#[derive(Debug, Clone, Copy)]
pub(super) enum Screen<'a> {
    Connecting,
    Lost,
    Looking,
    NeedsYou(&'a Obstacle),
    SignIn,
    SigningIn,
    Job,
    NothingToErase,
    Start(&'a PlanDocument),
    ConfirmTag,
    Changed,
    Colleague,
    Ask(&'a PlannedDrive),
    NothingChosen,
    Planning,
    Plan(&'a PlanDocument),
    Beginning,
    Working {
        drives: &'a [Running],
        stopping: bool,
    },
    Machine {
        drives: &'a [Ended],
        lacks: &'a [String],
    },
    Verdict {
        drive: &'a Ended,
    },
    Code {
        drive: &'a Ended,
    },
    /// Results are in memory only: what is wrong with the stick.
    Keep {
        trouble: Option<&'a Trouble>,
    },
    Failed(&'a str),
    Off {
        again: bool,
    },
}

/// Drives of a plan that will be erased.
pub(super) fn erasable(plan: &PlanDocument) -> impl Iterator<Item = &PlannedDrive> {
    plan.drives.iter().filter(|drive| drive.refusal.is_none())
}

/// Drives that are seen and not in a plan.
pub(super) fn left_alone<'a>(
    situation: &'a Situation,
    plan: &'a PlanDocument,
) -> impl Iterator<Item = &'a Seen> {
    situation.drives.iter().filter(|seen| erasable(plan).all(|drive| drive.path != seen.path))
}

pub(super) fn drive_of(drive: &PlannedDrive) -> Drive {
    (drive.path.clone(), drive.serial.clone(), drive.capacity_bytes)
}

/// Whether each drive is asked about.
pub(super) fn asks_each(state: &State) -> bool {
    let asks = state.situation.as_ref().map(|situation| situation.asks);
    asks == Some(Asks::AskEachDisk) || state.answers.each
}

/// The rows around the drives on the screen with the label's field, with its title and its keys.
const AROUND: usize = 13;

/// Whether a scan alone is the yes: the policy says so, nothing stood in the way, and the whole plan
/// fits on the screen with the label's field.
pub(super) fn scan_starts(state: &State) -> bool {
    let Some(situation) = &state.situation else { return false };
    let Work::Ready { plan } = &situation.work else { return false };
    let (columns, rows) = state.size;
    let drives = plan.drives.len().saturating_mul(2);
    let others = left_alone(situation, plan).count().saturating_mul(3);
    let needed = drives.saturating_add(others).saturating_add(AROUND);
    situation.asks == Asks::ScanStartsWipe
        && !state.options.plain
        && situation.obstacles.is_empty()
        && plan.digest.is_some()
        && columns >= 80
        && needed <= rows.into()
}

impl State {
    /// The screen, without what lies over it.
    pub(super) fn screen(&self) -> Screen<'_> {
        let Some(situation) = &self.situation else {
            return if self.lost { Screen::Lost } else { Screen::Connecting };
        };
        // Switched off on purpose, it does not answer any more either.
        if self.lost && !matches!(situation.work, Work::Off { .. }) {
            return Screen::Lost;
        }
        if let Keeping::Stick { trouble, in_memory: 1.. } = &situation.keeping
            && self.keep
        {
            return Screen::Keep { trouble: trouble.as_ref() };
        }
        match &situation.work {
            Work::Looking => Screen::Looking,
            Work::Ready { plan } => self.ready(situation, plan),
            Work::Running { stopping, .. } => {
                Screen::Working { drives: &self.shown, stopping: *stopping }
            }
            Work::Over { drives, lacks, .. } => self.over(drives, lacks),
            Work::Failed { message } => Screen::Failed(message),
            Work::Off { again } => Screen::Off { again: *again },
        }
    }

    fn ready<'a>(&'a self, situation: &'a Situation, plan: &'a PlanDocument) -> Screen<'a> {
        let answers = &self.answers;
        if let Some(open) = situation.obstacles.iter().find(|o| !answers.passed.contains(o)) {
            return Screen::NeedsYou(open);
        }
        if situation.signing == Signing::Locked {
            return if self.signing_in { Screen::SigningIn } else { Screen::SignIn };
        }
        if situation.asks == Asks::Unattended {
            return Screen::Job;
        }
        if plan.digest.is_none() || erasable(plan).next().is_none() {
            return Screen::NothingToErase;
        }
        if answers.tag.is_none() {
            return Screen::Start(plan);
        }
        if !answers.tag_is_right {
            return Screen::ConfirmTag;
        }
        if answers.changed {
            return Screen::Changed;
        }
        if answers.colleague {
            return Screen::Colleague;
        }
        if answers.sent {
            return Screen::Beginning;
        }
        if asks_each(self) {
            let open = |drive: &&PlannedDrive| {
                let drive = drive_of(drive);
                answers.drives.iter().all(|(answered, _)| *answered != drive)
            };
            if let Some(drive) = erasable(plan).find(open) {
                return Screen::Ask(drive);
            }
            let chosen = self.chosen();
            if chosen.is_empty() {
                return Screen::NothingChosen;
            }
            if !same(&chosen, plan) {
                return Screen::Planning;
            }
        }
        Screen::Plan(plan)
    }

    /// The drives that a person said yes to.
    pub(super) fn chosen(&self) -> Vec<&Drive> {
        self.answers.drives.iter().filter(|(_, yes)| *yes).map(|(drive, _)| drive).collect()
    }

    fn over<'a>(&'a self, drives: &'a [Ended], lacks: &'a [String]) -> Screen<'a> {
        let whole = usize::from(has_whole(drives, lacks));
        match self.result.checked_sub(whole).and_then(|at| drives.get(at)) {
            Some(drive) if self.code && drive.document.is_some() => Screen::Code { drive },
            Some(drive) => Screen::Verdict { drive },
            None => Screen::Machine { drives, lacks },
        }
    }

    /// Whether nothing is left to do because it was done.
    pub(super) fn is_done(&self) -> bool {
        let drives = self.situation.iter().flat_map(|situation| &situation.drives);
        drives.clone().any(|drive| drive.done.is_some())
            && drives.clone().all(|drive| drive.done.is_some() || drive.refusal.is_some())
            && self.situation.iter().all(|situation| situation.obstacles.is_empty())
    }

    /// What an Enter at the results does beside looking for the next drives, as the engine does it: only
    /// where every drive is erased and signed or recorded, and nothing lacks.
    pub(super) fn end(&self) -> End {
        match (self.work(), &self.situation) {
            (Some(Work::Over { drives, lacks, .. }), Some(situation))
                if self.in_memory() == 0 && is_complete(drives, lacks) =>
            {
                situation.end
            }
            _ => End::Next,
        }
    }

    /// How many files are in memory only, with nothing but this computer to keep them.
    pub(super) fn in_memory(&self) -> usize {
        match self.situation.as_ref().map(|situation| &situation.keeping) {
            Some(Keeping::Stick { in_memory, .. }) => *in_memory,
            _ => 0,
        }
    }
}

/// Whether the computer has a result beside that of a single drive.
pub(super) const fn has_whole(drives: &[Ended], lacks: &[String]) -> bool {
    drives.len() != 1 || !lacks.is_empty()
}

/// Whether nothing of a computer is left to be erased, signed or recorded.
pub(super) fn is_complete(drives: &[Ended], lacks: &[String]) -> bool {
    let is_done = |drive: &Ended| {
        drive.outcome == Outcome::Sanitized && (drive.document.is_some() || drive.recorded)
    };
    lacks.is_empty() && drives.iter().all(is_done)
}

/// Whether a plan is for exactly these drives.
pub(super) fn same(chosen: &[&Drive], plan: &PlanDocument) -> bool {
    plan.drives.len() == chosen.len()
        && plan.drives.iter().all(|drive| chosen.contains(&&drive_of(drive)))
}

impl Screen<'_> {
    /// Its name, by which a person's keys are known to be meant for it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Lost => "lost",
            Self::Looking => "looking",
            Self::NeedsYou(_) => "needs-you",
            Self::SignIn => "sign-in",
            Self::SigningIn => "signing-in",
            Self::Job => "job",
            Self::NothingToErase => "nothing-to-erase",
            Self::Start(_) => "start",
            Self::ConfirmTag => "confirm-tag",
            Self::Changed => "changed",
            Self::Colleague => "colleague",
            Self::Ask(_) => "ask",
            Self::NothingChosen => "nothing-chosen",
            Self::Planning => "planning",
            Self::Plan(_) => "plan",
            Self::Beginning => "beginning",
            Self::Working { .. } => "working",
            Self::Machine { .. } => "machine",
            Self::Verdict { .. } => "verdict",
            Self::Code { .. } => "code",
            Self::Keep { .. } => "keep",
            Self::Failed(_) => "failed",
            Self::Off { .. } => "off",
        }
    }

    /// Whether it says to wait for something that takes seconds, or a minute where a drive does not
    /// answer.
    pub(super) const fn is_wait(&self) -> bool {
        matches!(
            self,
            Self::Connecting | Self::Looking | Self::SigningIn | Self::Planning | Self::Beginning
        )
    }

    /// Whether it has a field for text.
    pub(super) const fn has_field(&self) -> bool {
        matches!(self, Self::Start(_) | Self::SignIn)
    }
}
