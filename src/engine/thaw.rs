//! Lets the computer sleep, so that drives that it froze when it started lose their power.

use std::time::Duration;

use crate::os::{self, System};

/// How long it sleeps.
const SLEEP: Duration = Duration::from_secs(20);

/// Sleeps, and returns when the computer is awake again. To be called when no drive is being erased.
///
/// # Errors
/// Why it did not sleep, in one sentence.
pub(super) fn sleep() -> Result<(), String> {
    let system = System::live();
    os::sleep_kind(&system)
        .map_err(str::to_owned)
        .and_then(|kind| os::sleep(&system, kind, SLEEP))
        .map_err(|why| format!("This computer {why}; go on without, or fetch a colleague."))
}
