//! Whom a command believes: the root key, and the newest list that it signed.

use std::path::Path;

use ed25519_dalek::VerifyingKey;

use super::Stop;
use super::args::TrustArgs;
use super::console::Console;
use super::files::{read_limited, read_small};
use crate::cert::{Trust, TrustList, profile};
use crate::keys::public;
use crate::log::{Key, Role};

/// A trust list larger than this is none.
const LARGEST: u64 = 1 << 20;

/// The root key and the list, both read and checked; says which key it is.
pub(super) fn load(console: &Console, args: &TrustArgs) -> Result<Trust, Stop> {
    let root = public::load(&args.root).map_err(|error| Stop::usage(format!("--root {error}.")))?;
    in_root(console, root, args.trust.as_deref())
}

/// Trust in this root key and in the list of it, if one is named.
pub(super) fn in_root(
    console: &Console,
    root: VerifyingKey,
    list: Option<&Path>,
) -> Result<Trust, Stop> {
    console.remark(&format!("Trusted root key: {}", public::fingerprint(&root)));
    let list = list.map(|path| {
        let named = |why: String| Stop::usage(format!("--trust {}: {why}", path.display()));
        let bytes = read_small(path, LARGEST).map_err(|error| named(format!("{error}.")))?;
        let document = profile::parse(&bytes).map_err(|error| {
            named(format!("{error}; name the list made by \"nulstil key trust-list\"."))
        })?;
        TrustList::verify(&document, &root)
            .map_err(|error| named(format!("{error}; ask for the list of this root key.")))
    });
    let list = list.transpose()?;
    if let Some(list) = &list {
        console.remark(&format!("Trust list: version {}, of {}", list.version, list.issued));
    }
    Ok(Trust { root, list })
}

/// The same trust with these witnesses and no others, if any are named: the recycler's root alone
/// cannot say then who speaks for the municipality.
pub(super) fn with_witnesses(mut trust: Trust, named: &[String]) -> Result<Trust, Stop> {
    let Some(list) = trust.list.as_mut().filter(|_| !named.is_empty()) else { return Ok(trust) };
    list.witnesses = named.iter().map(|text| witness(text)).collect::<Result<_, _>>()?;
    let keeps = |key: &Key| list.logs.iter().any(|log| log.key() == key.key());
    match list.witnesses.iter().find(|key| keeps(key) || *key.key() == trust.root) {
        None => Ok(trust),
        Some(own) => Err(Stop::usage(format!(
            "--witness {own}: this key is the log's own or the root's, and proves nothing of the \
             log; ask the municipality for its key."
        ))),
    }
}

/// A witness's key: the line itself, or a file that holds it.
fn witness(named: &str) -> Result<Key, Stop> {
    let said = |why: &dyn std::fmt::Display| {
        Stop::usage(format!(
            "--witness {named}: {why}; name the line NAME+ID+KEY that \"nulstil log cosign\" tells \
             the witness, or a file with it."
        ))
    };
    let text = match named.parse::<Key>() {
        Ok(_) => named.to_owned(),
        Err(error) if named.contains('+') && !Path::new(named).exists() => {
            return Err(said(&error));
        }
        Err(_) => read_limited(Path::new(named)).map_err(|error| said(&error))?,
    };
    let key: Key = text.trim().parse().map_err(|error| said(&error))?;
    match key.role() {
        Role::Witness => Ok(key),
        Role::Log => Err(said(&"this is the key of a log, not of a witness")),
    }
}
