//! What lies over a screen: help, pause, and the second question before a grave act.

use super::super::palette::Mark;
use super::super::screen::Screen;
use super::super::state::{Grave, Overlay};
use super::super::text::T;
use super::{Row, Speaker, View};

/// What F10 is called where it leads to this.
pub(super) const fn act(grave: Grave) -> T {
    match grave {
        Grave::Stop => T::ActStop,
        Grave::Resume | Grave::StartOver | Grave::GiveUp => T::ActYes,
        Grave::Off => T::ActOff,
        Grave::Leave => T::ActLeave,
    }
}

impl Speaker<'_> {
    pub(super) fn overlay(&self, overlay: Overlay, below: Screen<'_>) -> View {
        let mut view = match overlay {
            Overlay::Pause => self.says(Mark::Form, T::PauseTitle, &[T::PauseBody, T::PauseNext]),
            Overlay::Sure(grave) => self.sure(grave),
            Overlay::Help => self.help(below),
        };
        let ways: &[(&'static str, T)] = match overlay {
            Overlay::Sure(Grave::GiveUp) => {
                &[("1-2", T::ActAnswer), ("Backspace", T::SureNo), ("F1", T::ActHelp)]
            }
            Overlay::Sure(_) => {
                &[("Enter", T::ActYes), ("Backspace", T::SureNo), ("F1", T::ActHelp)]
            }
            Overlay::Help => &[("Enter", T::ActClose), ("F1", T::ActClose)],
            Overlay::Pause => &[("Enter", T::ActClose), ("F1", T::ActHelp)],
        };
        let last = if matches!(overlay, Overlay::Sure(_)) { T::SureNo } else { T::ActClose };
        let common = [("F9", T::ActLanguage), ("Esc", last)];
        view.keys = ways.iter().chain(&common).map(|(key, text)| (*key, self.t(*text))).collect();
        view
    }

    fn sure(&self, grave: Grave) -> View {
        let (title, body, yes) = match grave {
            Grave::Stop => (T::SureStopTitle, T::SureStopBody, T::SureStopYes),
            Grave::Resume => (T::SureResumeTitle, T::SureResumeBody, T::SureResumeYes),
            Grave::StartOver => (T::SureStartOverTitle, T::SureStartOverBody, T::SureStartOverYes),
            Grave::GiveUp => (T::SureGiveUpTitle, T::SureGiveUpBody, T::SureGiveUpYes),
            Grave::Off => (T::SureOffTitle, T::SureOffBody, T::SureOffYes),
            Grave::Leave => (T::SureLeaveTitle, T::SureLeaveBody, T::SureLeaveYes),
        };
        let mut view = self.says(Mark::NeedsYou, title, &[body]);
        view.rows.push(Row::Gap);
        view.rows.extend(match grave {
            // Enter is what leads on everywhere else: nothing is lost by it.
            Grave::GiveUp => {
                [Row::Answer("1", self.t(T::SureGiveUpNo)), Row::Answer("2", self.t(yes))]
            }
            _ => [Row::Answer("Enter", self.t(yes)), Row::Answer("Backspace", self.t(T::SureNo))],
        });
        view
    }

    fn help(&self, below: Screen<'_>) -> View {
        let below = self.screen(below);
        let own = below.keys.iter().map(|(key, act)| format!("{key}: {act}"));
        let own = own.collect::<Vec<_>>().join(", ");
        let mut view = self.view(Mark::Form, T::HelpTitle);
        view.rows = vec![
            Row::Strong(self.with(T::HelpThis, &[("title", below.title.into())])),
            Row::Under(own),
            Row::Gap,
            Row::Text(self.t(T::HelpKeys)),
        ];
        let keys = [
            T::HelpEnter,
            T::HelpAnswers,
            T::HelpBack,
            T::HelpHelp,
            T::HelpCode,
            T::HelpNoLabel,
            T::HelpLanguage,
            T::HelpF10,
            T::HelpPages,
            T::HelpPause,
        ];
        view.rows.extend(keys.map(|text| Row::Under(self.t(text))));
        view.rows.extend([Row::Gap, Row::Text(self.t(T::HelpPerson))]);
        view
    }
}
