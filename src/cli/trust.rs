//! Whom a command believes: the root key, and the newest list that it signed.

use std::path::Path;

use ed25519_dalek::VerifyingKey;

use super::Stop;
use super::args::TrustArgs;
use super::console::Console;
use super::files::read_small;
use crate::cert::{Trust, TrustList, profile};
use crate::keys::public;

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
