//! `nulstil key`: make, authorize and show keys.

use std::path::Path;

use serde_json::{Value, json};

use super::args::KeyCommand;
use super::console::Console;
#[cfg(feature = "tool")]
use super::trust_list;
use super::{Exit, Stop};
#[cfg(feature = "tool")]
use crate::cert::document;
use crate::cert::{did, profile, proof};
use crate::keys::public;

pub(super) fn key(console: &Console, command: KeyCommand) -> Result<Exit, Stop> {
    match command {
        #[cfg(feature = "tool")]
        KeyCommand::New { name, dir, no_passphrase } => {
            making::new(console, &name, &dir, no_passphrase)
        }
        #[cfg(feature = "tool")]
        KeyCommand::Badge { key, operator, dir } => making::badge(console, &key, &operator, &dir),
        #[cfg(feature = "tool")]
        KeyCommand::Authorize { root, station, validator, out, trust, days } => {
            let (kinds, key) = match (station, validator) {
                (Some(station), _) => (&document::TYPES[..], station),
                (None, Some(validator)) => (&[document::VALIDATION][..], validator),
                (None, None) => return Err(Stop::usage("Name --station or --validator.")),
            };
            making::authorize(console, &root, kinds, &key, &out, trust.as_deref(), days)
        }
        #[cfg(feature = "tool")]
        KeyCommand::TrustList { next, log, witness } => {
            trust_list::extend(console, &next, &log, &witness)
        }
        #[cfg(feature = "tool")]
        KeyCommand::Revoke { key, next, since, reason } => {
            trust_list::revoke(console, &next, &key, since, &reason)
        }
        KeyCommand::Show { file } => show(console, &file),
    }
}

/// Whose key a file holds: a public key, a private one, or the signer of a document.
fn show(console: &Console, file: &Path) -> Result<Exit, Stop> {
    let refused = |error: &dyn std::fmt::Display| Stop::refused(format!("{error}."));
    let text = super::files::read_limited(file)
        .map_err(|error| Stop::refused(format!("{}: {error}.", file.display())))?;
    let (key, document) = if text.trim_start().starts_with('{') {
        let document = profile::parse(text.as_bytes()).map_err(|error| refused(&error))?;
        let signer = proof::verify(&document).map_err(|error| refused(&error))?;
        (signer, Some(document))
    } else {
        (public_key(console, file)?, None)
    };
    let did = did::of(&key);
    let fingerprint = public::fingerprint(&key);
    let signed = document.as_ref().map(signed);
    console.json(&json!({ "did": did, "fingerprint": fingerprint, "document": signed }));
    if !console.is_json() {
        if let Some(signed) = &signed {
            console.line("Signed document; the signature holds. It was signed by:");
            console.line(&format!("key          {did}"));
            console.line(&format!("fingerprint  {fingerprint}"));
            for (name, value) in signed.as_object().into_iter().flatten() {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                console.line(&format!("{name:<12} {value}"));
            }
        } else {
            console.line(&format!("key          {did}"));
            console.line(&format!("fingerprint  {fingerprint}"));
        }
    }
    Ok(Exit::Done)
}

/// What a signed document says of itself, as far as keys are concerned.
fn signed(document: &Value) -> Value {
    let at = |pointer: &str| document.pointer(pointer).cloned().unwrap_or_default();
    json!({
        "type": at("/type/1"),
        "validFrom": at("/validFrom"),
        "validUntil": at("/validUntil"),
        "subject": at("/credentialSubject/id"),
        "name": at("/credentialSubject/name"),
    })
}

/// The public key in a file; of a private key, its public half.
#[cfg(feature = "tool")]
fn public_key(console: &Console, file: &Path) -> Result<ed25519_dalek::VerifyingKey, Stop> {
    use crate::keys::{KeyError, private};
    match public::load(file) {
        Err(KeyError::PrivateGiven(_)) => {
            private::load(file, || super::station::ask_passphrase(console, file))
                .map(|key| key.verifying_key())
        }
        result => result,
    }
    .map_err(|error| Stop::refused(format!("{error}.")))
}

#[cfg(not(feature = "tool"))]
fn public_key(_: &Console, file: &Path) -> Result<ed25519_dalek::VerifyingKey, Stop> {
    public::load(file).map_err(|error| Stop::refused(format!("{error}.")))
}

/// What only the whole tool can do: it needs randomness and private keys.
#[cfg(feature = "tool")]
pub(super) mod making {
    use std::path::Path;

    use serde_json::json;

    use super::super::console::Console;
    use super::super::station::ask_passphrase;
    use super::super::{Exit, Stop, files};
    use crate::cert::{Authorization, did, document, profile};
    use crate::clock;
    use crate::keys::private::{self, KeyPaths, Passphrase};
    use crate::keys::{badge, public};
    use crate::model::{Timestamp, clean};
    use crate::paper;

    const DAY: i64 = 24 * 3600;

    pub(in super::super) fn new(
        console: &Console,
        name: &str,
        dir: &Path,
        no_passphrase: bool,
    ) -> Result<Exit, Stop> {
        // Nobody should think of a passphrase for nothing.
        private::check_place(dir, name).map_err(|error| Stop::refused(format!("{error}.")))?;
        let passphrase = if no_passphrase { None } else { Some(ask_twice(console, name)?) };
        let paths = private::create(dir, name, passphrase.as_ref())
            .map_err(|error| Stop::refused(format!("{error}.")))?;
        made(console, &paths)?;
        Ok(Exit::Done)
    }

    fn ask_twice(console: &Console, name: &str) -> Result<Passphrase, Stop> {
        let refused = |error: &dyn std::fmt::Display| Stop::refused(format!("{error}."));
        let ask = |question: String| {
            console.secret(&question).map_err(|error| {
                Stop::refused(format!(
                    "The passphrase cannot be asked for ({error}); use a terminal, \
                     --passphrase-fd or --no-passphrase."
                ))
            })
        };
        let first = ask(format!("New passphrase for {name} (14 characters or more): "))?;
        let passphrase = Passphrase::new(String::clone(&first));
        // Nobody should type it again for nothing.
        passphrase.check_strength().map_err(|error| refused(&error))?;
        if console.asks_for_secrets() && first != ask("The same passphrase again: ".to_owned())? {
            return Err(Stop::refused("The two passphrases differ; start over."));
        }
        Ok(passphrase)
    }

    fn made(console: &Console, paths: &KeyPaths) -> Result<(), Stop> {
        let key = public::load(&paths.public).map_err(|e| Stop::fault(format!("{e}.")))?;
        let fingerprint = public::fingerprint(&key);
        console.json(&json!({
            "private": paths.private,
            "public": paths.public,
            "did": did::of(&key),
            "fingerprint": fingerprint,
        }));
        if !console.is_json() {
            console.line(&format!("private key  {} (keep it secret)", paths.private.display()));
            console.line(&format!("public key   {}", paths.public.display()));
            console.line(&format!("fingerprint  {fingerprint}"));
        }
        Ok(())
    }

    pub(in super::super) fn badge(
        console: &Console,
        key: &Path,
        operator: &str,
        dir: &Path,
    ) -> Result<Exit, Stop> {
        let refused = |error: &dyn std::fmt::Display| Stop::refused(format!("{error}."));
        let station =
            private::load(key, || ask_passphrase(console, key)).map_err(|error| refused(&error))?;
        let paths = badge::create(dir, operator, &station).map_err(|error| refused(&error))?;
        console.json(&json!({ "key": paths.key, "badge": paths.page }));
        if !console.is_json() {
            console.line(&format!(
                "key    {} (for the folder keys of the stick)",
                paths.key.display()
            ));
            console.line(&format!("badge  {} (print it, and delete it)", paths.page.display()));
        }
        Ok(Exit::Done)
    }

    pub(in super::super) fn authorize(
        console: &Console,
        root: &Path,
        kinds: &[&str],
        key: &Path,
        out: &Path,
        trust: Option<&Path>,
        days: u32,
    ) -> Result<Exit, Stop> {
        let refused = |error: &dyn std::fmt::Display| Stop::refused(format!("{error}."));
        let root_name = stem(root);
        let station_name = stem(key);
        let station = public::load(key).map_err(|error| refused(&error))?;
        let root = private::load(root, || ask_passphrase(console, root))
            .map_err(|error| refused(&error))?;
        if root.verifying_key() == station {
            return Err(Stop::refused(
                "The root key cannot be its own station or validator; make another key for that.",
            ));
        }
        let now = clock::now();
        let mut authorization =
            authorization(&root_name, &station_name, did::of(&station), now, days);
        authorization.may_issue = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let whom = if authorization.is_validator() { "validator" } else { "station" };
        if let Some(path) = trust {
            authorization.trust_list_version =
                super::super::trust_list::read(path, &root.verifying_key())?.0.version;
        }
        paper::delegate(&mut authorization, &root).map_err(|error| refused(&error))?;
        let signed = authorization.sign(&root, now).map_err(|error| refused(&error))?;
        let bytes = profile::pretty(&signed).map_err(|error| refused(&error))?;
        write_new(out, &bytes)?;
        let until = authorization.valid_until;
        console.json(&json!({
            "authorization": out,
            whom: authorization.station,
            "validFrom": authorization.valid_from,
            "validUntil": until,
        }));
        if !console.is_json() {
            console.line(&format!("authorization  {}", out.display()));
            console.line(&format!("{whom:<14} {}", authorization.station_name));
            console.line(&format!("valid until    {}", day(until)));
        }
        Ok(Exit::Done)
    }

    /// The root's word for a station, for every type of result; still unsigned.
    pub(in super::super) fn authorization(
        root_name: &str,
        station_name: &str,
        station: String,
        now: Timestamp,
        days: u32,
    ) -> Authorization {
        Authorization {
            id: format!("urn:uuid:{}", uuid::Uuid::now_v7()),
            issuer_name: root_name.to_owned(),
            station,
            station_name: station_name.to_owned(),
            // The clock of an intake PC may lag behind the one this is made on.
            valid_from: now.plus(-DAY),
            valid_until: now.plus(i64::from(days) * DAY),
            may_issue: document::TYPES.map(str::to_owned).to_vec(),
            trust_list_version: 0,
            paper: None,
        }
    }

    pub(in super::super) fn write_new(out: &Path, bytes: &[u8]) -> Result<(), Stop> {
        files::write_new(out, bytes).map_err(|error| {
            Stop::refused(format!("--out {}: {error}; name a new file.", out.display()))
        })
    }

    pub(in super::super) fn stem(path: &Path) -> String {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        clean(stem.as_bytes()).unwrap_or_else(|| "unnamed".to_owned())
    }

    fn day(time: Timestamp) -> String {
        time.to_string().chars().take(10).collect()
    }
}
