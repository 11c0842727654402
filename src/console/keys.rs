//! What a person's keys do on each screen. No single key starts a wipe: a label is given with Enter, read
//! aloud and confirmed with 1, each drive is answered with 1 to 3, and the plan is answered with Enter on
//! its last page.

use zeroize::{Zeroize as _, Zeroizing};

use super::input::Act;
use super::screen::{Screen, drive_of, has_whole, scan_starts};
use super::state::{Effect, Grave, LONGEST, Notice, Overlay, State};
use super::tag::Tag;
use crate::engine::{Obstacle, Order, Secret, Work};
use crate::model::Language;

/// Milliseconds for which the plan must have been on the screen for a scan to be the yes to it.
const READ: u64 = 2000;

/// Milliseconds after a key that led to another question: what comes in them was meant for the one before.
const CALM: u64 = 500;

/// What can be done about an obstacle, in the order of its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Look again.
    Look,
    /// Let the computer sleep.
    Thaw,
    /// Ask about each drive.
    Each,
    /// Go on with what was cut off.
    Resume,
    /// Begin anew what was cut off.
    StartOver,
    /// Go on without.
    Pass,
}

/// The ways past an obstacle; a single one is taken with Enter, of two each has its number.
pub(super) const fn ways(obstacle: &Obstacle) -> &'static [Way] {
    match obstacle {
        Obstacle::Configuration { .. }
        | Obstacle::Stick { .. }
        | Obstacle::Key { .. }
        | Obstacle::NoDrive => &[Way::Look],
        Obstacle::Hidden { .. } | Obstacle::Locked { .. } | Obstacle::Refused { .. } => {
            &[Way::Look, Way::Pass]
        }
        Obstacle::MoreDrives { .. } => &[Way::Each],
        Obstacle::Failing { .. } => &[Way::Pass],
        Obstacle::Frozen { .. } => &[Way::Thaw, Way::Pass],
        Obstacle::Unfinished { .. } => &[Way::Resume, Way::StartOver],
    }
}

fn order(order: Order) -> Vec<Effect> {
    vec![Effect::Order(order)]
}

impl State {
    /// Takes in what a key means.
    pub(super) fn act(&mut self, act: Act) -> Vec<Effect> {
        let had_field = self.screen().has_field();
        let (question, page) = (self.question(), self.page);
        let effects = self.acted(act);
        if self.screen().has_field() && !had_field {
            self.empty_field();
        }
        if self.question() != question {
            self.page = 0;
        }
        if (self.question(), self.page) != (question, page) {
            self.calm_at = self.calm_at.max(self.at.saturating_add(CALM));
        }
        effects.into_iter().chain(self.settle()).collect()
    }

    /// What tells the question on the screen from the one before it.
    fn question(&self) -> (Option<Overlay>, &'static str, usize, usize, usize) {
        let answers = &self.answers;
        let name = self.screen().name();
        (self.overlay, name, answers.passed.len(), answers.drives.len(), self.result)
    }

    fn acted(&mut self, act: Act) -> Vec<Effect> {
        // What is said above the pages stays while they are turned: else they would be other pages.
        if let (Act::Page { down }, None) = (act, self.overlay) {
            self.turn(down);
            return Vec::new();
        }
        let pressed = if let Act::Answer(_) = act { self.input.answered_at() } else { self.at };
        let is_calm = pressed < self.calm_at;
        let has_more = self.page.saturating_add(1) < super::draw::pages(self);
        let is_plan = matches!(self.screen(), Screen::Plan(_)) && self.overlay.is_none();
        if matches!(act, Act::Enter { .. }) && is_plan && has_more && !is_calm {
            self.page = self.page.saturating_add(1);
            return Vec::new();
        }
        self.notice = None;
        match (act, self.overlay) {
            (Act::Stray, _) => self.stray(),
            (Act::F(9), _) => {
                self.language = Some(match self.language() {
                    Language::English => Language::Danish,
                    Language::Danish => Language::English,
                });
                self.page = 0;
            }
            (Act::F(1), overlay) => {
                self.overlay =
                    if overlay == Some(Overlay::Help) { None } else { Some(Overlay::Help) };
            }
            (Act::Esc, overlay) => {
                self.overlay = if overlay.is_some() { None } else { Some(Overlay::Pause) };
            }
            (Act::Enter { .. }, None) if is_calm => {
                if self.screen().has_field() && !self.field.is_empty() {
                    self.stray();
                }
            }
            (Act::Enter { .. } | Act::Answer(_), _) if is_calm => {}
            (Act::Enter { .. }, Some(Overlay::Sure(Grave::GiveUp))) => {}
            (Act::Answer('2'), Some(Overlay::Sure(grave @ Grave::GiveUp)))
            | (Act::Enter { .. }, Some(Overlay::Sure(grave))) => {
                self.overlay = None;
                return self.do_it(grave);
            }
            (Act::Answer('1'), Some(Overlay::Sure(Grave::GiveUp)))
            | (Act::Enter { .. } | Act::Backspace, Some(_)) => self.overlay = None,
            (_, Some(_)) => {}
            (Act::F(10), None) => {
                self.overlay = self.leaving().map(Overlay::Sure);
                self.keep |= self.must_keep();
            }
            (act, None) => return self.answer(act),
        }
        Vec::new()
    }

    /// Characters that came where nobody asked for them, or before.
    fn stray(&mut self) {
        self.notice = Some(Notice::Stray);
        if self.screen().has_field() && self.overlay.is_none() {
            self.empty_field();
        }
    }

    /// What F10 would do here, after an Enter.
    pub(super) fn leaving(&self) -> Option<Grave> {
        match self.screen() {
            Screen::Working { stopping, .. } => (!stopping).then_some(Grave::Stop),
            Screen::Connecting
            | Screen::SigningIn
            | Screen::Beginning
            | Screen::Keep { .. }
            | Screen::Off { .. } => None,
            // What is in memory only would be lost with the power.
            _ if self.options.may_leave => Some(Grave::Leave),
            _ if self.in_memory() > 0 || self.lost => None,
            _ => Some(Grave::Off),
        }
    }

    /// Whether the computer cannot be switched off before results are kept, which is shown instead.
    pub(super) fn must_keep(&self) -> bool {
        let is_over = matches!(
            self.work(),
            Some(Work::Over { .. } | Work::Ready { .. } | Work::Failed { .. })
        );
        is_over && self.in_memory() > 0 && !self.lost && !self.keep && self.leaving().is_none()
    }

    fn do_it(&mut self, grave: Grave) -> Vec<Effect> {
        match grave {
            Grave::Stop => order(Order::Stop),
            Grave::Resume => {
                let cut_off = |obstacle: &Obstacle| match obstacle {
                    Obstacle::Unfinished { drives } => Some(drives.clone()),
                    _ => None,
                };
                let obstacles = self.situation.iter().flat_map(|situation| &situation.obstacles);
                let drives = obstacles.filter_map(cut_off).flatten().collect();
                order(Order::Resume { drives })
            }
            Grave::StartOver => order(Order::StartOver),
            Grave::GiveUp => order(Order::GiveUp),
            Grave::Off => order(Order::Off),
            Grave::Leave => vec![Effect::Quit],
        }
    }

    fn answer(&mut self, act: Act) -> Vec<Effect> {
        let (enter, key) = match act {
            Act::Enter { .. } => (true, ' '),
            Act::Answer(key) => (false, key),
            _ => (false, ' '),
        };
        match self.screen() {
            Screen::NeedsYou(_) if act == Act::Backspace => {
                self.one_obstacle_back();
                Vec::new()
            }
            Screen::NeedsYou(obstacle) => {
                let obstacle = obstacle.clone();
                let way = match (ways(&obstacle), enter, key) {
                    ([only], true, _) => Some(*only),
                    ([first, _], _, '1') => Some(*first),
                    ([_, second], _, '2') => Some(*second),
                    _ => None,
                };
                way.map_or_else(Vec::new, |way| self.go(way, obstacle))
            }
            Screen::SignIn => self.secret(act),
            Screen::Start(_) => self.label(act),
            Screen::NothingToErase | Screen::Failed(_) if enter => order(Order::Look),
            Screen::ConfirmTag => {
                match key {
                    '1' => self.answers.tag_is_right = true,
                    '2' => self.another_label(),
                    _ if act == Act::Backspace => self.another_label(),
                    _ => {}
                }
                Vec::new()
            }
            Screen::Changed if key == '1' => {
                self.answers.changed = false;
                Vec::new()
            }
            Screen::Colleague if enter || act == Act::Backspace => {
                self.answers.colleague = false;
                Vec::new()
            }
            Screen::Ask(drive) => {
                let drive = drive_of(drive);
                match key {
                    '1' => self.answers.drives.push((drive, true)),
                    '2' => self.answers.drives.push((drive, false)),
                    '3' => self.answers.colleague = true,
                    _ if act == Act::Backspace => self.one_answer_back(),
                    _ => {}
                }
                Vec::new()
            }
            Screen::NothingChosen if enter || act == Act::Backspace => {
                self.answers.drives.clear();
                Vec::new()
            }
            Screen::Plan(_) if enter => self.yes(),
            Screen::Plan(_) if act == Act::Backspace => self.back_from_plan(),
            Screen::Verdict { .. } | Screen::Machine { .. } if enter => {
                if self.in_memory() > 0 {
                    self.keep = true;
                    Vec::new()
                } else {
                    order(Order::Next)
                }
            }
            Screen::Verdict { drive } if act == Act::F(2) && drive.document.is_some() => {
                self.code = true;
                Vec::new()
            }
            Screen::Code { .. } if enter || act == Act::Backspace || act == Act::F(2) => {
                self.code = false;
                Vec::new()
            }
            Screen::Planning if act == Act::Backspace => self.back_from_plan(),
            Screen::Keep { .. } if act == Act::Backspace => {
                self.keep = false;
                Vec::new()
            }
            Screen::Keep { .. } if key == '1' => order(Order::Look),
            Screen::Keep { .. } if key == '2' => {
                self.overlay = Some(Overlay::Sure(Grave::GiveUp));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn go(&mut self, way: Way, obstacle: Obstacle) -> Vec<Effect> {
        match way {
            Way::Look => return order(Order::Look),
            Way::Thaw => return order(Order::Thaw),
            Way::Resume => self.overlay = Some(Overlay::Sure(Grave::Resume)),
            Way::StartOver => self.overlay = Some(Overlay::Sure(Grave::StartOver)),
            Way::Each => {
                self.answers.each = true;
                self.answers.passed.push(obstacle);
            }
            Way::Pass => self.answers.passed.push(obstacle),
        }
        Vec::new()
    }

    /// The field's text, if the act ends it.
    fn typed(&mut self, act: Act) -> Option<(Zeroizing<String>, bool)> {
        match act {
            Act::Type(c) if !c.is_control() && self.field.chars().count() < LONGEST => {
                self.field.push(c);
                None
            }
            Act::Backspace => {
                self.field.pop();
                None
            }
            Act::Enter { scanned } => {
                let text = Zeroizing::new(self.field.as_str().to_owned());
                self.empty_field();
                Some((text, scanned))
            }
            _ => None,
        }
    }

    pub(super) fn empty_field(&mut self) {
        self.field.zeroize();
        self.field.reserve(LONGEST * 4);
        self.input.clear();
    }

    fn secret(&mut self, act: Act) -> Vec<Effect> {
        match self.typed(act) {
            Some((secret, _)) if !secret.is_empty() => {
                self.secret = Some(Secret(secret.clone()));
                self.signing_in = true;
                order(Order::SignIn { secret: Secret(secret) })
            }
            _ => Vec::new(),
        }
    }

    fn label(&mut self, act: Act) -> Vec<Effect> {
        if act == Act::F(4) {
            self.answers.tag = Some(None);
            self.answers.tag_is_right = true;
            self.empty_field();
            return Vec::new();
        }
        if act == Act::Backspace && self.field.is_empty() {
            self.one_obstacle_back();
        }
        let Some((text, scanned)) = self.typed(act) else { return Vec::new() };
        if text.is_empty() {
            return Vec::new();
        }
        if self.begins_the_secret(&text) == Some(true) {
            self.notice = Some(Notice::Secret);
            return Vec::new();
        }
        let tag = match Tag::read(&text) {
            Ok(tag) => tag,
            Err(wrong) => {
                self.notice = Some(Notice::Wrong(wrong));
                return Vec::new();
            }
        };
        let sure = tag.checked && scanned;
        let plan_was_read = self.at >= self.plan_at.saturating_add(READ);
        let starts = sure && plan_was_read && scan_starts(self);
        self.answers.tag = Some(Some(tag));
        self.answers.tag_is_right = sure;
        if starts { self.yes() } else { Vec::new() }
    }

    /// Whether a text is the secret that somebody signed in with; `None` if it is not even the beginning
    /// of it.
    pub(super) fn begins_the_secret(&self, text: &str) -> Option<bool> {
        let Secret(secret) = self.secret.as_ref()?;
        let (secret, text) = (secret.trim(), text.trim());
        let begins = secret.get(..text.len())?.eq_ignore_ascii_case(text);
        (begins && text.len() > 1).then_some(secret.len() == text.len())
    }

    /// Takes back that it was gone on without what stood in the way last.
    fn one_obstacle_back(&mut self) {
        if let Some(Obstacle::MoreDrives { .. }) = self.answers.passed.pop() {
            self.answers.each = false;
        }
    }

    fn another_label(&mut self) {
        self.answers.tag = None;
        self.answers.tag_is_right = false;
        self.answers.drives.clear();
        self.empty_field();
    }

    /// Consents to the plan on the screen.
    fn yes(&mut self) -> Vec<Effect> {
        let Some(Work::Ready { plan }) = self.work() else { return Vec::new() };
        let Some(digest) = plan.digest.clone() else { return Vec::new() };
        let asset_tag = self.answers.tag.clone().flatten().map(|tag| tag.text);
        self.answers.sent = true;
        order(Order::Wipe { digest, asset_tag })
    }

    fn back_from_plan(&mut self) -> Vec<Effect> {
        let was_asked = self.answers.asked;
        self.answers.asked = false;
        if was_asked {
            // The plan for all drives comes back, and with it all questions.
            self.answers.drives.clear();
            self.answers.plan = None;
            return order(Order::Look);
        }
        self.one_answer_back();
        Vec::new()
    }

    /// Takes the last answer back; before the first one, the label.
    fn one_answer_back(&mut self) {
        if self.answers.drives.pop().is_none() {
            self.another_label();
        }
    }

    /// Turns the page, or where a result is shown goes to the next drive's.
    fn turn(&mut self, down: bool) {
        let last = super::draw::pages(self).saturating_sub(1);
        let results = match (self.screen(), self.work()) {
            (
                Screen::Verdict { .. } | Screen::Machine { .. },
                Some(Work::Over { drives, lacks, .. }),
            ) if has_whole(drives, lacks) => drives.len(),
            _ => 0,
        };
        match down {
            true if self.page < last => self.page = self.page.saturating_add(1),
            true if self.result < results => (self.result, self.page) = (self.result + 1, 0),
            false if self.page > 0 => self.page = self.page.saturating_sub(1),
            false if results > 0 => (self.result, self.page) = (self.result.saturating_sub(1), 0),
            _ => {}
        }
    }
}
