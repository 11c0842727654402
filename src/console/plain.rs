//! The same screens as numbered lines, for screen readers and terminals that cannot place a cursor.

use zeroize::Zeroizing;

use super::input;
use super::state::{Key, Message, State};
use super::text::{T, say};
use super::view::{Row, STEPS, View, view};

/// What is on the screen and was not said the last time, a line each, with its number on the screen; the
/// first time also how keys are typed. To be called after each [`super::update`]. A percentage is said
/// when it has passed a ten.
pub fn lines(state: &mut State) -> Vec<String> {
    let view = view(state);
    let now: Vec<String> = spoken(state, &view);
    let coarse: Vec<String> = now.iter().map(|line| tens(line)).collect();
    let is_first = state.said.is_none();
    let before = state.said.take().unwrap_or_default();
    let same_screen = before.first() == coarse.first();
    let numbered = now.into_iter().enumerate().zip(&coarse);
    let new = numbered.filter(|((_, _), coarse)| !same_screen || !before.contains(coarse));
    let new = new.map(|((index, line), _)| format!("{}: {line}", index + 1));
    let keys = is_first.then(|| say(state.language(), T::PlainKeys, &[]));
    let said = keys.into_iter().chain(new).collect();
    state.said = Some(coarse);
    said
}

/// Every line of a screen.
fn spoken(state: &State, view: &View) -> Vec<String> {
    let mut lines = vec![view.step.map_or_else(
        || view.title.clone(),
        |n| {
            let values = [("n", n.into()), ("all", STEPS.into())];
            format!("{}. {}", say(state.language(), T::Step, &values), view.title)
        },
    )];
    let rows = |rows: &[Row]| rows.iter().filter_map(row).collect::<Vec<_>>();
    lines.extend(rows(&view.notice));
    if !view.big.is_empty() {
        lines.push(view.big.join(" "));
    }
    lines.extend(rows(&view.rows));
    if let Some((_, small)) = &view.code {
        lines.push(small.clone());
        lines.push(say(state.language(), T::CodeSmall, &[]));
    }
    let keys = view.keys.iter().map(|(key, act)| format!("{key}: {act}"));
    lines.push(keys.collect::<Vec<_>>().join(", "));
    lines
}

fn row(row: &Row) -> Option<String> {
    Some(match row {
        Row::Gap => return None,
        Row::Text(text) | Row::Strong(text) | Row::Under(text) | Row::Heading(text) => text.clone(),
        // A word needs no symbol beside it here.
        Row::State(_, text) => text.clone(),
        Row::Answer(key, text) => format!("{key} = {text}"),
        Row::Field(label, text) => format!("{label} {text}"),
    })
}

/// The line with every percentage rounded down to a ten.
fn tens(line: &str) -> String {
    let Some((before, after)) = line.split_once('%') else { return line.to_owned() };
    let digits = before.trim_end().trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let number: u32 = before.get(digits..).unwrap_or_default().trim().parse().unwrap_or(0);
    format!("{}{}%{after}", before.get(..digits).unwrap_or_default(), number / 10 * 10)
}

/// The messages that a line of input stands for; `at` as in [`Message::Key`]. An empty line is Enter; `1`
/// to `3` are answers; `f1`, `f2`, `f4`, `f9`, `f10`, `esc`, `backspace` or `back`, `pgdn` and `pgup` are
/// those keys. Anything else is the text of a field where there is one, and changes nothing where there
/// is none. The screen is said again after it: what did nothing must not be answered with silence.
#[must_use]
pub fn typed(state: &mut State, line: &str, at: u64) -> Vec<Message> {
    state.said = Some(Vec::new());
    let field = state.screen().has_field() && state.overlay.is_none();
    let line = line.trim_matches(['\r', '\n']);
    let one = |key: Key| vec![Message::Key { key, at }];
    // It may be a secret.
    let lower = Zeroizing::new(line.trim().to_ascii_lowercase());
    match lower.as_str() {
        "" => one(Key::Enter),
        "esc" => one(Key::Esc),
        "back" | "backspace" => one(Key::Backspace),
        "pgdn" => one(Key::PageDown),
        "pgup" => one(Key::PageUp),
        "f1" => one(Key::F(1)),
        "f2" => one(Key::F(2)),
        "f4" => one(Key::F(4)),
        "f9" => one(Key::F(9)),
        "f10" => one(Key::F(10)),
        answer @ ("1" | "2" | "3") if !field => {
            // A line is whole: what comes after its only character is known not to come.
            let sure = at.saturating_add(input::AFTER);
            let sure = state.now.map(|now| Message::Tick { now, at: sure });
            answer.chars().map(Key::Char).flat_map(one).chain(sure).collect()
        }
        _ => {
            // Nobody can tell here whether it was scanned: in a field it counts as typed, elsewhere as
            // a scan in the wrong place.
            let apart = if field { input::BURST } else { 0 };
            let keys = line.chars().map(Key::Char).chain([Key::Enter]);
            let times = (0_u64..).map(|n| at.saturating_add(n.saturating_mul(apart)));
            keys.zip(times).map(|(key, at)| Message::Key { key, at }).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_said_when_it_passed_a_ten() {
        assert_eq!(tens("SLETTER 42 %. Færdig"), "SLETTER 40%. Færdig");
        assert_eq!(tens("ERASING 9%."), "ERASING 0%.");
        assert_eq!(tens("Disk"), "Disk");
    }
}
