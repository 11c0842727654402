//! The machine that a run takes place on, as its documents tell of it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sha2::{Digest as _, Sha256};

use crate::clock::SystemClock;
use crate::device::Time as _;
use crate::model::{Inventory, Tool, hex};
use crate::os::{self, System};
use crate::run::Context;

/// What a run needs to know of the machine it is on.
#[derive(Debug)]
pub struct Surroundings {
    /// What documents say of them.
    pub context: Context,
    /// The kernel's id of this boot.
    pub boot_id: Option<String>,
    /// The clock.
    pub time: SystemClock,
    /// Set when somebody wants the run to stop.
    pub stop: Arc<AtomicBool>,
}

impl Surroundings {
    /// Looks at the machine and catches the signals that stop a run.
    ///
    /// # Errors
    /// Signals cannot be caught.
    pub fn look(inventory: &Inventory) -> io::Result<Self> {
        let (system, time) = (System::live(), SystemClock::start());
        let stop = Arc::new(AtomicBool::new(false));
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&stop))?;
        }
        // A terminal that goes away is no reason to leave a drive half erased.
        signal_hook::flag::register(SIGHUP, Arc::new(AtomicBool::new(false)))?;
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
#[must_use]
pub fn tool() -> Tool {
    Tool {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        executable_sha256: std::fs::read("/proc/self/exe")
            .ok()
            .map(|bytes| hex(&Sha256::digest(bytes))),
    }
}

/// 32 random bytes from the kernel.
#[must_use]
pub fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    // Only a kernel that is still booting has none, and then there is nothing to do but wait:
    // anything less than random would make a pass predictable.
    while getrandom::fill(&mut bytes).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    bytes
}
