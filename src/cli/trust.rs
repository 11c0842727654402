//! Whom a command believes: the root key, and the newest list that it signed.

use std::collections::BTreeMap;
use std::path::Path;

use ed25519_dalek::VerifyingKey;

use super::Stop;
use super::args::TrustArgs;
use super::console::Console;
use super::files::{read_limited, read_small};
use crate::cert::{Rejection, Trust, TrustList, Unauthorized, profile, proof};
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

/// The trust lists of one root that were seen: the one that was named, and those that lie among
/// what is judged.
///
/// So an auditor who keeps each list that he is given beside the certificates is never given an
/// older one again. Nothing is remembered anywhere else: what a run depends on lies in the folders
/// that it is given.
pub(super) struct Lists {
    root: VerifyingKey,
    /// By version: the file, the digest, and the digest of the list before.
    seen: BTreeMap<u64, (String, String, Option<String>)>,
    /// Two files that cannot both be a list of this root that keeps to its own rules.
    fork: Option<(String, String)>,
}

impl Lists {
    pub(super) const fn of(root: VerifyingKey) -> Self {
        Self { root, seen: BTreeMap::new(), fork: None }
    }

    /// Takes note of a file; says if it is a list of another root, which is nobody's word here.
    ///
    /// # Errors
    /// It is no list, or not one that this program understands. It may be what is left of a newer
    /// one, so an older one must not be believed as if nothing lay there.
    pub(super) fn add(
        &mut self,
        console: &Console,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), Rejection> {
        let read = profile::parse(bytes).map_err(Rejection::from).and_then(|document| {
            Ok((TrustList::verify(&document, &self.root)?, proof::digest(&document)?))
        });
        let (list, digest) = match read {
            Ok(read) => read,
            Err(why @ Rejection::NotAuthorized(Unauthorized::OtherRoot { .. })) => {
                console.remark(&format!("{name} is left out: {why}."));
                return Ok(());
            }
            Err(why) => return Err(why),
        };
        match self.seen.get(&list.version) {
            Some((other, same, _)) if *same != digest => {
                self.fork.get_or_insert_with(|| (other.clone(), name.to_owned()));
            }
            Some(_) => {}
            None => {
                self.seen.insert(list.version, (name.to_owned(), digest, list.previous));
            }
        }
        Ok(())
    }

    /// # Errors
    /// The root signed two histories, or one of the lists is newer than the one that is believed.
    pub(super) fn check(self, believed: Option<&TrustList>) -> Result<(), Stop> {
        let follows = |((one, earlier), (other, later)): (Of<'_>, Of<'_>)| {
            (one + 1 == *other && later.2.as_ref() != Some(&earlier.1))
                .then(|| (earlier.0.clone(), later.0.clone()))
        };
        let broken = self.seen.iter().zip(self.seen.iter().skip(1)).find_map(follows);
        if let Some((one, other)) = self.fork.or(broken) {
            return Err(Stop::rejected(format!(
                "{one} and {other} are trust lists of this root key that contradict each other; \
                 ask the recycler which one counts, and believe neither until then."
            )));
        }
        let have = believed.map_or(0, |list| list.version);
        match self.seen.last_key_value() {
            Some((version, (name, ..))) if *version > have => Err(Stop::usage(match have {
                0 => format!(
                    "{name} is a trust list of this root key, and --trust names none; name it, or \
                     the newest."
                ),
                _ => format!(
                    "--trust names version {have} of the trust list, and {name} is version \
                     {version}; name the newest."
                ),
            })),
            _ => Ok(()),
        }
    }
}

type Of<'a> = (&'a u64, &'a (String, String, Option<String>));
