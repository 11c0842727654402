//! A state's screen as cells. The title is on the first line, the keys are on the last, and what a screen
//! says lies between them; what does not fit is on further pages.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget as _};

use super::pages::{Group, groups, paged};
use super::palette::{Mark, keys};
use super::state::State;
use super::text::{T, say};
use super::view::{Row, STEPS, View, view};
use super::{big, code};

/// The rows of text that large letters leave room for.
const TEXT: usize = 5;

/// The least number of rows of a screen with the whole code.
const WHOLE_CODE: u16 = 36;

/// The narrowest column of text beside a code.
const NARROW: usize = 20;

/// The narrowest column for a verdict beside its code.
const VERDICT: usize = 46;

/// Draws the whole screen.
pub fn draw(state: &State, frame: &mut Frame<'_>) {
    let area = frame.area();
    let mut view = view(state);
    let buffer = frame.buffer_mut();
    let colours = state.options.colours;
    Block::new().style(view.mark.style(colours)).render(area, buffer);
    let [top, middle, bottom] = areas(area);
    bar(buffer, top, keys());
    let body = body(state, &view, middle);
    if state.page.saturating_add(1) < body.pages.len() {
        turning(state, &mut view, bottom.width.into());
    }
    put(buffer, top, &title(state, &view, top.width.into()), keys());
    let mut y = middle.y;
    for line in body.head.iter().chain(body.page(state.page)).take(middle.height.into()) {
        let style = line.mark.map_or_else(Style::new, |mark| mark.style(colours));
        put(
            buffer,
            Rect { y, height: 1, ..middle },
            &line.text,
            style.add_modifier(line.weight & colours.weight()),
        );
        y = y.saturating_add(1);
    }
    if let Some((rows, column)) = &body.code {
        let style = Mark::Form.style(colours);
        let x = middle.x.saturating_add(*column);
        for (row, y) in rows.iter().zip(middle.y..middle.bottom()) {
            let place = Rect { x, y, width: middle.width, height: 1 }.intersection(middle);
            put(buffer, place, row, style);
        }
    }
    bar(buffer, bottom, keys());
    put(buffer, bottom, &legend(&view, bottom.width.into()), keys());
}

/// Names the keys that turn the page.
fn turning(state: &State, view: &mut View, width: usize) {
    let enter = view.keys.iter_mut().find(|(key, _)| *key == "Enter").filter(|_| view.turns);
    if let Some((_, act)) = enter {
        *act = say(state.language(), T::ActNextPage, &[]);
    }
    let page = say(state.language(), T::ActPage, &[]);
    if let Some((_, act)) = view.keys.iter_mut().find(|(key, _)| *key == "PgDn") {
        *act = page;
        return;
    }
    // Where it has no room the row below the title names it.
    view.keys.push(("PgDn", page));
    if Span::raw(legend(view, 0)).width() > width {
        view.keys.pop();
    }
}

/// How many pages the screen of a state has.
pub(super) fn pages(state: &State) -> usize {
    let (width, height) = state.size;
    let [_, middle, _] = areas(Rect { x: 0, y: 0, width, height });
    body(state, &view(state), middle).pages.len()
}

/// The title's line, what lies between, and the keys' line.
fn areas(area: Rect) -> [Rect; 3] {
    let line = |y: u16| Rect { y, height: area.height.min(1), ..area }.intersection(area);
    let middle = Rect { height: area.height.saturating_sub(2), ..area };
    let middle = Rect { y: area.y.saturating_add(1), ..middle }.intersection(area);
    [
        line(area.y),
        middle.inner(Margin { horizontal: 1, vertical: 0 }),
        line(area.bottom().saturating_sub(1)),
    ]
}

fn bar(buffer: &mut Buffer, area: Rect, style: Style) {
    Block::new().style(style).render(area, buffer);
}

fn put(buffer: &mut Buffer, area: Rect, text: &str, style: Style) {
    Line::styled(text, style).render(area, buffer);
}

/// Where am I, on the left; how it stands and which step, on the right.
fn title(state: &State, view: &View, width: usize) -> String {
    let word = match view.mark {
        Mark::Waiting => Some(T::StateWaiting),
        Mark::Working if state.is_stopping() => Some(T::StateStopping),
        Mark::Working => Some(T::StateWorking),
        Mark::NeedsYou if view.big.is_empty() => Some(T::StateNeedsYou),
        _ => None,
    };
    let step = view
        .step
        .map(|n| say(state.language(), T::Step, &[("n", n.into()), ("all", STEPS.into())]));
    let word = word.map(|word| say(state.language(), word, &[]));
    let step = word.into_iter().chain(step).collect::<Vec<_>>().join("   ");
    let symbol = if view.big.is_empty() { view.mark.symbol() } else { " " };
    both(&format!("{symbol} {}", view.title), &step, width)
}

/// The keys of this screen on the left; those that are the same on all screens on the right.
fn legend(view: &View, width: usize) -> String {
    let everywhere = |key: &str| matches!(key, "F1" | "F9" | "Esc");
    let side = |of: bool| {
        let keys = view.keys.iter().filter(|(key, _)| everywhere(key) == of);
        keys.map(|(key, act)| format!("{key} {act}")).collect::<Vec<_>>().join("  ")
    };
    both(&format!(" {}", side(false)), &side(true), width)
}

fn both(left: &str, right: &str, width: usize) -> String {
    let used = Span::raw(left).width() + Span::raw(right).width() + 1;
    format!("{left}{}{right}", " ".repeat(width.saturating_sub(used).max(2)))
}

/// A line of the body as it is drawn.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawn {
    pub(super) text: String,
    weight: Modifier,
    mark: Option<Mark>,
}

/// The body: what stands on every page, and the pages.
#[derive(Debug)]
struct Body {
    head: Vec<Drawn>,
    pages: Vec<Vec<Drawn>>,
    /// A code's rows, and the column where they begin.
    code: Option<(Vec<String>, u16)>,
}

impl Body {
    fn page(&self, page: usize) -> impl Iterator<Item = &Drawn> {
        self.pages.get(page.min(self.pages.len().saturating_sub(1))).into_iter().flatten()
    }
}

fn body(state: &State, view: &View, area: Rect) -> Body {
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    if let Some((whole, small)) = &view.code {
        return with_code(state, whole.as_deref(), small, (width, height));
    }
    let code = view.beside.as_deref().filter(|_| state.size.1 >= WHOLE_CODE);
    let code = code.and_then(|text| code::draw(text, width.saturating_sub(VERDICT), height));
    // The code is on the right, and what is said on the left of it.
    let used = code.as_ref().map_or(0, |rows| columns(rows) + 2);
    let width = width.saturating_sub(used);
    let code = code.map(|rows| (rows, u16::try_from(width + 2).unwrap_or(u16::MAX)));
    let notice = view.notice.iter().flat_map(|row| lines(row, width.saturating_sub(2)));
    let notice = notice.enumerate().map(|(n, line)| {
        let symbol = if n == 0 { Mark::NeedsYou.symbol() } else { " " };
        Drawn { mark: Some(Mark::NeedsYou), ..strong(format!("{symbol} {}", line.text)) }
    });
    let mut notice: Vec<Drawn> = notice.collect();
    if !notice.is_empty() {
        notice.push(Drawn::default());
    }
    let mut groups = groups(&view.rows, width);
    let mut head = vec![Drawn::default()];
    if !view.big.is_empty() {
        let words: Vec<&str> = view.big.iter().map(String::as_str).collect();
        let text = groups.iter().map(|group| group.lines.len()).sum::<usize>().min(TEXT);
        let room = height.saturating_sub(2 + text);
        match big::draw(&words, width, room) {
            Some(letters) => {
                head.extend(letters.into_iter().map(|text| Drawn { text, ..Drawn::default() }));
                head.push(Drawn::default());
            }
            None => groups.insert(0, Group { lines: vec![strong(words.join(" "))], above: None }),
        }
    }
    // A large word stands where it always stands, and as large.
    head.extend(notice);
    let pages = paged(&groups, height.saturating_sub(head.len()).max(1));
    if pages.len() > 1 {
        // The free row below the title says which page this is.
        let (n, all) = (state.page.min(pages.len() - 1) + 1, pages.len());
        let text = say(state.language(), T::Page, &[("n", n.into()), ("all", all.into())]);
        if let Some(free) = head.first_mut() {
            *free = strong(text);
        }
    }
    Body { head, pages, code }
}

/// A code with what it is beside it.
fn with_code(
    state: &State,
    whole: Option<&str>,
    small: &str,
    (width, height): (usize, usize),
) -> Body {
    let fits = state.size.1 >= WHOLE_CODE;
    let whole_code = whole.filter(|_| fits).and_then(|text| code::draw(text, width, height));
    let mut said = Vec::new();
    let code = if whole_code.is_some() {
        said.push(T::CodeFull);
        whole_code
    } else {
        if whole.is_some() {
            said.push(T::CodeNoRoom);
        }
        let small = code::draw(small, width, height);
        said.push(if small.is_some() { T::CodeSmall } else { T::CodeNone });
        small
    };
    let used = code.as_deref().map_or(0, columns);
    let column = width.saturating_sub(used + 2);
    let beside = column >= NARROW;
    let mut rest = Vec::new();
    if beside {
        for text in said {
            let row = Row::Strong(say(state.language(), text, &[]));
            rest.extend(lines(&row, column).into_iter().chain([Drawn::default()]));
        }
        for line in &mut rest {
            line.text.insert_str(0, &" ".repeat(used + 2));
        }
    }
    let pages = rest.chunks(height.max(1)).map(<[Drawn]>::to_vec).collect();
    Body { head: Vec::new(), pages, code: code.map(|rows| (rows, 0)) }
}

/// How many columns a code takes.
fn columns(rows: &[String]) -> usize {
    rows.first().map_or(0, |row| row.chars().count())
}

fn strong(text: String) -> Drawn {
    Drawn { text, weight: Modifier::BOLD, mark: None }
}

/// A row in lines of at most `width` cells.
pub(super) fn lines(row: &Row, width: usize) -> Vec<Drawn> {
    let (first, indent, text, weight, mark) = match row {
        Row::Gap => return vec![Drawn::default()],
        Row::Text(text) | Row::Heading(text) => {
            (String::new(), 0, text.clone(), Modifier::empty(), None)
        }
        Row::Strong(text) => (String::new(), 0, text.clone(), Modifier::BOLD, None),
        Row::Under(text) => ("  ".to_owned(), 2, text.clone(), Modifier::empty(), None),
        Row::State(mark, text) => {
            (format!("{} ", mark.symbol()), 2, text.clone(), Modifier::BOLD, Some(*mark))
        }
        Row::Answer(key, text) => {
            let key = format!("{key:<9} ");
            (key.clone(), key.chars().count(), text.clone(), Modifier::BOLD, None)
        }
        Row::Field(label, text) => {
            let label = format!("{label} ");
            (label.clone(), label.chars().count(), format!("{text}_"), Modifier::BOLD, None)
        }
    };
    let wrapped = wrap(&text, width.saturating_sub(indent).max(1));
    let line = |(at, text): (usize, String)| {
        let before = if at == 0 { first.clone() } else { " ".repeat(indent) };
        Drawn { text: format!("{before}{text}"), weight, mark }
    };
    wrapped.into_iter().enumerate().map(line).collect()
}

/// Breaks a text at spaces, and within words that are longer than a line.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let wide = |text: &str| Span::raw(text).width();
    for word in text.split(' ') {
        if !line.is_empty() && wide(&line) + 1 + wide(word) > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            let mut next = line.clone();
            next.push(c);
            if wide(&next) > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_at_spaces_and_nothing_is_lost() {
        assert_eq!(wrap("en to tre", 6), ["en to", "tre"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a bcdefgh", 3), ["a", "bcd", "efg", "h"]);
        assert_eq!(wrap("", 3), [""]);
    }
}
