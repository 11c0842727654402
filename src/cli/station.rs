//! Who signs and where results go, from the command line; and the surroundings of a run.

use std::path::Path;

use ed25519_dalek::SigningKey;
use serde_json::Value;

use super::Stop;
use super::args::{PaperworkArgs, StationArgs};
use super::console::Console;
use super::files::read_small;
use crate::cert::profile;
use crate::keys::KeyError;
use crate::keys::private::{self, Passphrase};
use crate::model::{Paperwork, Timestamp, clean};
use crate::run::{Outbox, Station};

/// An authorization larger than this is none.
const LARGEST_AUTHORIZATION: u64 = 64 << 10;

/// Loads the station's key and authorization, and tests the place for results. Nothing is
/// written but a probe that is removed again.
pub(super) fn load(
    console: &Console,
    args: &StationArgs,
    now: Timestamp,
) -> Result<(Station, Outbox), Stop> {
    let outbox = Outbox::open(&args.out).map_err(|error| Stop::refused(error.to_string()))?;
    let (key, document) = signer(console, &args.key, &args.authorization)?;
    let station = Station::new(key, document, now).map_err(|error| {
        Stop::refused(format!(
            "--authorization {}: {error}; authorize the station again with \"nulstil key \
             authorize\".",
            args.authorization.display()
        ))
    })?;
    Ok((station, outbox))
}

/// A private key, and the document in which the root authorized somebody; whether that fits is not
/// looked at.
pub(super) fn signer(
    console: &Console,
    key: &Path,
    authorization: &Path,
) -> Result<(SigningKey, Value), Stop> {
    let key = private::load(key, || ask_passphrase(console, key))
        .map_err(|error| Stop::refused(format!("--key {error}.")))?;
    let path = authorization.display();
    let bytes = read_small(authorization, LARGEST_AUTHORIZATION)
        .map_err(|error| Stop::refused(format!("--authorization {path}: {error}.")))?;
    let document = profile::parse(&bytes).map_err(|error| {
        Stop::refused(format!(
            "--authorization {path}: {error}; name the .auth file made by \"nulstil key authorize\"."
        ))
    })?;
    Ok((key, document))
}

/// The passphrase of a key.
pub(super) fn ask_passphrase(console: &Console, path: &Path) -> Result<Passphrase, KeyError> {
    let question = format!("Passphrase of {}: ", path.to_string_lossy());
    console
        .secret(&question)
        .map(|mut text| Passphrase::new(std::mem::take(&mut *text)))
        .map_err(|error| KeyError::NoPassphrase(error.to_string()))
}

/// The same for a session that issues documents of these types besides.
pub(super) fn load_for(
    console: &Console,
    args: &StationArgs,
    kinds: &[&str],
) -> Result<(Station, Outbox), Stop> {
    let now = crate::clock::now();
    let (station, outbox) = load(console, args, now)?;
    station.may_issue(kinds, now).map_err(|error| {
        Stop::refused(format!(
            "--authorization {}: {error}; authorize the station again with \"nulstil key \
             authorize\".",
            args.authorization.display()
        ))
    })?;
    Ok((station, outbox))
}

/// What people said of the job.
pub(super) fn paperwork(args: &PaperworkArgs) -> Paperwork {
    Paperwork {
        asset_tag: text(args.asset_tag.as_deref()),
        operator: text(args.operator.as_deref()),
        location: text(args.location.as_deref()),
    }
}

/// Text from the command line, fit for a document.
pub(super) fn text(given: Option<&str>) -> Option<String> {
    given.and_then(|text| clean(text.as_bytes()))
}
