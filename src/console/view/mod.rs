//! What is on each screen, before it is placed: drawn as cells or said as lines, it is the same.

mod over;
mod overlay;
mod prepare;
mod words;
mod work;

use super::palette::Mark;
use super::screen::{Screen, has_whole};
use super::state::{Notice, State};
use super::tag::Wrong;
use super::text::{T, Value, say};
use crate::engine::{Declined, End, Work};
use crate::model::Language;

/// A row of a screen's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    /// A sentence.
    Text(String),
    /// One that is to be seen first.
    Strong(String),
    /// One that belongs to the row above.
    Under(String),
    /// What a list begins with: it stands above each part of it, up to the next gap.
    Heading(String),
    /// How something stands: its mark and words.
    State(Mark, String),
    /// An answer: its key and what it does.
    Answer(&'static str, String),
    /// The field for text and what is in it.
    Field(String, String),
    /// Nothing.
    Gap,
}

/// A screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    /// How it stands: the colour and symbol of the whole screen.
    pub(super) mark: Mark,
    /// Where am I.
    pub(super) title: String,
    /// Which step of how many, if it is one.
    pub(super) step: Option<u8>,
    /// Lines of large letters.
    pub(super) big: Vec<String>,
    /// The body.
    pub(super) rows: Vec<Row>,
    /// The text of the whole code, and that of the small one.
    pub(super) code: Option<(Option<String>, String)>,
    /// The text of the whole code, to be seen beside the large letters where there is room for it.
    pub(super) beside: Option<String>,
    /// The keys and what each does, always in this order.
    pub(super) keys: Vec<(&'static str, String)>,
    /// Whether Enter turns the page while there are more.
    pub(super) turns: bool,
    /// What is to be said about the last key.
    pub(super) notice: Vec<Row>,
}

/// How many steps there are.
pub(super) const STEPS: u8 = 5;

/// Speaks one language, for one state.
#[derive(Clone, Copy)]
struct Speaker<'a> {
    state: &'a State,
    language: Language,
}

impl Speaker<'_> {
    fn t(&self, text: T) -> String {
        say(self.language, text, &[])
    }

    fn with(&self, text: T, values: &[Value<'_>]) -> String {
        say(self.language, text, values)
    }

    /// A screen with nothing but its title.
    fn view(&self, mark: Mark, title: T) -> View {
        View {
            mark,
            title: self.t(title),
            step: None,
            big: Vec::new(),
            rows: Vec::new(),
            code: None,
            beside: None,
            keys: Vec::new(),
            turns: false,
            notice: Vec::new(),
        }
    }

    /// A screen that says these sentences.
    fn says(&self, mark: Mark, title: T, sentences: &[T]) -> View {
        let mut view = self.view(mark, title);
        for (index, sentence) in sentences.iter().enumerate() {
            if index > 0 {
                view.rows.push(Row::Gap);
            }
            let text = self.t(*sentence);
            view.rows.push(if index == 0 { Row::Strong(text) } else { Row::Text(text) });
        }
        view
    }

    /// What an English sentence is in the language of the screen: itself, or small below.
    fn technical(&self, sentence: &str) -> Row {
        let sentence = words::plain(sentence);
        match self.language {
            Language::English => Row::Text(sentence),
            Language::Danish => Row::Under(self.with(T::Technical, &[("text", sentence.into())])),
        }
    }

    fn notice(&self) -> Vec<Row> {
        match &self.state.notice {
            None => Vec::new(),
            Some(Notice::Stray) => {
                let field = self.state.screen().has_field() && self.state.overlay.is_none();
                let text = if field { T::NoticeEarly } else { T::NoticeStray };
                vec![Row::Text(self.t(text))]
            }
            Some(Notice::Secret) => vec![Row::Text(self.t(T::NoticeBadge))],
            Some(Notice::Wrong(wrong)) => vec![Row::Text(self.t(match wrong {
                Wrong::Length => T::NoticeLength,
                Wrong::Character => T::NoticeCharacter,
                Wrong::Check => T::NoticeCheck,
            }))],
            Some(Notice::Declined(why)) => match why {
                Declined::Working => vec![Row::Text(self.t(T::NoticeWorking))],
                Declined::Looking => vec![Row::Text(self.t(T::NoticeLooking))],
                Declined::Idle => vec![Row::Text(self.t(T::NoticeIdle))],
                Declined::Changed => vec![Row::Text(self.t(T::NoticeChanged))],
                Declined::Secret => vec![Row::Text(self.t(T::NoticeSecret))],
                Declined::Unkept => vec![Row::Text(self.t(T::NoticeUnkept))],
                Declined::Other { message } => {
                    vec![Row::Text(self.t(T::NoticeDeclined)), self.technical(message)]
                }
            },
        }
    }
}

/// The screen of a state.
pub(super) fn view(state: &State) -> View {
    let speaker = Speaker { state, language: state.language() };
    let screen = state.screen();
    let mut view = match state.overlay {
        Some(overlay) => speaker.overlay(overlay, screen),
        None => speaker.screen(screen),
    };
    view.notice = speaker.notice();
    view
}

impl Speaker<'_> {
    fn screen(&self, screen: Screen<'_>) -> View {
        let mut view = match screen {
            Screen::Connecting => {
                self.says(Mark::Waiting, T::ConnectingTitle, &[T::ConnectingBody])
            }
            Screen::Lost => self.says(Mark::Waiting, T::LostTitle, &[T::LostBody, T::LostNext]),
            Screen::Looking => self.says(Mark::Waiting, T::LookingTitle, &[T::LookingBody]),
            Screen::Planning => self.says(Mark::Waiting, T::PlanningTitle, &[T::PlanningBody]),
            Screen::Beginning => self.says(Mark::Waiting, T::BeginningTitle, &[T::BeginningBody]),
            Screen::Job => self.says(Mark::Waiting, T::JobTitle, &[T::JobBody, T::JobNext]),
            Screen::Off { again } => {
                let title = if again { T::OffAgainTitle } else { T::OffTitle };
                self.says(Mark::Waiting, title, &[T::OffBody])
            }
            Screen::Failed(message) => {
                let mut view = self.says(Mark::NeedsYou, T::FailedTitle, &[T::FailedBody]);
                view.rows.push(self.technical(message));
                view.rows.extend([Row::Gap, Row::Text(self.t(T::FailedNext))]);
                view
            }
            Screen::NeedsYou(obstacle) => self.needs_you(obstacle),
            Screen::SignIn => {
                let mut view = self.says(Mark::Form, T::SignInTitle, &[T::SignInBody]);
                view.rows.extend([Row::Gap, Row::Text(self.t(T::SignInHidden))]);
                view
            }
            Screen::SigningIn => self.says(Mark::Waiting, T::SignInTitle, &[T::SigningInBody]),
            Screen::NothingToErase => {
                let mut view = match self.state.is_done() {
                    true => self.says(Mark::Waiting, T::AllDoneTitle, &[T::AllDoneBody]),
                    false => self.says(Mark::NeedsYou, T::NothingTitle, &[T::NothingBody]),
                };
                view.rows.push(Row::Gap);
                view.rows.extend(self.kept());
                view
            }
            Screen::Start(plan) => self.start(plan),
            Screen::ConfirmTag => self.confirm_tag(),
            Screen::Changed => {
                let mut view = self.says(Mark::NeedsYou, T::ChangedTitle, &[T::ChangedBody]);
                view.rows.extend([Row::Gap, Row::Answer("1", self.t(T::ChangedNext))]);
                view
            }
            Screen::Colleague => {
                self.says(Mark::NeedsYou, T::ColleagueTitle, &[T::ColleagueBody, T::ColleagueNext])
            }
            Screen::Ask(drive) => self.ask(drive),
            Screen::NothingChosen => {
                self.says(Mark::Form, T::NoneTitle, &[T::NoneBody, T::NoneNext])
            }
            Screen::Plan(plan) => self.plan(plan),
            Screen::Working { drives, stopping } => self.working(drives, stopping),
            Screen::Machine { drives, lacks } => self.machine(drives, lacks),
            Screen::Verdict { drive } => self.verdict(drive),
            Screen::Code { drive } => self.code(drive),
            Screen::Keep { trouble } => self.keep(trouble),
        };
        if screen.is_wait() && self.state.waits_long() {
            // Not beside the word that there is nothing to do.
            view.rows = vec![Row::Strong(self.t(T::WaitLong))];
        }
        view.step = step(screen);
        view.keys = self.keys(screen);
        view
    }

    /// The keys of a screen, always in this order.
    fn keys(&self, screen: Screen<'_>) -> Vec<(&'static str, String)> {
        let enter = match screen {
            Screen::NeedsYou(obstacle) if super::keys::ways(obstacle).len() == 1 => {
                Some(T::ActNext)
            }
            Screen::NothingToErase | Screen::Failed(_) => Some(T::ActLook),
            Screen::SignIn | Screen::Start(_) | Screen::Colleague | Screen::NothingChosen => {
                Some(T::ActNext)
            }
            Screen::Verdict { .. } | Screen::Machine { .. } => Some(match self.state.end() {
                End::Off => T::ActOff,
                End::Restart => T::ActRestart,
                End::Next => T::ActNext,
            }),
            Screen::Plan(_) => Some(T::ActYes),
            Screen::Code { .. } => Some(T::ActBack),
            _ => None,
        };
        let answers = match screen {
            Screen::NeedsYou(obstacle) if super::keys::ways(obstacle).len() > 1 => Some("1-2"),
            Screen::ConfirmTag | Screen::Keep { .. } => Some("1-2"),
            Screen::Ask(_) => Some("1-3"),
            Screen::Changed => Some("1"),
            _ => None,
        };
        let back = matches!(
            screen,
            Screen::ConfirmTag
                | Screen::Colleague
                | Screen::Ask(_)
                | Screen::NothingChosen
                | Screen::Planning
                | Screen::Plan(_)
                | Screen::Code { .. }
                | Screen::Keep { .. }
        ) || (matches!(screen, Screen::NeedsYou(_) | Screen::Start(_))
            && !self.state.answers.passed.is_empty());
        let code = matches!(screen, Screen::Verdict { drive } if drive.document.is_some());
        let several = matches!(screen, Screen::Verdict { .. } | Screen::Machine { .. })
            && matches!(self.state.work(), Some(Work::Over { drives, lacks, .. }) if has_whole(drives, lacks));
        let leaving = self.state.leaving();
        let no_label = matches!(screen, Screen::Start(_));
        [
            enter.map(|text| ("Enter", text)),
            answers.map(|keys| (keys, T::ActAnswer)),
            back.then_some(("Backspace", T::ActBack)),
            Some(("F1", T::ActHelp)),
            code.then_some(("F2", T::ActCode)),
            no_label.then_some(("F4", T::ActNoLabel)),
            Some(("F9", T::ActLanguage)),
            leaving.map(|grave| ("F10", overlay::act(grave))),
            self.state.must_keep().then_some(("F10", T::ActOff)),
            several.then_some(("PgDn", T::ActResult)),
            Some(("Esc", T::ActPause)),
        ]
        .into_iter()
        .flatten()
        .map(|(key, text)| (key, self.t(text)))
        .collect()
    }
}

/// Which step of the way a screen is.
const fn step(screen: Screen<'_>) -> Option<u8> {
    match screen {
        Screen::Start(_) | Screen::ConfirmTag => Some(1),
        Screen::Ask(_) | Screen::Colleague | Screen::NothingChosen => Some(2),
        Screen::Planning | Screen::Plan(_) | Screen::Changed => Some(3),
        Screen::Beginning | Screen::Working { .. } => Some(4),
        Screen::Machine { .. } | Screen::Verdict { .. } | Screen::Code { .. } => Some(5),
        Screen::Keep { .. } => Some(5),
        _ => None,
    }
}
