//! Which keys a person pressed, and which a scanner typed.
//!
//! A fast scanner types faster than anybody: characters in a field that are less than [`BURST`] apart are
//! a scan. A slow one types as fast as a person. Where there is no field neither does anything: an answer
//! of one key counts only if it stands alone, and an Enter only if no character came just before it. A
//! key that is held comes again and again, and counts once.

use super::state::Key;

/// Milliseconds that lie between characters that a person typed, at least.
pub(super) const BURST: u64 = 30;

/// Milliseconds in which the Enter at the end of a scan into a field comes.
const SCANNED: u64 = 300;

/// Milliseconds after a character in which an Enter belongs to it, where there is no field.
const ENDING: u64 = 1000;

/// Milliseconds without another character before an answer of one key, and after it.
const BEFORE: u64 = 300;
pub(super) const AFTER: u64 = 150;

/// Milliseconds before a key that is held comes again, at most.
const HELD: u64 = 800;

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// A character for the field.
    Type(char),
    /// An answer, or nothing.
    Answer(char),
    /// Enter; whether a scanner typed the whole field before it.
    Enter {
        /// Whether it did.
        scanned: bool,
    },
    /// Backspace.
    Backspace,
    /// Esc.
    Esc,
    /// A function key.
    F(u8),
    /// One page down, or up.
    Page {
        /// Whether down.
        down: bool,
    },
    /// A scan where there is no field.
    Stray,
}

/// What came last.
#[derive(Debug, Clone, Default)]
pub(super) struct Input {
    last: Option<(Key, u64)>,
    /// An answer that nothing followed so far.
    pending: Option<(char, u64)>,
    /// When the key of the last answer was pressed.
    answered_at: u64,
    /// Characters come that nobody asked for.
    stray: bool,
    /// How many characters the field got in one burst; nothing once one came slowly.
    burst: Option<usize>,
}

impl Input {
    /// When the key of the last [`Act::Answer`] was pressed: before it was sure that it is one.
    pub(super) const fn answered_at(&self) -> u64 {
        self.answered_at
    }

    /// Forgets an answer that is not given yet: the question is another one now.
    pub(super) fn forget(&mut self) {
        self.stray |= self.pending.take().is_some();
    }

    /// The field is empty and what comes now is a new text.
    pub(super) fn clear(&mut self) {
        self.burst = Some(0);
    }

    /// Takes in a key; `field` is whether there is a field for text.
    pub(super) fn key(&mut self, key: Key, at: u64, field: bool) -> Vec<Act> {
        let before = self.last.replace((key, at));
        let since = before.map_or(u64::MAX, |(_, then)| at.saturating_sub(then));
        let after_character = matches!(before, Some((Key::Char(_), _)));
        let again = before.is_some_and(|(last, _)| last == key) && since < HELD;
        match key {
            Key::Char(c) => {
                let since = if after_character { since } else { u64::MAX };
                if field { self.typed(c, since) } else { self.answered(c, at, since, again) }
            }
            Key::Enter if after_character && since < ENDING && (!field || self.is_unasked()) => {
                self.stray = false;
                self.pending = None;
                vec![Act::Stray]
            }
            _ => {
                let mut acts = self.given(at);
                self.stray = false;
                if again && key != Key::Backspace && !matches!(key, Key::PageDown | Key::PageUp) {
                    return acts;
                }
                acts.extend(match key {
                    Key::Enter => {
                        let scanned = field && self.burst.is_some_and(|n| n > 1) && since < SCANNED;
                        Some(Act::Enter { scanned })
                    }
                    Key::Backspace => Some(Act::Backspace),
                    Key::Esc => Some(Act::Esc),
                    Key::F(n) => Some(Act::F(n)),
                    Key::PageDown => Some(Act::Page { down: true }),
                    Key::PageUp => Some(Act::Page { down: false }),
                    Key::Char(_) | Key::Other => None,
                });
                acts
            }
        }
    }

    /// The last character came where there was no field.
    const fn is_unasked(&self) -> bool {
        self.stray || self.pending.is_some()
    }

    fn typed(&mut self, c: char, since: u64) -> Vec<Act> {
        // The rest of a scan that began where there was no field.
        if self.is_unasked() && since < BEFORE {
            self.stray = true;
            self.pending = None;
            return Vec::new();
        }
        self.stray = false;
        self.pending = None;
        self.burst = match self.burst {
            Some(0) => Some(1),
            Some(n) if since < BURST => Some(n.saturating_add(1)),
            _ => None,
        };
        vec![Act::Type(c)]
    }

    fn answered(&mut self, c: char, at: u64, since: u64, again: bool) -> Vec<Act> {
        let acts = self.given(at);
        self.stray = since < BEFORE;
        self.pending = (!self.stray && !again).then_some((c, at));
        acts
    }

    /// The answer that nothing followed, once that is sure.
    pub(super) fn given(&mut self, at: u64) -> Vec<Act> {
        match self.pending {
            Some((c, then)) if at.saturating_sub(then) >= AFTER => {
                self.pending = None;
                self.answered_at = then;
                vec![Act::Answer(c)]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a text typed with this many milliseconds between its characters, and Enter.
    fn typed(input: &mut Input, text: &str, from: u64, apart: u64, field: bool) -> Vec<Act> {
        let mut at = from;
        let mut acts = Vec::new();
        for c in text.chars() {
            acts.extend(input.key(Key::Char(c), at, field));
            at += apart;
        }
        acts.extend(input.key(Key::Enter, at, field));
        acts.extend(input.given(at + 1000));
        acts
    }

    #[test]
    fn a_scan_where_no_field_is_answers_nothing() {
        for text in ["1", "12", "NS0001234X", "1111111", "\u{1}\u{7f}"] {
            for apart in [2, 4, 35, 60, 100] {
                let acts = typed(&mut Input::default(), text, 1000, apart, false);
                assert_eq!(acts, [Act::Stray], "{text}, {apart}");
            }
        }
        // Its Enter may come late.
        let mut input = Input::default();
        for (at, c) in (1000..).step_by(5).zip("NS12".chars()) {
            assert_eq!(input.key(Key::Char(c), at, false), []);
        }
        assert_eq!(input.key(Key::Enter, 1900, false), [Act::Stray]);
        // One that comes a second later was not at its end.
        for (at, c) in (5000..).step_by(5).zip("NS12".chars()) {
            assert_eq!(input.key(Key::Char(c), at, false), []);
        }
        assert_eq!(input.key(Key::Enter, 6015, false), [Act::Enter { scanned: false }]);
    }

    #[test]
    fn a_single_key_counts_once_nothing_followed() {
        let mut input = Input::default();
        assert_eq!(input.key(Key::Char('1'), 1000, false), []);
        assert_eq!(input.given(1149), []);
        assert_eq!(input.given(1150), [Act::Answer('1')]);
        assert_eq!(input.given(2000), []);
        // Nor before it.
        assert_eq!(input.key(Key::Char('x'), 2500, false), []);
        assert_eq!(input.key(Key::Char('1'), 2799, false), [Act::Answer('x')]);
        assert_eq!(input.given(2990), []);
        // What is forgotten is not given.
        assert_eq!(input.key(Key::Char('1'), 3000, false), []);
        input.forget();
        assert_eq!(input.given(4000), []);
    }

    #[test]
    fn a_key_that_is_held_counts_once() {
        let mut input = Input::default();
        let mut acts = Vec::new();
        for at in [1000, 1700, 1733, 1766, 1799] {
            acts.extend(input.key(Key::Char('1'), at, false));
        }
        acts.extend(input.given(2000));
        assert_eq!(acts, [Act::Answer('1')]);
        let held = [3000, 3700, 3733, 3766].map(|at| input.key(Key::Enter, at, false).len());
        assert_eq!(held, [1, 0, 0, 0]);
    }

    #[test]
    fn a_field_knows_a_scanner_from_a_person() {
        let mut input = Input::default();
        input.clear();
        let scanned = typed(&mut input, "NS12", 1000, 3, true);
        assert_eq!(scanned.last(), Some(&Act::Enter { scanned: true }));
        assert_eq!(scanned.len(), 5);
        input.clear();
        let person = typed(&mut input, "NS12", 9000, 120, true);
        assert_eq!(person.last(), Some(&Act::Enter { scanned: false }));
    }

    #[test]
    fn the_rest_of_a_scan_is_no_text_of_a_field_that_appears_meanwhile() {
        for apart in [4, 35, 60, 100] {
            // It appears after the first character, or after the fourth.
            for first in [1, 4] {
                let mut input = Input::default();
                let mut acts = Vec::new();
                for (n, c) in (0..).zip("NS0001234X".chars()) {
                    if n == first {
                        input.forget();
                    }
                    acts.extend(input.key(Key::Char(c), 1000 + n * apart, n >= first));
                }
                acts.extend(input.key(Key::Enter, 1000 + 10 * apart, true));
                assert_eq!(acts, [Act::Stray], "{apart}, {first}");
            }
        }
    }
}
