//! What the engine says, taken in.

use super::screen::same;
use super::state::{Answers, Effect, Grave, Notice, Overlay, State};
use crate::engine::{Declined, Order, Report, Situation, Work};
use crate::run::Event;

/// Milliseconds in which a key counts as meant for the screen before.
const CALM: u64 = 700;

impl State {
    pub(super) fn hear(&mut self, report: Report) -> Vec<Effect> {
        let before = self.screen().name();
        self.lost = false;
        match report {
            Report::Situation(situation) => return self.stand(situation, before),
            Report::Event(event) => self.happen(&event),
            Report::Declined(why) => {
                self.signing_in = false;
                if why == Declined::Secret {
                    self.secret = None;
                }
                // What was ordered did not happen: the questions before it are open again.
                if self.answers.asked || self.answers.sent {
                    self.answers.drives.clear();
                    self.answers.asked = false;
                    self.answers.sent = false;
                }
                self.input.forget();
                self.notice = Some(Notice::Declined(why));
                if self.screen().name() != before {
                    self.calm_at = self.at.saturating_add(CALM);
                }
            }
        }
        Vec::new()
    }

    /// Everything as it stands now, after the screen of this name.
    fn stand(&mut self, situation: Box<Situation>, before: &str) -> Vec<Effect> {
        self.signing_in = false;
        let kind = |work: Option<&Work>| work.map(std::mem::discriminant);
        let (was, is) = (kind(self.work()), kind(Some(&situation.work)));
        let was_working = matches!(
            self.work(),
            Some(Work::Running { .. } | Work::Over { .. } | Work::Failed { .. })
        );
        if was_working && matches!(situation.work, Work::Ready { .. } | Work::Looking) {
            self.answers = Answers::default();
            self.empty_field();
        }
        if matches!(situation.work, Work::Over { .. } | Work::Failed { .. } | Work::Off { .. }) {
            self.secret = None;
        }
        if was != is {
            (self.page, self.result, self.code, self.keep) = (0, 0, false, false);
            self.shown_at = None;
            self.answers.sent = false;
            if matches!(self.overlay, Some(Overlay::Sure(_))) {
                self.overlay = None;
            }
        }
        if self.situation.as_ref().is_some_and(|known| known.obstacles != situation.obstacles)
            && matches!(self.overlay, Some(Overlay::Sure(Grave::Resume | Grave::StartOver)))
        {
            // The question was about what was cut off before.
            self.overlay = None;
        }
        if self.situation.as_ref().is_some_and(|known| known.drives != situation.drives) {
            // The pages are others.
            self.page = 0;
        }
        let seen = situation.obstacles.clone();
        self.answers.passed.retain(|passed| seen.contains(passed));
        if let Work::Ready { plan } = &situation.work {
            self.planned(plan);
        }
        self.situation = Some(situation);
        // A result that only this computer knows is none yet: the stick comes first.
        self.keep |=
            was != is && matches!(self.work(), Some(Work::Over { .. })) && self.in_memory() > 0;
        if self.in_memory() == 0 && self.overlay == Some(Overlay::Sure(Grave::GiveUp)) {
            // Nothing is left to be given up.
            self.overlay = None;
        }
        self.refresh();
        if self.screen().name() != before {
            self.calm_at = self.at.saturating_add(CALM);
            self.page = 0;
            if self.screen().has_field() {
                self.empty_field();
            }
        }
        self.input.forget();
        self.settle()
    }

    /// A plan: the one that was asked for, the one that is known, or another one.
    fn planned(&mut self, plan: &crate::plan::PlanDocument) {
        if self.answers.plan == plan.digest {
            return;
        }
        self.plan_at = self.at;
        self.page = 0;
        let wanted = self.answers.asked && same(&self.chosen(), plan);
        let answers = &mut self.answers;
        let answered = answers.tag.is_some() && answers.plan.is_some();
        answers.plan.clone_from(&plan.digest);
        if !wanted && answered {
            answers.changed = true;
            answers.drives.clear();
            answers.asked = false;
            answers.sent = false;
            answers.colleague = false;
        }
    }

    fn happen(&mut self, event: &Event) {
        if let Some(situation) = &mut self.situation {
            situation.work.hear(event);
        }
        self.refresh();
    }

    /// Orders what follows from the answers: a plan for the drives that were chosen.
    pub(super) fn settle(&mut self) -> Vec<Effect> {
        if !matches!(self.screen(), super::screen::Screen::Planning) || self.answers.asked {
            return Vec::new();
        }
        self.answers.asked = true;
        let drives = self.chosen().into_iter().map(|(path, ..)| path.clone()).collect();
        vec![Effect::Order(Order::Plan { drives })]
    }
}
