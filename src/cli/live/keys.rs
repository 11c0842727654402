//! Who signs what the live image does: the key on the stick, or the office later.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::VerifyingKey;
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::super::station::ask_passphrase;
use super::{BEGUN, Event, Screen};
use crate::cert::{Rejection, Unauthorized, profile, proof};
use crate::cli::Stop;
use crate::clock;
use crate::keys::private::Passphrase;
use crate::keys::{KeyError, private, public};
use crate::live::{Contents, File, Signing};
use crate::run::Station;

/// The names that the stick's folder `keys` gives them.
const KEY: &str = "station.key";
const AUTHORIZATION: &str = "station.authorization.json";
const ROOT: &str = "root.pub";

/// Copies in memory, which nobody else reads.
const FOLDER: &str = "/run/nulstil/keys";

/// How often a passphrase may be mistyped.
const TRIES: usize = 3;

impl Screen<'_> {
    /// Whether results are signed here.
    pub(super) fn is_signing(&self) -> bool {
        let has_key = || self.contents.as_ref().is_some_and(|contents| contents.key(KEY).is_some());
        match self.config.signing {
            Some(signing) => signing == Signing::Station,
            None => has_key(),
        }
    }

    /// The same in a sentence, English and Danish.
    pub(super) fn signs(&self) -> (&'static str, &'static str) {
        match self.is_signing() {
            true => (
                "Results are signed with the station's key.",
                "Resultater underskrives med stationens nøgle.",
            ),
            false => (
                "NOTHING IS SIGNED HERE: results are only recorded, and are no certificates until the \
                 office signs them.",
                "HER UNDERSKRIVES INTET: resultater bliver kun skrevet ned og er ikke certifikater, \
                 før kontoret underskriver dem.",
            ),
        }
    }

    /// The root key that authorized the station, whose word a job has to be.
    ///
    /// # Errors
    /// Why it is not known, in one sentence.
    pub(super) fn root(&self) -> Result<VerifyingKey, String> {
        let contents = self.contents.as_ref().ok_or("The stick was not read.")?;
        let file = found(contents, AUTHORIZATION)?;
        profile::parse(&file.bytes)
            .map_err(Rejection::from)
            .and_then(|document| proof::verify(&document))
            .map_err(|error| format!("{AUTHORIZATION}: {error}."))
    }

    /// Forgets a key without a passphrase: it was for a job, and the job is over.
    pub(super) fn forget_open_key(&mut self) {
        let key = self.contents.as_ref().and_then(|contents| contents.key(KEY));
        if !key.is_some_and(|file| is_encrypted(&file.bytes)) {
            self.station = None;
        }
    }

    /// Whether somebody has to type a passphrase before anything is signed.
    pub(super) fn needs_passphrase(&self) -> bool {
        let key = self.contents.as_ref().and_then(|contents| contents.key(KEY));
        self.station.is_none()
            && self.is_signing()
            && key.is_some_and(|file| is_encrypted(&file.bytes))
    }

    /// The passphrase that is typed on this console, without showing it; nothing if somebody works on
    /// another one by then.
    pub(super) fn typed_secret(&self) -> Result<Option<Zeroizing<String>>, Stop> {
        let hidden = Hidden::begin();
        self.forget_typed();
        self.line(
            "A signed job is on the stick. Type the passphrase of station.key and press Enter; nothing \
             is shown while you type.",
            "Der ligger et underskrevet job på nøglen. Skriv adgangssætningen til station.key og tryk \
             Enter; der vises intet, mens du skriver.",
        );
        loop {
            if let Event::Typed(text) = self.glance()? {
                drop(hidden);
                return Ok(Some(Zeroizing::new(text)));
            }
            if Path::new(BEGUN).exists() {
                return Ok(None);
            }
        }
    }

    /// Makes the station ready to sign; asks for the passphrase once. `alone` says that a valid job
    /// is on the stick and nobody is asked: only then may the key have no passphrase.
    ///
    /// # Errors
    /// Why it cannot sign, in one sentence.
    pub(super) fn open_key(&mut self, alone: bool) -> Result<(), String> {
        if self.station.is_some() || !self.is_signing() {
            return Ok(());
        }
        let contents = self.contents.clone().unwrap_or_default();
        if !alone && !is_encrypted(&found(&contents, KEY)?.bytes) {
            return Err(format!(
                "{KEY} has no passphrase, so that whoever finds the stick could sign with it: it is \
                 used only for a signed job without anybody there. Make a key with a passphrase."
            ));
        }
        let key = stored(&contents, KEY)?;
        let mut tries = 0;
        self.forget_typed();
        let signing = loop {
            let typed = self.secret.take();
            let passphrase = || match typed {
                Some(mut text) => Ok(Passphrase::new(std::mem::take(&mut *text))),
                None => ask_passphrase(self.console, Path::new(KEY)),
            };
            match private::load(&key, passphrase) {
                Ok(signing) => break signing,
                Err(KeyError::WrongPassphrase(_)) if tries + 1 < TRIES => {
                    tries += 1;
                    self.forget_typed();
                    self.line(
                        "That is not the passphrase; type it again.",
                        "Det er ikke adgangssætningen; skriv den igen.",
                    );
                }
                Err(error) => return Err(format!("{error}.")),
            }
        };
        let document = profile::parse(&found(&contents, AUTHORIZATION)?.bytes)
            .map_err(|error| format!("{AUTHORIZATION}: {error}."))?;
        let now = clock::now();
        let station = Station::new(signing, document, now).map_err(|error| match error {
            Rejection::NotAuthorized(Unauthorized::NotYetValid) => format!(
                "{AUTHORIZATION} is not yet valid, for the computer's clock says {now}: set it in the \
                 firmware setup if that is wrong."
            ),
            error => format!(
                "{AUTHORIZATION}: {error}; authorize the station again with \"nulstil key authorize\" \
                 if the computer's clock ({now}) is right."
            ),
        })?;
        if contents.key(ROOT).is_some() {
            let root =
                public::load(&stored(&contents, ROOT)?).map_err(|error| format!("{error}."))?;
            if root != *station.root() {
                return Err(format!(
                    "{ROOT} is not the key that signed {AUTHORIZATION}; put the files of one root on the stick."
                ));
            }
        }
        self.station = Some(station);
        Ok(())
    }
}

/// A file of the folder `keys`.
fn found<'a>(contents: &'a Contents, name: &str) -> Result<&'a File, String> {
    contents.key(name).ok_or_else(|| {
        format!("There is no {name} in the folder \"keys\" of the stick; put it there.")
    })
}

/// A file of the folder `keys` as one in memory that only we read, because a FAT file has no owner.
fn stored(contents: &Contents, name: &str) -> Result<PathBuf, String> {
    let file = found(contents, name)?;
    let path = Path::new(FOLDER).join(name);
    let write = || -> std::io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(FOLDER)?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(&path)?.write_all(&file.bytes)
    };
    write().map_err(|error| format!("{}: {error}.", path.display()))?;
    Ok(path)
}

/// Whether a key has a passphrase; one that cannot be read is found wrong by whoever loads it.
fn is_encrypted(key: &[u8]) -> bool {
    String::from_utf8_lossy(key).contains("ENCRYPTED PRIVATE KEY")
}

/// While it lives, the console does not show what is typed.
struct Hidden(Option<Termios>);

impl Hidden {
    fn begin() -> Self {
        let Ok(before) = tcgetattr(std::io::stdin()) else { return Self(None) };
        let mut hidden = before.clone();
        hidden.local_flags.remove(LocalFlags::ECHO);
        let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &hidden);
        Self(Some(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, before);
        }
    }
}
