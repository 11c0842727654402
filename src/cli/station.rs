//! Who signs and where results go, from the command line; and the surroundings of a run.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ed25519_dalek::SigningKey;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Stop;
use super::args::{PaperworkArgs, StationArgs};
use super::console::Console;
use super::files::read_small;
use crate::cert::profile;
use crate::clock::SystemClock;
use crate::device::Time as _;
use crate::keys::KeyError;
use crate::keys::private::{self, Passphrase};
use crate::model::{Inventory, Paperwork, Timestamp, Tool, clean, hex};
use crate::os::{self, System};
use crate::run::{Context, Outbox, Station};

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

/// What a run needs to know of the machine it is on.
pub(super) struct Surroundings {
    pub(super) context: Context,
    pub(super) boot_id: Option<String>,
    pub(super) time: SystemClock,
    pub(super) stop: Arc<AtomicBool>,
}

impl Surroundings {
    /// Looks at the machine and catches the signals that stop a run.
    pub(super) fn look(inventory: &Inventory) -> Result<Self, Stop> {
        let (system, time) = (System::live(), SystemClock::start());
        let stop = Arc::new(AtomicBool::new(false));
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&stop))
                .map_err(|error| Stop::fault(format!("signals cannot be caught: {error}")))?;
        }
        // A terminal that goes away is no reason to leave a drive half erased.
        signal_hook::flag::register(SIGHUP, Arc::new(AtomicBool::new(false)))
            .map_err(|error| Stop::fault(format!("signals cannot be caught: {error}")))?;
        let context = Context {
            tool: tool(),
            boot: os::boot_facts(&system),
            computer: os::computer(&system),
            clock: os::clock_facts(&system, time.now().unix()),
            hidden_drives: inventory.hidden_drives.clone(),
        };
        Ok(Self { context, boot_id: os::boot_id(&system), time, stop })
    }
}

/// This program, as documents name it.
pub(super) fn tool() -> Tool {
    Tool {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        executable_sha256: std::fs::read("/proc/self/exe")
            .ok()
            .map(|bytes| hex(&Sha256::digest(bytes))),
    }
}

/// 32 random bytes from the kernel.
pub(super) fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    // Only a kernel that is still booting has none, and then there is nothing to do but wait:
    // anything less than random would make a pass predictable.
    while getrandom::fill(&mut bytes).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    bytes
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
