//! Which keys a person pressed, and which a scanner typed.
//!
//! A scanner types faster than anybody: characters that are less than [`BURST`] apart are a scan. Where
//! there is no field for text a scan does nothing at all, so that an answer of one key counts only once
//! nothing came after it for as long. A key that is held comes again and again, and counts once.

use super::state::Key;

/// Milliseconds that lie between characters that a person typed, at least.
pub(super) const BURST: u64 = 30;

/// Milliseconds in which the Enter at the end of a scan comes.
const ENDING: u64 = 300;

/// Milliseconds before a key that is held comes again; the kernel begins after 250.
const HELD: u64 = 300;

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
    /// Characters come that nobody asked for.
    stray: bool,
    /// How many characters the field got in one burst; nothing once one came slowly.
    burst: Option<usize>,
}

impl Input {
    /// Forgets an answer that is not given yet: the question is another one now.
    pub(super) fn forget(&mut self) {
        self.pending = None;
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
                let burst = after_character && since < BURST;
                if field { self.typed(c, burst) } else { self.answered(c, at, burst, again) }
            }
            Key::Enter if after_character && since < ENDING && self.ends_a_stray(since) => {
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
                        let scanned = field && self.burst.is_some_and(|n| n > 1) && since < ENDING;
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

    /// An Enter belongs to characters that nobody asked for, or to a single one just before it.
    fn ends_a_stray(&self, since: u64) -> bool {
        self.stray || (self.pending.is_some() && since < BURST)
    }

    fn typed(&mut self, c: char, burst: bool) -> Vec<Act> {
        // The rest of a scan that began where there was no field.
        if self.stray && burst {
            return Vec::new();
        }
        self.stray = false;
        self.pending = None;
        self.burst = match self.burst {
            Some(0) => Some(1),
            Some(n) if burst => Some(n.saturating_add(1)),
            _ => None,
        };
        vec![Act::Type(c)]
    }

    fn answered(&mut self, c: char, at: u64, burst: bool, again: bool) -> Vec<Act> {
        if burst {
            self.pending = None;
            self.stray = true;
            return Vec::new();
        }
        let acts = self.given(at);
        self.stray = false;
        if !again {
            self.pending = Some((c, at));
        }
        acts
    }

    /// The answer that nothing followed, once that is sure.
    pub(super) fn given(&mut self, at: u64) -> Vec<Act> {
        match self.pending {
            Some((c, then)) if at.saturating_sub(then) >= BURST => {
                self.pending = None;
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
        acts.extend(input.given(at + 100));
        acts
    }

    #[test]
    fn a_scan_where_no_field_is_answers_nothing() {
        for text in ["1", "12", "NS0001234X", "1111111", "\u{1}\u{7f}"] {
            let acts = typed(&mut Input::default(), text, 1000, 2, false);
            assert!(acts.iter().all(|act| *act == Act::Stray), "{text}: {acts:?}");
        }
        // Its Enter may come late.
        let mut input = Input::default();
        for (at, c) in (1000..).step_by(5).zip("NS12".chars()) {
            assert_eq!(input.key(Key::Char(c), at, false), []);
        }
        assert_eq!(input.key(Key::Enter, 1200, false), [Act::Stray]);
    }

    #[test]
    fn a_single_key_counts_once_nothing_followed() {
        let mut input = Input::default();
        assert_eq!(input.key(Key::Char('1'), 1000, false), []);
        assert_eq!(input.given(1029), []);
        assert_eq!(input.given(1030), [Act::Answer('1')]);
        assert_eq!(input.given(2000), []);
        // What is forgotten is not given.
        assert_eq!(input.key(Key::Char('1'), 3000, false), []);
        input.forget();
        assert_eq!(input.given(4000), []);
    }

    #[test]
    fn a_key_that_is_held_counts_once() {
        let mut input = Input::default();
        let mut acts = Vec::new();
        for at in [1000, 1250, 1283, 1316, 1349] {
            acts.extend(input.key(Key::Char('1'), at, false));
        }
        acts.extend(input.given(2000));
        assert_eq!(acts, [Act::Answer('1')]);
        let held = [3000, 3250, 3283, 3316].map(|at| input.key(Key::Enter, at, false).len());
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
        let mut input = Input::default();
        let mut acts = Vec::new();
        for (at, c) in (1000..).step_by(4).zip("NS0001234X".chars()) {
            acts.extend(input.key(Key::Char(c), at, at > 1015));
        }
        acts.extend(input.key(Key::Enter, 1044, true));
        assert_eq!(acts, [Act::Stray]);
    }
}
