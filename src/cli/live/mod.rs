//! `nulstil live-screen`: what the live image shows on a console, in plain lines. The first process
//! of the image starts it, starts it again if it fails, and switches the computer off when it ends
//! well. Whichever screen is first to take the lock works; the other one says so.

mod end;
mod engine;
mod keys;

use std::fs::{self, File};
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;

use nix::fcntl::{Flock, FlockArg};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{FlushArg, tcflush};
use zeroize::Zeroizing;

use super::args::{ListArgs, LiveScreenArgs};
use super::console::Console;
use super::list::list;
use super::{Exit, Stop};
use crate::init;
use crate::live::{BuildId, Config, Contents, EndOfWork, Trouble, UsbStick};
use crate::model::Language;
use crate::os::{System, disk_names};
use crate::run::Station;

/// How often the screen looks whether a drive came or went, in milliseconds.
const GLANCE: u16 = 1000;

/// How many glances nothing may move before work begins that nobody asked for.
const CALM: u32 = 5;

/// The word that ends it.
const OFF: &str = "off";

/// Where results are in memory, and who works.
const OUTBOX: &str = "/run/nulstil/outbox";
const LOCK: &str = "/run/nulstil/engine.lock";
/// An unattended run has begun on one of the consoles; it is tried once per start.
const BEGUN: &str = "/run/nulstil/begun";
const TRIED: &str = "/run/nulstil/tried";

/// One console.
struct Screen<'a> {
    console: &'a Console,
    name: String,
    system: System,
    /// None if the computer was started without one.
    stick: Option<UsbStick>,
    /// What the stick had on it, once it was found.
    contents: Option<Contents>,
    config: Config,
    /// The station's key, once the passphrase was typed.
    station: Option<Station>,
    /// A passphrase that was typed before anybody worked.
    secret: Option<Zeroizing<String>>,
}

/// What a person did, or the drives.
enum Event {
    Typed(String),
    Drives,
    Nothing,
}

pub(super) fn live_screen(console: &Console, args: &LiveScreenArgs) -> Result<Exit, Stop> {
    let unusable =
        |error| Stop::refused(format!("{} is no console: {error}", args.console.display()));
    init::take(&args.console).map_err(unusable)?;
    if !std::io::stdin().is_terminal() {
        return Err(Stop::refused(format!("{} is no terminal", args.console.display())));
    }
    let system = System::live();
    let words = fs::read_to_string("/proc/cmdline").unwrap_or_default();
    let stick = BuildId::on_command_line(&words).map(|id| UsbStick::new(system.clone(), id));
    let name = args.console.display().to_string();
    let (contents, config, station, secret) = (None, Config::default(), None, None);
    Screen { console, name, system, stick, contents, config, station, secret }.show()
}

impl Screen<'_> {
    fn show(&mut self) -> Result<Exit, Stop> {
        loop {
            let shown = disk_names(&self.system);
            self.line("", "");
            self.console.line(&format!("nulstil {} - live image", env!("CARGO_PKG_VERSION")));
            self.line("", "");
            let ready = self.look_at_stick();
            list(self.console, &ListArgs { recorded: None })?;
            self.line("", "");
            if ready
                && self.config.unattended
                && !Path::new(TRIED).exists()
                && self.is_calm(&shown)?
            {
                match self.unattended()? {
                    Some(exit) => return Ok(exit),
                    None => self.pause()?,
                }
                continue;
            }
            self.prompt(ready);
            match self.wait(&shown)? {
                Event::Typed(text) if text == OFF => {
                    if self.off()? {
                        return Ok(Exit::Done);
                    }
                    self.pause()?;
                }
                Event::Typed(text) if ready && !text.is_empty() => {
                    if let Some(exit) = self.counted(&text)? {
                        return Ok(exit);
                    }
                    self.pause()?;
                }
                Event::Typed(_) | Event::Drives | Event::Nothing => {}
            }
        }
    }

    /// A line in the language of the stick.
    fn line(&self, english: &str, danish: &str) {
        self.console.line(self.config.language.choose(english, danish));
    }

    fn prompt(&self, ready: bool) {
        self.forget_typed();
        if self.stick.is_none() {
            self.console.line(&format!(
                "Enter: look again.  {OFF} and Enter: switch this computer off.  Nothing is erased from here."
            ));
            return;
        }
        if ready {
            self.line(
                "Count the drives in this computer. Type the number and Enter: erase them, after one \
                 more question.",
                "Tæl drevene i denne computer. Skriv tallet og tryk Enter: slet dem, efter endnu et \
                 spørgsmål.",
            );
        }
        self.line(
            "Enter: look again.  off and Enter: switch this computer off.",
            "Enter: kig igen.  off og Enter: sluk computeren.",
        );
    }

    /// Looks for the stick, if that was not found, and says what it is; whether work can begin.
    fn look_at_stick(&mut self) -> bool {
        let Some(stick) = &mut self.stick else { return false };
        if self.contents.is_none() {
            match stick.read() {
                Ok(contents) => self.contents = Some(contents),
                Err(trouble) => {
                    self.trouble(&trouble);
                    return false;
                }
            }
        } else {
            // It may be pulled at any time; if it is back, it is not one of the drives.
            let _ = stick.look();
        }
        let Some(contents) = &self.contents else { return false };
        match contents.config.as_deref().map_or_else(|| Ok(Config::default()), Config::parse) {
            Ok(config) => {
                self.config = config;
                if let Some(keyboard) = self.config.keyboard {
                    init::use_keyboard(keyboard.name());
                }
                self.line(
                    "The stick was found and read; it may be pulled at any time.",
                    "Nøglen er fundet og læst; den må trækkes ud når som helst.",
                );
                if contents.config.is_none() {
                    self.line(
                        "There is no nulstil.toml on the stick: nothing is set, and the rules are those \
                         of this program.",
                        "Der er ingen nulstil.toml på nøglen: intet er indstillet, og reglerne er dem, \
                         programmet har selv.",
                    );
                }
                if contents.too_much {
                    self.line(
                        "There are so many unfinished journals on the stick that only the newest were \
                         read: move old files out of its folder \"certificates\".",
                        "Der ligger så mange uafsluttede journaler på nøglen, at kun de nyeste er læst: \
                         flyt gamle filer ud af mappen \"certificates\".",
                    );
                }
                let signs = self.signs();
                self.line(signs.0, signs.1);
                self.line("", "");
                true
            }
            Err(why) => {
                self.contents = None;
                self.console.line(&format!(
                    "nulstil.toml: {why}. Correct the file on another computer; until then nothing is erased."
                ));
                self.console
                    .line("Ret filen nulstil.toml på en anden computer; indtil da slettes intet.");
                self.line("", "");
                false
            }
        }
    }

    /// What is wrong with the stick, in both languages: which one it speaks is on it.
    fn trouble(&self, trouble: &Trouble) {
        for language in [Language::Danish, Language::English] {
            self.console.line(&trouble.sentence(language));
        }
        self.console.line("");
    }

    /// Whether no drive came or went for a while.
    fn is_calm(&self, shown: &[String]) -> Result<bool, Stop> {
        for _ in 0..CALM {
            match self.glance()? {
                Event::Nothing if disk_names(&self.system) == shown => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Until there is something new to show, or somebody typed a line.
    fn wait(&self, shown: &[String]) -> Result<Event, Stop> {
        let mut last = shown.to_vec();
        loop {
            match self.glance()? {
                Event::Nothing => {}
                event => return Ok(event),
            }
            // Drives come one after the other: only once nothing moves any more.
            let now = disk_names(&self.system);
            if now != shown && now == last {
                return Ok(Event::Drives);
            }
            last = now;
        }
    }

    /// Leaves what was said on the screen until somebody has read it.
    fn pause(&self) -> Result<(), Stop> {
        self.forget_typed();
        self.line("Press Enter to go on.", "Tryk Enter for at gå videre.");
        while !matches!(self.glance()?, Event::Typed(_)) {}
        Ok(())
    }

    /// What was typed before a question is no answer to it.
    fn forget_typed(&self) {
        let _ = tcflush(std::io::stdin(), FlushArg::TCIFLUSH);
    }

    /// A line that is typed within a second.
    fn glance(&self) -> Result<Event, Stop> {
        let lost =
            |error: std::io::Error| Stop::fault(format!("the console cannot be read: {error}"));
        let stdin = std::io::stdin();
        let mut asked = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        if poll(&mut asked, PollTimeout::from(GLANCE)).map_err(|errno| lost(errno.into()))? == 0 {
            return Ok(Event::Nothing);
        }
        let mut line = String::new();
        // No line at all: the terminal was hung up.
        if stdin.read_line(&mut line).map_err(lost)? == 0 {
            return Err(lost(std::io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(Event::Typed(line.trim().to_owned()))
    }

    /// The right to work on this computer, as long as it is held; without it, says who works.
    fn lock(&self) -> Result<Option<Flock<File>>, Stop> {
        let failed = |error: std::io::Error| Stop::fault(format!("{LOCK}: {error}"));
        if let Some(folder) = Path::new(LOCK).parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(false).open(LOCK);
        match Flock::lock(file.map_err(failed)?, FlockArg::LockExclusiveNonblock) {
            Ok(mut lock) => {
                lock.set_len(0)
                    .and_then(|()| lock.write_all(self.name.as_bytes()))
                    .map_err(failed)?;
                Ok(Some(lock))
            }
            Err((mut file, _)) => {
                let mut who = String::new();
                let _ = file.read_to_string(&mut who);
                self.line(
                    &format!("The work goes on at the other screen of this computer ({who})."),
                    &format!("Arbejdet foregår på computerens anden skærm ({who})."),
                );
                Ok(None)
            }
        }
    }

    /// Goes on when the work is over, as the stick says.
    fn after(&self) -> Option<Exit> {
        match self.config.end {
            EndOfWork::Next => None,
            EndOfWork::PowerOff => Some(Exit::Done),
            EndOfWork::Reboot => {
                init::restart_instead();
                Some(Exit::Done)
            }
        }
    }
}
