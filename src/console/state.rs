//! What a console knows, and what can happen to it.

use crate::engine::{Order, Report, Situation};
use crate::model::{Language, Timestamp};

/// What differs between places where a console runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The language until the engine says which one the configuration names; a person's F9 counts more
    /// than both.
    pub language: Language,
    /// Seconds that local time is ahead of UTC, for clock times on the screen.
    pub utc_offset_seconds: i32,
    /// Whether a person may leave the console ([`Effect::Quit`]): on a desktop, not in the live image.
    pub may_leave: bool,
}

/// A key, as far as the console knows keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// What types a character.
    Char(char),
    /// Enter.
    Enter,
    /// Backspace.
    Backspace,
    /// Esc.
    Esc,
    /// A function key, F1 to F12.
    F(u8),
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Any other; it does nothing.
    Other,
}

/// What happens to a console.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A key was pressed. `at` is in milliseconds on a clock that only goes forward; it may begin
    /// anywhere. The distances tell a scanner and a key that is held from a person's keys.
    Key {
        /// Which.
        key: Key,
        /// When.
        at: u64,
    },
    /// The engine said something.
    Report(Report),
    /// The terminal has another size, in cells.
    Resize {
        /// Its width.
        columns: u16,
        /// Its height.
        rows: u16,
    },
    /// Time passes. To be sent ten times a second: an answer of one key counts only when no other
    /// character followed, and numbers on the screen change with it, at most once a second.
    Tick {
        /// The time of day.
        now: Timestamp,
        /// The same clock as in [`Message::Key`].
        at: u64,
    },
    /// The engine cannot be reached. The console shows that until the next report.
    Lost,
}

/// What a console wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send this to the engine.
    Order(Order),
    /// Leave the console; the engine goes on.
    Quit,
}

/// Everything a console knows.
#[derive(Debug, Clone)]
pub struct State {
    options: Options,
    situation: Option<Box<Situation>>,
}

impl State {
    /// A console that has not yet heard of the engine.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, situation: None }
    }
}

/// Takes in one message.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    if let Message::Report(Report::Situation(situation)) = message {
        state.situation = Some(situation);
    }
    let _ = (state.options, &state.situation, Order::Look);
    Vec::new()
}
