//! Who signs what the live image does: the key on the stick, or the office later.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::VerifyingKey;
use zeroize::Zeroizing;

use super::super::folder::closed;
use super::super::{Declined, Obstacle, Signing};
use super::LiveImage;
use crate::cert::{Rejection, Unauthorized, profile, proof};
use crate::clock;
use crate::keys::private::{self, Passphrase};
use crate::keys::{KeyError, badge, public};
use crate::live::{self, Contents, File};
use crate::run::Station;

/// The names that the stick's folder `keys` gives them.
const KEY: &str = "station.key";
const AUTHORIZATION: &str = "station.authorization.json";
const ROOT: &str = "root.pub";

/// Copies in memory, which nobody else reads.
const FOLDER: &str = "/run/nulstil/keys";

impl LiveImage {
    /// Who signs, and what stands in the way of that; `alone` is whether a job is to be looked for.
    pub(super) fn signing(&self, alone: bool) -> (Signing, Option<Obstacle>) {
        if let Some(station) = &self.station {
            return (Signing::Open { name: station.name().to_owned() }, None);
        }
        if !self.is_signing() {
            return (Signing::Later, None);
        }
        let contents = self.contents.as_ref();
        let key = contents.map_or(Err(String::new()), |contents| found(contents, KEY));
        let badges = contents.is_some_and(|all| all.keys.iter().any(|f| badge::is_file(&f.name)));
        match key {
            Err(_) if badges => (Signing::Locked, None),
            Err(message) => (Signing::Locked, Some(Obstacle::Key { message })),
            Ok(key) if is_encrypted(&key.bytes) => (Signing::Locked, None),
            Ok(_) if alone => (Signing::ForJobs, None),
            Ok(_) => (Signing::Locked, Some(Obstacle::Key { message: for_jobs() })),
        }
    }

    /// Whether results are signed here.
    pub(super) fn is_signing(&self) -> bool {
        let is_key =
            |file: &File| file.name.eq_ignore_ascii_case(KEY) || badge::is_file(&file.name);
        let has_key = || self.contents.as_ref().is_some_and(|all| all.keys.iter().any(is_key));
        match self.config.signing {
            Some(signing) => signing == live::Signing::Station,
            None => has_key(),
        }
    }

    /// The root key that authorized the station, whose word a job has to be.
    ///
    /// # Errors
    /// Why it is not known, in one sentence.
    pub(super) fn root(&self) -> Result<VerifyingKey, String> {
        let contents = self.contents.as_ref().ok_or(unread())?;
        let file = found(contents, AUTHORIZATION)?;
        profile::parse(&file.bytes)
            .map_err(Rejection::from)
            .and_then(|document| proof::verify(&document))
            .map_err(|error| format!("{AUTHORIZATION}: {error}."))
    }

    /// Makes the station ready to sign: with the code of a badge, or with the passphrase of the key.
    ///
    /// # Errors
    /// Why it cannot sign.
    pub(super) fn open(&mut self, secret: &str) -> Result<(), Declined> {
        let contents = self.contents.as_ref().ok_or_else(|| unread().to_owned())?;
        let badge = badge::read(secret).and_then(|(operator, code)| {
            let name = badge::file(&operator);
            contents.key(&name).is_some().then_some((name, Some(operator), code))
        });
        let (name, operator, secret) =
            badge.unwrap_or_else(|| (KEY.to_owned(), None, Zeroizing::new(secret.to_owned())));
        if contents.key(&name).is_none() && contents.keys.iter().any(|f| badge::is_file(&f.name)) {
            // There are badges only, and it is none of those.
            return Err(Declined::Secret);
        }
        if !is_encrypted(&found(contents, &name)?.bytes) {
            return Err(for_jobs().into());
        }
        let passphrase = || Ok(Passphrase::new(String::clone(&secret)));
        self.station = Some(station(contents, &name, passphrase)?);
        self.operator = operator;
        Ok(())
    }

    /// The same for a job that is valid: only then may the key have no passphrase.
    pub(super) fn open_for_job(&mut self) -> Result<(), String> {
        if self.station.is_none() {
            let contents = self.contents.as_ref().ok_or(unread())?;
            let nobody = || Err(KeyError::NoPassphrase(KEY.to_owned()));
            let station = station(contents, KEY, nobody).map_err(|declined| match declined {
                Declined::Other { message } => message,
                _ => format!("{KEY} has a passphrase, and nobody is asked for it."),
            })?;
            self.station = Some(station);
        }
        Ok(())
    }

    /// Forgets a key without a passphrase: it was for a job, and the job is over.
    pub(super) fn forget_open_key(&mut self) {
        let key = self.contents.as_ref().and_then(|contents| contents.key(KEY));
        if !key.is_some_and(|file| is_encrypted(&file.bytes)) {
            self.station = None;
            let _ = fs::remove_file(Path::new(FOLDER).join(KEY));
        }
    }
}

fn station(
    contents: &Contents,
    key: &str,
    passphrase: impl FnMut() -> Result<Passphrase, KeyError>,
) -> Result<Arc<Station>, Declined> {
    let signing = private::load(&stored(contents, key)?, passphrase);
    let signing = signing.map_err(|error| closed(&error))?;
    let document = profile::parse(&found(contents, AUTHORIZATION)?.bytes)
        .map_err(|error| format!("{AUTHORIZATION}: {error}."))?;
    let now = clock::now();
    let station = Station::new(signing, document, now).map_err(|error| match error {
        Rejection::NotAuthorized(Unauthorized::NotYetValid) => format!(
            "{AUTHORIZATION} is not yet valid, for the computer's clock says {now}: set it in the \
             firmware setup if that is wrong."
        ),
        error => format!(
            "{AUTHORIZATION}: {error}; authorize the station again with \"nulstil key authorize\" if \
             the computer's clock ({now}) is right."
        ),
    })?;
    if contents.key(ROOT).is_some() {
        let root = public::load(&stored(contents, ROOT)?).map_err(|error| format!("{error}."))?;
        if root != *station.root() {
            return Err(format!(
                "{ROOT} is not the key that signed {AUTHORIZATION}; put the files of one root on the \
                 stick."
            )
            .into());
        }
    }
    Ok(Arc::new(station))
}

const fn unread() -> &'static str {
    "The stick was not read."
}

fn for_jobs() -> String {
    format!(
        "{KEY} has no passphrase, so that whoever finds the stick could sign with it: it is used only \
         for a signed job without anybody there; make a key with a passphrase."
    )
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
