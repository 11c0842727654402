//! The end of work: nothing is lost without somebody saying so.

use std::fs;
use std::path::Path;

use super::{Event, OUTBOX, Screen};
use crate::cli::Stop;
use crate::live::{State, Stick as _, copy_all};
use crate::run::SUFFIX;

impl Screen<'_> {
    /// Whether the computer may be switched off: nobody works, and what it did is on the stick, or
    /// somebody gave it up.
    pub(super) fn off(&mut self) -> Result<bool, Stop> {
        let Some(_lock) = self.lock()? else { return Ok(false) };
        let Some(mut stick) = self.stick.take() else { return Ok(true) };
        let kept = self.until_kept(|| match results() {
            0 => Ok(()),
            _ => stick.write(&mut |folder| copy_all(Path::new(OUTBOX), folder)),
        });
        self.stick = Some(stick);
        kept.map(|()| true)
    }

    /// Tries to keep the results until that is done, or somebody gives them up by a word that no one
    /// types by chance.
    pub(super) fn until_kept(&self, mut keep: impl FnMut() -> State) -> Result<(), Stop> {
        let word = self.config.language.choose("lose", "opgiv");
        let mut told: Option<State> = None;
        loop {
            let state = keep();
            let Err(trouble) = &state else {
                if told.is_some() {
                    self.line("Everything is on the stick now.", "Nu ligger alt på nøglen.");
                }
                return Ok(());
            };
            if told.as_ref() != Some(&state) {
                let n = results();
                self.console.line(&trouble.sentence(self.config.language));
                self.line(
                    &format!(
                        "{n} files with results are in memory only, and are lost when this computer is \
                         switched off. To give them up for good, type {word} and press Enter."
                    ),
                    &format!(
                        "{n} filer med resultater findes kun i hukommelsen og går tabt, når computeren \
                         slukkes. For at opgive dem for altid: skriv {word} og tryk Enter."
                    ),
                );
                told = Some(state);
            }
            match self.glance()? {
                Event::Typed(text) if text == word => {
                    self.line("The results were given up.", "Resultaterne er opgivet.");
                    return Ok(());
                }
                _ => {}
            }
        }
    }
}

/// How many results there are in memory.
fn results() -> usize {
    let entries = fs::read_dir(OUTBOX).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| entry.file_name().into_string().ok());
    named
        .filter(|name| {
            !name.starts_with('.')
                && (name.contains(".json") || name.ends_with(SUFFIX) || name.ends_with(".pdf"))
        })
        .count()
}
