//! The loop between a terminal, the console's state, and the engine.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event as Input, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{Clear, ClearType, EnterAlternateScreen};
use ratatui::layout::Rect;
use ratatui::{DefaultTerminal, TerminalOptions, Viewport};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use zeroize::Zeroizing;

use crate::cli::console::Console;
use crate::cli::{Exit, Stop};
use crate::clock::{self, SystemClock};
use crate::console::palette::{Colours, PALETTE};
use crate::console::{Effect, Key, Message, Options, State, draw, plain, update};
use crate::device::Time as _;
use crate::engine::{Mouth, connect};
use crate::model::Language;

/// How often time passes, and how often an engine that is gone is looked for.
const TICK: Duration = Duration::from_millis(100);
/// How many times an engine is looked for before it is missed.
const STARTING: u32 = 20;

/// For how many quiet ticks there may be something new, and how many there are until the next picture.
const FRESH: u32 = 3;
const STILL: u32 = 10;
const AGAIN: Duration = Duration::from_secs(1);

/// The size of a terminal that does not say one.
const LINE: (u16, u16) = (80, 24);

/// Room for a line, so that a secret is not left behind where it was moved from.
const LONGEST: usize = 4096;

/// What happens to the loop.
enum Happened {
    Message(Message),
    /// A line of the plain console, which may be a secret.
    Line(Zeroizing<String>),
    /// The way to the engine, newly found.
    Connected(Mouth),
    /// Somebody wants to see all of it again: another terminal may be at the end of the line by now.
    Repaint,
    /// The terminal is gone.
    Gone,
}

/// What kind of terminal it is.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Terminal {
    /// Lines instead of a picture.
    pub(in crate::cli) plain: bool,
    /// It lets itself be given our colours.
    pub(in crate::cli) ours: bool,
    /// The language until the engine says another one.
    pub(in crate::cli) language: Language,
    /// Whether somebody may leave it.
    pub(in crate::cli) may_leave: bool,
}

/// Shows the engine at `socket` on this terminal until somebody leaves it.
pub(in crate::cli) fn show(socket: &Path, terminal: Terminal) -> Result<Exit, Stop> {
    let Terminal { plain, ours, language, may_leave } = terminal;
    let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    if !plain && !is_terminal {
        return Err(Stop::refused("It needs a terminal; or try it with --plain."));
    }
    let clock = Arc::new(SystemClock::start());
    let at = move || u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (sender, happened) = mpsc::channel();
    listen(socket.to_owned(), sender.clone());
    let screen = if plain {
        std::thread::spawn(move || read_lines(&sender));
        Screen::Plain(Plain(Console::new(false)))
    } else {
        let screen = Screen::Cells(Box::new(Cells::take(ours).map_err(lost)?));
        let at = at.clone();
        std::thread::spawn(move || read_keys(&sender, at));
        screen
    };
    let colours = if ours && !plain { Colours::Ours } else { Colours::Terminal };
    let now = jiff::Zoned::now();
    let utc_offset_seconds = now.offset().seconds();
    let options = Options { language, utc_offset_seconds, may_leave, plain, colours };
    let ended = ended().map_err(lost)?;
    go_on(State::new(options), screen, &happened, &ended, at).map_err(lost)
}

fn lost(error: io::Error) -> Stop {
    Stop::fault(format!("the terminal cannot be used: {error}"))
}

/// What becomes true when somebody ends this program: the terminal is to be given back first.
fn ended() -> io::Result<Arc<AtomicBool>> {
    let ended = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&ended))?;
    }
    Ok(ended)
}

fn go_on(
    mut state: State,
    mut screen: Screen,
    happened: &Receiver<Happened>,
    ended: &AtomicBool,
    at: impl Fn() -> u64,
) -> io::Result<Exit> {
    let mut mouth: Option<Mouth> = None;
    if let Screen::Cells(cells) = &mut screen {
        let size = cells.terminal.get_frame().area();
        update(&mut state, Message::Resize { columns: size.width, rows: size.height });
    }
    if let Screen::Plain(_) = screen {
        // Lines have no pages.
        update(&mut state, Message::Resize { columns: LINE.0, rows: u16::MAX });
    }
    let mut quiet = 0;
    while !ended.load(Ordering::Relaxed) {
        // A line is not kept busy with pictures of nothing new.
        if quiet < FRESH {
            screen.show(&mut state)?;
        }
        // All that has happened, and then one picture of it.
        let mut next = match happened.recv_timeout(TICK) {
            Ok(first) => Some(first),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(Exit::Done),
        };
        quiet = if next.is_some() { 0 } else { (quiet + 1) % STILL };
        let tick = Message::Tick { now: clock::now(), at: at() };
        let mut effects = Vec::new();
        while let Some(one) = next {
            match one {
                Happened::Message(message) => effects.extend(update(&mut state, message)),
                Happened::Line(line) => {
                    for message in plain::typed(&mut state, &line, at()) {
                        effects.extend(update(&mut state, message));
                    }
                }
                Happened::Connected(new) => mouth = Some(new),
                Happened::Repaint => screen.repaint()?,
                Happened::Gone => return Ok(Exit::Done),
            }
            next = happened.try_recv().ok();
        }
        effects.extend(update(&mut state, tick));
        for effect in effects {
            match effect {
                Effect::Quit => return Ok(Exit::Done),
                // One that cannot be sent was not heard, and the screen says that it is not connected.
                Effect::Order(order) => {
                    if let Some(mouth) = &mut mouth {
                        let _ = mouth.ask(&order);
                    }
                }
            }
        }
    }
    Ok(Exit::Done)
}

/// Hears the engine, and looks for it again when it is gone.
fn listen(socket: PathBuf, happened: Sender<Happened>) {
    std::thread::spawn(move || {
        // An engine that is just being started is not lost.
        let mut silence = STARTING;
        loop {
            if let Ok((mut ear, mouth)) = connect(&socket) {
                silence = 0;
                if happened.send(Happened::Connected(mouth)).is_err() {
                    return;
                }
                while let Ok(Some(report)) = ear.hear() {
                    if happened.send(Happened::Message(Message::Report(report))).is_err() {
                        return;
                    }
                }
            }
            if silence == 0 && happened.send(Happened::Message(Message::Lost)).is_err() {
                return;
            }
            silence = silence.saturating_sub(1);
            std::thread::sleep(AGAIN);
        }
    });
}

fn read_lines(happened: &Sender<Happened>) {
    let mut stdin = io::stdin().lock();
    loop {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
        if !matches!(stdin.read_until(b'\n', &mut bytes), Ok(1..)) {
            break;
        }
        // A line that is disturbed is no reason to stop hearing.
        let line = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        if happened.send(Happened::Line(line)).is_err() {
            return;
        }
    }
    let _ = happened.send(Happened::Gone);
}

fn read_keys(happened: &Sender<Happened>, at: impl Fn() -> u64) {
    while let Ok(input) = event::read() {
        let one = match input {
            Input::Key(key) if key.kind == KeyEventKind::Release => continue,
            Input::Key(key) if key.modifiers.contains(KeyModifiers::CONTROL) => match key.code {
                KeyCode::Char('l') => Happened::Repaint,
                _ => continue,
            },
            Input::Key(key) => Happened::Message(Message::Key { key: named(key.code), at: at() }),
            Input::Resize(columns, rows) => Happened::Message(Message::Resize { columns, rows }),
            _ => continue,
        };
        if happened.send(one).is_err() {
            return;
        }
    }
    let _ = happened.send(Happened::Gone);
}

const fn named(code: KeyCode) -> Key {
    match code {
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Esc => Key::Esc,
        KeyCode::F(n) => Key::F(n),
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        _ => Key::Other,
    }
}

/// What the state is shown on.
enum Screen {
    Plain(Plain),
    Cells(Box<Cells>),
}

impl Screen {
    fn show(&mut self, state: &mut State) -> io::Result<()> {
        match self {
            Self::Plain(Plain(console)) => {
                for line in plain::lines(state) {
                    console.line(&line);
                }
                // A terminal of lines shows what is typed by itself.
                echo(!state.is_secret());
            }
            Self::Cells(cells) => {
                cells.terminal.draw(|frame| draw(state, frame))?;
            }
        }
        Ok(())
    }

    /// Shows all of it again.
    fn repaint(&mut self) -> io::Result<()> {
        if let Self::Cells(cells) = self {
            cells.terminal = empty(&cells.viewport)?;
        }
        Ok(())
    }
}

/// Lets the terminal show what is typed, or not.
fn echo(shown: bool) {
    let stdin = io::stdin();
    let Ok(mut terms) = tcgetattr(&stdin) else { return };
    if terms.local_flags.contains(LocalFlags::ECHO) != shown {
        terms.local_flags.set(LocalFlags::ECHO, shown);
        let _ = tcsetattr(&stdin, SetArg::TCSANOW, &terms);
    }
}

/// A terminal of lines, which shows again what is typed when it is given back.
struct Plain(Console);

impl Drop for Plain {
    fn drop(&mut self) {
        echo(true);
    }
}

/// A terminal of cells, which is given back as it was.
struct Cells {
    terminal: DefaultTerminal,
    viewport: Viewport,
    /// Whether it has our colours: only the Linux console lets itself be given any.
    ours: bool,
}

impl Cells {
    fn take(ours: bool) -> io::Result<Self> {
        // A serial line does not say how large the screen at its other end is.
        let is_line = matches!(ratatui::crossterm::terminal::size()?, (0, _) | (_, 0));
        let viewport = if is_line {
            Viewport::Fixed(Rect::new(0, 0, LINE.0, LINE.1))
        } else {
            Viewport::Fullscreen
        };
        ratatui::try_init_with_options(TerminalOptions { viewport: viewport.clone() })?;
        if !is_line {
            execute!(io::stdout(), EnterAlternateScreen)?;
        }
        if ours {
            let mut words = String::new();
            for (n, [red, green, blue]) in PALETTE.iter().enumerate() {
                words += &format!("\u{1b}]P{n:x}{red:02x}{green:02x}{blue:02x}");
            }
            let mut out = io::stdout();
            out.write_all(words.as_bytes())?;
            out.flush()?;
        }
        Ok(Self { terminal: empty(&viewport)?, viewport, ours })
    }
}

/// A terminal with nothing on it. The kernel's screen and a line may still have on them what was said
/// before; and a line is not asked where its cursor is, as there may be nobody at its other end.
fn empty(viewport: &Viewport) -> io::Result<DefaultTerminal> {
    execute!(io::stdout(), Clear(ClearType::All))?;
    let options = TerminalOptions { viewport: viewport.clone() };
    ratatui::Terminal::with_options(CrosstermBackend::new(io::stdout()), options)
}

impl Drop for Cells {
    fn drop(&mut self) {
        if self.ours {
            let mut out = io::stdout();
            let _ = out.write_all(b"\x1b]R");
            let _ = out.flush();
        }
        ratatui::restore();
    }
}
