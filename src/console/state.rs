//! What a console knows, and what can happen to it.

use zeroize::Zeroizing;

use super::input::Input;
use super::palette::Colours;
use super::screen::Screen;
use super::tag::{Tag, Wrong};
use crate::engine::{Declined, Obstacle, Order, Report, Running, Secret, Situation, Work};
use crate::model::{Language, Timestamp};

/// What differs between places where a console runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// The language until the engine says which one the configuration names; a person's F9 counts more
    /// than both.
    pub language: Language,
    /// Seconds that local time is ahead of UTC, for clock times on the screen.
    pub utc_offset_seconds: i32,
    /// Whether a person may leave the console ([`Effect::Quit`]): on a desktop, not in the live image.
    pub may_leave: bool,
    /// Whether it is said as lines: nothing can be told to be scanned there.
    pub plain: bool,
    /// Which colours the terminal has.
    pub colours: Colours,
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

/// An act that is not done before a second key: first F10 or an answer, then Enter. Giving results up is
/// answered with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grave {
    Stop,
    Resume,
    StartOver,
    GiveUp,
    Off,
    Leave,
}

/// What lies over the screen until it is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overlay {
    Help,
    Pause,
    Sure(Grave),
}

/// One sentence about the last key or order, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Notice {
    /// A scan where nothing can be scanned, or before that.
    Stray,
    /// What was scanned as a label is the secret that somebody signed in with.
    Secret,
    /// What was typed is no number of a label.
    Wrong(Wrong),
    /// The engine did not do it, and this is why.
    Declined(Declined),
}

/// What tells a drive from the others in a plan.
pub(super) type Drive = (String, Option<String>, Option<u64>);

/// What a person answered on the way to a wipe.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    /// Obstacles that were answered with going on.
    pub(super) passed: Vec<Obstacle>,
    /// There were more drives than expected: each is asked about.
    pub(super) each: bool,
    /// The label; `Some(None)` if there is none.
    pub(super) tag: Option<Option<Tag>>,
    /// Whether a person, or the check character of a scan, says that it was read right.
    pub(super) tag_is_right: bool,
    /// For each drive whether it is to be erased.
    pub(super) drives: Vec<(Drive, bool)>,
    /// A colleague was asked for.
    pub(super) colleague: bool,
    /// The digest of the plan that the answers are about.
    pub(super) plan: Option<String>,
    /// The plan became another one while answers were given.
    pub(super) changed: bool,
    /// A plan for the drives that were chosen is on its way.
    pub(super) asked: bool,
    /// The yes is on its way.
    pub(super) sent: bool,
}

/// Everything a console knows.
#[derive(Debug, Clone)]
pub struct State {
    pub(super) options: Options,
    pub(super) language: Option<Language>,
    pub(super) size: (u16, u16),
    pub(super) now: Option<Timestamp>,
    pub(super) at: u64,
    pub(super) lost: bool,
    pub(super) situation: Option<Box<Situation>>,
    pub(super) input: Input,
    pub(super) field: Zeroizing<String>,
    /// What somebody signed in with, until the work is over: it must not be taken for a label.
    pub(super) secret: Option<Secret>,
    /// The engine tries it now.
    pub(super) signing_in: bool,
    pub(super) answers: Answers,
    /// The drives being erased as they are on the screen, and since when.
    pub(super) shown: Vec<Running>,
    pub(super) shown_at: Option<u64>,
    /// Keys before this time were meant for another screen.
    pub(super) calm_at: u64,
    /// Which screen says to wait, and since when.
    pub(super) waiting: Option<(&'static str, u64)>,
    /// Since when the plan is on the screen as it is, with the label's field.
    pub(super) plan_at: u64,
    pub(super) overlay: Option<Overlay>,
    pub(super) notice: Option<Notice>,
    pub(super) page: usize,
    /// Which result is looked at: the computer's first where there are several drives.
    pub(super) result: usize,
    pub(super) code: bool,
    /// The results were seen, and are to be kept before anything else.
    pub(super) keep: bool,
    /// What was said line by line the last time; nothing before the first.
    pub(super) said: Option<Vec<String>>,
}

/// Room for any passphrase, made at once: a text that grows leaves copies of itself behind.
pub(super) const LONGEST: usize = 512;

impl State {
    /// A console that has not yet heard of the engine.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            language: None,
            size: (80, 25),
            now: None,
            at: 0,
            lost: false,
            situation: None,
            input: Input::default(),
            field: Zeroizing::new(String::with_capacity(LONGEST * 4)),
            secret: None,
            signing_in: false,
            answers: Answers::default(),
            shown: Vec::new(),
            shown_at: None,
            calm_at: 0,
            waiting: None,
            plan_at: 0,
            overlay: None,
            notice: None,
            page: 0,
            result: 0,
            code: false,
            keep: false,
            said: None,
        }
    }

    /// The language of the screen.
    #[must_use]
    pub fn language(&self) -> Language {
        let configured = self.situation.as_ref().map(|situation| situation.language);
        self.language.or(configured).unwrap_or(self.options.language)
    }

    /// Whether what is typed now is, or may be meant as, a secret.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        matches!(self.screen(), Screen::SignIn | Screen::SigningIn)
    }

    pub(super) fn is_stopping(&self) -> bool {
        matches!(self.work(), Some(Work::Running { stopping: true, .. }))
    }

    pub(super) fn work(&self) -> Option<&Work> {
        self.situation.as_ref().map(|situation| &situation.work)
    }
}
