//! State and message to state and effects.

use super::input::Act;
use super::screen::Screen;
use super::state::{Answers, Effect, Message, State};

/// Milliseconds between two changes of the numbers on the screen, at least.
const STEADY: u64 = 1000;

/// Milliseconds of waiting after which a colleague is to be fetched. Drives that do not answer are given up
/// after one minute.
const LONG: u64 = 180_000;

/// Takes in one message. Total: no message at any time does anything else than what the screen says.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let was_seen = state.sees_start();
    let effects = take(state, message);
    if state.sees_start() && !was_seen {
        // What was behind another screen was not read.
        state.plan_at = state.at;
    }
    effects
}

fn take(state: &mut State, message: Message) -> Vec<Effect> {
    match message {
        Message::Key { key, at } => {
            state.at = at;
            let field = state.screen().has_field() && state.overlay.is_none();
            let acts = state.input.key(key, at, field);
            acted(state, acts)
        }
        Message::Tick { now, at } => {
            state.now = Some(now);
            state.at = at;
            state.refresh();
            state.wait();
            let acts = state.input.given(at);
            acted(state, acts)
        }
        Message::Report(report) => state.hear(report),
        Message::Resize { columns, rows } => {
            state.size = (columns, rows);
            state.page = 0;
            Vec::new()
        }
        Message::Lost => {
            state.lost = true;
            state.overlay = None;
            state.signing_in = false;
            // An engine that comes back may know nothing of what was answered.
            state.answers = Answers::default();
            state.empty_field();
            state.input.forget();
            Vec::new()
        }
    }
}

fn acted(state: &mut State, acts: Vec<Act>) -> Vec<Effect> {
    acts.into_iter().flat_map(|act| state.act(act)).collect()
}

impl State {
    /// Whether the drives of the plan are on the screen with the label's field.
    fn sees_start(&self) -> bool {
        self.overlay.is_none() && matches!(self.screen(), Screen::Start(_))
    }

    /// Takes note of since when the screen says to wait.
    fn wait(&mut self) {
        let name = Some(self.screen()).filter(Screen::is_wait).map(|screen| screen.name());
        if self.waiting.map(|(name, _)| name) != name {
            self.waiting = name.map(|name| (name, self.at));
        }
    }

    /// Whether it says so for too long: somebody has to look why.
    pub(super) fn waits_long(&self) -> bool {
        self.waiting.is_some_and(|(_, since)| self.at.saturating_sub(since) >= LONG)
    }

    /// Shows the drives as they are now, if they were shown long enough as they were.
    pub(super) fn refresh(&mut self) {
        let due = self.shown_at.is_none_or(|then| self.at.saturating_sub(then) >= STEADY);
        if due && let Some(crate::engine::Work::Running { drives, .. }) = self.work() {
            self.shown = drives.clone();
            self.shown_at = Some(self.at);
        }
    }
}
