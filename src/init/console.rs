//! The consoles of the live image: the screen with its font and keyboard, and a serial line where
//! the kernel was told of one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::sys::termios::{InputFlags, LocalFlags, SetArg, tcgetattr, tcsetattr};

use super::font::Font;
use super::{keyboard, log};
use crate::os;

/// The screen's terminal, on which we are.
const SCREEN: &str = "/dev/tty1";

/// The screen as the kernel sees it.
const FRAMEBUFFER: &str = "/sys/class/graphics/fb0";

/// Where the image has fonts and keyboards.
const FILES: &str = "/console";

/// The fonts, the width and height of their glyphs, and how many lines a screen must have with them, the
/// largest first. A certificate's whole code needs 36 lines; letters that can be read from afar count more
/// than that, and room for a whole page more than those.
const FONTS: [(&str, u32, u32, u32); 3] =
    [("32x16", 16, 32, 36), ("24x12", 12, 24, 30), ("16", 8, 16, 0)];

/// The least number of columns.
const COLUMNS: u32 = 80;

/// The keyboards, the usual one first.
const KEYBOARDS: [&str; 2] = ["dk", "us"];

/// The devices of the kernel's consoles. `tty0` is whichever screen is in front; we are on the
/// first.
pub(super) fn consoles() -> Vec<PathBuf> {
    let active = fs::read_to_string("/sys/class/tty/console/active").unwrap_or_default();
    named(&active)
}

fn named(active: &str) -> Vec<PathBuf> {
    let mut names: Vec<_> =
        active.split_whitespace().map(|name| if name == "tty0" { "tty1" } else { name }).collect();
    if !names.contains(&"tty1") {
        names.insert(0, "tty1");
    }
    names.iter().map(|name| Path::new("/dev").join(name)).collect()
}

/// Says one line on every console.
pub(super) fn say(line: &str) {
    for console in consoles() {
        // A console that is not there any more cannot be told.
        if let Ok(mut console) = opened(&console, OFlag::O_NOCTTY) {
            let _ = writeln!(console, "{line}");
        }
    }
}

pub(super) fn opened(console: &Path, flags: OFlag) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).custom_flags(flags.bits()).open(console)
}

/// Makes this console the terminal of this process: its own session, input, output and errors.
///
/// # Errors
/// There is no such console, or it is another session's.
pub fn take(console: &Path) -> io::Result<()> {
    // Fails for whoever leads a session already, and that one has what is wanted.
    let _ = nix::unistd::setsid();
    // The first terminal that a leader without one opens becomes its own.
    let terminal = opened(console, OFlag::empty())?;
    nix::unistd::dup2_stdin(terminal.as_fd())?;
    nix::unistd::dup2_stdout(terminal.as_fd())?;
    nix::unistd::dup2_stderr(terminal.as_fd())?;
    heed_no_signals(&terminal)
}

/// The keys that end, stop or freeze a program do nothing: a slip of the hand is not to end a run, nor
/// to leave a picture that stands still while the work goes on.
fn heed_no_signals(terminal: &File) -> io::Result<()> {
    let mut terms = tcgetattr(terminal)?;
    terms.local_flags.remove(LocalFlags::ISIG);
    terms.input_flags.remove(InputFlags::IXON);
    Ok(tcsetattr(terminal, SetArg::TCSANOW, &terms)?)
}

/// The font that the screen has. The kernel takes its own again when the graphics card's driver
/// takes over, which may be late.
#[derive(Debug, Default)]
pub(super) struct Look(Option<String>);

impl Look {
    /// Gives the screen its font, if it is another screen than the last time.
    pub(super) fn keep(&mut self) {
        let fact = |name| fs::read_to_string(Path::new(FRAMEBUFFER).join(name)).unwrap_or_default();
        let size = fact("virtual_size");
        let now = fact("name") + &size;
        if self.0.as_ref() != Some(&now) {
            if let Err(error) = load_font(fitting(&size)) {
                log(&format!("the screen keeps the kernel's font: {error}"));
            }
            self.0 = Some(now);
        }
    }
}

/// The largest font with which enough text fits on a screen of this size in dots ("1024,768").
fn fitting(size: &str) -> &'static str {
    let size = size.trim().split_once(',');
    let (width, height) = size.map_or((0, 0), |(width, height)| {
        (width.parse().unwrap_or(0), height.parse().unwrap_or(0))
    });
    let fits = |(_, across, down, lines): &&(&str, u32, u32, u32)| {
        width / across >= COLUMNS && height / down >= *lines
    };
    FONTS.iter().find(fits).or(FONTS.last()).map_or("", |(name, ..)| name)
}

fn load_font(name: &str) -> io::Result<()> {
    let file = fs::read(Path::new(FILES).join(format!("{name}.psf")))?;
    let font = Font::parse(&file).ok_or_else(unusable)?.with_blocks();
    let glyphs = font.for_the_kernel().ok_or_else(unusable)?;
    os::load_font(opened(Path::new(SCREEN), OFlag::O_NOCTTY)?, &glyphs, &font.characters)
}

fn unusable() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "its file cannot be used")
}

/// Gives the keyboards this layout.
pub fn use_keyboard(layout: &str) {
    let load = || {
        let file = fs::read(Path::new(FILES).join(format!("{layout}.bmap")))?;
        let keys = keyboard::parse(&file).ok_or_else(unusable)?;
        os::load_keyboard(opened(Path::new(SCREEN), OFlag::O_NOCTTY)?, &keys)
    };
    if let Err(error) = load() {
        log(&format!("the keyboard {layout} cannot be had: {error}"));
    }
}

/// The layout that the kernel's command line names (`nulstil.keyboard=us`), or the Danish one. The last
/// one that is named counts, as for the kernel's own words.
pub(super) fn layout(command_line: &str) -> &'static str {
    let named = command_line.split_whitespace().rev().filter_map(|word| {
        let name = word.strip_prefix("nulstil.keyboard=")?;
        KEYBOARDS.into_iter().find(|keyboard| *keyboard == name)
    });
    named.chain(KEYBOARDS).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_grows_with_the_screen() {
        for (size, font) in [
            ("640,480\n", "16"),
            ("800,600\n", "16"),
            ("1024,768\n", "24x12"),
            ("1280,800\n", "24x12"),
            ("1366,768\n", "24x12"),
            ("1920,1080\n", "24x12"),
            ("2560,1440\n", "32x16"),
            ("3840,2160\n", "32x16"),
            ("", "16"),
            ("x", "16"),
        ] {
            assert_eq!(fitting(size), font, "{size}");
        }
    }

    #[test]
    fn the_keyboard_is_danish_unless_another_is_named() {
        assert_eq!(layout("quiet nulstil.id=1\n"), "dk");
        assert_eq!(layout("nulstil.keyboard=us quiet\n"), "us");
        assert_eq!(layout("nulstil.keyboard=us nulstil.keyboard=dk"), "dk");
        assert_eq!(layout("nulstil.keyboard=../us nulstil.keyboard="), "dk");
    }

    #[test]
    fn the_screen_and_what_the_kernel_was_told_of() {
        let paths =
            |active| named(active).iter().map(|p| p.display().to_string()).collect::<Vec<_>>();
        assert_eq!(paths("ttyS0 tty0\n"), ["/dev/ttyS0", "/dev/tty1"]);
        assert_eq!(paths("tty0\n"), ["/dev/tty1"]);
        assert_eq!(paths("ttyS0\n"), ["/dev/tty1", "/dev/ttyS0"]);
        assert_eq!(paths(""), ["/dev/tty1"]);
    }
}
