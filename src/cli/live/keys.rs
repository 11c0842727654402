//! Who signs what the live image does: the key on the stick, or the office later.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::VerifyingKey;

use super::super::station::ask_passphrase;
use super::Screen;
use crate::cert::{Rejection, profile, proof};
use crate::clock;
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
        let signing = loop {
            match private::load(&key, || ask_passphrase(self.console, Path::new(KEY))) {
                Ok(signing) => break signing,
                Err(KeyError::WrongPassphrase(_)) if tries + 1 < TRIES => {
                    tries += 1;
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
        let station = Station::new(signing, document, clock::now()).map_err(|error| {
            format!("{AUTHORIZATION}: {error}; authorize the station again with \"nulstil key authorize\".")
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
