//! The part of the live image that knows the stick. The stick carries what a run needs (its
//! configuration, keys, a job) and what it comes to (journals, certificates); everything runs from
//! memory, so that the stick is mounted for moments only and may be pulled at any other time.
//!
//! ```text
//! start:  labelled? -> mounted, read-only -> its id file? -> all that a run needs, in memory
//! run:    outbox in memory -> mirror -> [first write] ... once a minute ... certificates -> mirror
//! end:    is everything on the stick? -> power off, reboot, next
//! ```
//!
//! | module | does |
//! | --- | --- |
//! | `stick` | what a stick is to the others, what can be wrong with one, the real one |
//! | `contents` | what is read from it, once |
//! | `config` | `nulstil.toml` |
//! | `medium` | which kernel, initrd and loaders are on it |
//! | `mirror` | what is written to it, and when |
//! | `job` | whether a signed job is for this computer: what consents where nobody is asked |
//! | `clock` | whether the time can be true |
//!
//! **A run without anybody there** needs a job that the root key signed: how the drives are to be
//! erased, which, how many, and until when. It is consent given ahead, to a plan that says exactly
//! that; anything else, and nothing is erased.
//!
//! **The passphrase** of the station's key is asked for on the console once per start, also before
//! an unattended run, which then goes on alone. A file with the passphrase beside the key would be no
//! passphrase; there is no such option. Where nobody can type at all, the station's key may be one
//! without a passphrase, and that is used only for a job that is valid: whoever finds such a stick
//! can sign in the station's name, so that its authorization should be for days, and revoked if the
//! stick is lost.
//!
//! **Without a key** a run is recorded in its journal and signed by the office later
//! (`nulstil journal close --recorded`). Nothing that it leaves looks like a certificate.

mod clock;
mod config;
mod contents;
mod job;
mod medium;
mod mirror;
mod stick;

pub use clock::{Doubt, doubts};
pub use config::{Asks, Config, EndOfWork, Keyboard, Signing};
pub use contents::{Contents, File};
pub use job::{consent, is_guest, only_job, wanted, written};
pub use mirror::{Keeper, State, copy_all};
pub use stick::{BuildId, Folder, Stick, Trouble, UsbStick, on_stick};
