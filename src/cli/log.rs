//! `nulstil log`: the office's log of all documents, in a directory of a few files.
//!
//! ```text
//! leaf-hashes.txt   every entry, one hash a line
//! checkpoint        how long that list is and what its hash is, signed
//! checkpoint.tsr    a time stamp of that (RFC 3161), if somebody asked for one
//! ```
//!
//! The time stamp is for `openssl ts`: here it is only said that it is there.

use std::path::Path;

use serde_json::json;

use super::args::LogCommand;
use super::console::Console;
use super::files::read_small;
use super::{Exit, Stop, trust};
use crate::cert::{Seen, Signers, Trust, TrustList};
use crate::clock;
use crate::log::{Checkpoint, Leaves, Note};

/// The extension of the proof that a document is in the log: C2SP tlog-proof.
pub(super) const PROOF: &str = "tlog-proof";

const LEAVES: &str = "leaf-hashes.txt";
const CHECKPOINT: &str = "checkpoint";
const TIME_STAMP: &str = "checkpoint.tsr";

/// Ten million entries.
const LARGEST_LIST: u64 = 650_000_000;
const LARGEST_NOTE: u64 = 1 << 20;

pub(super) fn log(console: &Console, command: LogCommand) -> Result<Exit, Stop> {
    match command {
        #[cfg(feature = "tool")]
        LogCommand::Append { log, paths, trust } => {
            let trust = trust::load(console, &trust)?;
            keeping::append(console, &log, &paths, &trust)
        }
        #[cfg(feature = "tool")]
        LogCommand::Checkpoint { log, key, trust } => {
            let trust = trust::load(console, &trust)?;
            keeping::checkpoint(console, &log, &key, &trust)
        }
        #[cfg(feature = "tool")]
        LogCommand::Prove { log, paths } => keeping::prove(console, &log, &paths),
        #[cfg(feature = "tool")]
        LogCommand::Cosign { log, key, seen, first, trust } => {
            let trust = trust::load(console, &trust)?;
            keeping::cosign(console, &log, &key, (&seen, first), &trust)
        }
        LogCommand::Verify { log, witness, trust } => {
            let trust = trust::with_witnesses(trust::load(console, &trust)?, &witness)?;
            verify(console, &log, &trust)
        }
    }
}

/// A log as it lies in its directory. The list agrees with the checkpoint.
pub(super) struct Log {
    pub(super) leaves: Leaves,
    /// The newest checkpoint; absent if none was made yet.
    signed: Option<(Note, Checkpoint)>,
}

impl Log {
    /// Reads the log in `folder`; an empty one if there is none yet.
    ///
    /// # Errors
    /// What cannot be read is refused; what is no log, or not the one that was signed, is rejected:
    /// whoever handed it in may have changed it.
    pub(super) fn read(folder: &Path) -> Result<Self, Stop> {
        let said = |name: &str, error: &dyn std::fmt::Display| {
            format!("{}: {error}", folder.join(name).display())
        };
        let wrong = |name: &str, error: &dyn std::fmt::Display| {
            Stop::rejected(format!("{}; do not accept this log.", said(name, error)))
        };
        let read = |name: &str, largest| match read_small(&folder.join(name), largest) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(_) if !folder.join(name).exists() && folder.is_dir() => Ok(None),
            Err(error) => Err(Stop::refused(format!("{}.", said(name, &error)))),
        };
        // In this order: whoever adds entries meanwhile makes the list longer first.
        let note = read(CHECKPOINT, LARGEST_NOTE)?;
        let list = read(LEAVES, LARGEST_LIST)?.unwrap_or_default();
        let list = String::from_utf8(list).map_err(|_| wrong(LEAVES, &"this is not text"))?;
        let leaves = Leaves::parse(&list).map_err(|error| wrong(LEAVES, &error))?;
        let signed = match note {
            None => None,
            Some(bytes) => {
                let note = Note::parse(&bytes).map_err(|error| wrong(CHECKPOINT, &error))?;
                let said = Checkpoint::parse(&note).map_err(|error| wrong(CHECKPOINT, &error))?;
                leaves.agrees_with(&said).map_err(|error| wrong(LEAVES, &error))?;
                Some((note, said))
            }
        };
        Ok(Self { leaves, signed })
    }

    pub(super) fn signed(&self, folder: &Path) -> Result<&(Note, Checkpoint), Stop> {
        self.signed.as_ref().ok_or_else(|| {
            Stop::refused(format!(
                "{} has no checkpoint yet; make one with \"nulstil log checkpoint\".",
                folder.display()
            ))
        })
    }
}

/// The trust list, without which nothing says whose log counts.
fn list(trust: &Trust) -> Result<&TrustList, Stop> {
    trust.list.as_ref().ok_or_else(|| {
        Stop::usage("Nothing says whose log counts; name the trust list with --trust.")
    })
}

/// Which witnesses signed, if the log's own key did. Says whose time cannot be true.
pub(super) fn signers(
    console: &Console,
    trust: &Trust,
    note: &Note,
    checkpoint: &Checkpoint,
) -> Result<Vec<Seen>, Stop> {
    list(trust)?;
    let rejected = |why| Stop::rejected(format!("The checkpoint: {why}; do not accept this log."));
    let found = trust.signers(note, checkpoint, None, clock::now()).map_err(rejected)?;
    let Signers { witnessed, impossible } = found;
    for seen in impossible {
        console.error(&format!(
            "{} signed the log {} on {}, which is still to come, so this does not count; set the \
             clock of this computer, or ask {0} to sign again.",
            seen.by, checkpoint.origin, seen.at
        ));
    }
    Ok(witnessed)
}

fn verify(console: &Console, folder: &Path, trust: &Trust) -> Result<Exit, Stop> {
    let log = Log::read(folder)?;
    let (note, checkpoint) = log.signed(folder)?;
    let witnessed = signers(console, trust, note, checkpoint)?;
    let beyond = log.leaves.size() - checkpoint.size;
    let stamp = folder.join(TIME_STAMP);
    let stamp = stamp.exists().then(|| stamp.display().to_string());
    console.json(&json!({
        "event": "log",
        "log": checkpoint.origin,
        "entries": checkpoint.size,
        "notYetSigned": beyond,
        "witnessed": witnessed,
        "timeStampNotJudged": stamp,
    }));
    if let Some(stamp) = stamp {
        console.remark(&format!(
            "{stamp} is a time stamp, which is not judged here; check it with \"openssl ts -verify\"."
        ));
    }
    if !console.is_json() {
        console.line(&format!(
            "The log {} has {} entries, and the list is the one that was signed.",
            checkpoint.origin, checkpoint.size
        ));
        for seen in &witnessed {
            console.line(&format!("{} saw it on {}.", seen.by, seen.at));
        }
    }
    if beyond > 0 {
        console
            .error(&format!("{beyond} entries after that are not signed yet; make a checkpoint."));
        return Ok(Exit::Incomplete);
    }
    if witnessed.is_empty() {
        console.error("No witness has signed it; let the municipality sign it too.");
        return Ok(Exit::Incomplete);
    }
    Ok(Exit::Done)
}

/// What only the whole tool can do: it writes, and needs private keys.
#[cfg(feature = "tool")]
mod keeping {
    use std::collections::HashMap;
    use std::fs::File;
    use std::path::{Path, PathBuf};

    use serde_json::json;

    use super::super::console::Console;
    use super::super::files::{What, find, read_beginning, read_small, replace};
    use super::super::station::ask_passphrase;
    use super::super::{Exit, Stop};
    use super::{CHECKPOINT, LARGEST_NOTE, LEAVES, Log, PROOF, list, signers};
    use crate::cert::{self, Trust, ending, profile};
    use crate::clock;
    use crate::keys::private;
    use crate::log::{Checkpoint, Hash, Inclusion, Key, Note, Prover, Role, leaf};

    /// Held while a log is changed, or proofs are written beside documents: two at once would lose
    /// each other's entries, or a proof.
    struct Lock(#[expect(dead_code, reason = "the lock ends with the file")] File);

    fn lock(folder: &Path) -> Result<Lock, Stop> {
        let refused = |why: String| Stop::refused(format!("{}: {why}.", folder.display()));
        let file = File::open(folder)
            .map_err(|error| refused(format!("{error}; name a directory that is there")))?;
        file.try_lock()
            .map_err(|_| refused("another program writes here; wait for it".to_owned()))?;
        Ok(Lock(file))
    }

    fn save(path: &Path, text: &str) -> Result<(), Stop> {
        replace(path, text.as_bytes())
            .map_err(|error| Stop::fault(format!("{}: {error}.", path.display())))
    }

    /// Every document at these places, with its hash in the log.
    fn documents(
        console: &Console,
        paths: &[PathBuf],
        mut take: impl FnMut(&Path, &[u8], Hash),
    ) -> Exit {
        let mut exit = Exit::Done;
        let mut refuse = |path: &Path, why: &dyn std::fmt::Display| {
            console.error(&format!("{}: {why}; it is left out.", path.display()));
            exit = Exit::Rejected;
        };
        for (path, what) in paths.iter().flat_map(|path| find(path)) {
            match what {
                What::Unread(why) => refuse(&path, &why),
                What::File | What::Link if !ending::is(&path.to_string_lossy(), &ending::ALL) => {}
                _ => match read_beginning(&path) {
                    Err(why) => refuse(&path, &why),
                    Ok(bytes) => {
                        let parsed = profile::parse(&bytes);
                        match parsed.and_then(|document| profile::canonical(&document)) {
                            Err(why) => refuse(&path, &why),
                            Ok(canonical) => take(&path, &bytes, leaf(&canonical)),
                        }
                    }
                },
            }
        }
        exit
    }

    pub(super) fn append(
        console: &Console,
        folder: &Path,
        paths: &[PathBuf],
        trust: &Trust,
    ) -> Result<Exit, Stop> {
        let _lock = lock(folder)?;
        let mut log = Log::read(folder)?;
        let mut there: std::collections::HashSet<Hash> =
            log.leaves.hashes().iter().copied().collect();
        let (now, before) = (clock::now(), log.leaves.size());
        let (mut known, mut rejected) = (0_u64, false);
        let exit = documents(console, paths, |path, bytes, hash| {
            // What is in it stays in it, whatever became of its signer's key since.
            if there.contains(&hash) {
                known += 1;
            } else if let Err(why) = cert::verify(bytes, trust, now) {
                console.error(&format!("{}: {why}; it is left out.", path.display()));
                rejected = true;
            } else {
                there.insert(hash);
                log.leaves.push(hash);
            }
        });
        save(&folder.join(LEAVES), &log.leaves.to_string())?;
        let added = log.leaves.size() - before;
        console.json(&json!({
            "event": "appended", "added": added, "known": known, "entries": log.leaves.size(),
        }));
        if !console.is_json() {
            console.line(&format!(
                "{added} added, {known} were there already; {} in all. Sign it with \"nulstil log \
                 checkpoint\".",
                log.leaves.size()
            ));
        }
        Ok(if rejected { Exit::Rejected } else { exit })
    }

    pub(super) fn checkpoint(
        console: &Console,
        folder: &Path,
        key: &Path,
        trust: &Trust,
    ) -> Result<Exit, Stop> {
        let _lock = lock(folder)?;
        let log = Log::read(folder)?;
        let secret = load(console, key)?;
        let name = listed(&list(trust)?.logs, &secret, Role::Log, key)?;
        if let Some((note, said)) = &log.signed {
            signers(console, trust, note, said)?;
            if said.origin != name {
                return Err(Stop::refused(format!(
                    "{} is the log {}, and the key is that of the log {name}; use the log's own \
                     key.",
                    folder.display(),
                    said.origin
                )));
            }
            if said.size == log.leaves.size() {
                // Signing the same again would drop what witnesses have signed.
                return told(console, said);
            }
        }
        let checkpoint = Checkpoint::of(&name, &log.leaves);
        let refused = |error: &dyn std::fmt::Display| Stop::refused(format!("{error}."));
        let mut note = checkpoint.note().map_err(|error| refused(&error))?;
        note.sign(&name, &secret).map_err(|error| refused(&error))?;
        save(&folder.join(CHECKPOINT), &note.to_string())?;
        told(console, &checkpoint)
    }

    fn told(console: &Console, checkpoint: &Checkpoint) -> Result<Exit, Stop> {
        console.json(&json!({
            "event": "checkpoint", "log": checkpoint.origin, "entries": checkpoint.size,
        }));
        if !console.is_json() {
            console.line(&format!(
                "The log {} is signed with {} entries. Let the witness sign it too.",
                checkpoint.origin, checkpoint.size
            ));
        }
        Ok(Exit::Done)
    }

    pub(super) fn prove(console: &Console, folder: &Path, paths: &[PathBuf]) -> Result<Exit, Stop> {
        let _lock = lock(folder)?;
        let log = Log::read(folder)?;
        let (note, checkpoint) = log.signed(folder)?;
        let at: HashMap<Hash, u64> = log.leaves.hashes().iter().copied().zip(0..).collect();
        let prover = Prover::new(&log.leaves, note.clone())
            .map_err(|error| Stop::refused(format!("{}: {error}.", folder.display())))?;
        let (mut proven, mut kept, mut exits) = (0_u64, 0_u64, Vec::new());
        // One checkpoint is behind many proofs.
        let mut agrees: HashMap<String, bool> = HashMap::new();
        // A proof that is there was seen earlier, and before what time is what may count once.
        let mut still_holds = |beside: &Path, hash: &Hash| {
            let old = read_beginning(beside).ok().and_then(|bytes| Inclusion::parse(&bytes).ok());
            let Some(old) = old else { return false };
            let Ok(said) = old.check(hash) else { return false };
            said.origin == checkpoint.origin
                && note.names().all(|name| old.note.names().any(|old| old == name))
                && *agrees
                    .entry(old.note.text().to_owned())
                    .or_insert_with(|| log.leaves.agrees_with(&said).is_ok())
        };
        let exit = documents(console, paths, |path, _, hash| {
            let beside = path.with_extension(PROOF);
            if still_holds(&beside, &hash) {
                kept += 1;
                return;
            }
            let index = at.get(&hash).filter(|index| **index < checkpoint.size);
            let written = index.ok_or("it is not in what was signed of the log".to_owned());
            let written = written.and_then(|index| {
                let proof = prover.prove(*index).map_err(|error| error.to_string())?;
                replace(&beside, proof.to_string().as_bytes()).map_err(|error| error.to_string())
            });
            match written {
                Ok(()) => proven += 1,
                Err(why) => {
                    console.error(&format!("{}: {why}; there is no proof.", path.display()));
                    exits.push(Exit::Incomplete);
                }
            }
        });
        exits.push(exit);
        console.json(&json!({ "event": "proven", "proven": proven, "kept": kept }));
        if !console.is_json() {
            console.line(&format!("{proven} proofs were written, and {kept} kept."));
        }
        Ok(Exit::gravest(exits))
    }

    pub(super) fn cosign(
        console: &Console,
        folder: &Path,
        key: &Path,
        (seen, first): (&Path, bool),
        trust: &Trust,
    ) -> Result<Exit, Stop> {
        let _lock = lock(folder)?;
        // Two at once would each compare with the same, and sign two logs that differ.
        let place = seen.parent().filter(|place| !place.as_os_str().is_empty());
        let place = place.unwrap_or(Path::new("."));
        let same = place.canonicalize().ok() == folder.canonicalize().ok();
        let _seen = if same { None } else { Some(lock(place)?) };
        let log = Log::read(folder)?;
        let (note, checkpoint) = log.signed(folder)?;
        signers(console, trust, note, checkpoint)?;
        let secret = load(console, key)?;
        let name = listed(&list(trust)?.witnesses, &secret, Role::Witness, key)?;
        let rejected = |error: &dyn std::fmt::Display| {
            Stop::rejected(format!("{}: {error}; do not accept this log.", seen.display()))
        };
        let own = Key::new(&name, Role::Witness, secret.verifying_key())
            .map_err(|error| rejected(&error))?;
        let there = (seen.try_exists())
            .map_err(|error| Stop::refused(format!("{}: {error}.", seen.display())))?;
        if there && first {
            return Err(Stop::refused(format!(
                "{} is there, so this is not the first time; leave out --first.",
                seen.display()
            )));
        }
        if there {
            let bytes = read_small(seen, LARGEST_NOTE).map_err(|error| rejected(&error))?;
            let last = Note::parse(&bytes).map_err(|error| rejected(&error))?;
            last.sealed_by(&own).map_err(|error| rejected(&error))?;
            let last = Checkpoint::parse(&last).map_err(|error| rejected(&error))?;
            if last.origin != checkpoint.origin {
                return Err(rejected(&format!("this is about the log {}", last.origin)));
            }
            if last.size > checkpoint.size {
                return Err(rejected(&format!(
                    "{} entries were signed before, and now there are {}",
                    last.size, checkpoint.size
                )));
            }
            log.leaves.agrees_with(&last).map_err(|error| rejected(&error))?;
        } else if !first {
            return Err(Stop::refused(format!(
                "{} is not there, and nothing else says what was signed last; name the right file, \
                 or say --first if the log {} was never signed with this key.",
                seen.display(),
                checkpoint.origin
            )));
        }
        let mut note = note.clone();
        // Signing the same again would put a later time in the place of the earlier.
        if note.sealed_by(&own).is_err() {
            note.cosign(&name, &secret, clock::now())
                .map_err(|error| Stop::refused(format!("{error}.")))?;
        }
        // Kept first: whatever happens, nothing older is ever signed.
        save(seen, &note.to_string())?;
        save(&folder.join(CHECKPOINT), &note.to_string())?;
        console.json(&json!({
            "event": "cosigned", "log": checkpoint.origin, "entries": checkpoint.size, "by": name,
            "key": own.to_string(),
        }));
        if !console.is_json() {
            console.line(&format!(
                "{name} has signed the log {} with {} entries. Send {} back.",
                checkpoint.origin,
                checkpoint.size,
                folder.join(CHECKPOINT).display()
            ));
            console.line(&format!("An auditor who trusts only you names --witness {own}"));
        }
        Ok(Exit::Done)
    }

    fn load(console: &Console, key: &Path) -> Result<ed25519_dalek::SigningKey, Stop> {
        private::load(key, || ask_passphrase(console, key))
            .map_err(|error| Stop::refused(format!("--key {error}.")))
    }

    /// The name under which the trust list knows this key.
    fn listed(
        known: &[Key],
        secret: &ed25519_dalek::SigningKey,
        role: Role,
        path: &Path,
    ) -> Result<String, Stop> {
        let is_it = |key: &&Key| {
            Key::new(key.name(), role, secret.verifying_key()).is_ok_and(|own| own == **key)
        };
        known.iter().find(is_it).map(|key| key.name().to_owned()).ok_or_else(|| {
            Stop::refused(format!(
                "--key {}: the trust list does not name this key; add it with \"nulstil key \
                 trust-list\".",
                path.display()
            ))
        })
    }
}
