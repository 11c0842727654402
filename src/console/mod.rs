//! The console that a technician sees: a fold over messages, and drawing as a function of its state.
//! Pure: no clock, no terminal, no socket. Whoever owns those ([`Message`] in, [`Effect`] out) calls
//! [`update`] for everything that happens and [`draw`] after it.
//!
//! ```text
//! keys, reports, ticks -> update(State) -> orders to the engine
//!                              |
//!                              +-> draw (cells) or plain::lines (numbered lines)
//! ```

pub mod big;
pub mod code;
pub mod palette;
mod state;
pub mod tag;

pub use state::{Effect, Key, Message, Options, State, update};

/// Draws the whole screen.
pub fn draw(state: &State, frame: &mut ratatui::Frame<'_>) {
    let _ = (state, frame);
}

/// The same screens as numbered lines, for screen readers and terminals that cannot place a cursor.
pub mod plain {
    use super::State;

    /// What is on the screen and was not said the last time. To be called after each [`super::update`];
    /// each text is one line to print.
    pub fn lines(state: &mut State) -> Vec<String> {
        let _ = state;
        Vec::new()
    }

    /// The messages that a line of input stands for; `at` as in [`super::Message::Key`]. An empty line is
    /// Enter; `1` to `3` answers; `f1`, `f4`, `f9`, `f10`, `esc`, `back`, `pgdn` and `pgup` are those keys;
    /// all else is typed or scanned text with Enter at its end.
    #[must_use]
    pub fn typed(line: &str, at: u64) -> Vec<super::Message> {
        let _ = (line, at);
        Vec::new()
    }
}
