//! `nulstil key trust-list` and `nulstil key revoke`: the next list that the root key signs.

use std::path::{Path, PathBuf};

use ed25519_dalek::VerifyingKey;
use serde_json::json;

use super::args::NextListArgs;
use super::console::Console;
use super::files::read_small;
use super::key::making::{stem, write_new};
use super::station::ask_passphrase;
use super::{Exit, Stop};
use crate::cert::{Revocation, TrustList, did, profile, proof};
use crate::clock;
use crate::keys::{private, public};
use crate::log::{Key, Role};
use crate::model::{Timestamp, clean};

/// A trust list larger than this is none.
const LARGEST: u64 = 1 << 20;

/// Adds keys that keep the log, and keys that sign it too.
pub(super) fn extend(
    console: &Console,
    next: &NextListArgs,
    logs: &[(String, PathBuf)],
    witnesses: &[(String, PathBuf)],
) -> Result<Exit, Stop> {
    let keys = |named: &[(String, PathBuf)], role| {
        let key = |(name, path): &(String, PathBuf)| {
            let key = public::load(path).map_err(|error| Stop::refused(format!("{error}.")))?;
            Key::new(name, role, key).map_err(|error| Stop::refused(format!("{name}: {error}.")))
        };
        named.iter().map(key).collect::<Result<Vec<_>, _>>()
    };
    let (logs, witnesses) = (keys(logs, Role::Log)?, keys(witnesses, Role::Witness)?);
    make(console, next, |list| {
        list.logs.extend(logs);
        list.witnesses.extend(witnesses);
        Ok(())
    })
}

/// Adds a key that counts no more.
pub(super) fn revoke(
    console: &Console,
    next: &NextListArgs,
    key: &Path,
    since: Timestamp,
    reason: &str,
) -> Result<Exit, Stop> {
    let key = public::load(key).map_err(|error| Stop::refused(format!("{error}.")))?;
    let reason = clean(reason.as_bytes())
        .ok_or_else(|| Stop::usage("--reason is empty; say in a few words why."))?;
    let revocation = Revocation { key: did::of(&key), since, reason };
    if since > clock::now() {
        return Err(Stop::usage(
            "--since lies in the future; say from when on somebody else may have had the key.",
        ));
    }
    make(console, next, |list| {
        match list.revoked.iter_mut().find(|known| known.key == revocation.key) {
            None => list.revoked.push(revocation),
            // It was lost earlier than was thought. Never the other way: what was refused once
            // is not accepted later.
            Some(known) if since < known.since => *known = revocation,
            Some(known) => {
                return Err(Stop::refused(format!(
                    "This key was revoked already, since {}; only an earlier time can be set.",
                    known.since
                )));
            }
        }
        Ok(())
    })
}

fn make(
    console: &Console,
    next: &NextListArgs,
    change: impl FnOnce(&mut TrustList) -> Result<(), Stop>,
) -> Result<Exit, Stop> {
    let refused = |error: &dyn std::fmt::Display| Stop::refused(format!("{error}."));
    let root = private::load(&next.root, || ask_passphrase(console, &next.root))
        .map_err(|error| Stop::refused(format!("--root {error}.")))?;
    let before = next.after.as_deref().map(|path| read(path, &root.verifying_key())).transpose()?;
    let now = clock::now();
    let mut list = match before {
        None => TrustList {
            id: String::new(),
            issuer_name: stem(&next.root),
            issued: now,
            version: 1,
            previous: None,
            logs: Vec::new(),
            witnesses: Vec::new(),
            revoked: Vec::new(),
        },
        Some((list, digest)) => TrustList {
            issued: now,
            version: list.version.saturating_add(1),
            previous: Some(digest),
            ..list
        },
    };
    list.id = format!("urn:uuid:{}", uuid::Uuid::now_v7());
    change(&mut list)?;
    let signed = list.sign(&root, now).map_err(|_| {
        Stop::refused("A key or a name is on the list already; leave it out, or use another name.")
    })?;
    write_new(&next.out, &profile::pretty(&signed).map_err(|error| refused(&error))?)?;
    console.json(&json!({
        "trustList": next.out,
        "version": list.version,
        "logs": list.logs.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "witnesses": list.witnesses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "revoked": list.revoked,
    }));
    if !console.is_json() {
        console.line(&format!("trust list  {}", next.out.display()));
        console.line(&format!("version     {}", list.version));
        for key in &list.logs {
            console.line(&format!("log         {key}"));
        }
        for key in &list.witnesses {
            console.line(&format!("witness     {key}"));
        }
        for revocation in &list.revoked {
            let Revocation { key, since, reason } = revocation;
            console.line(&format!("revoked     {key}, since {since}: {reason}"));
        }
    }
    Ok(Exit::Done)
}

/// A list of this root key, and its digest.
pub(super) fn read(path: &Path, root: &VerifyingKey) -> Result<(TrustList, String), Stop> {
    let refused = |error: &dyn std::fmt::Display| {
        Stop::refused(format!("{}: {error}; name the newest list of this root.", path.display()))
    };
    let bytes = read_small(path, LARGEST).map_err(|error| refused(&error))?;
    let document = profile::parse(&bytes).map_err(|error| refused(&error))?;
    let list = TrustList::verify(&document, root).map_err(|error| refused(&error))?;
    let digest = proof::digest(&document).map_err(|error| refused(&error))?;
    Ok((list, digest))
}
